# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test support itself, since everything else relies on it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import AgentError, ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.ports import ReservedPorts
from ansible_collections.registrar.consul.tests.support.paths import TREE

StartAgent = Callable[..., ConsulAgent]


def test_an_agent_registers_what_its_directory_says(agent: ConsulAgent) -> None:
    agent.write("web.json", {"service": {"name": "web", "port": 80, "check": {"ttl": "10s"}}})
    agent.reload()
    assert agent.services()["web"]["Port"] == 80
    assert agent.checks()["service:web"]["ServiceID"] == "web"


def test_an_agent_survives_the_signal_as_soon_as_it_is_ready(agent: ConsulAgent) -> None:
    agent.write("web.json", {"service": {"name": "web"}})
    agent.hup()
    assert set(agent.wait_services(["web"])) == {"web"}


def test_a_refused_reload_says_why(agent: ConsulAgent) -> None:
    agent.write("web.json", {"service": {"name": ""}})
    with pytest.raises(AgentError, match=r"PUT /v1/agent/reload: 500 .*name"):
        agent.reload()


def test_a_server_keeps_what_was_registered_through_the_api(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    agent.register({"Name": "api", "Port": 1})
    agent.reload()
    assert set(agent.services()) == {"api"}
    first = agent.pid
    agent.restart()
    assert agent.pid != first
    assert set(agent.services()) == {"api"}


def test_acls_hide_everything_from_nobody(start_agent: StartAgent) -> None:
    agent = start_agent(acl=True)
    agent.write("web.json", {"service": {"name": "web"}})
    agent.reload()
    assert set(agent.services()) == {"web"}
    assert agent.get("/v1/agent/services", token="") == {}


def test_a_killed_agent_leaves_its_pid_file(agent: ConsulAgent) -> None:
    pid = agent.pid
    agent.kill()
    assert not agent.running
    assert agent.pid_file.read_text(encoding="utf-8") == str(pid)


def test_an_agent_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    agent = ConsulAgent(tmp_path)
    agent.write("broken.json", "{")
    with pytest.raises(AgentError, match=r"broken\.json"), agent:
        pass


def test_script_checks_and_further_settings_reach_the_agent(start_agent: StartAgent) -> None:
    agent = start_agent(enable_local_script_checks=True, config={"acl": {"enabled": False}, "ports": {"grpc": -1}})
    agent.write("web.json", {"service": {"name": "web", "check": {"args": ["/bin/true"], "interval": "1h"}}})
    agent.reload()
    assert set(agent.checks()) == {"service:web"}


def test_ports_are_never_given_twice() -> None:
    with ReservedPorts(20) as first, ReservedPorts(20) as second:
        assert len({*first.numbers, *second.numbers}) == 40


def test_the_agent_ends_with_a_killed_test(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path;"
        "from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent;"
        "agent = ConsulAgent(Path(sys.argv[1])); agent.start(); print(agent.pid, flush=True); time.sleep(600)"
    )
    environment = {**os.environ, "PYTHONPATH": str(TREE)}
    with subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, env=environment) as test:
        assert test.stdout is not None
        pid = int(test.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        test.send_signal(signal.SIGKILL)
    end = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists() and _state(pid) != "Z":
        assert time.monotonic() < end, "the agent is still there"
        time.sleep(0.01)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"
