# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the catalog is waited for, with servers of our own making and a clock that only sleeping moves."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import catalog as agent_catalog
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import ApiError
from ansible_collections.registrar.consul.plugins.module_utils._agent.catalog import (
    LATEST_SYNC,
    Doubt,
    Record,
    awaited,
    knows_node,
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
    assert 1000 + 10 <= clock.now < 1000 + 11
    assert clock.sleeps == 16, "soon at first, since most come soon, and then once a second"


def test_without_any_time_one_look_is_had(clock: Clock) -> None:
    assert missing(Servers(clock, since=float("inf")), end=0) == ["service web"]
    assert clock.sleeps == 0


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


def test_only_the_very_service_will_do_when_it_is_asked_for_by_name(clock: Clock) -> None:
    """Others of the name, on this node or on others, are not ours."""

    class Others(Servers):
        def get(self, path: str, _query: Any = None) -> Any:
            if path.startswith("/v1/catalog/node/"):
                return {"Services": {}}
            return [
                {"Node": "n2", "ServiceID": "web", "ServicePort": 80},
                {"Node": "n1", "ServiceID": "web-2", "ServicePort": 80},
                {"Node": "n1", "ServiceID": "web", "ServicePort": 81},
            ]

    assert missing(Others(clock, since=0), end=1) == ["service web"]


def test_what_comes_by_name_is_there(clock: Clock) -> None:
    class Lagging(Servers):
        def get(self, path: str, query: Any = None) -> Any:
            return {"Services": {}} if path.startswith("/v1/catalog/node/") else super().get(path, query)

    assert missing(Lagging(clock, since=0), end=0) == []


# What is looked for

REPORTED = {name: {"ID": name, "Service": name, "Port": 80, "Tags": [], "EnableTagOverride": False} for name in ("web", "api", "db")}


def looked_for(token: str | None, *now: dict[str, Any], before: tuple[dict[str, Any], ...] = ()) -> dict[str, Record]:
    return awaited(expected(now), expected(before), REPORTED, token)


def test_only_what_has_changed_is_looked_for() -> None:
    now = {"name": "web", "port": 80}, {"name": "api", "port": 81}, {"name": "new", "port": 1}
    found = looked_for("a token", *now, before=({"name": "web", "port": 80}, {"name": "api", "port": 80}))
    assert found == {"api": Record("", "api", "api", {"Port": 80, "Address": None, "Meta": None, "Tags": None})}


def test_without_any_token_nothing_is_looked_for() -> None:
    assert looked_for(None, {"name": "web"}) == {}
    assert sorted(looked_for(None, {"name": "web"}, {"name": "api", "token": "one of its own"})) == ["api", "web"]


@pytest.mark.parametrize(
    ("known", "own", "answer"),
    [
        ({"n1", "other"}, "n1", True),
        ({"other"}, None, True),
        ({"n1"}, "n1", False),
        (set(), "n1", None),
        ({"n1"}, None, None),
        ("unreachable", "n1", None),
    ],
)
def test_whether_a_node_is_known(known: Any, own: str | None, answer: bool | None) -> None:
    class Nodes:
        def get(self, path: str) -> Any:
            if known == "unreachable":
                raise ApiError("refused")
            return {"Node": {}} if path.rpartition("/")[2] in known else None

    api: Any = Nodes()
    assert knows_node(api, "other", own) is answer


def test_the_port_of_named_ports_is_not_compared(clock: Clock) -> None:
    """Agents of 1.22.7 report the default one; their catalog has no port for a node's service, and servers of 1.21.4 have 0."""
    wanted = expected([{"name": "web", "ports": [{"name": "http", "port": 80, "default": True}]}])
    reported = {"ID": "web", "Service": "web", "Port": 80, "Ports": [{"Name": "http", "Port": 80, "Default": True}]}
    records = awaited(wanted, expected([]), {"web": reported}, "token")
    api: Any = Servers(clock, since=0, port=0)

    assert missing_in_catalog(api, "n1", records, clock.now + 10, lambda: False) == []


def test_tags_that_are_others_to_change_are_not_compared() -> None:
    wanted = expected([{"name": "web", "id": "w", "port": 80, "namespace": "team"}])
    reported = {"ID": "w", "Service": "web", "Port": 80, "Tags": ["a"], "Meta": {"a": "b"}}
    every = {"Port": 80, "Address": None, "Meta": {"a": "b"}, "Tags": ["a"]}
    for more, left_out in (({}, ()), ({"EnableTagOverride": True}, ("Tags",)), ({"Ports": [{}]}, ("Port",))):
        (record,) = awaited(wanted, expected([]), {"team/w": {**reported, **more}}, "token").values()
        assert record == Record("team", "web", "w", {field: value for field, value in every.items() if field not in left_out})


def test_without_the_name_of_the_node_nothing_can_be_asked() -> None:
    nobody: Any = None
    with pytest.raises(Doubt, match="the name of the agent's node is not known"):
        missing_in_catalog(nobody, None, WEB, 0.0, lambda: False)
