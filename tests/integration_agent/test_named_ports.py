# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services with named ports, which agents have known since 1.22, and what the same agents have changed about sidecars."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import AgentError, ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module, write_set
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook

StartAgent = Callable[..., ConsulAgent]
PORTS = [{"name": "grpc", "port": 9090}, {"name": "http", "port": 8080, "default": True}]
API = {"name": "api", "address": "10.0.0.5", "ports": PORTS, "checks": [{"ttl": "1h"}]}
SHOP = {
    "name": "shop",
    "ports": PORTS,
    "connect": {"sidecar_service": {"proxy": {"local_service_port": 8080}}},
}


def knows_ports(agent: ConsulAgent) -> bool:
    return consul_version(agent.binary) >= (1, 22, 0)


def play(agent: ConsulAgent, *services: dict[str, Any]) -> list[dict[str, Any]]:
    directory = str(agent.config_dir)
    tasks = [
        {"registrar.consul.service_definitions": {"config_dir": directory, "services": list(services)}},
        {"registrar.consul.agent_reload": {"config_dir": directory}, "name": "Reload"},
    ]
    return [{"hosts": "all", "gather_facts": False, "tasks": tasks}]


def test_agents_have_named_ports_as_they_are_written_or_are_not_asked(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    first = run_playbook(tmp_path / "run", play(agent, API, SHOP))
    if not knows_ports(agent):
        assert "field-too-new" in first.stdout
        assert list(agent.services()) == []
        return
    assert first.ok().task("Reload").result["verified_by"] == "api"
    reported = agent.services()["api"]
    assert [port["Name"] for port in reported["Ports"]] == ["grpc", "http"]
    assert (reported["Port"], reported["TaggedAddresses"]["lan_ipv4"]["Port"]) == (8080, 8080)
    assert run_playbook(tmp_path / "run", play(agent, API, SHOP)).ok().changed == 0


def test_what_came_through_the_api_is_adopted_with_its_ports(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    body = {"Name": "api", "Ports": [{"Name": "http", "Port": 8080, "Default": True}, {"Name": "grpc", "Port": 9090}]}
    if not knows_ports(agent):
        with pytest.raises(AgentError, match='unknown field "Ports"'):
            agent.register(body)
        return
    agent.register(body)

    variables = {"consul_adopt_config_dir": str(agent.config_dir), "consul_adopt_dest": str(tmp_path / "adopted")}
    run_playbook(tmp_path / "adopt", "registrar.consul.adopt", extra_vars=variables).ok()

    (service,) = yaml.safe_load((tmp_path / "adopted" / "localhost.yml").read_text(encoding="utf-8"))["consul_services_definitions"]
    assert service["ports"] == [{"name": "http", "port": 8080, "default": True}, {"name": "grpc", "port": 9090}]
    assert "port" not in service


def test_default_checks_of_a_sidecar_that_come_or_stay_away_are_no_loss(start_agent: StartAgent) -> None:
    """Agents before 1.22 may add them on a reload to a sidecar of the API that has checks of its own."""
    agent = start_agent(mode="server")
    own = {"Name": "mine", "TTL": "1h"}
    agent.register({"Name": "web", "Port": 80, "Connect": {"SidecarService": {"Checks": [own]}}})
    for number in range(3):
        write_set(agent.config_dir, [{"name": "db", "port": 5432 + number}])
        result = run_module("agent_reload", config_dir=str(agent.config_dir))
        assert (result.get("failed", False), result["verified"]) == (False, True), result
        assert any(check["Name"] == "mine" for check in agent.checks().values())
        if number == 1:
            agent.restart()
