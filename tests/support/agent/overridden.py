# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that are set in the catalog, as scripts do that make another instance the active one."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import AgentError, ConsulAgent

# An agent that starts asks the servers twice, each time within three seconds, before it tells them anything (read in agent/ae/ae.go of
# 1.21.4): until then it forgets nothing by a reload.
_ASKS, _SETTLED = 3.2, 6.5
_ATTEMPTS = 5


def catalog(agent: ConsulAgent) -> dict[str, Any]:
    """The services of the agent's node, as the servers know them."""
    return dict(agent.get("/v1/catalog/node/test?consistent")["Services"])


def tags(agent: ConsulAgent, service: str) -> list[str]:
    return list(catalog(agent)[service]["Tags"])


def override(agent: ConsulAgent, wanted: list[str], service: str) -> None:
    """Set the tags of a service in the catalog alone."""
    agent.wait_until(lambda: service in catalog(agent), f"does not tell the servers of {service}")
    # It does not answer while it tells them of checks, and with each of its service once more.
    agent.services()
    entry = {**catalog(agent)[service], "Tags": wanted}
    agent.put("/v1/catalog/register", {"Node": "test", "Address": "127.0.0.1", "SkipNodeUpdate": True, "Service": entry})


def taken_over(agent: ConsulAgent, wanted: list[str], service: str, *, settled: bool = False) -> None:
    """The same, and have the agent know of it, which asks the servers when it starts. settled has it forget them by its next reload.

    One that is its own server may ask itself before it has read its own log, and forget them (seen on 1.8.7): then once more.
    """
    for _attempt in range(_ATTEMPTS):
        override(agent, wanted, service)
        agent.restart()
        end = time.monotonic() + _ASKS
        while agent.services()[service]["Tags"] != wanted and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(_SETTLED if settled else 0)
        if agent.services()[service]["Tags"] == wanted == tags(agent, service):
            return
    raise AgentError(f"the agent never takes over the tags of {service}\n{agent.log()}")
