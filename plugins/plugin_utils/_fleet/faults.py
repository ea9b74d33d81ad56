# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings over a fleet: one for a fault, with all places where it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._findings import Severity
from .._rules.rule import Rule
from .._survey.report import numbers_apart


class Spot(NamedTuple):
    """A place on a host."""

    host: str
    place: str

    @property
    def path(self) -> str:
        return f"{self.host} → {self.place}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one or several places. Faults of one wording are one, where `subject` is the same as well."""

    rule: str
    severity: Severity
    spots: tuple[Spot, ...]
    message: str
    hint: str
    subject: str = ""


def fault(rule: Rule, spots: Iterable[Spot], what: str, hint: str) -> Fault:
    """Return a fault: what is wrong, what would come of it, and what to do instead."""
    return Fault(rule.id, rule.severity, tuple(spots), f"{what}; {rule.agent}.", hint)


def as_findings(faults: Iterable[Fault], *, strict: bool, silence: Collection[str]) -> list[dict[str, Any]]:
    """Return the faults as users get them, errors first, each with all of its hosts and places."""
    merged: dict[tuple[str, ...], tuple[Fault, dict[Spot, None]]] = {}
    for found in faults:
        if found.severity == "warning" and found.rule in silence:
            continue
        key = (found.rule, found.severity, found.message, found.hint, found.subject)
        merged.setdefault(key, (found, {}))[1].update(dict.fromkeys(found.spots))
    findings = [
        _finding(found, sorted(spots, key=lambda spot: tuple(map(numbers_apart, spot))), strict) for found, spots in merged.values()
    ]
    return sorted(findings, key=lambda finding: (finding["severity"], numbers_apart(finding["path"]), finding["rule"]))


def _finding(found: Fault, spots: list[Spot], strict: bool) -> dict[str, Any]:
    return {
        "severity": "error" if strict else found.severity,
        "path": spots[0].path,
        "rule": found.rule,
        "message": found.message,
        "hint": found.hint,
        "hosts": list(dict.fromkeys(spot.host for spot in spots)),
        "places": [spot.path for spot in spots],
    }
