# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays that write: several sets, runs that end too early, two at once, and no secret anywhere."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import render
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, start_playbook

WEB = {"name": "web", "port": 80}
API = {"name": "api", "port": 81}


def role(agent: ConsulAgent, services: list[dict[str, Any]], **variables: Any) -> dict[str, Any]:
    given = {"consul_services_config_dir": str(agent.config_dir), "consul_services_definitions": services, **variables}
    return {"role": "registrar.consul.consul_services", "vars": given}


def play(*roles: dict[str, Any], **keywords: Any) -> list[dict[str, Any]]:
    return [{"hosts": "all", "gather_facts": False, "roles": list(roles), **keywords}]


def signals(agent: ConsulAgent) -> int:
    return agent.log().count("signal=hangup")


def ours(agent: ConsulAgent) -> list[str]:
    return sorted(path.name for path in agent.config_dir.iterdir() if path.is_file())


@pytest.mark.slow
def test_several_roles_and_one_signal(agent: ConsulAgent, tmp_path: Path) -> None:
    roles = [
        role(agent, [WEB], consul_services_set="web", consul_services_reload="later"),
        role(agent, [API], consul_services_set="api", consul_services_reload="later", consul_services_layout="per_service"),
    ]

    run_playbook(tmp_path, play(*roles)).ok()

    assert set(agent.services()) == {"web", "api"}
    assert ours(agent) == ["service-api.json", "services-web.json"]
    assert signals(agent) == 1
    assert run_playbook(tmp_path, play(*roles)).ok().changed == 0
    assert signals(agent) == 1


def test_check_mode_with_a_diff_changes_nothing(agent: ConsulAgent, tmp_path: Path) -> None:
    result = run_playbook(tmp_path, play(role(agent, [WEB])), check=True, diff=True).ok()

    assert result.task("Write the service definitions").changed
    assert '+      "name": "web",' in result.stdout
    assert list(agent.config_dir.iterdir()) == []
    assert signals(agent) == 0


def test_a_misspelt_variable_is_warned_about(agent: ConsulAgent, tmp_path: Path) -> None:
    misspelt = {"consul_services_layot": "per_service"}

    result = run_playbook(tmp_path, play(role(agent, [WEB]), vars=misspelt)).ok()
    warnings = result.task("Write the service definitions").result["rule_warnings"]
    strict = run_playbook(tmp_path, play(role(agent, [API], consul_services_strict=True), vars=misspelt))

    assert [render(found) for found in warnings] == [
        "consul_services_layot: is no variable of the role; the role would ignore it. Did you mean consul_services_layout?"
    ]
    assert strict.failed[0].result["errors"][0]["rule"] == "role-variable"
    assert set(agent.services()) == {"web"}


@pytest.mark.slow
def test_a_handler_that_never_ran_is_made_up_for(agent: ConsulAgent, tmp_path: Path) -> None:
    failing = play(role(agent, [WEB], consul_services_reload="later"), tasks=[{"ansible.builtin.fail": {"msg": "something else"}}])
    assert run_playbook(tmp_path, failing).rc != 0
    assert ours(agent) == ["services-default.json"]
    assert agent.services() == {}

    result = run_playbook(tmp_path, play(role(agent, [WEB]))).ok()

    written = result.task("Write the service definitions")
    assert written.result["changes"] == []
    assert written.result["reload"]["reason"] == "the set default: services-default.json created"
    assert (written.result["reload"]["verified"], written.result["pending"]) == (True, False)
    assert set(agent.services()) == {"web"}
    assert run_playbook(tmp_path, play(role(agent, [WEB]))).ok().changed == 0


@pytest.mark.slow
def test_a_controller_that_is_killed_before_the_reload(agent: ConsulAgent, tmp_path: Path) -> None:
    waiting = play(role(agent, [WEB], consul_services_reload="later"), tasks=[{"ansible.builtin.command": "sleep 60"}])
    running = start_playbook(tmp_path, waiting)
    agent.wait_until(lambda: ours(agent) == ["services-default.json"], "gets no file")
    running.kill()
    assert agent.services() == {}

    # With another content: what was never verified does not stand in the way.
    run_playbook(tmp_path, play(role(agent, [WEB, API]))).ok()

    assert set(agent.services()) == {"web", "api"}
    assert run_playbook(tmp_path, play(role(agent, [WEB, API]))).ok().changed == 0


@pytest.mark.slow
def test_two_plays_at_once(agent: ConsulAgent, tmp_path: Path) -> None:
    both = [
        start_playbook(tmp_path / name, play(role(agent, [{"name": name, "port": 80}], consul_services_set=name)))
        for name in ("left", "right")
    ]

    for running in both:
        running.finish().ok()

    assert set(agent.services()) == {"left", "right"}
    for name in ("left", "right"):
        again = play(role(agent, [{"name": name, "port": 80}], consul_services_set=name))
        assert run_playbook(tmp_path / name, again).ok().changed == 0


def test_drift_is_put_right_on_the_agent_as_well(agent: ConsulAgent, tmp_path: Path) -> None:
    run_playbook(tmp_path, play(role(agent, [WEB]))).ok()
    path = agent.config_dir / "services-default.json"
    path.write_text(json.dumps({"service": dict(WEB, port=1)}), encoding="utf-8")
    agent.reload()

    result = run_playbook(tmp_path, play(role(agent, [WEB]))).ok()

    assert result.task("Write the service definitions").result["drift"] == [{"file": path.name, "what": "edited"}]
    assert agent.services()["web"]["Port"] == 80


# Secrets


def secret_service(generation: int, **fields: Any) -> dict[str, Any]:
    check = {
        "http": "http://127.0.0.1:1/",
        "interval": "10s",
        "header": {"Authorization": [f"planted-header-{generation}"]},
        "body": f"planted-body-{generation}",
        "method": "POST",
    }
    return {"name": "web", "port": 80, "token": f"planted-token-{generation}", "check": check, **fields}


@contextmanager
def watched_processes() -> Iterator[set[str]]:
    """All command lines with a planted secret that any process has during the block."""
    found: set[str] = set()
    enough = threading.Event()

    def watch() -> None:
        while not enough.wait(0.005):
            for name in filter(str.isdigit, os.listdir("/proc")):
                try:
                    line = Path("/proc", name, "cmdline").read_text(encoding="utf-8", errors="replace")
                except OSError:
                    continue
                if "planted-" in line:
                    found.add(line)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        enough.set()
        thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["json", "hcl"])
def test_a_planted_secret_is_seen_nowhere(agent: ConsulAgent, tmp_path: Path, format_: str) -> None:
    single = {"config_dir": str(agent.config_dir), "format": format_, "reload": "later", **secret_service(1, name="single")}
    plays = [
        play(role(agent, [secret_service(1)], consul_services_format=format_)),
        play(role(agent, [secret_service(2)], consul_services_format=format_)),
        play(role(agent, [secret_service(2, misspelt="planted-value"), secret_service(2)], consul_services_format=format_)),
        [{"hosts": "all", "gather_facts": False, "tasks": [{"registrar.consul.service_definition": single}]}],
    ]
    said = []

    with watched_processes() as lines:
        for number, each in enumerate(plays):
            result = run_playbook(tmp_path / str(number), each, diff=True, verbosity=4)
            assert (result.rc == 0) == (number != 2), result.describe()
            said += [result.stdout, result.stderr, json.dumps([task.result for task in result.tasks])]

    assert "********" in said[0]
    for text in [*said, agent.log()]:
        assert "planted-" not in text
    assert lines == set()
    state = agent.config_dir / ".registrar"
    for name in ("journal.json", "manifest.json", "lock"):
        assert "planted-" not in (state / name).read_text(encoding="utf-8")
    for path in [agent.config_dir / name for name in ours(agent)]:
        assert "planted-token" in path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o777 == 0o640
    assert state.stat().st_mode & 0o777 == 0o700
