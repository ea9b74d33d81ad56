# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services that an agent removes by itself, since a check of theirs asks for it (deregister_critical_service_after)."""

from __future__ import annotations

from .._agent.view import Seen
from .._definition.expect import Expected, owner_of

REAPED = "the agent has removed services that were critical for longer than their checks allow"


def reaped(wanted: Expected, seen: Seen | None) -> list[str]:
    """The keys of those that it has removed."""
    if seen is None:
        return []
    missing = wanted.services.keys() - seen.services.keys()
    asking = [check for check in wanted.checks.values() if check["definition"].get("deregistercriticalserviceafter")]
    # Those of others go with checks of ours that are bound to them.
    others = {owner_of(check) for check in asking if check["serviceid"]} - seen.services.keys() - wanted.services.keys()
    reapable = {check["serviceid"] for check in asking}
    ours = {key for key in missing if wanted.services[key]["id"] in reapable or wanted.services[key].get("sidecarof") in reapable}
    return sorted(ours | others)


def leaving_out(wanted: Expected, keys: list[str]) -> Expected:
    """What is left to be wanted without these services and their checks."""
    services = {key: service for key, service in wanted.services.items() if key not in keys}
    return Expected(services, {key: check for key, check in wanted.checks.items() if owner_of(check) not in keys})
