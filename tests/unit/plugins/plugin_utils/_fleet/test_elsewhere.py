# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalog as an agent shows it. What real agents answer is asked in tests/integration_agent/test_fleet.py."""

from __future__ import annotations

from typing import Any, cast

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, AgentApi, Endpoint, NotFound, ServerError
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.elsewhere import Catalog, NothingSeenError
from ansible_collections.registrar.consul.tests.support.definitions.fleet import mesh_service, upstream
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import at, found


class Agent:
    """Answers as it was told, and counts what it was asked."""

    where = Endpoint("http://agent")

    def __init__(self, **answers: Any) -> None:
        self.asked: list[str] = []
        self.answers = {
            "agent/self": {"Config": {"Datacenter": "dc1", "Version": "1.8.7"}},
            "catalog/services": {"consul": [], "shop": []},
            **{key.replace("__", "/").replace("_", "-"): value for key, value in answers.items()},
        }

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        place = path.removeprefix("/v1/") + "".join(f"?{key}={value}" for key, value in (query or {}).items())
        self.asked.append(place)
        answer = self.answers.get(place, self.answers.get(place.partition("/")[0], []))
        if isinstance(answer, Exception):
            raise answer
        return answer


def catalog(agent: Agent) -> Catalog:
    return Catalog(cast(AgentApi, agent))


def web(*names: str, **fields: Any) -> dict[str, Any]:
    return {
        f"web{number}": [mesh_service("web", 80, [upstream(name, port, **fields) for port, name in enumerate(names, 1)])]
        for number in (1, 2)
    }


def rules(agent: Agent, hosts: dict[str, Any]) -> list[str]:
    return [rule for rule, _places in found(hosts, external=None, catalog=catalog(agent))]


def test_everything_is_asked_for_once() -> None:
    agent = Agent(discovery_chain={"Chain": {"Targets": {}}})
    assert rules(agent, web("shop", "nobody")) == ["upstream-not-in-mesh", "upstream-unregistered"]
    assert sorted(agent.asked) == sorted(set(agent.asked))


def test_what_may_not_be_read_is_unseen() -> None:
    assert rules(Agent(discovery_chain=AclDenied("Permission denied")), web("nobody")) == ["upstream-unseen"]


def test_where_the_mesh_is_off_the_agent_says_so() -> None:
    agent = Agent(discovery_chain=ServerError("Connect must be enabled in order to use this endpoint"))
    assert rules(agent, web("nobody")) == ["upstream-unseen"]


def test_agents_before_discovery_chains_are_believed() -> None:
    assert rules(Agent(discovery_chain=NotFound("404")), web("nobody")) == ["upstream-unregistered"]


def test_another_datacenter_is_asked_for_by_its_name() -> None:
    agent = Agent(**{"catalog__services?dc=dc2": {"consul": [], "db": []}, "catalog__connect__db?dc=dc2": [{}]})
    assert rules(agent, web("db", datacenter="dc2")) == []
    assert "catalog/services?dc=dc2" in agent.asked


def test_a_gateway_is_known_by_its_kind() -> None:
    hosts = {"web1": at("dc1", [mesh_service("web", 80, [upstream("db", 1, datacenter="dc2", mesh_gateway={"mode": "local"})])])}
    hosts["db1"] = at("dc2", [mesh_service("db", 1, [])])
    assert rules(Agent(discovery_chain={"Chain": {}}), hosts) == ["mesh-gateway-missing"]
    assert rules(Agent(discovery_chain=AclDenied("Permission denied")), hosts) == ["mesh-gateway-unseen"]
    assert rules(Agent(catalog__service__shop=[{"ServiceKind": "mesh-gateway"}]), hosts) == []


@pytest.mark.parametrize(("central", "expected"), [("http", []), ("tcp", ["protocol-differs"])])
def test_central_configuration_says_what_is_spoken_where_nothing_is_said(central: str, expected: list[str]) -> None:
    hosts = {f"h{number}": [mesh_service("web", 80, [], protocol=protocol)] for number, protocol in enumerate(("http", ""))}
    assert rules(Agent(discovery_chain={"Chain": {"Protocol": central}}), hosts) == expected


@pytest.mark.parametrize("path", ["agent__self", "catalog__services"])
def test_who_answers_otherwise_than_agents_do_is_no_catalog(path: str) -> None:
    with pytest.raises(ServerError, match=r"http://agent answered /v1/.* otherwise than consul agents do"):
        catalog(Agent(**{path: True}))


@pytest.mark.parametrize("answer", [5, "x", [1], {"Chain": 5}, {"Chain": {"Targets": [5]}}, {"Chain": {"Targets": {"a": 5}}}])
def test_what_no_agent_answers_tells_of_no_service(answer: Any) -> None:
    (rule,) = rules(Agent(discovery_chain=answer, catalog__service=[5]), web("nobody", mesh_gateway={"mode": "local"}))
    assert rule == ("upstream-unregistered" if isinstance(answer, dict) else "upstream-unseen")


def test_an_agent_that_shows_nothing_is_no_catalog() -> None:
    with pytest.raises(NothingSeenError, match="http://agent shows no services"):
        catalog(Agent(catalog__services={}))
    assert catalog(Agent(agent__self=AclDenied("Permission denied"))).datacenter == ""
