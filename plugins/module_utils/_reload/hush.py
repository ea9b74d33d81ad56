# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a reload, without secrets of our files: agents quote what they refuse, and differences are told by their values."""

from __future__ import annotations

from typing import Any, Iterable

from .._agent.elsewhere import Content
from .._definition.redact import scrub, secret_values, secrets_of
from .._definition.secret import SHORTEST, Secrets
from .._files.config_dir import ConfigDir
from .._files.journal import load_journal
from .._files.manifest import load_manifest
from .._files.transaction import verified_contents
from .._findings import Finding
from .outcome import Outcome


class Hush:
    """Knows the secrets of our files in a directory, as they are and as they were last verified; reads them when a reload went wrong.

    Of other files those that stand in fields for secrets. `known` are further texts, which may be a part only of what stands there.
    """

    def __init__(self, directory: ConfigDir, known: Iterable[str] = ()) -> None:
        self._directory = directory
        self._known = {text for text in known if len(text) >= SHORTEST}
        self._secrets: Secrets | None = None
        self._texts: set[str] = set()

    def outcome(self, outcome: Outcome, everything: Iterable[Content]) -> Outcome:
        """Return what may be said. everything is what the agent reads, and may quote.

        To be asked before the files go back, since then they are others. Raises Refused.
        """
        if outcome.good:
            return outcome
        findings = tuple(self.findings(outcome.findings, everything))
        return outcome._replace(reason=scrub(outcome.reason, self._texts), words=scrub(outcome.words, self._texts), findings=findings)

    def findings(self, findings: Iterable[Finding], everything: Iterable[Content]) -> list[Finding]:
        """The same for findings alone."""
        secrets = self.secrets(everything)
        return [self._finding(finding, secrets) for finding in findings]

    def text(self, text: str, everything: Iterable[Content]) -> str:
        """The same for a text."""
        self.secrets(everything)
        return scrub(text, self._texts)

    def secrets(self, everything: Iterable[Content]) -> Secrets:
        """What is secret, for whoever conceals values by himself. Raises Refused."""
        if self._secrets is None:
            self._secrets = self._read()
            self._texts |= {secret for content in everything for secret in secrets_of(content.document)}
        return self._secrets

    def value(self, value: Any) -> Any:
        """Return a value that was concealed by what `secrets` returned, without the secret texts that it holds elsewhere."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return scrub(value, self._texts) if isinstance(value, str) else value

    def _read(self) -> Secrets:
        directory, journal, manifest = self._directory, load_journal(self._directory), load_manifest(self._directory)
        before = [entry.owned_before for entry in journal.files.values() if entry.owned_before] if journal is not None else []
        secrets = Secrets({tuple(steps) for owned in [*manifest.values(), *before] for steps in owned.secret_places})
        contents = list(verified_contents(directory, journal).items()) if journal is not None else []
        for name in manifest:
            content = directory.read(name)
            contents.append((name, content.data if content is not None else None))
        self._texts = self._known | {text for name, data in contents if data for text in secret_values(name, data, secrets)}
        return secrets

    def _finding(self, finding: Finding, secrets: Secrets) -> Finding:
        place, _arrow, field = finding["path"].rpartition(" → ")
        if place and secrets.hides_field(field, " → check " in place):
            return dict(finding, message="is not as the file says.")
        return dict(finding, message=scrub(finding["message"], self._texts))
