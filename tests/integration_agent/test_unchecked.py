# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that the agent knows and the collection does not: passed through, proved to be registered, and refused in Consul's own words.

For the agent to know more, fields of 1.8.7 are taken out of a copy of the collection.
"""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY, python_path
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

WRITE = "Write the service definitions"
# Type in the schema, and field: texts, numbers, a mapping with several words in its keys, and one that agents do not report.
TAKEN_OUT = (
    ("service", "weights"),
    ("check", "notes"),
    ("check", "success_before_passing"),
    ("proxy", "local_service_address"),
    ("proxy", "expose"),
    ("upstream", "datacenter"),
)
PATHS = [
    "weights",
    "checks[*].notes",
    "checks[*].success_before_passing",
    "proxy.local_service_address",
    "proxy.expose",
    "proxy.upstreams[*].datacenter",
    "connect.sidecar_service.proxy.local_service_address",
]
EXPOSED = [{"path": f"/{port}", "local_path_port": 8080, "listener_port": port} for port in (21500, 21501)]
SERVICES: list[dict[str, Any]] = [
    {
        "name": "web",
        "port": 8080,
        "weights": {"passing": 5},
        "checks": [{"ttl": "1h", "notes": "planted-note", "success_before_passing": 2}],
        "connect": {"sidecar_service": {"proxy": {"local_service_address": "127.0.0.7"}}},
    },
    {
        "name": "proxy",
        "port": 8081,
        "kind": "connect-proxy",
        "proxy": {
            "destination_service_name": "web",
            "local_service_address": "127.0.0.9",
            "local_service_port": 8080,
            "expose": {"paths": EXPOSED},
            "upstreams": [{"destination_name": "db", "local_bind_port": 5000, "datacenter": "dc1"}],
        },
    },
]


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the collection whose schema lacks some fields; the path to find it by."""
    made = tmp_path_factory.mktemp("forgetful")
    for folder in ("plugins", "roles", "tests/support", "tools"):
        shutil.copytree(REPOSITORY / folder, made / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = made / "plugins" / "plugin_utils" / "_schema" / "service_definition.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    for kind, field in TAKEN_OUT:
        del schema["$defs"][kind]["properties"][field]
    path.write_text(json.dumps(schema), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON", "COV"))}
    environment["PYTHONPATH"] = python_path()
    subprocess.run([sys.executable, made / "tools" / "generate.py"], check=True, capture_output=True, env=environment)
    return made / ".cache" / "tree"


def run(
    agent: ConsulAgent, workdir: Path, services: list[dict[str, Any]], collections: Path | None = None, **options: Any
) -> PlaybookResult:
    given = {key: options.pop(key) for key in list(options) if key.startswith("consul_services_")}
    variables = {"consul_services_config_dir": str(agent.config_dir), "consul_services_definitions": services, **given}
    play = {"hosts": "all", "gather_facts": False, "roles": [{"role": "registrar.consul.consul_services", "vars": variables}]}
    return run_playbook(workdir, [play], collections=collections, **options)


def files(agent: ConsulAgent) -> list[str]:
    return sorted(path.name for path in agent.config_dir.iterdir() if path.is_file())


@pytest.mark.parametrize("form", [pytest.param("json", marks=pytest.mark.slow), "hcl"])
def test_what_the_agent_knows_is_registered_and_verified(agent: ConsulAgent, forgetful: Path, tmp_path: Path, form: str) -> None:
    told = {"consul_services_unchecked": PATHS, "consul_services_format": form}

    first = run(agent, tmp_path, SERVICES, forgetful, diff=True, **told).ok()

    assert first.task(WRITE).result["reload"]["verified_by"] == "api"
    services = agent.services()
    assert services["web"]["Weights"]["Passing"] == 5
    assert services["web-sidecar-proxy"]["Proxy"]["LocalServiceAddress"] == "127.0.0.7"
    assert services["proxy"]["Proxy"]["LocalServiceAddress"] == "127.0.0.9"
    assert services["proxy"]["Proxy"]["Expose"]["Paths"][0]["ListenerPort"] == 21500
    assert services["proxy"]["Proxy"]["Upstreams"][0]["Datacenter"] == "dc1"
    assert agent.checks()["service:web"]["Notes"] == "planted-note"
    assert "planted-note" not in first.stdout + first.stderr
    assert "127.0.0.9" not in first.stdout
    assert run(agent, tmp_path, SERVICES, forgetful, **told).ok().changed == 0


@pytest.mark.slow
def test_what_is_otherwise_on_the_agent_is_noticed(agent: ConsulAgent, forgetful: Path, tmp_path: Path) -> None:
    """Somebody puts another one in its place through the API, which an audit sees. Then a run takes the keys away."""
    told = {"consul_services_unchecked": PATHS}
    run(agent, tmp_path, SERVICES, forgetful, **told).ok()
    proxy: dict[str, Any] = {"DestinationServiceName": "web", "LocalServicePort": 8080, "LocalServiceAddress": "127.0.0.8"}
    proxy["Expose"] = {"Paths": [{"Path": f"/{port}", "LocalPathPort": 8080, "ListenerPort": port} for port in (21500, 21502)]}
    proxy["Upstreams"] = [{"DestinationName": "db", "LocalBindPort": 5000, "Datacenter": "dc1"}]
    agent.register({"Name": "proxy", "Port": 8081, "Kind": "connect-proxy", "Proxy": proxy})

    look = {"name": "look", "registrar.consul.service_definition_info": {"config_dir": str(agent.config_dir)}}
    seen = run_playbook(tmp_path, [{"hosts": "all", "gather_facts": False, "tasks": [look]}], collections=forgetful).ok()
    assert [found["rule"] for found in seen.task("look").result["findings"]] == ["agent-differs", "agent-differs"]
    different = seen.task("look").result["drift"]["different"]
    assert [found["field"] for found in different] == ["proxy.local_service_address", "proxy.expose"]

    fewer = copy.deepcopy(SERVICES)
    del fewer[1]["proxy"]["local_service_address"], fewer[1]["proxy"]["expose"]
    after = run(agent, tmp_path, fewer, forgetful, **told).ok()
    assert after.task(WRITE).result["reload"]["verified_by"] == "api"
    assert not agent.services()["proxy"]["Proxy"].get("LocalServiceAddress")


@pytest.mark.slow
@pytest.mark.parametrize("preflight", ["validate", "none"])
def test_what_the_agent_does_not_know_is_refused_in_its_own_words(agent: ConsulAgent, tmp_path: Path, preflight: str) -> None:
    """Whatever is asked of consul otherwise."""
    service = {"name": "web", "connect": {"sidecar_service": {"proxy": {"new_thing": "planted-value"}}}}
    told = {"consul_services_unchecked": ["connect.sidecar_service.proxy.new_thing"], "consul_services_preflight": preflight}

    (failed,) = run(agent, tmp_path, [service], **told).failed

    assert failed.result["errors"][0]["rule"] == "preflight-validate"
    assert "invalid config key" in failed.said
    assert "new_thing" in failed.said
    assert "planted-value" not in failed.said
    assert files(agent) == []


@pytest.mark.slow
def test_an_agent_that_is_not_newer_hears_nothing_of_the_way_out(agent: ConsulAgent, tmp_path: Path) -> None:
    (failed,) = run(agent, tmp_path, [{"name": "web", "new_thing": 1}]).failed

    assert "is no key that Consul knows here" in failed.said
    assert "unchecked" not in failed.said


@pytest.fixture
def newer(tmp_path: Path) -> dict[str, str]:
    """An environment whose consul says that it is one of a version that nobody knows yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "consul"
    command.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo Consul v9.3.1 && exit\nexec {consul_binary()} "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return {"PATH": os.pathsep.join([str(folder), str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])}


def single(config_dir: Path, **options: Any) -> list[dict[str, Any]]:
    task = {"registrar.consul.service_definition": {"config_dir": str(config_dir), **options}}
    return [{"hosts": "all", "gather_facts": False, "tasks": [task]}]


@pytest.mark.slow
def test_a_newer_agent_is_judged_as_the_newest_that_is_known(tmp_path: Path, newer: dict[str, str]) -> None:
    config_dir = tmp_path / "consul.d"
    config_dir.mkdir()
    known = {"name": "web", "port": 80, "enable_tag_override": True, "check": {"ttl": "5s", "success_before_passing": 2}}

    result = run_playbook(tmp_path, single(config_dir, **known), environment=newer).ok().only()
    assert [(found["rule"], found["path"]) for found in result.result["rule_warnings"]] == [("version-newer", "consul_version")]
    assert "is 9.3.1" in result.result["rule_warnings"][0]["message"]

    refused = run_playbook(tmp_path, single(config_dir, name="api", check={"ttl": "5s", "new_thing": 1}), environment=newer).only()
    assert [error["rule"] for error in refused.result["errors"]] == ["unknown-key"]
    for said in ("Consul up to", "the agent is 9.3.1", "list check.new_thing in unchecked"):
        assert said in refused.said
    assert [found["rule"] for found in refused.result["rule_warnings"]] == ["version-newer"]


@pytest.mark.slow
def test_a_new_key_of_a_single_service(tmp_path: Path, newer: dict[str, str]) -> None:
    """It is an option of the module like every field."""
    config_dir = tmp_path / "consul.d"
    config_dir.mkdir()
    options = {"name": "web", "new_thing": {"a": 1}, "unchecked": ["new_thing", "port"]}

    result = run_playbook(tmp_path, single(config_dir, **options), environment=newer).only()

    assert "invalid config key" in result.said
    assert [found["rule"] for found in result.result["rule_warnings"]] == ["unchecked-known"]
