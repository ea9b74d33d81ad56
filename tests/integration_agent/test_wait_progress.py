# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""While checks are waited for, a line says which are not healthy: read on the target beside the module that waits."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.application import Application
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook, tasks_play

LINE = (
    r"waiting: \[target\] => until its definitions are judged and written, and then for at most 12 s until its checks are healthy, "
    r"1\d s so far; "
    r"not healthy yet: service:web \(critical, \d+ s\)\n"
)


@pytest.fixture
def application() -> Iterator[Application]:
    with Application(lambda: False) as running:
        yield running


def rolled_out(agent: ConsulAgent, application: Application, workdir: Path, host: dict[str, Any], **environment: str) -> PlaybookResult:
    """A run that waits for longer than it takes until the first line, on a host that is this machine."""
    options = {"config_dir": str(agent.config_dir), "services": [application.service()], "wait_healthy": 12, "on_unhealthy": "warn"}
    inventory = {"all": {"hosts": {"target": {"ansible_python_interpreter": sys.executable, **host}}}}
    play = tasks_play({"registrar.consul.service_definitions": {**options, "http_addr": agent.http_addr}})
    result = run_playbook(workdir, play, inventory=inventory, environment=environment).ok()
    assert [one["check"] for one in result.only().result["reload"]["unhealthy"]] == ["service:web"]
    return result


@pytest.mark.slow
@pytest.mark.parametrize("pipelining", ["0", "1"])
def test_a_line_names_the_checks_that_are_not_healthy(
    agent: ConsulAgent, application: Application, tmp_path: Path, pipelining: str
) -> None:
    result = rolled_out(agent, application, tmp_path, {"ansible_connection": "local"}, ANSIBLE_PIPELINING=pipelining)
    assert re.search(LINE, result.stderr), result.describe()
    assert not list((tmp_path / "remote_tmp").iterdir())


@pytest.mark.slow
def test_it_does_so_over_ssh_and_as_another_user(agent: ConsulAgent, application: Application, tmp_path: Path) -> None:
    """With Ansible's own plugins for both, and in the place of the two programs what runs the command here, as this user."""
    host = {
        "ansible_connection": "ssh",
        "ansible_user": "deploy",
        "ansible_ssh_executable": stand_in(tmp_path / "ssh", 'for command; do :; done\nexec sh -c "$command"'),
        "ansible_become": True,
        "ansible_become_exe": stand_in(tmp_path / "sudo", 'until [ "$1" = root ]; do shift; done\nshift\nexec "$@"'),
    }
    result = rolled_out(agent, application, tmp_path, host)
    assert re.search(LINE, result.stderr), result.describe()
    assert not list((tmp_path / "remote_tmp").iterdir())


def test_a_task_that_waits_for_nothing_costs_no_command_more(tmp_path: Path) -> None:
    (tmp_path / "consul.d").mkdir()
    options = {"config_dir": str(tmp_path / "consul.d"), "services": [], "preflight": "none"}
    tasks = [{"registrar.consul.service_definitions": {**options, **more}} for more in ({"wait_healthy": 0}, {"reload": "later"})]
    result = run_playbook(tmp_path / "run", tasks_play(*tasks), verbosity=3).ok()
    assert result.stdout.count("> EXEC ") == len(tasks), result.describe()


def stand_in(path: Path, script: str) -> str:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)
