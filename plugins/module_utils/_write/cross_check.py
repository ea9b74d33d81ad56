# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory as it would be: may the agent refuse it, and is every id in it the only one?"""

from __future__ import annotations

import os
from typing import Iterable, Mapping

from .._agent.elsewhere import OtherFile
from .._definition.identity import CHECK, ONE_IN_THE_CATALOG, SERVICE, Id, as_in_the_catalog, ids_of
from .._definition.parse import Definitions
from .._files.config_dir import ConfigDir
from .._files.manifest import Owned, owner_in_words
from .._files.scan import DefinitionFile, Reader
from .._files.transaction import Change
from .._findings import Finding, error, warning

_CONSEQUENCE = {
    SERVICE: "the agent would register the last one only, without a word",
    CHECK: "the agent would give the check to the last service only, and the other would count as healthy for ever",
}


def cross_check(
    directory: ConfigDir,
    staying: Iterable[DefinitionFile],
    changes: list[Change],
    definitions: Mapping[str, Definitions],
    manifest: Mapping[str, Owned],
    agent: Reader | None,
    others: Iterable[OtherFile] = (),
) -> list[Finding]:
    """Return what speaks against the directory as it would be after the changes.

    `staying` are the files that do not change, `definitions` those of the new contents by file name, `others` what the agent reads
    from other places.
    """
    findings: list[Finding] = []
    taken: dict[Id, tuple[str, str]] = {}
    for found in staying:
        if found.problem is not None:
            findings.append(_broken(directory, found))
        for identity in ids_of(found.definitions):
            taken.setdefault(as_in_the_catalog(identity), (identity.name, found.name))
    for file in others:
        for identity in ids_of(file.definitions):
            taken.setdefault(as_in_the_catalog(identity), (identity.name, file.path))
    for change in changes:
        ours = (
            (identity, taken.get(as_in_the_catalog(identity))) for identity in ids_of(definitions.get(change.name, Definitions([], [])))
        )
        findings.extend(_duplicate(directory, change.name, identity, owner, manifest) for identity, owner in ours if owner)
        if change.after is not None and agent is not None and not agent.can_read(change.after.mode, change.after.uid, change.after.gid):
            findings.append(_unreadable(directory, change, agent))
    return findings


def _broken(directory: ConfigDir, found: DefinitionFile) -> Finding:
    leads = " (a link to %s)" % found.target if found.target else ""
    path = directory.place(found.name)
    if not found.fatal:
        return warning(path, "file-empty", "%s%s: the agent gets nothing from it." % (found.problem, leads))
    message = "%s%s; it stands in the way, since the agent would refuse every reload and could not start." % (found.problem, leads)
    return error(path, "directory-broken", message, "Repair or remove it; it was like this before this task, which changed nothing.")


def _duplicate(directory: ConfigDir, name: str, identity: Id, taken: tuple[str, str], manifest: Mapping[str, Owned]) -> Finding:
    """`taken` is the id as it stands there, and the file."""
    there, other = taken
    owned = manifest.get(other)
    elsewhere = "which the same agent reads" if os.path.isabs(other) else "which this collection did not write"
    whose = "of %s" % owner_in_words(owned.owner) if owned else elsewhere
    message = 'the %s id "%s" is taken%s by %s, %s; %s.' % (
        identity.kind,
        identity.name,
        "" if there == identity.name else ' as "%s"' % there,
        directory.place(other),
        whose,
        _CONSEQUENCE[identity.kind] if there == identity.name else ONE_IN_THE_CATALOG,
    )
    hint = "Give one of them another id."
    if owned:
        hint += " If it is to move here, let the task of %s come first, without it." % owner_in_words(owned.owner)
    else:
        hint += " If it is to move here, remove it there first."
    return error(name, "%s-id-unique" % identity.kind, message, hint)


def _unreadable(directory: ConfigDir, change: Change, agent: Reader) -> Finding:
    message = "could not be read by the agent, which runs as the user with id %d; it would refuse every reload." % agent.uid
    hint = "Set group to a group of that user, or a mode that lets it read."
    return error(directory.place(change.name), "file-unreadable", message, hint)
