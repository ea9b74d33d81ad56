# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that are set in the catalog, as scripts do that make another instance the active one."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import AgentError, ConsulAgent

# Within three seconds of its start an agent asks the servers once more before it tells them anything, and so forgets nothing by a reload
# (read in agent/ae/ae.go of 1.21.4).
_SETTLED = 3.2
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


def taken_over(agent: ConsulAgent, wanted: list[str], service: str) -> None:
    """The same, and have the agent know of it, which asks the servers when it starts.

    One that is its own server may ask itself before it has read its own log, and forget them (seen on 1.8.7): then once more.
    """
    for _attempt in range(_ATTEMPTS):
        override(agent, wanted, service)
        agent.restart()
        time.sleep(_SETTLED)
        if agent.services()[service]["Tags"] == wanted:
            return
    raise AgentError(f"the agent never takes over the tags of {service}\n{agent.log()}")
