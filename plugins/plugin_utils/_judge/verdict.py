# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From findings to a verdict: for one version at once, or for whatever version the target turns out to have."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._versions import Version

from .._findings import Finding, applies
from .._rules.history import REMOVED, TOO_NEW
from .._schema.versions import ALWAYS, format_version

# The rules by which a field is no field for an agent.
UNKNOWN_FIELD = (TOO_NEW.id, REMOVED.id)


@dataclass(slots=True)
class Verdict:
    """What is wrong for certain, what only warns, and what depends on the version of the agent."""

    errors: list[dict[str, str]] = dataclass_field(default_factory=list)
    warnings: list[dict[str, str]] = dataclass_field(default_factory=list)
    conditional: list[dict[str, Any]] = dataclass_field(default_factory=list)


def verdict(findings: Iterable[Finding], version: Version | None, *, strict: bool = False, silence: Collection[str] = ()) -> Verdict:
    """Sort findings into errors, warnings, and (with no version) those that hold for some versions only."""
    result = Verdict()
    for finding in findings if version is None else _about_known_fields(list(findings), version):
        if finding.severity == "warning" and finding.rule in silence:
            continue
        severe = replace(finding, severity="error") if strict else finding
        if version is None and finding.spans is not ALWAYS and finding.spans != ALWAYS:
            result.conditional.extend(_conditional(severe))
        elif version is None or applies(finding, version):
            (result.errors if severe.severity == "error" else result.warnings).append(severe.as_dict(version))
    return result


def _about_known_fields(findings: list[Finding], version: Version) -> list[Finding]:
    """Leave out what is said about fields that the agent does not know at all."""
    unknown = {(finding.label, finding.place) for finding in findings if finding.rule in UNKNOWN_FIELD and applies(finding, version)}
    if not unknown:
        return findings
    return [
        finding
        for finding in findings
        if finding.rule in UNKNOWN_FIELD
        or not any((finding.label, finding.place[:length]) in unknown for length in range(1, len(finding.place) + 1))
    ]


def _conditional(finding: Finding) -> list[dict[str, Any]]:
    shown = finding.as_dict()
    return [
        {"since": format_version(low) if low else None, "until": format_version(high) if high else None, "finding": shown}
        for low, high in finding.spans
    ]
