# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the servers have taken what the agent has: with ACLs they may refuse it, and the agent alone looks well."""

from __future__ import annotations

from typing import Callable

from .._agent.catalog import LATEST_SYNC, Doubt, awaited, missing_in_catalog
from .._agent.facts import AgentFacts
from .._agent.log import Ears
from .._agent.members import older_than_ports, ports_warning
from .._definition.expect import Expected
from .outcome import Outcome, Target

_UNSEEN = "Verified on the agent. Whether the catalog has it too cannot be seen: %s"


def with_catalog(
    outcome: Outcome, target: Target, facts: AgentFacts, ears: Ears, timeout: float | None, started: float, warn: Callable[[str], None]
) -> Outcome:
    """The outcome, not good any more where ACLs keep out of the catalog what has changed. Warns where that cannot be seen.

    timeout (seconds) is the user's; started is when (monotonic) the wait for the agent began.
    """
    if not outcome.good or not outcome.verified:
        return outcome
    api, seen = facts.api, outcome.seen
    if seen is None:
        # By the mark, or by its own word.
        changed = [service for key, service in target.wanted.services.items() if service != target.before.services.get(key)]
        if changed and (api.where.token or any(service.get("token") for service in changed)):
            warn(_UNSEEN % "the services may not be seen. A token with service:read is needed.")
        return outcome
    records = awaited(target.wanted, target.before, seen.services, api.where.token)
    if not records:
        return outcome
    identifiers = {record.identifier for record in records.values()}
    end = started + target.limit(timeout) + (LATEST_SYNC if timeout is None else 0.0)
    try:
        findings = missing_in_catalog(api, facts.node_among(seen.checks), records, end, lambda: bool(ears.of_catalog(identifiers)))
    except Doubt as doubt:
        warn(_UNSEEN % doubt)
        return outcome
    if not findings:
        return outcome
    return outcome._replace(good=False, findings=tuple(findings), words=ears.of_catalog(identifiers))


def warn_of_older_members(wanted: Expected, facts: AgentFacts, warn: Callable[[str], None]) -> None:
    """Named ports are nothing to agents and servers before 1.22: say so where the datacenter has any."""
    services = [service for service in wanted.services.values() if service.get("ports")]
    warning = ports_warning(services, older_than_ports(facts.api)) if services and facts.api is not None else ""
    if warning:
        warn(warning)
