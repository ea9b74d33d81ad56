# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a reload, without secrets of our files: agents quote what they refuse, and differences are told by their values.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import scrub, secret_values
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import Secrets
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import load_manifest
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified_contents
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding
from ansible_collections.registrar.consul.plugins.module_utils._reload.verify import Outcome


class Hush:
    """Knows the secrets of our files in a directory, as they are and as they were last verified; reads them when a reload went wrong."""

    def __init__(self, directory: ConfigDir) -> None:
        self._directory = directory
        self._secrets: Secrets | None = None
        self._texts: set[str] = set()

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return what may be said. To be asked before the files go back, since then they are others. Raises Refused."""
        if outcome.good:
            return outcome
        if self._secrets is None:
            self._secrets = self._read()
        findings = tuple(self._finding(finding, self._secrets) for finding in outcome.findings)
        return outcome._replace(reason=scrub(outcome.reason, self._texts), words=scrub(outcome.words, self._texts), findings=findings)

    def _read(self) -> Secrets:
        directory, journal, manifest = self._directory, load_journal(self._directory), load_manifest(self._directory)
        before = [entry.owned_before for entry in journal.files.values() if entry.owned_before] if journal is not None else []
        secrets = Secrets({tuple(steps) for owned in [*manifest.values(), *before] for steps in owned.secret_places})
        contents = list(verified_contents(directory, journal).items()) if journal is not None else []
        for name in manifest:
            content = directory.read(name)
            contents.append((name, content.data if content is not None else None))
        self._texts = {text for name, data in contents if data for text in secret_values(name, data, secrets)}
        return secrets

    def _finding(self, finding: Finding, secrets: Secrets) -> Finding:
        place, _arrow, field = finding["path"].rpartition(" → ")
        if place and secrets.hides_field(field, " → check " in place):
            return dict(finding, message="is not as the file says.")
        return dict(finding, message=scrub(finding["message"], self._texts))
