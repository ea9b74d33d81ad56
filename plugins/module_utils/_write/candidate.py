# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory as it would be after a change, for all who judge it."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from .._definition.parse import Definitions, Unparsable, parse
from .._definition.secret import NATURAL, Secrets
from .._files.config_dir import ConfigDir
from .._files.manifest import Owned, owner_in_words
from .._files.scan import DefinitionFile
from .._files.transaction import Change


class Candidate(NamedTuple):
    """Files that stay, changes, the definitions of the new contents and of those until now, whose all of that is, and who changes it.

    `known` is what is secret in these files.
    """

    directory: ConfigDir
    staying: Sequence[DefinitionFile]
    changes: Sequence[Change]
    coming: Mapping[str, Definitions]
    before: Mapping[str, Definitions]
    manifest: Mapping[str, Owned]
    owner: str
    known: Secrets = NATURAL

    def whose(self, name: str) -> str:
        """Whose a file of the directory is, in words to stand behind its name."""
        owned = self.manifest.get(name)
        return "of %s" % owner_in_words(owned.owner) if owned else "which this collection did not write"

    def secrets(self) -> set[str]:
        """Return secret texts of all files, as they are and as they would be, to be kept out of consul's words."""
        from .._definition.redact import secret_values

        files = [(found.name, found.content.data) for found in self.staying if found.content is not None]
        files += [(change.name, data) for change in self.changes for data in (change.old, change.new) if data is not None]
        return {secret for name, data in files for secret in secret_values(name, data, self.known)}


def definitions_before(change: Change) -> Definitions:
    """What a file says until now; nothing where it could not be read."""
    try:
        return parse(change.name, change.old or b"")
    except Unparsable:
        return Definitions([], [])
