# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""agent_reload where the agent takes what the servers then keep out of the catalog, or do not show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module, said, warnings_of, write_set

SERVICES = 'service_prefix "" { policy = "read" } '
NODES = 'node_prefix "" { policy = "read" } '
LOG = 'agent_prefix "" { policy = "read" } '
UNSEEN = "Whether the catalog has it too cannot be seen"
# Only a catalog that lacks something is waited for this long.
SHORT = 4


@pytest.fixture(scope="module")
def shared_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulAgent]:
    """Denies everything by default."""
    with ConsulAgent(tmp_path_factory.mktemp("acl"), mode="server", acl=True) as agent:
        yield agent


@pytest.fixture
def agent(shared_agent: ConsulAgent) -> ConsulAgent:
    """With nothing of ours."""
    write_set(shared_agent.config_dir, [])
    assert not reload(shared_agent, str(shared_agent.token)).get("failed")
    return shared_agent


def reload(agent: ConsulAgent, token: str | None, **options: Any) -> dict[str, Any]:
    return run_module("agent_reload", config_dir=str(agent.config_dir), http_token=token, **options)


def token_for(agent: ConsulAgent, rules: str) -> str:
    name = f"policy-{len(agent.get('/v1/acl/policies'))}"
    agent.put("/v1/acl/policy", {"Name": name, "Rules": rules})
    answer = agent.request("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
    return str(answer.json()["SecretID"])


def in_catalog(agent: ConsulAgent) -> dict[str, int]:
    """The ports by id, without the server's own."""
    services = agent.get("/v1/catalog/node/test")["Services"]
    return {key: service["Port"] for key, service in services.items() if key != "consul"}


def web(token: str | None, port: int = 80, **fields: Any) -> dict[str, Any]:
    return {"name": "web", "port": port, "token": token, **fields}


@pytest.mark.parametrize(("method", "marker"), [("signal", True), ("api", False)])
def test_a_service_that_its_token_may_not_register_is_taken_back(agent: ConsulAgent, method: str, marker: bool) -> None:
    denied = token_for(agent, 'service "other" { policy = "write" }')
    write_set(agent.config_dir, [web(denied), {"name": "db", "token": agent.token}])
    result = reload(agent, agent.token, method=method, timeout=SHORT, generation_marker=marker)
    assert result["failed"], result
    assert (result["changed"], result["verified"], result["verified_by"], result["rolled_back"]) == (True, False, "none", True)
    assert "the servers did not take all of it into the catalog" in said(result)
    assert "everything that was registered before is registered again" in said(result)
    if method == "signal":
        assert "Service registration blocked by ACLs: service=web" in said(result)
    assert [(finding["path"], finding["rule"]) for finding in result["errors"]] == [("service web", "catalog-lacks-service")]
    assert "needs service:write" in result["errors"][0]["hint"]
    assert denied not in str(result)
    assert agent.services() == {}
    assert reload(agent, agent.token)["changed"] is False


def test_a_change_that_the_catalog_does_not_take_is_taken_back(agent: ConsulAgent) -> None:
    """The catalog has the service, but as it was."""
    write_set(agent.config_dir, [web(agent.token, check={"ttl": "1h"})])
    assert reload(agent, agent.token)["verified"]
    write_set(agent.config_dir, [web("11111111-2222-3333-4444-555555555555", 81, check={"ttl": "1h"})])
    reader = token_for(agent, SERVICES + NODES)
    result = reload(agent, reader, timeout=SHORT)
    assert result["failed"], result
    assert result["rolled_back"]
    # This token may not have the log stream; the log file is there to read.
    assert "blocked by ACLs: service=web" in said(result)
    assert agent.services()["web"]["Port"] == 80
    agent.wait_until(lambda: in_catalog(agent) == {"web": 80}, "has another catalog")


def test_what_the_catalog_takes_is_verified(agent: ConsulAgent) -> None:
    """Without checks, and without the right to ask for the node's name: the agent's own settings have it."""
    write_set(agent.config_dir, [web(agent.token, tags=["a"], meta={"b": "c"}), web(agent.token, id="web-2", enable_tag_override=True)])
    result = reload(agent, token_for(agent, SERVICES + NODES))
    assert (result.get("failed"), result["verified"], result["verified_by"]) == (None, True, "api"), result
    assert "warnings" not in result
    assert in_catalog(agent) == {"web": 80, "web-2": 80}


def test_ids_that_the_catalog_hides_by_mistake_are_asked_for_by_name(agent: ConsulAgent) -> None:
    """A token for the name alone: the answer for the node leaves out services with another id."""
    writer = token_for(agent, 'service "web" { policy = "write" } ' + NODES)
    assert agent.request("GET", "/v1/catalog/node/test", token=writer).json()["Services"] == {}
    write_set(agent.config_dir, [web(writer, number, id=f"web-{number}") for number in (1, 2, 3)])
    result = reload(agent, writer)
    assert (result.get("failed"), result["verified"], result.get("warnings")) == (None, True, None), result


def test_who_may_not_look_at_the_agent_claims_nothing(agent: ConsulAgent) -> None:
    """And takes nothing back: without a token neither the agent nor the catalog says anything."""
    write_set(agent.config_dir, [web("11111111-2222-3333-4444-555555555555")])
    result = reload(agent, None)
    assert (result.get("failed"), result["verified"]) == (None, False), result
    (warning,) = warnings_of(result)
    assert warning.startswith("Not verified (the agent was told to reload)")
    assert warning.endswith("may not be seen: a token with service:read is needed.")


@pytest.mark.parametrize("rules", [SERVICES + LOG, SERVICES])
def test_a_catalog_that_may_not_be_seen_is_warned_about(agent: ConsulAgent, rules: str) -> None:
    write_set(agent.config_dir, [web(agent.token)])
    result = reload(agent, token_for(agent, rules))
    assert (result.get("failed"), result["verified"], result["verified_by"]) == (None, True, "api"), result
    assert UNSEEN in str(result["warnings"])
    assert "A token with node:read for it is needed." in str(result["warnings"])
    # Nothing has changed: nothing is asked.
    assert "warnings" not in reload(agent, token_for(agent, rules))


def test_without_a_leader_the_agents_word_stands(tmp_path: Path) -> None:
    """A client that knows no server. Without a token, as where there are no ACLs, the catalog is not asked at all."""
    alone = ConsulAgent(tmp_path, mode="server", config={"server": False, "bootstrap": False})
    try:
        alone.start(wait=False)
        alone.wait_until(lambda: "Consul agent running!" in alone.log(), "does not start")
        write_set(alone.config_dir, [{"name": "web", "port": 80}])
        result = reload(alone, None)
        assert (result.get("failed"), result["verified"], result.get("warnings")) == (None, True, None), result
        write_set(alone.config_dir, [web("11111111-2222-3333-4444-555555555555", 81)])
        result = reload(alone, None)
        assert (result.get("failed"), result["verified"], result["verified_by"]) == (None, True, "api"), result
        assert UNSEEN in str(result["warnings"])
    finally:
        alone.close()
