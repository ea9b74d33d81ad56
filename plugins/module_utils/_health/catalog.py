# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the catalog, which all others ask, has the checks in the state in which the agent has them.

An agent tells the servers of a new state at once, unless its regular sync or a server that it does not reach comes in between.
"""

from __future__ import annotations

import time
from typing import Any, Collection, Mapping
from urllib.parse import quote

from .._agent.api import AgentApi, ApiError
from .._agent.catalog import consistent
from .._definition.expect import in_namespace
from .._findings import some_of
from .awaited import Awaited

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
_SHOWN = 5


def disagreement(
    api: AgentApi, node: str | None, checks: Mapping[str, Any], awaited: Mapping[str, Awaited], states: Collection[str], patience: float
) -> str:
    """What the catalog has in another state than the agent, as a sentence; empty when nothing, or where it may not be seen.

    checks are those of the agent, patience is for how many seconds the servers may lag behind.
    """
    healthy = {key: check for key, check in checks.items() if key in awaited and check.get("Status") in states}
    end, pause = time.monotonic() + patience, FIRST_PAUSE
    try:
        while True:
            known = _of_node(api, node, healthy) if node and healthy else {}
            differing = {key: known.get(key, "missing") for key in healthy if known.get(key) not in states} if known else {}
            if not differing or time.monotonic() >= end:
                return _sentence(differing, healthy)
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    except ApiError:
        # The agent's own view is what counts; whoever has no token for the catalog is not told of it each time.
        return ""


def _of_node(api: AgentApi, node: str, checks: Mapping[str, Any]) -> dict[str, str]:
    """The states that the catalog has, by the agent's keys; none where the token may not see the node."""
    found: dict[str, str] = {}
    for namespace in sorted({check.get("Namespace") or "" for check in checks.values()}):
        for check in api.get("/v1/health/node/" + quote(node, safe=""), consistent(namespace)) or ():
            found[in_namespace(namespace, check["CheckID"])] = check["Status"]
    return found


def _sentence(differing: Mapping[str, str], checks: Mapping[str, Any]) -> str:
    if not differing:
        return ""
    shown = ["%s is %s on the agent and %s in the catalog" % (key, checks[key]["Status"], differing[key]) for key in sorted(differing)]
    why = "The agent's log says what keeps it from telling."
    return "The catalog, which all others ask, does not say what the agent says: %s. %s" % (some_of(shown, _SHOWN), why)
