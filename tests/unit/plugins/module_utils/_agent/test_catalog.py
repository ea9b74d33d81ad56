# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the catalog is waited for, with servers of our own making and a clock that only sleeping moves."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import catalog as agent_catalog
from ansible_collections.registrar.consul.plugins.module_utils._agent.catalog import (
    LATEST_SYNC,
    Doubt,
    Record,
    awaited,
    missing_in_catalog,
)
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import expected
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

WEB = {"web": Record("", "web", "web", {"Port": 80, "Address": None, "Meta": None, "Tags": None})}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(agent_catalog, "time", clock)
    return clock


class Servers:
    """Have the service from some second on, and with this port."""

    def __init__(self, clock: Clock, since: float, port: int = 80, node: str = "n1") -> None:
        self.clock, self.start, self.since, self.port, self.node = clock, clock.now, since, port, node

    def get(self, path: str, _query: Any = None) -> Any:
        there = self.clock.now - self.start >= self.since
        if path.startswith("/v1/catalog/node/"):
            services = {"web": {"ID": "web", "Service": "web", "Port": self.port}} if there else {}
            return {"Services": services} if self.node == "n1" else None
        return [{"Node": self.node, "ServiceID": "web", "ServicePort": self.port}] if there else []


def missing(servers: Servers, end: float, refused_at: float = float("inf")) -> list[str]:
    api: Any = servers
    found = missing_in_catalog(api, "n1", WEB, servers.start + end, lambda: servers.clock.now - servers.start >= refused_at)
    return [finding["path"] for finding in found]


def test_what_is_there_is_not_waited_for(clock: Clock) -> None:
    assert missing(Servers(clock, since=0), end=10) == []
    assert clock.sleeps == 0


def test_agents_may_be_late(clock: Clock) -> None:
    """By the time between two of their regular syncs, in the worst case."""
    assert missing(Servers(clock, since=LATEST_SYNC), end=10 + LATEST_SYNC) == []


def test_what_does_not_come_is_missing_at_the_end(clock: Clock) -> None:
    assert missing(Servers(clock, since=float("inf")), end=10) == ["service web"]
    assert clock.now >= 1000 + 10


def test_another_port_is_not_what_was_written(clock: Clock) -> None:
    assert missing(Servers(clock, since=0, port=81), end=10) == ["service web"]


def test_a_refusal_that_is_heard_ends_the_wait(clock: Clock) -> None:
    assert missing(Servers(clock, since=float("inf")), end=1000, refused_at=5) == ["service web"]
    assert clock.now < 1000 + 20


def test_a_refusal_may_be_about_what_was_there_before(clock: Clock) -> None:
    assert missing(Servers(clock, since=1), end=1000, refused_at=0) == []


def test_a_node_that_may_not_be_seen_says_nothing(clock: Clock) -> None:
    with pytest.raises(Doubt, match="node:read"):
        missing(Servers(clock, since=0, node="other"), end=10)


def test_the_port_of_named_ports_is_not_compared(clock: Clock) -> None:
    """Agents of 1.22.7 report the default one; their catalog has no port for a node's service, and servers of 1.21.4 have 0."""
    wanted = expected([{"name": "web", "ports": [{"name": "http", "port": 80, "default": True}]}])
    reported = {"ID": "web", "Service": "web", "Port": 80, "Ports": [{"Name": "http", "Port": 80, "Default": True}]}
    records = awaited(wanted, expected([]), {"web": reported}, "token")
    api: Any = Servers(clock, since=0, port=0)

    assert missing_in_catalog(api, "n1", records, clock.now + 10, lambda: False) == []
