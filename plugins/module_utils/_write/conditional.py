# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings that depend on the agent: on its version, and on whether it runs scripts. Resolved where the agent is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterable, Mapping

from .._findings import Finding, error, finding, warning
from .._versions import parse_version

if TYPE_CHECKING:
    from .._agent.facts import AgentFacts


def packed(conditional: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return findings with their conditions in the form that the payload has: each text once, for however many places.

    Thousands of services have thousands of findings on agents that are older than a field of theirs.
    """
    numbers: dict[tuple[Any, ...], int] = {}
    places = []
    for entry in conditional:
        said = entry["finding"]
        text = (entry["since"], entry["until"], said["severity"], said["rule"], said["message"], said["hint"])
        places.append([numbers.setdefault(text, len(numbers)), said["path"]])
    return {"texts": list(numbers), "places": places}


def conditional_findings(payload: Mapping[str, Any], facts: AgentFacts) -> list[Finding]:
    """Return what the payload's conditions come to for this agent. Asks for a fact only when something depends on it."""
    findings = version_findings(payload, facts)
    if payload.get("scripts"):
        findings += script_findings(payload["scripts"], facts.scripts_enabled)
    return findings


def version_findings(payload: Mapping[str, Any], facts: AgentFacts) -> list[Finding]:
    """Return what the payload's conditions come to for this agent's version."""
    places = payload.get("conditional", {}).get("places")
    if not places:
        return []
    version = facts.version
    if version is None:
        message = "is auto, and the version cannot be found out: no agent answers, and there is no consul binary."
        hint = "Name the agent's version to have all rules applied. Findings that depend on it: %d." % len(places)
        return [warning("consul_version", "version-unknown", message, hint)]
    texts = [_text(text, version) for text in payload["conditional"]["texts"]]
    return [dict(texts[number], path=path) for number, path in places if texts[number]]


def newer_findings(payload: Mapping[str, Any], facts: AgentFacts) -> list[Finding]:
    """Return the one finding on an agent that is newer than all that the controller knows; it has left the version to the target."""
    newest = payload.get("newest")
    if not newest or not facts.version or parse_version(facts.version)[:2] <= parse_version(newest)[:2]:
        return []
    message = "is %s, and the newest that this collection knows is %s; it is judged as that one, and what is new in it is refused."
    hint = "Look for a newer version of the collection. What the agent has learned since can be listed in unchecked."
    return [warning("consul_version", "version-newer", message % (facts.version, newest), hint)]


def waiting_findings(reload: str, facts: AgentFacts) -> list[Finding]:
    """Return that the agent does not wait for the handler, where it reads changed files by itself."""
    if reload != "later" or not facts.reloads_itself:
        return []
    message = (
        "reads changed files by itself (auto_reload_config), within a second and not when the handler runs. Tags that were overridden in "
        "the catalog are lost by then."
    )
    return [warning("agent", "agent-reloads-itself", message, "Set reload: now, which keeps them.")]


def _text(text: list[Any], version: str) -> Finding:
    """Return the finding without its place; empty when it does not hold for this version."""
    since, until, severity, rule, message, hint = text
    number = parse_version(version)
    if (since and number < parse_version(since)) or (until and number >= parse_version(until)):
        return {}
    return finding(severity, "", rule, message.replace("{version}", version), hint)


def script_findings(places: Iterable[str], enabled: bool | None) -> list[Finding]:
    """What is to be said of checks that run a script, for an agent that does or does not; None where that is not known."""
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
