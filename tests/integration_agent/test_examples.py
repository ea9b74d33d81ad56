# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation does what the page says, on a real agent."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.plugins.module_utils._options import agent_spec, definition_spec, set_spec
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import read_unchecked
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.tests.support.agent.application import Application
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.contained import ContainedAgent
from ansible_collections.registrar.consul.tests.support.agent.registered import assert_registered
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import Example, blocks, examples
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, ansible_environment, run_playbook

ROLE = "registrar.consul.consul_services"
RELOAD = "registrar.consul.agent_reload"
WRITE = "registrar.consul.service_definitions"
GUIDES = REPOSITORY / "docs" / "docsite" / "rst"
ALL = examples()
OURS = {f"registrar.consul.{name}": spec for name, spec in (("service_definition", definition_spec()), ("service_definitions", set_spec()))}
# The version that examples are judged for which name none, and which the test's agent may not have.
VERSION = "1.8.7"

# What the examples take from elsewhere: inventories, vaults, other roles.
WORLD = {
    "definition": {"name": "cache", "port": 6379},
    "consul_token": "b1f4e4c5-8f1a-4d5e-9a53-6f0d1d6c6c9f",
    "payment_services": [{"name": "payment", "port": 9100}],
    "release": "2026.11",
    "services": [{"name": "web", "port": 8080}],
    "web_service_token": "",
}


def selected(*, run: bool) -> Any:
    """The examples that are run, or those that are only checked, each under the place where it stands."""
    chosen = [example for example in ALL if bool(example.only_checked) != run]
    return pytest.mark.parametrize("example", chosen, ids=[example.place for example in chosen])


@selected(run=True)
def test_runs(example: Example, start_agent: Callable[..., ConsulAgent], tmp_path: Path) -> None:
    if "guide_containers" in example.place:
        start_agent = partial(start_agent, kind=ContainedAgent)
    hosts = ["node1", "node2", "node3"] if "serial" in example.text else ["node1"]
    guarded = "guide_acl" in example.place
    agents = {host: start_agent(acl=guarded) for host in hosts}
    for agent in agents.values():
        agent.register({"Name": "web-of-others", "ID": "web"} if "/v1/agent/service/web" in example.text else {"Name": "of-others"})
    with behind_checks(example) as prepared:
        result = play(prepared, agents, tmp_path)
    if example.refused:
        assert_refused(example, result)
        return
    result.ok()
    reloads = [task.result if task.action == RELOAD else task.result.get("reload") for task in result.tasks]
    verified = [reload["verified"] for reload in reloads if reload]
    assert all(verified), result.describe()
    if example.shape == "services":
        assert verified
        assert_registered(agents["node1"], example.content)


@contextmanager
def behind_checks(example: Example) -> Iterator[Example]:
    """The example with an application that answers where it waits for one, and with checks that run more often."""
    if "wait_healthy" not in example.text:
        yield example
        return
    with Application() as application:
        text = example.text.replace("8080", str(application.port)).replace("interval: 5s", "interval: 1s")
        yield replace(example, text=text, content=yaml.safe_load(text))


def assert_refused(example: Example, result: PlaybookResult) -> None:
    assert len(result.failed) == 1, result.describe()
    task = result.failed[0]
    assert sorted({error["rule"] for error in task.result["errors"]}) == list(example.refused), task.said
    if example.said:
        assert example.said in task.said


def test_roll_out_stops_at_the_first_failure(start_agent: Callable[..., ConsulAgent], tmp_path: Path) -> None:
    """The guide's example, with the agent of the second node down."""
    example = next(example for example in ALL if "any_errors_fatal" in example.text)
    agents = {host: start_agent() for host in ("node1", "node2", "node3")}
    agents["node2"].stop()
    result = play(example, agents, tmp_path)
    assert [(task.host, task.action) for task in result.failed] == [("node2", WRITE)], result.describe()
    assert "web" in agents["node1"].services()
    assert not list(agents["node3"].config_dir.iterdir())


@selected(run=False)
def test_checks(example: Example, tmp_path: Path) -> None:
    run_playbook(tmp_path, plays(example), arguments=["--syntax-check"]).ok()
    needs = re.search(r"needs Consul (Enterprise )?(\d+\.\d+)", example.only_checked)
    version, edition = (f"{needs[2]}.0", "enterprise" if needs[1] else "community") if needs else (VERSION, "community")
    unchecked, _known = read_unchecked(next((value for key, value in walk(example.content) if key == "consul_services_unchecked"), ()))
    for services in definitions(example.content if example.shape != "services" else {"services": example.content}):
        found = [finding for judged in judge_services(services, edition=edition, unchecked=unchecked) for finding in judged.findings]
        assert not verdict(found, parse_version(version)).errors


@pytest.mark.parametrize("example", ALL, ids=[example.place for example in ALL])
def test_options_exist(example: Example) -> None:
    """Ansible itself says nothing about a variable that no role looks at."""
    specs = yaml.safe_load((REPOSITORY / "roles/consul_services/meta/argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
    for key, value in walk(example.content):
        if key.startswith("consul_services_"):
            assert key in specs
        if key in OURS:
            assert not value.keys() - OURS[key].keys()
        if key == RELOAD and value:
            known = {*agent_spec(), "config_dir", "method", "timeout", "force", "require_agent", "take_over", "allow_check_reset"}
            assert not value.keys() - known - {"generation_marker", "lock_timeout", "wait_healthy", "on_unhealthy", "healthy_states"}


@pytest.mark.parametrize(("interval", "status"), [("10s", 0), ("10", 2)])
def test_validation_without_hosts(interval: str, status: int, tmp_path: Path) -> None:
    """The command of the guide, with an inventory of hosts that nobody can reach."""
    command = next(block.text for block in blocks(GUIDES / "guide_ci.rst") if block.language == "shell")
    services = [{"name": "web", "port": 8080, "check": {"tcp": "127.0.0.1:8080", "interval": interval}}]
    play = {"hosts": "all", "gather_facts": False, "roles": [{"role": ROLE, "vars": {"consul_services_definitions": services}}]}
    (tmp_path / "site.yml").write_text(yaml.safe_dump([play]), encoding="utf-8")
    (tmp_path / "inventory").write_text("web1.example.com\nweb2.example.com\n", encoding="utf-8")
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=ansible_environment(tmp_path), check=False, capture_output=True, text=True
    )
    assert done.returncode == status, done.stdout + done.stderr
    assert ("check.interval" in done.stdout) == bool(status)


def play(example: Example, agents: dict[str, ConsulAgent], workdir: Path) -> PlaybookResult:
    """Run an example on hosts of which each is this machine with an agent of its own."""
    agent = agents["node1"]
    variables = {host: host_variables(each) for host, each in agents.items()}
    tokens = guide_tokens(agent) if agent.token else {}
    (workdir / "web.json").write_text('{"service": {"name": "web", "port": 8080}}', encoding="utf-8")
    if "http_token_file" in example.text:
        (agent.config_dir / "tokens").mkdir()
        (agent.config_dir / "tokens" / "deploy").write_text(WORLD["consul_token"], encoding="utf-8")
    if "hosts: localhost" in example.text:
        variables["localhost"] = variables["node1"]
    # Below the variables of plays and tasks.
    inventory = {"all": {"hosts": variables, "vars": {**WORLD, **tokens}}}
    return run_playbook(workdir, plays(example, agent), inventory=inventory)


def host_variables(agent: ConsulAgent) -> dict[str, Any]:
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "consul_http_addr": agent.http_addr,
        "consul_services_config_dir": str(agent.config_dir),
    }


def guide_tokens(agent: ConsulAgent) -> dict[str, str]:
    """Tokens with the policy that the guide tells to make."""
    (verify,) = (block.text for block in blocks(GUIDES / "guide_acl.rst") if block.language == "hcl")
    rules = {"verify_token": verify, "web_token": 'service "web" { policy = "write" }'}
    made = {}
    for name, text in rules.items():
        agent.put("/v1/acl/policy", {"Name": name, "Rules": text})
        made[name] = agent.request("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]}).json()["SecretID"]
    return made


def plays(example: Example, agent: ConsulAgent | None = None) -> list[dict[str, Any]]:
    """An example as a playbook: what surrounds it in real life is put around it."""
    content = example.content
    if agent is not None:
        text = re.sub(r"/etc/consul(-edge)?\.d", str(agent.config_dir), example.text)
        content = yaml.safe_load(text.replace("http://127.0.0.1:8500", agent.http_addr))
    if example.shape == "playbook":
        found = content
    elif example.shape == "tasks":
        found = [{"hosts": "all", "tasks": content, "handlers": [{"name": "Reload the Consul agent", RELOAD: None}]}]
    else:
        found = [
            {
                "hosts": "all",
                "roles": [{"role": ROLE, "vars": content if example.shape == "variables" else {"consul_services_definitions": content}}],
            }
        ]
    defaults = {"group/registrar.consul.all": {"config_dir": "{{ consul_services_config_dir }}"}}
    return [{"gather_facts": False, "module_defaults": defaults, **one} for one in found]


def definitions(content: Any) -> Iterator[list[Any]]:
    """All lists of definitions in an example."""
    for key, value in walk(content):
        if key in ("services", "consul_services_definitions") and isinstance(value, list):
            yield value


def walk(content: Any) -> Iterator[tuple[str, Any]]:
    """All keys of an example, at any depth."""
    if isinstance(content, dict):
        for key, value in content.items():
            yield key, value
            yield from walk(value)
    elif isinstance(content, list):
        for item in content:
            yield from walk(item)
