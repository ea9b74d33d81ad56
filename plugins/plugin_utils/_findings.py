# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings: what is wrong or surprising in a definition, where, why, and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK, cleaned, suspicious
from ansible_collections.registrar.consul.plugins.module_utils._findings import finding
from ansible_collections.registrar.consul.plugins.module_utils._versions import Version

from ._schema.versions import (
    ALWAYS,
    Span,
    contains,
    format_version,
    is_newer,
    newest_known,
)

Severity = Literal["error", "warning"]
Place = tuple["str | int", ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. `place` leads from the definition to the value; `spans` are the versions it holds for.

    `{version}` in the message stands for the version of the agent; it is filled in when that is known.
    """

    rule: str
    place: Place
    message: str
    hint: str = ""
    severity: Severity = "error"
    spans: tuple[Span, ...] = ALWAYS
    label: str = ""
    # The path under which a key that nobody here knows could be listed in the option unchecked, where that would help.
    unchecked: str = ""

    @property
    def path(self) -> str:
        return f"{self.label} → {dotted(self.place)}" if self.label and self.place else self.label or dotted(self.place)

    def labelled(self, label: str) -> Finding:
        """Return the finding with this label; dataclasses.replace takes thrice the time."""
        return Finding(self.rule, self.place, self.message, self.hint, self.severity, self.spans, label, self.unchecked)

    def as_dict(self, version: Version | None = None) -> dict[str, str]:
        """Return the finding as users get it in `errors` and `warnings`."""
        message = self.message.replace("{version}", format_version(version)) if version else self.message
        return finding(self.severity, self.path, self.rule, message, f"{self.hint} {self._way_out(version)}".strip())

    def _way_out(self, version: Version | None) -> str:
        """What helps where only the agent can know: nothing of the sort for an agent that is not newer than the schema."""
        if not self.unchecked or version is None or not is_newer(version):
            return ""
        path = self.unchecked.replace("[]", "[*]")
        return (
            f"This collection knows Consul up to {newest_known()}, and the agent is {format_version(version)}: if that one has the key, "
            f"list {path} in unchecked (consul_services_unchecked in the role), and it is passed through for the agent to judge."
        )


def dotted(place: Iterable[str | int]) -> str:
    """Return a place as `checks[0].interval`."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step and all(char.isalnum() or char in "_-" for char in step):
            text += f".{step}" if text else step
        else:
            text += f"[{quoted(step)}]"
    return text


def quoted(text: str, limit: int = 60) -> str:
    """Return user text in double quotes, shortened, free of control characters, and without passwords."""
    text = cleaned(text, lambda _piece: MASK) if suspicious(text) else text
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    clean = "".join(char if char.isprintable() else "�" for char in shown)
    return f'"{clean}"'


def applies(finding: Finding, version: Version) -> bool:
    return finding.spans is ALWAYS or contains(finding.spans, version)


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """Return the known word that is nearest to the unknown one, if any is near."""
    matches = difflib.get_close_matches(word.lower(), [entry for entry in known if entry], n=1, cutoff=0.6)
    return matches[0] if matches else None


def in_input_order(findings: Iterable[Finding], definition: Any) -> list[Finding]:
    """Return the findings sorted as their places stand in the definition."""
    found = list(findings)
    return sorted(found, key=lambda finding: _position(finding.place, definition)) if len(found) > 1 else found


def _position(place: Place, value: Any) -> tuple[int, ...]:
    position = []
    for step in place:
        if isinstance(value, dict):
            keys = list(value)
            position.append(keys.index(step) if step in value else len(keys))
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            position.append(step)
            value = value[step]
        else:
            break
    return tuple(position)
