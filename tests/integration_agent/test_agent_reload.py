# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""agent_reload on agents that do what they are told."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.registered import assert_registered
from ansible_collections.registrar.consul.tests.support.runs.modules import (
    result_of,
    run_module,
    said,
    start_module,
    warnings_of,
    write_set,
)

StartAgent = Callable[..., ConsulAgent]
WEB = {"name": "web", "port": 80, "check": {"ttl": "1h"}}
RECORDED = Path(__file__).parents[1] / "unit" / "plugins" / "module_utils" / "_definition" / "fixtures" / "agent_1_8_7.json"


def reload(agent: ConsulAgent, **options: Any) -> dict[str, Any]:
    return run_module("agent_reload", config_dir=str(agent.config_dir), **options)


def signals(agent: ConsulAgent) -> int:
    """How often the agent was signalled since its start."""
    return agent.log().count("signal=hangup")


def test_changes_are_loaded_with_one_signal_and_seen(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert_registered(agent, [WEB])
    assert (result["changed"], result["verified"], result["verified_by"], result["method"]) == (True, True, "api", "signal")
    assert result["agent"] == {"pid": agent.pid, "state": "running", "version": agent_version(agent)}
    assert result["services"] == 1
    assert signals(agent) == 1


def test_without_changes_nothing_is_sent(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    reload(agent)
    for _time in range(2):
        result = reload(agent)
        assert (result["changed"], result["verified"], result["method"]) == (False, True, "none")
    assert signals(agent) == 1


def test_everything_that_an_agent_reports_is_compared(start_agent: StartAgent) -> None:
    """Every kind of service and check at once; the same definitions as in the unit tests."""
    agent = start_agent(mode="server")
    services = json.loads(RECORDED.read_text())["definitions"]
    write_set(agent.config_dir, services)
    result = reload(agent)
    assert not result.get("failed"), said(result)
    assert (result["verified"], result["verified_by"], result["services"]) == (True, "api", len(agent.services()))
    assert reload(agent)["changed"] is False
    assert signals(agent) == 1


def test_removed_services_have_to_be_gone(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB, {"name": "old"}])
    reload(agent)
    write_set(agent.config_dir, [WEB])
    result = reload(agent)
    assert result["verified"]
    assert set(agent.services()) == {"web"}


def test_a_change_that_the_agent_does_not_report_is_loaded_as_well(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    reload(agent)
    write_set(agent.config_dir, [{**WEB, "check": {"ttl": "2h"}}])
    result = reload(agent)
    assert (result["changed"], result["verified"], result["verified_by"]) == (True, True, "api")
    assert signals(agent) == 2


def test_what_somebody_deregistered_is_put_back(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB, {"name": "db"}])
    reload(agent)
    agent.request("PUT", "/v1/agent/service/deregister/web")
    result = reload(agent)
    assert (result["changed"], result["verified"]) == (True, True)
    assert "service web: is not registered on the agent." in result["reason"]
    assert_registered(agent, [WEB])


def test_what_the_agent_itself_removed_is_left_so(agent: ConsulAgent) -> None:
    reaped = {"name": "web", "port": 80, "check": {"ttl": "1h", "deregister_critical_service_after": "100h"}}
    write_set(agent.config_dir, [reaped, {"name": "db"}])
    reload(agent)
    agent.request("PUT", "/v1/agent/service/deregister/web")
    result = reload(agent)
    assert (result["changed"], result["verified"]) == (False, False)
    assert result["reason"].endswith("critical for longer than their checks allow: web")
    assert signals(agent) == 1


def test_force(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    reload(agent)
    result = reload(agent, force=True)
    assert (result["changed"], result["verified"], result["reason"]) == (True, True, "force is set")
    assert signals(agent) == 2


def test_check_mode_says_what_would_be_and_sends_nothing(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    for _time in range(2):
        result = reload(agent, _ansible_check_mode=True)
        assert (result["changed"], result["method"]) == (True, "signal")
        assert "would be told" in result["reason"]
    assert signals(agent) == 0
    assert agent.services() == {}
    journal = agent.config_dir / ".registrar/journal.json"
    agent.restart()
    for check_mode in (True, False, True):
        # It has read the files by itself: what is to be forgotten then is forgotten by the real run.
        waits = journal.exists()
        result = reload(agent, _ansible_check_mode=check_mode)
        assert (result["changed"], result["verified"], result["method"]) == (False, True, "none")
        assert journal.exists() is (waits and check_mode)
    assert signals(agent) == 0


def test_a_directory_that_is_not_ours_stays_untouched(agent: ConsulAgent) -> None:
    agent.write("foreign.json", {"service": {"name": "foreign"}})
    result = reload(agent)
    assert (result["changed"], result["verified"], result["services"]) == (False, True, 0)
    assert os.listdir(agent.config_dir) == ["foreign.json"]
    assert signals(agent) == 0


def test_a_stopped_agent_leaves_the_change_for_later(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    agent.stop()
    result = reload(agent)
    assert (result["changed"], result["verified"], result["agent"]["state"]) == (False, False, "stopped")
    assert "verified by the next run" in result["reason"]
    (warning,) = warnings_of(result)
    assert warning.startswith(
        f"Nobody was told to reload: no consul agent that reads {agent.config_dir} was found; the changed files are read"
    )
    assert "has it as -config-dir or -config-file" in warning
    assert "No address of an HTTP API is given. Start it." in warning
    result = reload(agent, require_agent=True)
    assert result["failed"]
    assert said(result).endswith("Or set require_agent: false.")


def test_never_tells_nobody_and_forgets_what_waits(agent: ConsulAgent) -> None:
    assert write_set(agent.config_dir, [WEB])["pending"]
    again = write_set(agent.config_dir, [WEB], reload="never")
    assert (again["changed"], again["pending"], "reload" in again, warnings_of(again)) == (False, False, False, [])
    again = write_set(agent.config_dir, [WEB])
    assert (again["changed"], again["pending"]) == (False, False)
    assert agent.services() == {}


def test_an_agent_that_started_after_the_change_is_not_signalled(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    agent.stop()
    agent.start()
    result = reload(agent)
    assert (result["changed"], result["verified"], result["method"]) == (False, True, "none")
    assert signals(agent) == 0
    assert not (agent.config_dir / ".registrar" / "journal.json").exists()


def test_a_stale_pid_file_is_no_obstacle(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    agent.kill()
    assert agent.pid_file.exists()
    assert reload(agent, pid_file=str(agent.pid_file))["agent"]["state"] == "stopped"
    stale = agent.pid_file.read_text()
    agent.start()
    other = agent.root / "stale.pid"
    other.write_text(stale)
    assert reload(agent, pid_file=str(other))["agent"]["pid"] == agent.pid


def test_another_process_is_never_signalled(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    result = reload(agent, pid=os.getpid())
    assert result["failed"]
    assert f"Process {os.getpid()} is not a running consul agent" in said(result)
    assert signals(agent) == 0


def test_each_of_two_agents_is_known_by_its_directory(start_agent: StartAgent) -> None:
    one, other = start_agent(), start_agent()
    write_set(one.config_dir, [{"name": "one"}])
    write_set(other.config_dir, [{"name": "other"}])
    assert reload(other)["agent"]["pid"] == other.pid
    assert (signals(one), signals(other)) == (0, 1)
    result = reload(one, pid=other.pid)
    assert result["failed"]
    assert f"pid {other.pid} does not read {one.config_dir}" in said(result)
    assert said(result).endswith(
        "The files stay changed: services-test.json. The next run has the agent load them; it reads them, too, when it starts."
    )
    assert reload(one)["verified"]
    assert set(one.services()) == {"one"}


def test_a_starting_agent_is_waited_for(agent: ConsulAgent) -> None:
    """Whatever moment of its start the module meets, the agent lives and has everything."""
    for number in range(150):
        agent.write(f"foreign-{number}.json", {"service": {"name": f"foreign-{number}"}})
    for number in range(4):
        write_set(agent.config_dir, [{**WEB, "port": number + 1}])
        agent.stop()
        agent.start(wait=False)
        result = reload(agent, force=True)
        assert not result.get("failed"), said(result)
        assert (result["changed"], result["verified"]) == (True, True)
        assert agent.running
        assert agent.services()["web"]["Port"] == number + 1
        assert signals(agent) == 1


def test_two_runs_at_once_send_one_signal(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    children = [start_module("agent_reload", config_dir=str(agent.config_dir)) for _time in range(2)]
    results = [result_of(child) for child in children]
    assert sorted(result["changed"] for result in results) == [False, True]
    assert all(result["verified"] for result in results)
    assert signals(agent) == 1


def test_through_the_api(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    result = reload(agent, method="api")
    assert (result["changed"], result["verified"], result["verified_by"], result["method"]) == (True, True, "api", "api")
    assert signals(agent) == 0
    assert_registered(agent, [WEB])


def test_a_unix_socket_is_found_in_the_agents_settings(start_agent: StartAgent, tmp_path: Path) -> None:
    socket = f"unix://{tmp_path}/consul.sock"
    agent = start_agent(config={"addresses": {"http": f"{socket} 127.0.0.1"}})
    write_set(agent.config_dir, [WEB])
    assert reload(agent)["verified"]
    assert reload(agent, http_addr=socket)["verified"]
    assert signals(agent) == 1


def test_the_generation_marker_proves_the_reload(agent: ConsulAgent) -> None:
    write_set(agent.config_dir, [WEB])
    seen = set()
    for _time in range(2):
        result = reload(agent, generation_marker=True, force=True)
        assert result["verified"]
        marker = json.loads((agent.config_dir / "registrar-generation.json").read_text())["node_meta"]["registrar_generation"]
        assert agent.get("/v1/agent/self")["Meta"]["registrar_generation"] == marker
        seen.add(marker)
    assert len(seen) == 2
    assert result["verified_by"] == "node_meta"
    assert reload(agent)["changed"] is False


def agent_version(agent: ConsulAgent) -> str:
    return str(agent.get("/v1/agent/self")["Config"]["Version"])
