# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach the HTTP API of an agent that was found, wherever it lives: never that of another one on the same port."""

from __future__ import annotations

import os
from typing import NamedTuple

from .namespaces import network_of, shares
from .process import AgentProcess, Agents
from .settings import Settings

SILENT = "the agent has no HTTP API that this host can reach"
_APART = (
    "the agent with pid %d has a network of its own, which this task may not enter (%s): its HTTP API can be asked by root, at an "
    "address given as http_addr, or through a unix socket"
)
_SOCKET = "unix://"


class Reach(NamedTuple):
    """Where the agent answers, and the network namespace to ask from, where it is not ours; or why there is no way."""

    address: str | None
    network: str | None = None
    why_not: str = ""


def reach(process: AgentProcess, settings: Settings, agents: Agents) -> Reach:
    """The way to the API by what the agent was told, as seen from here."""
    address = settings.http_address()
    if address is None:
        return Reach(None, why_not=SILENT)
    if address.startswith(_SOCKET):
        return Reach(_SOCKET + agents.path_of(process, address[len(_SOCKET) :]))
    shared = shares(process.pid, "net", agents.proc)
    # Where that cannot be known, an agent in another process namespace most likely is in another network as well.
    if shared or (shared is None and process.own_pid is None):
        return Reach(address)
    network = os.path.join(agents.proc, str(process.pid), "ns", "net")
    try:
        with network_of(network):
            return Reach(address, network)
    except OSError as problem:
        return Reach(None, why_not=_APART % (process.pid, problem.strerror))
    except (ImportError, AttributeError):
        return Reach(None, why_not=_APART % (process.pid, "this Python cannot"))
