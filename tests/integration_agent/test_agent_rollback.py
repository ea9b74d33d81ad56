# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""agent_reload where something stands in the way: before the agent is told, after, and on the way back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import NODE, ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module, said, write_set

StartAgent = Callable[..., ConsulAgent]
WEB = {"name": "web", "port": 80, "check": {"ttl": "1h"}}
# Passes consul validate, and stops a reload half-way.
NAMELESS = {"id": "nameless", "port": 1}


def reload(agent: ConsulAgent, **options: Any) -> dict[str, Any]:
    return run_module("agent_reload", config_dir=str(agent.config_dir), **options)


def signals(agent: ConsulAgent) -> int:
    """How often the agent was signalled since its start."""
    return agent.log().count("signal=hangup")


def files(agent: ConsulAgent) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(agent.config_dir.glob("*.json"))}


def pending(agent: ConsulAgent) -> bool:
    return (agent.config_dir / ".registrar" / "journal.json").exists()


def register(agent: ConsulAgent, *names: str) -> None:
    """Through the API, as applications do."""
    for name in names:
        agent.request("PUT", "/v1/agent/service/register", {"Name": name, "Port": 7})


def ends_by_unknown_node(agent: ConsulAgent) -> bool:
    return (1, 8, 0) <= consul_version(agent.binary) < (1, 19, 2)


@pytest.fixture
def busy(start_agent: StartAgent) -> ConsulAgent:
    """An agent with 20 services from foreign files, 5 from the API, and ours."""
    agent = start_agent(mode="server")
    for number in range(20):
        agent.write(f"{'a' if number % 2 else 'z'}-foreign-{number:02}.json", {"service": {"name": f"foreign-{number:02}", "port": 9}})
    write_set(agent.config_dir, [WEB])
    assert not reload(agent).get("failed")
    register(agent, *(f"api-{number}" for number in range(5)))
    return agent


@pytest.mark.parametrize("method", ["signal", "api"])
def test_a_half_load_of_ours_is_undone_and_all_are_back(busy: ConsulAgent, method: str, capsys: pytest.CaptureFixture[str]) -> None:
    before, services = files(busy), busy.services()
    assert len(services) == 26
    write_set(busy.config_dir, [{**WEB, "port": 81}, NAMELESS])
    result = reload(busy, method=method)
    assert result["failed"]
    assert "Service name missing" in said(result)
    assert "The files are as they were before: services-test.json." in said(result)
    assert "everything that was registered before is registered again" in said(result)
    assert (result["changed"], result["rolled_back"], result["method"]) == (True, True, method)
    assert {finding["rule"] for finding in result["errors"]} >= {"agent-lost-service"}
    assert files(busy) == before
    assert {key: service["Port"] for key, service in busy.services().items()} == {key: service["Port"] for key, service in services.items()}
    assert not pending(busy)
    assert reload(busy)["changed"] is False
    with capsys.disabled():
        print(f"\n    {method}: all 26 services back {result['waited'] * 1000:.0f} ms after the reload that stopped half-way")


def test_services_from_the_agents_other_places_are_missed_too(start_agent: StartAgent, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"service": {"name": "elsewhere", "port": 9}}))
    agent = start_agent(mode="server", arguments=("-config-file", str(other)))
    write_set(agent.config_dir, [WEB])
    assert reload(agent)["verified"]
    write_set(agent.config_dir, [NAMELESS, WEB])
    result = reload(agent)
    assert result["failed"]
    assert "service elsewhere" in {finding["path"] for finding in result["errors"]}
    assert set(agent.services()) == {"web", "elsewhere"}


def test_a_foreign_file_that_was_removed_meanwhile_is_no_loss(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    foreign = agent.write("foreign.json", {"service": {"name": "foreign"}})
    write_set(agent.config_dir, [WEB])
    assert reload(agent)["verified"]
    foreign.unlink()
    write_set(agent.config_dir, [{**WEB, "port": 81}])
    assert reload(agent)["verified"]
    assert set(agent.services()) == {"web"}


def test_a_foreign_file_that_would_stop_the_reload_is_found_before(busy: ConsulAgent) -> None:
    before, services = files(busy), set(busy.services())
    busy.write("m-foreign.json", {"services": [NAMELESS, {"name": "x", "check": {"http": "http://127.0.0.1"}}]})
    write_set(busy.config_dir, [{**WEB, "port": 81}])
    result = reload(busy)
    assert result["failed"]
    assert [finding["rule"] for finding in result["errors"]] == ["half-load", "half-load"]
    assert str(busy.config_dir / "m-foreign.json") in said(result)
    assert set(busy.services()) == services
    assert {name: text for name, text in files(busy).items() if name != "m-foreign.json"} == before
    assert signals(busy) == 1


@pytest.mark.parametrize("sidecar", [False, True])
def test_a_check_of_a_node_that_the_catalog_does_not_know(start_agent: StartAgent, sidecar: bool) -> None:
    agent = start_agent(mode="server")
    check = {"check": {"alias_node": "nowhere"}}
    write_set(agent.config_dir, [{"name": "web", "port": 80, **({"connect": {"sidecar_service": check}} if sidecar else check)}])
    result = reload(agent)
    if ends_by_unknown_node(agent):
        assert [finding["rule"] for finding in result["errors"]] == ["alias-node-unknown"]
        assert "the node nowhere, which the catalog does not know" in said(result)
        assert (result["rolled_back"], signals(agent), files(agent)) == (True, 0, {})
    else:
        assert result["verified"]
    assert agent.get("/v1/agent/self")
    # It would wait a minute for the other node.
    agent.kill()


def test_a_check_of_an_unknown_node_in_a_foreign_file(agent: ConsulAgent) -> None:
    foreign = agent.write("foreign.json", {"check": {"id": "other", "alias_node": "nowhere"}})
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert result.get("failed", False) is ends_by_unknown_node(agent)
    if result.get("failed"):
        assert [(finding["rule"], finding["path"]) for finding in result["errors"]] == [("alias-node-unknown", str(foreign))]
    agent.kill()


def test_a_check_of_a_node_that_the_catalog_knows(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    write_set(agent.config_dir, [{"name": "web", "check": {"alias_node": NODE}}])
    assert reload(agent)["verified"]
    agent.kill()


def test_a_foreign_half_load_that_cannot_be_foreseen(busy: ConsulAgent, tmp_path: Path) -> None:
    """The way back is barred as well: the message says what is missing now and what helps."""
    damaged = tmp_path / "ca.pem"
    damaged.write_text("-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n")
    busy.write("m-foreign.json", {"ca_file": str(damaged)})
    write_set(busy.config_dir, [{**WEB, "port": 81}])
    result = reload(busy)
    assert result["failed"]
    assert "But the agent did not take those either" in said(result)
    assert "Failed reloading tls configuration" in said(result)
    lost = {finding["path"] for finding in result["errors"]}
    assert {f"service api-{number}" for number in range(5)} <= lost
    assert json.loads(files(busy)["services-test.json"])["services"][0]["port"] == 80
    (busy.config_dir / "m-foreign.json").unlink()
    result = reload(busy)
    assert (result["changed"], result["verified"]) == (True, True)
    assert len(busy.services()) == 26


def test_a_refusal_while_reading_leaves_the_agent_untouched(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    reload(agent)
    before = files(agent)
    # An agent of 1.8 does not know the key, and reads nothing at all then.
    write_set(agent.config_dir, [{**WEB, "port": 81, "no_such_key": 1}])
    result = reload(agent)
    assert result["failed"]
    assert "invalid config key" in said(result)
    assert "The agent has kept running with what it had." in said(result)
    assert files(agent) == before
    assert not pending(agent)
    assert signals(agent) == 2
    assert agent.services()["web"]["Port"] == 80


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: (path / "x.json").write_text('{"services": ['), "cannot be parsed"),
        (lambda path: (path / ".#x").symlink_to("nowhere"), "is a symbolic link to nothing"),
        (lambda path: os.mkfifo(path / "x.json"), "is a named pipe"),
    ],
)
def test_a_directory_that_is_already_broken(agent: ConsulAgent, make: Callable[[Path], Any], words: str) -> None:
    write_set(agent.config_dir, [WEB])
    make(agent.config_dir)
    result = reload(agent)
    assert result["failed"]
    assert words in said(result)
    assert [finding["rule"] for finding in result["errors"]] == ["directory-broken"]
    assert (result["rolled_back"], result["method"]) == (True, "none")
    assert not (agent.config_dir / "services-test.json").exists()
    assert signals(agent) == 0


def test_the_id_of_a_service_of_the_api_is_not_taken_over(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    register(agent, "web")
    write_set(agent.config_dir, [WEB, {"name": "db"}])
    result = reload(agent)
    assert result["failed"]
    assert [(finding["rule"], finding["path"]) for finding in result["errors"]] == [("id-of-api-service", "service web")]
    assert files(agent) == {}
    assert agent.services()["web"]["Port"] == 7
    assert (signals(agent), pending(agent)) == (0, False)
    write_set(agent.config_dir, [WEB, {"name": "db"}])
    result = reload(agent, take_over=True)
    assert result["verified"], result
    assert agent.services()["web"]["Port"] == 80


def test_a_service_that_its_owner_takes_away_meanwhile_is_not_lost(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    register(agent, "api-1", "api-2")
    write_set(agent.config_dir, [WEB])
    reload(agent)
    agent.request("PUT", "/v1/agent/service/deregister/api-1")
    write_set(agent.config_dir, [{**WEB, "port": 81}])
    assert reload(agent)["verified"]
    assert set(agent.services()) == {"web", "api-2"}


def test_an_agent_without_memory_is_warned_about(agent: ConsulAgent) -> None:
    register(agent, "api-1")
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert result["verified"]
    assert "forgets on a reload what was registered through its API: api-1" in str(result["warnings"])
