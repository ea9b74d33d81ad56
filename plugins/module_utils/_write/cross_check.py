# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory as it would be: may the agent refuse it, and is every id in it the only one?"""

from __future__ import annotations

import os
from typing import Iterable, Iterator

from .._agent.elsewhere import OtherFile
from .._definition.identity import CHECK, ONE_IN_THE_CATALOG, SERVICE, Id, as_in_the_catalog, ids_of
from .._definition.parse import Definitions
from .._files.scan import DefinitionFile, Reader
from .._findings import Finding, error, warning
from .candidate import Candidate

_CONSEQUENCE = {
    SERVICE: "the agent would register the last one only, without a word",
    CHECK: "the agent would give the check to the last service only, and the other would count as healthy for ever",
}


def cross_check(candidate: Candidate, agent: Reader | None, others: Iterable[OtherFile] = ()) -> Iterator[Finding]:
    """Yield what speaks against the directory as it would be; `others` are the files that the agent reads from other places."""
    # The id as it stands there, and the file.
    taken: dict[Id, tuple[str, str]] = {}
    for found in candidate.staying:
        if found.problem is not None:
            yield _broken(candidate.directory.place(found.name), found)
        for identity in ids_of(found.definitions):
            taken.setdefault(as_in_the_catalog(identity), (identity.name, found.name))
    for file in others:
        for identity in ids_of(file.definitions):
            taken.setdefault(as_in_the_catalog(identity), (identity.name, file.path))
    until_now = {as_in_the_catalog(identity): identity for definitions in candidate.before.values() for identity in ids_of(definitions)}
    for change in candidate.changes:
        for identity in ids_of(candidate.coming.get(change.name, Definitions([], []))):
            there = taken.get(as_in_the_catalog(identity))
            before = until_now.get(as_in_the_catalog(identity), identity)
            if there:
                yield _duplicate(candidate, change.name, identity, *there)
            elif before.name != identity.name:
                yield _respelled(change.name, identity, before.name)
        if change.after is not None and agent is not None and not agent.can_read(change.after.mode, change.after.uid, change.after.gid):
            message = "could not be read by the agent, which runs as the user with id %d; it would refuse every reload." % agent.uid
            hint = "Set group to a group of that user, or a mode that lets it read."
            yield error(candidate.directory.place(change.name), "file-unreadable", message, hint)


def _respelled(name: str, identity: Id, before: str) -> Finding:
    """Seen on 1.8.7 and 1.22.7, with every second change: the catalog keeps one of them, and forgets it together with the other."""
    message = (
        'the %s id "%s" is "%s" until now; the agent would register one and deregister the other, and the catalog may end with neither.'
    )
    hint = "Keep its case, or let a run without it come first."
    return error(name, "%s-id-unique" % identity.kind, message % (identity.kind, identity.name, before), hint)


def _broken(path: str, found: DefinitionFile) -> Finding:
    leads = " (a link to %s)" % found.target if found.target else ""
    if not found.fatal:
        return warning(path, "file-empty", "%s%s: the agent gets nothing from it." % (found.problem, leads))
    message = "%s%s; it stands in the way, since the agent would refuse every reload and could not start." % (found.problem, leads)
    return error(path, "directory-broken", message, "Repair or remove it; it was like this before this task, which changed nothing.")


def _duplicate(candidate: Candidate, name: str, identity: Id, there: str, other: str) -> Finding:
    whose = "which the same agent reads" if os.path.isabs(other) else candidate.whose(other)
    message = 'the %s id "%s" is taken%s by %s, %s; %s.' % (
        identity.kind,
        identity.name,
        "" if there == identity.name else ' as "%s"' % there,
        candidate.directory.place(other),
        whose,
        _CONSEQUENCE[identity.kind] if there == identity.name else ONE_IN_THE_CATALOG,
    )
    move = "let the task %s come first, without it" % whose if other in candidate.manifest else "remove it there first"
    hint = "Give one of them another id. If it is to move here, %s." % move
    return error(name, "%s-id-unique" % identity.kind, message, hint)
