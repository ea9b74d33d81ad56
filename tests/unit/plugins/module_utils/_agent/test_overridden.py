# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When overridden tags are put back, with an agent and servers of our own making and a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import overridden as agent_overridden
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, ApiError, NotFound, ServerError
from ansible_collections.registrar.consul.plugins.module_utils._agent.catalog import Doubt
from ansible_collections.registrar.consul.plugins.module_utils._agent.overridden import (
    NodeInCatalog,
    Rest,
    Tagged,
    fingerprint,
    put_back,
)
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

FILE, ACTIVE = ["file"], ["file", "active"]
NODE = {"Node": "n1", "ID": "1", "Address": "10.0.0.1", "Datacenter": "dc1", "TaggedAddresses": {"lan": "10.0.0.1"}, "Meta": {"a": "b"}}


def service(tags: list[str], **fields: Any) -> dict[str, Any]:
    return {"ID": "db", "Service": "db", "Tags": tags, "EnableTagOverride": True, **fields}


class Cluster:
    """An agent and the servers: what happens at a second of the clock is set beforehand."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.start = clock, clock.now
        self.on_agent: Any = service(FILE)
        self.in_catalog: Any = service(ACTIVE)
        self.events: list[tuple[float, Callable[[], None]]] = []
        self.sent: list[tuple[str, str, Any]] = []
        self.answers: dict[str, Any] = {}

    def at(self, second: float, event: Callable[[], None]) -> None:
        self.events.append((self.start + second, event))

    def tell(self) -> None:
        """The agent tells the servers what it has."""
        self.in_catalog = dict(self.on_agent)

    def ask(self) -> None:
        """It takes over what they have."""
        self.on_agent = {**self.on_agent, "Tags": self.in_catalog["Tags"]}

    def look(self) -> Seen:
        for event in [event for event in self.events if event[0] <= self.clock.now]:
            self.events.remove(event)
            event[1]()
        return Seen({"db": self.on_agent} if self.on_agent else {}, {})

    def get(self, path: str, _query: Any = None) -> Any:
        if path in self.answers:
            raise self.answers[path]
        listed = [self.in_catalog] if self.in_catalog else []
        return {"Node": NODE, "Services": {entry["ID"]: entry for entry in listed} if path == "/v1/catalog/node/n1" else listed}

    def send(self, method: str, path: str, content: Any) -> Any:
        self.sent.append((method, path, content))
        if path == "/v1/catalog/register":
            self.in_catalog = content["Service"]
            return True
        if isinstance(self.answers.get(path), Exception):
            raise self.answers[path]
        return [{**question, "Allow": question["Segment"] not in self.answers.get(path, ())} for question in content]

    def node(self) -> NodeInCatalog:
        api: Any = self
        return NodeInCatalog(api, "n1")


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Cluster:
    clock = Clock()
    monkeypatch.setattr(agent_overridden, "time", clock)
    return Cluster(clock)


def rest(cluster: Cluster, *, noted: Any = None, anew: tuple[str, ...] = (), seconds: float = 120) -> Rest:
    kept = {"db": Tagged("", "db", ACTIVE, fingerprint(noted or service(ACTIVE)))}
    return put_back(cluster.node(), cluster.look, kept, lambda _seen: anew, cluster.clock.now + seconds)


def test_tags_that_the_agent_has_overwritten_are_put_back_with_all_else(cluster: Cluster) -> None:
    cluster.in_catalog = service(FILE, Port=1, Meta={"x": "y"})
    assert rest(cluster) == Rest([], [])
    ((method, path, content),) = cluster.sent
    assert (method, path) == ("PUT", "/v1/catalog/register")
    assert content == {
        **{field: NODE[field] for field in ("Node", "ID", "Address", "Datacenter", "TaggedAddresses")},
        "NodeMeta": {"a": "b"},
        "SkipNodeUpdate": True,
        "Service": service(ACTIVE, Port=1, Meta={"x": "y"}),
    }


def test_an_agent_that_is_late_to_tell_the_servers_is_waited_for(cluster: Cluster) -> None:
    cluster.at(20, cluster.tell)
    assert rest(cluster) == Rest([], [])
    assert cluster.in_catalog["Tags"] == ACTIVE
    assert 20 <= cluster.clock.now - cluster.start < 23
    assert cluster.clock.sleeps == 29, "soon at first, and then less often"


def test_without_any_time_one_look_is_had(cluster: Cluster) -> None:
    cluster.in_catalog = None
    assert rest(cluster, seconds=0) == Rest(["db"], [])
    assert cluster.clock.sleeps == 0


def test_an_agent_that_asks_the_servers_first_has_them_itself(cluster: Cluster) -> None:
    cluster.at(5, cluster.ask)
    assert rest(cluster) == Rest([], [])
    assert (cluster.sent, cluster.clock.now - cluster.start < 8) == ([], True)


def test_an_agent_that_has_nothing_to_tell_is_not_waited_for(cluster: Cluster) -> None:
    virtual = service(FILE, TaggedAddresses={"consul-virtual": {"Address": "240.0.0.1"}})
    assert rest(cluster, noted=virtual) == Rest([], [])
    assert (cluster.sent, cluster.clock.sleeps) == ([], 0)


def test_what_somebody_has_set_meanwhile_stays(cluster: Cluster) -> None:
    cluster.in_catalog = service(["other"])
    assert rest(cluster) == Rest([], [])
    assert cluster.sent == []


@pytest.mark.parametrize("on_agent", [None, {**service(FILE), "EnableTagOverride": False}])
def test_a_service_whose_owner_wants_it_otherwise_is_left(cluster: Cluster, on_agent: Any) -> None:
    cluster.on_agent, cluster.in_catalog = on_agent, service(FILE)
    assert rest(cluster) == Rest([], [])
    assert cluster.sent == []


def test_with_new_checks_they_are_watched_until_the_agent_has_them(cluster: Cluster) -> None:
    """It tells the servers of each state of a check, and of its own tags with it."""
    cluster.tell()
    cluster.at(1, cluster.tell)
    cluster.at(3, cluster.tell)
    cluster.at(60, cluster.ask)
    assert rest(cluster, anew=("db",)) == Rest([], [])
    assert len(cluster.sent) == 3
    assert cluster.on_agent["Tags"] == ACTIVE


def test_one_that_never_takes_them_over_is_told_of(cluster: Cluster) -> None:
    assert rest(cluster, anew=("db",), seconds=10) == Rest([], ["db"])
    cluster.in_catalog = None
    assert rest(cluster, seconds=10) == Rest(["db"], [])


def test_older_agents_list_services_in_another_place(cluster: Cluster) -> None:
    cluster.answers["/v1/catalog/node-services/n1"] = NotFound("node-services")
    assert cluster.node().services([]) == {"db": service(ACTIVE)}


def test_a_node_that_is_not_shown_is_a_doubt(cluster: Cluster) -> None:
    cluster.answers["/v1/catalog/node-services/n1"] = ServerError("No cluster leader")
    with pytest.raises(Doubt, match="No cluster leader"):
        cluster.node().services([])


AUTHORIZE = "/v1/internal/acl/authorize"


def test_a_proxy_needs_the_right_for_its_service_too(cluster: Cluster) -> None:
    proxy = service(FILE, Kind="connect-proxy", Service="proxy", Proxy={"DestinationServiceName": "db"})
    assert cluster.node().may_not_write([proxy]) == set()
    assert [question["Segment"] for question in cluster.sent[0][2]] == ["db", "proxy"]
    cluster.answers[AUTHORIZE] = ["db"]
    assert cluster.node().may_not_write([proxy]) == {"db"}


@pytest.mark.parametrize("answer", [ServerError("ACL support disabled"), NotFound("agents up to 1.6")])
def test_where_nobody_asks_for_rights_nobody_lacks_them(cluster: Cluster, answer: ApiError) -> None:
    cluster.answers[AUTHORIZE] = answer
    assert cluster.node().may_not_write([service(FILE)]) == set()


def test_a_token_that_is_none_is_a_doubt(cluster: Cluster) -> None:
    cluster.answers[AUTHORIZE] = AclDenied("ACL not found")
    with pytest.raises(Doubt, match="ACL not found"):
        cluster.node().may_not_write([service(FILE)])
