# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""agent_reload where the agent does not tell everybody everything: ACLs, blocked endpoints, TLS."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import result_of, run_module, said, start_module, write_set

StartAgent = Callable[..., ConsulAgent]
WEB = {"name": "web", "port": 80, "check": {"ttl": "1h"}}
# Passes consul validate, and stops a reload half-way.
NAMELESS = {"id": "nameless", "port": 1}
SEES_SERVICES = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }'


def reload(agent: ConsulAgent, **options: Any) -> dict[str, Any]:
    return run_module("agent_reload", config_dir=str(agent.config_dir), **options)


def token_for(agent: ConsulAgent, rules: str) -> str:
    """A token that may do this and nothing else."""
    name = f"policy-{len(agent.get('/v1/acl/policies'))}"
    agent.request("PUT", "/v1/acl/policy", {"Name": name, "Rules": rules})
    answer = agent.request("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
    return str(answer.json()["SecretID"])


@pytest.fixture(scope="module")
def locked_agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsulAgent]:
    """Denies everything by default; shared, since a server needs a second to start."""
    with ConsulAgent(tmp_path_factory.mktemp("acl"), mode="server", acl=True) as agent:
        yield agent


@pytest.fixture
def acl_agent(locked_agent: ConsulAgent) -> ConsulAgent:
    """With the service web on port 80, verified."""
    assert locked_agent.token is not None
    write_web(locked_agent, 80)
    result = reload(locked_agent, http_token=locked_agent.token)
    assert result["verified"], result
    return locked_agent


def write_web(agent: ConsulAgent, port: int, *before: dict[str, Any]) -> None:
    """With a token that the catalog takes."""
    write_set(agent.config_dir, [*before, {**WEB, "port": port, "token": agent.token}])


def port(agent: ConsulAgent) -> int:
    return int(agent.services()["web"]["Port"])


def test_without_a_token_nothing_is_claimed(acl_agent: ConsulAgent) -> None:
    write_web(acl_agent, 81)
    result = reload(acl_agent)
    assert not result.get("failed"), said(result)
    assert (result["changed"], result["verified"], result["verified_by"]) == (True, False, "none")
    assert result["reason"] == "1 of 1 services are registered, but may not be seen: a token with service:read is needed"
    assert port(acl_agent) == 81
    result = reload(acl_agent)
    assert (result["changed"], result["verified"]) == (False, False)


def test_without_a_token_a_half_load_is_noticed_all_the_same(acl_agent: ConsulAgent) -> None:
    """404 is an absence even for those who may not look, and the agent's log file is there to read."""
    write_web(acl_agent, 81, NAMELESS)
    result = reload(acl_agent)
    assert result["failed"]
    assert result["rolled_back"]
    assert port(acl_agent) == 80


def test_a_token_that_sees_the_services_is_enough(acl_agent: ConsulAgent, tmp_path: Path) -> None:
    token = token_for(acl_agent, SEES_SERVICES)
    write_web(acl_agent, 81)
    result = reload(acl_agent, http_token=token)
    assert (result["verified"], result["verified_by"]) == (True, "api")
    # The version is not for this token: the agent's own binary tells it.
    assert result["agent"]["version"]
    (tmp_path / "token").write_text(token + "\n")
    assert reload(acl_agent, http_token_file=str(tmp_path / "token"))["verified"]
    in_environment = {"CONSUL_HTTP_TOKEN": token}
    assert result_of(start_module("agent_reload", environment=in_environment, config_dir=str(acl_agent.config_dir)))["verified"]


def test_the_marker_proves_what_may_not_be_seen(acl_agent: ConsulAgent) -> None:
    token = token_for(acl_agent, 'agent_prefix "" { policy = "read" }')
    write_web(acl_agent, 81)
    result = reload(acl_agent, http_token=token, generation_marker=True)
    assert (result["verified"], result["verified_by"]) == (True, "node_meta"), result
    assert port(acl_agent) == 81


def test_the_agents_own_answer_proves_what_may_not_be_seen(acl_agent: ConsulAgent) -> None:
    token = token_for(acl_agent, 'agent_prefix "" { policy = "write" }')
    write_web(acl_agent, 81)
    result = reload(acl_agent, http_token=token, method="api")
    assert (result["verified"], result["verified_by"], result["method"]) == (True, "reload", "api"), result
    assert port(acl_agent) == 81


def test_a_token_that_may_not_reload(acl_agent: ConsulAgent) -> None:
    write_web(acl_agent, 81)
    result = reload(acl_agent, http_token=token_for(acl_agent, SEES_SERVICES), method="api")
    assert result["failed"]
    assert "Give a token with agent:write, or set method: signal." in said(result)
    assert (result["changed"], result["rolled_back"], result["method"]) == (True, True, "none")
    assert port(acl_agent) == 80


def test_a_token_that_nobody_knows(acl_agent: ConsulAgent) -> None:
    write_web(acl_agent, 81)
    result = reload(acl_agent, http_token="11111111-2222-3333-4444-555555555555")
    assert (result["changed"], result["verified"], result["verified_by"]) == (True, False, "log")
    assert "ACL not found" in result["reason"]
    assert port(acl_agent) == 81


def test_no_token_is_ever_shown(acl_agent: ConsulAgent) -> None:
    token = token_for(acl_agent, 'service "web" { policy = "write" } node_prefix "" { policy = "read" }')
    write_set(acl_agent.config_dir, [{**WEB, "port": 81, "token": token}])
    result = reload(acl_agent, http_token=token)
    assert result["verified"]
    assert token not in str(result)


def test_blocked_endpoints(start_agent: StartAgent) -> None:
    agent = start_agent(config={"http_config": {"block_endpoints": ["/v1/agent/services", "/v1/agent/monitor"]}})
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert (result["changed"], result["verified"], result["verified_by"]) == (True, False, "log")
    assert "blocked by agent configuration" in result["reason"]
    assert agent.get("/v1/agent/service/web")["Port"] == 80


def test_writes_that_are_not_for_this_host(start_agent: StartAgent) -> None:
    agent = start_agent(config={"http_config": {"allow_write_http_from": ["10.0.0.0/8"]}})
    write_set(agent.config_dir, [WEB])
    result = reload(agent, method="api")
    assert result["failed"]
    assert "Access is restricted" in said(result)
    assert reload(agent)["verified"]


def test_an_agent_without_http(start_agent: StartAgent) -> None:
    """Nothing can be compared, but a refusal is in its log."""
    agent = start_agent()
    agent.stop()
    agent.base_config.write_text(agent.base_config.read_text().replace(f'"http": {agent.http_port}', '"http": -1'))
    agent.start(wait=False)
    agent.wait_until(lambda: "Consul agent running!" in agent.log(), "does not start")
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert (result["changed"], result["verified"], result["verified_by"]) == (True, False, "log")
    assert agent.log().count("signal=hangup") == 1
    write_set(agent.config_dir, [{**WEB, "no_such_key": 1}])
    result = reload(agent)
    assert result["failed"]
    assert "invalid config key" in said(result)
    assert "no_such_key" not in (agent.config_dir / "services-test.json").read_text()


def test_tls_only(start_agent: StartAgent, tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-days", "2", "-subj", "/CN=agent.test", "-addext", "subjectAltName=DNS:agent.test"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    agent = start_agent(config={"cert_file": str(certificate), "key_file": str(key)})
    agent.stop()
    plain, secure = f'"http": {agent.http_port}', f'"http": -1, "https": {agent.http_port}'
    agent.base_config.write_text(agent.base_config.read_text().replace(plain, secure))
    agent.start(wait=False)
    agent.wait_until(lambda: "Consul agent running!" in agent.log(), "does not start")
    write_set(agent.config_dir, [WEB])
    result = reload(agent, ca_cert=str(certificate), tls_server_name="agent.test")
    assert (result["verified"], result["verified_by"]) == (True, "api")
    environment = {"CONSUL_CACERT": str(certificate), "CONSUL_TLS_SERVER_NAME": "agent.test"}
    assert result_of(start_module("agent_reload", environment=environment, config_dir=str(agent.config_dir)))["verified"]
