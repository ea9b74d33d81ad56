# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that must be those of services on this node: looked for in the directory, and then at the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Container, Iterable, Sequence

from .._definition.identity import SIDECAR_SUFFIX, service_id, sidecar_of
from .._definition.parse import Definitions
from .._findings import Finding, warning

if TYPE_CHECKING:
    from .._agent.facts import AgentFacts

# Kind of name (id or name), the name, and the finding: path, rule, message, hint.
Reference = Sequence[str]


def dangling(
    references: Iterable[Reference], directory: Iterable[Definitions], leaving: Container[str], facts: AgentFacts
) -> list[Finding]:
    """Return the findings of the references that nothing on the node answers to.

    `directory` is all that its files will say, `leaving` the ids that the agent has from files as they are until now.
    """
    known = _names_in(directory)
    unanswered = [reference for reference in references if tuple(reference[:2]) not in known]
    if not unanswered:
        return []
    others = _names_at_agent(facts, leaving, {reference[1] for reference in unanswered})
    return [] if others is None else [warning(*reference[2:]) for reference in unanswered if tuple(reference[:2]) not in others]


def _names_in(directory: Iterable[Definitions]) -> set[tuple[str, str]]:
    known = set()
    for definitions in directory:
        for service in definitions.services:
            known.add(("id", service_id(service)))
            known.add(("name", str(service.get("name") or "")))
            sidecar = sidecar_of(service)
            if sidecar is not None:
                known.add(("id", sidecar[0]))
    return known


def _names_at_agent(facts: AgentFacts, leaving: Container[str], wanted: Iterable[str]) -> set[tuple[str, str]] | None:
    """What others have registered, and what the token may not see. None where there is an agent that does not let us look."""
    from .._agent.api import ApiError
    from .._agent.view import AgentView

    known: set[tuple[str, str]] = set()
    try:
        if facts.process is None and not facts.address_given:
            return known
        if facts.api is None:
            return None
        view = AgentView(facts.api)
        services: dict[str, Any] = view.look().services
        for identifier, service in services.items():
            if _owner_of(identifier) not in leaving:
                known.update((("id", identifier), ("name", str(service.get("Service") or ""))))
        for name in wanted:
            if name not in services and view.is_hidden(name):
                known.update((("id", name), ("name", name)))
    except ApiError:
        return None
    return known


def _owner_of(identifier: str) -> str:
    """A sidecar comes and goes with its service."""
    return identifier[: -len(SIDECAR_SUFFIX)] if identifier.endswith(SIDECAR_SUFFIX) else identifier
