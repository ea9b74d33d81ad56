# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a reload, without secrets of our files: agents quote what they refuse, and differences are told by their values."""

from __future__ import annotations

from functools import cached_property
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

    Of `everything`, which the agent reads and may quote, those that stand in fields for secrets. `known` are further texts, which may be
    a part only of what stands there. To be asked before the files go back, since then they are others: what was read then stays.
    All of it raises Refused.
    """

    def __init__(self, directory: ConfigDir, everything: Iterable[Content] = (), known: Iterable[str] = ()) -> None:
        self._directory = directory
        self._everything = everything
        self._known = known

    def outcome(self, outcome: Outcome) -> Outcome:
        """Return what may be said."""
        if outcome.good:
            return outcome
        findings = tuple(self.findings(outcome.findings))
        return outcome._replace(reason=self.text(outcome.reason), words=self.text(outcome.words), findings=findings)

    def findings(self, findings: Iterable[Finding]) -> list[Finding]:
        """The same for findings alone."""
        return [self._finding(finding) for finding in findings]

    def text(self, text: str) -> str:
        """The same for a text."""
        return scrub(text, self._read[1])

    def value(self, value: Any) -> Any:
        """Return a value that was concealed by what `secrets` says, without the secret texts that it holds elsewhere."""
        if isinstance(value, list):
            return [self.value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    @property
    def secrets(self) -> Secrets:
        """What is secret, for whoever conceals values by himself."""
        return self._read[0]

    @cached_property
    def _read(self) -> tuple[Secrets, set[str]]:
        directory, journal, manifest = self._directory, load_journal(self._directory), load_manifest(self._directory)
        before = [entry.owned_before for entry in journal.files.values() if entry.owned_before] if journal is not None else []
        secrets = Secrets({tuple(steps) for owned in [*manifest.values(), *before] for steps in owned.secret_places})
        contents = list(verified_contents(directory, journal).items()) if journal is not None else []
        for name in manifest:
            content = directory.read(name)
            contents.append((name, content.data if content is not None else None))
        texts = {text for text in self._known if len(text) >= SHORTEST}
        texts |= {text for name, data in contents if data for text in secret_values(name, data, secrets)}
        return secrets, texts | {secret for content in self._everything for secret in secrets_of(content.document)}

    def _finding(self, finding: Finding) -> Finding:
        place, _arrow, field = finding["path"].rpartition(" → ")
        if place and self.secrets.hides_field(field, " → check " in place):
            return dict(finding, message="is not as the file says.")
        return dict(finding, message=self.text(finding["message"]))
