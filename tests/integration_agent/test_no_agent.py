# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays where there is no agent, or somebody else tells it: nothing changes twice, and nobody is silent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook, tasks_play

WEB = {"name": "web", "port": 80}
WRITE, RELOAD = "Write the service definitions", "Reload the Consul agent"


def run(workdir: Path, agent: ConsulAgent, check: bool = False, **variables: Any) -> PlaybookResult:
    given = {"consul_services_config_dir": str(agent.config_dir), "consul_services_definitions": [WEB], **variables}
    play = [{"hosts": "all", "gather_facts": False, "roles": [{"role": "registrar.consul.consul_services", "vars": given}]}]
    return run_playbook(workdir, play, check=check)


def warned(result: PlaybookResult, text: str) -> bool:
    """Whether people see it, wherever lines are broken: some versions of ansible-core do it within a path."""
    return "".join(text.split()) in "".join((result.stdout + result.stderr).split())


@pytest.mark.slow
def test_the_role_until_an_agent_starts(agent: ConsulAgent, tmp_path: Path) -> None:
    agent.stop()
    nobody = f"no consul agent that reads {agent.config_dir} was found"

    forecast = run(tmp_path, agent, check=True).ok()
    assert warned(forecast, f"Nobody would be told to reload: {nobody}")

    first = run(tmp_path, agent).ok()
    assert first.task(WRITE).changed
    assert warned(first, f"Nobody was told to reload: {nobody}; the changed files are read when one starts")

    second = run(tmp_path, agent).ok()
    assert second.changed == 0
    assert second.task(WRITE).result["pending"]
    assert warned(second, f"Nobody was told to reload: {nobody}")

    later = run(tmp_path, agent, consul_services_reload="later").ok()
    assert (later.changed, later.task(WRITE).result["pending"]) == (0, True)
    assert warned(later, f"Files that were changed earlier wait in {agent.config_dir}")

    demanding = run(tmp_path, agent, consul_services_require_agent=True)
    assert [task.task.rpartition(" : ")[2] for task in demanding.failed] == [WRITE]
    demanding = run(tmp_path, agent, consul_services_require_agent=True, consul_services_reload="later")
    assert [task.task.rpartition(" : ")[2] for task in demanding.failed] == [RELOAD]

    agent.start()
    third = run(tmp_path, agent).ok()
    reload = third.task(WRITE).result["reload"]
    assert (reload["verified"], reload["method"], third.changed) == (True, "none", 0)
    assert "signal=hangup" not in agent.log()
    assert set(agent.services()) == {"web"}
    assert run(tmp_path, agent).ok().changed == 0


@pytest.mark.slow
def test_the_modules_until_an_agent_starts(agent: ConsulAgent, tmp_path: Path) -> None:
    agent.stop()
    here = {"config_dir": str(agent.config_dir)}
    tasks = [
        {"name": "one", "registrar.consul.service_definition": {"name": "one", "port": 1, **here}},
        {"name": "many", "registrar.consul.service_definitions": {"services": [WEB], **here}},
    ]
    assert run_playbook(tmp_path, tasks_play(*tasks)).ok().changed == 2

    second = run_playbook(tmp_path, tasks_play(*tasks)).ok()
    assert [(task.changed, task.result["pending"]) for task in second.tasks] == [(False, True)] * 2
    assert warned(second, "Nobody was told to reload")

    agent.start()
    third = run_playbook(tmp_path, tasks_play(*tasks)).ok()
    # The first task has verified what waited for the second one as well.
    assert (third.changed, third.task("one").result["reload"]["verified"]) == (0, True)
    assert "signal=hangup" not in agent.log()
    assert set(agent.services()) == {"one", "web"}


def test_where_somebody_else_tells_the_agent(agent: ConsulAgent, tmp_path: Path) -> None:
    first = run(tmp_path, agent, consul_services_reload="never").ok()
    assert (first.changed, first.task(WRITE).result["pending"]) == (1, False)
    assert not warned(first, "Nobody was told")
    assert agent.services() == {}
    waiting = run(tmp_path, agent, consul_services_reload="never", consul_services_wait_healthy=30)
    assert "has nothing to wait for: with reload: never" in waiting.failed[0].said
    second = run(tmp_path, agent, consul_services_reload="never").ok()
    assert (second.changed, second.task(WRITE).result["pending"]) == (0, False)
    agent.reload()
    assert set(agent.services()) == {"web"}
