# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings that depend on the agent: on its version, and on whether it runs scripts. Resolved where the agent is.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._agent_facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, error, warning

_NUMBERS = re.compile(r"(\d+)\.(\d+)(?:\.(\d+))?")


def conditional_findings(payload: Mapping[str, Any], facts: AgentFacts) -> list[Finding]:
    """Return what the payload's conditions come to for this agent. Asks for a fact only when something depends on it."""
    findings: list[Finding] = []
    if payload.get("conditional"):
        findings += _for_version(payload["conditional"], facts.version)
    if payload.get("scripts"):
        findings += _for_scripts(payload["scripts"], facts.scripts_enabled)
    return findings


def _for_version(conditional: list[Mapping[str, Any]], version: str | None) -> list[Finding]:
    if version is None:
        message = "is auto, and the version cannot be found out: no agent answers, and there is no consul binary."
        hint = "Name the agent's version to have all rules applied; %d findings depend on it." % len(conditional)
        return [warning("consul_version", "version-unknown", message, hint)]
    number = _numbers(version)
    return [
        dict(entry["finding"], message=entry["finding"]["message"].replace("{version}", version))
        for entry in conditional
        if _holds(entry, number)
    ]


def _holds(entry: Mapping[str, Any], number: tuple[int, ...]) -> bool:
    since, until = entry.get("since"), entry.get("until")
    return (not since or _numbers(since) <= number) and (not until or number < _numbers(until))


def _numbers(version: str) -> tuple[int, ...]:
    match = _NUMBERS.search(version)
    return tuple(int(part or 0) for part in match.groups()) if match else ()


def _for_scripts(places: Iterable[str], enabled: bool | None) -> list[Finding]:
    if enabled:
        return []
    if enabled is None:
        message = "runs a script, and whether the agent allows that cannot be found out; if not, it unloads every service."
        return [warning(place, "script-checks-unknown", message) for place in places]
    message = (
        "runs a script, which the agent is set not to do;"
        " it would unload every service and stop at this one, although consul validate finds nothing."
    )
    hint = "Set enable_local_script_checks = true in the agent's configuration and restart it, or use another kind of check."
    return [error(place, "script-checks-disabled", message, hint) for place in places]
