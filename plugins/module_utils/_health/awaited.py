# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks have to be healthy before a change counts as good, and how long each has to stay so.

A reload keeps the state of a check: one whose path has become wrong goes on passing until it has run again (1.8.7 to 1.22.7). So that
a check is passing says nothing before it has run, and agents do not tell when they run one. What they show is a new state or a new
output; without either there is only the time after which it must have run.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping, NamedTuple

from .._definition.durations import SECOND, parse_duration
from .._definition.expect import SIDECAR_PORT, Expected, owner_of, place_of

# Agents run no check more often (checks.MinInterval; read).
SHORTEST_INTERVAL = 1.0
# How long a check may take where its definition does not say (read in agent/checks of 1.9 to 1.21).
TIMEOUT, TIMEOUT_OF_SCRIPTS = 10.0, 30.0
_SCRIPTS = ("script", "docker")
# The check that agents give a sidecar: whether anything listens on its port.
PROXY = "proxy"


class Awaited(NamedTuple):
    """A check that has to become or stay healthy."""

    place: str
    kind: str
    # The key of its service; empty for a check of the node.
    owner: str = ""
    # Seconds that it has to stay healthy when it is known to have run, and how many more when that is not known.
    hold: float = 0.0
    proof: float = 0.0
    # Seconds within which it can have shown both: first that it passes, then that it goes on doing so.
    least: float = 0.0
    interval: float = 0.0
    # Whether it is of what this change adds or alters; others were healthy before it.
    changed: bool = True
    # What a check of this kind depends on, for those who have to mend it: the service that it copies, the time to live.
    about: str = ""
    # Whether nothing that the change does can make it healthy, so that it is only told.
    excused: bool = False
    # State and output before the agent has run it. Not known of a check that was there before: it may have run while the agent was told.
    began: tuple[str, str] | None = None


def awaited(
    wanted: Expected,
    before: Expected,
    earlier: Mapping[str, Any],
    healthy: Collection[str],
    states: Collection[str],
    limit: float = float("inf"),
) -> dict[str, Awaited]:
    """The checks by their keys on the agent: those of all that has changed, and those that were healthy until now.

    earlier are the agent's checks from before it was told, healthy are those that were so before the change; limit is how many seconds
    are to be waited at most.
    """
    found = {}
    for key, check in _changes(wanted, before).items():
        timed = _timed(check, states, limit)
        began = None if key in earlier else (check["definition"].get("status") or "critical", "")
        # A proxy can only be started for a sidecar that is registered.
        found[key] = timed._replace(began=began, excused=timed.kind == PROXY and key not in healthy)
    removed = before.checks.keys() - wanted.checks.keys()
    for key, check in earlier.items():
        if key not in found and key not in removed and key in healthy:
            service = check.get("ServiceID") or ""
            place = "service %s → check %s" % (service, key) if service else "check " + key
            found[key] = Awaited(place, check.get("Type") or "", service, changed=False)
    return found


def _changes(wanted: Expected, before: Expected) -> dict[str, Any]:
    services = {key for key, service in wanted.services.items() if service != before.services.get(key)}
    return {key: check for key, check in wanted.checks.items() if owner_of(check) in services or check != before.checks.get(key)}


def _timed(check: Mapping[str, Any], states: Collection[str], limit: float) -> Awaited:
    definition, kind = check["definition"], check["type"]
    plain = Awaited(place_of(check), kind, owner_of(check))
    if kind == "alias":
        return plain._replace(about=definition.get("aliasservice") or "the node " + str(definition.get("aliasnode")))
    if kind == "ttl":
        # Whether the application still reports shows when the time is over, if that is to be lived to see.
        ttl = seconds(definition.get("ttl"))
        return plain._replace(proof=ttl if ttl < limit else 0.0, about=str(definition.get("ttl")))
    interval = max(SHORTEST_INTERVAL, seconds(definition.get("interval")))
    timeout = seconds(definition.get("timeout")) or (TIMEOUT_OF_SCRIPTS if kind in _SCRIPTS else TIMEOUT)
    hold = interval * (1 + _failures(definition, states))
    least = interval * (1 + _count(definition.get("successbeforepassing"))) + hold + timeout
    kind = PROXY if definition.get("tcp") == SIDECAR_PORT else kind
    return plain._replace(kind=kind, hold=hold, proof=timeout, least=least, interval=interval)


def _failures(definition: Mapping[str, Any], states: Collection[str]) -> int:
    """After how many failures beyond the first one the check shows it, at the latest."""
    critical, warning = definition.get("failuresbeforecritical"), definition.get("failuresbeforewarning")
    return _count(critical) if warning is None or "warning" in states else min(_count(critical), _count(warning))


def _count(value: Any) -> int:
    """A number of a definition; 0 where there is none, as also where somebody has edited a file."""
    return value if isinstance(value, int) else 0


def seconds(text: Any) -> float:
    """A duration of a definition; 0 where there is none."""
    try:
        return parse_duration(text) / SECOND if isinstance(text, str) else 0.0
    except ValueError:
        # No agent has loaded it.
        return 0.0
