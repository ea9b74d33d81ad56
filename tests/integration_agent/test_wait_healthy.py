# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change waits for its checks, with real applications behind them, and goes back where they do not become healthy."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.tests.support.agent.application import Application
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import said
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, contents, register, reload

StartAgent = Callable[..., ConsulAgent]
# The least that the checks of these applications need, and enough for a loaded machine: a wait that ends well ends long before.
LEAST, ENOUGH = 3, 20


@pytest.fixture
def application() -> Iterator[Application]:
    with Application() as running:
        yield running


def roll_out(agent: ConsulAgent, *services: dict[str, Any], **options: Any) -> tuple[dict[str, Any], str]:
    """The result, and what people are told if it failed."""
    given = {"http_addr": agent.http_addr, "wait_healthy": ENOUGH, **options}
    result, failure = register(agent.config_dir, bundle(services), **given)
    return result, failure or ""


def pending(agent: ConsulAgent) -> bool:
    return (agent.config_dir / ".registrar/journal.json").exists()


def status(agent: ConsulAgent, check: str = "service:web") -> str:
    return str(agent.checks()[check]["Status"])


def test_a_change_waits_until_its_checks_have_run(agent: ConsulAgent, application: Application) -> None:
    result, failure = roll_out(agent, application.service())
    assert failure == ""
    assert (result["reload"]["healthy"], result["reload"]["unhealthy"], result["pending"]) == (True, [], False)
    assert status(agent) == "passing"

    # The agent keeps the state of the check over the reload: that it is passing says nothing until it has run again.
    again, failure = roll_out(agent, application.service(tags=["new"]))
    assert failure == ""
    assert again["reload"]["waited_healthy"] >= 1.0

    started = time.monotonic()
    unchanged, _failure = roll_out(agent, application.service(tags=["new"]))
    assert "reload" not in unchanged
    assert time.monotonic() - started < 1.0


def test_what_does_not_become_healthy_is_put_back(agent: ConsulAgent, application: Application) -> None:
    roll_out(agent, application.service())
    files = contents(agent.config_dir)
    # Agents show the URL that they ask, password included.
    secret = application.service(path="/bad", check={"http": f"http://user:hunter2hunter2@127.0.0.1:{application.port}/bad"})

    result, failure = roll_out(agent, secret, {"name": "new"}, wait_healthy=LEAST)

    assert contents(agent.config_dir) == files
    assert set(agent.services()) == {"web"}
    assert status(agent) == "passing"
    assert failure == (
        "The agent has loaded the files, but 1 of 1 checks was not healthy 3 seconds later. The files are as they were before: "
        "services-web.json. The agent was told again: everything that was registered before is registered again, and the checks that were "
        "healthy before are so again."
    )
    assert result["reload"]["rolled_back"]
    (ill,) = result["reload"]["unhealthy"]
    assert (ill["service"], ill["check"], ill["status"]) == ("web", "service:web", "critical")
    assert "404 Not Found" in ill["output"]
    assert "hunter2" not in str(result)
    assert not pending(agent)


def test_a_change_that_stays_is_waited_for_by_the_next_run(agent: ConsulAgent, application: Application) -> None:
    application.healthy = lambda: False
    result, failure = roll_out(agent, application.service(), wait_healthy=LEAST, on_unhealthy="fail")
    assert failure.endswith("The files stay, and the next run waits for its checks again.")
    assert (result["pending"], result["reload"]["rolled_back"], set(agent.services())) == (True, False, {"web"})

    application.healthy = lambda: True
    again, failure = roll_out(agent, application.service())
    assert (failure, again["reload"]["healthy"], again["pending"]) == ("", True, False)


@pytest.mark.slow
def test_it_may_be_a_warning(agent: ConsulAgent, application: Application) -> None:
    application.healthy = lambda: False
    roll_out(agent, application.service(), wait_healthy=0)
    module_result = reload(agent.config_dir, http_addr=agent.http_addr, force=True, wait_healthy=LEAST)
    assert module_result[1] is None, "what was not healthy before need not be so"
    result, failure = roll_out(agent, application.service(tags=["new"]), wait_healthy=LEAST, on_unhealthy="warn")
    assert (failure, result["reload"]["healthy"], result["pending"]) == ("", False, False)


def test_each_kind_of_check_is_read_as_documented(agent: ConsulAgent, application: Application) -> None:
    silent = {"name": "silent", "check": {"id": "silent", "ttl": "30s"}}
    copy = {"name": "copy", "check": {"id": "copy", "alias_service": "silent"}}
    written = {"name": "written", "check": {"id": "written", "ttl": "30s", "status": "passing"}}
    stale = application.service("stale", "/bad", check={"id": "stale", "status": "passing"})
    meshed = {"name": "meshed", "port": application.port, "connect": {"sidecar_service": {}}}
    slow = application.service("slow", check={"id": "slow", "success_before_passing": 1})
    agent.put("/v1/agent/maintenance?enable=true")

    result, failure = roll_out(agent, silent, copy, written, stale, meshed, slow, wait_healthy=4, on_unhealthy="fail")

    ill = {one["check"]: one for one in result["reload"]["unhealthy"]}
    # The sidecar's port is not waited for, nor is the copy of the node's maintenance.
    assert set(ill) - {"copy"} == {"silent", "stale"}
    assert failure.startswith("The agent has loaded the files, but ")
    assert ill["stale"]["output"].startswith("HTTP GET")


def test_what_is_to_be_done_is_said(agent: ConsulAgent) -> None:
    silent = {"name": "silent", "check": {"id": "silent", "ttl": "30s"}}
    copy = {"name": "copy", "check": {"id": "copy", "alias_service": "silent"}}
    roll_out(agent, silent, copy, wait_healthy=1, on_unhealthy="fail")
    _result, failure = reload(agent.config_dir, http_addr=agent.http_addr, wait_healthy=1)
    assert failure is not None
    assert "the application has to report its state (PUT /v1/agent/check/pass/silent) at least every 30s." in failure
    assert "It copies the state of silent: that has to become healthy." in failure
    assert contents(agent.config_dir) == {}


def test_too_little_time_is_refused_before_the_agent_is_told(agent: ConsulAgent, application: Application) -> None:
    service = application.service(check={"interval": "10s"})
    result, failure = roll_out(agent, service, wait_healthy=20)
    assert "The agent was not told to reload. The files are as they were before" in failure
    assert (agent.services(), contents(agent.config_dir), result["reload"]["rolled_back"]) == ({}, {}, True)


def test_nobody_to_ask_is_refused_before_anything_is_written(start_agent: StartAgent, tmp_path: Path) -> None:
    secretive = start_agent(acl=True)
    with pytest.raises(Refused) as refused:
        roll_out(secretive, {"name": "web"})
    assert "the token may see nothing of what is registered. Give a token" in str(refused.value)
    empty = tmp_path / "consul.d"
    empty.mkdir()
    with pytest.raises(Refused) as refused:
        register(empty, bundle([{"name": "web"}]), wait_healthy=ENOUGH)
    assert "no consul agent that reads" in str(refused.value)
    assert contents(secretive.config_dir) == contents(empty) == {}


def test_one_token_sees_the_services_and_not_the_new_one(start_agent: StartAgent) -> None:
    agent = start_agent(acl=True)
    rules = 'node_prefix "" { policy = "read" } service "old" { policy = "read" }'
    agent.put("/v1/acl/policy", {"Name": "some", "Rules": rules})
    token = json.loads(agent.put("/v1/acl/token", {"Policies": [{"Name": "some"}]}))["SecretID"]
    result, failure = roll_out(agent, {"name": "web", "check": {"ttl": "30s", "status": "passing"}}, http_token=token)
    assert "whether its checks are healthy cannot be seen: a token with service:read for web is needed" in failure, said(result)
    assert contents(agent.config_dir) == {}


@pytest.mark.slow
def test_one_that_flaps_is_not_healthy(agent: ConsulAgent, application: Application) -> None:
    application.healthy = map(bool, itertools.cycle([1, 0])).__next__
    # On a busy machine a check may run a second late, and a healthy state last longer.
    _result, failure = roll_out(agent, application.service(check={"interval": "3s"}), wait_healthy=15)
    assert "was not healthy" in failure


@pytest.mark.slow
def test_one_that_takes_its_time_and_one_that_dies_meanwhile(agent: ConsulAgent, application: Application) -> None:
    with Application(started=False) as late:
        late.later(2.5, late.start)
        result, failure = roll_out(agent, late.service("late"))
        # What is left of that when the agent has loaded its files, and been told, differs from machine to machine.
        assert (failure, result["reload"]["waited_healthy"] >= 0.5) == ("", True)

        late.stop()
        late.later(3.0, late.start)
        application.later(2.0, application.stop)
        result, failure = roll_out(agent, application.service(), late.service("late", tags=["new"]), wait_healthy=6)
        assert "web" in [one["service"] for one in result["reload"]["unhealthy"]]
        assert "connection refused" in str(result["reload"]["unhealthy"])
        assert result["reload"]["rolled_back"]


def test_the_role_has_the_task_wait_that_loads_the_files(agent: ConsulAgent, application: Application, tmp_path: Path) -> None:
    variables = {
        "consul_services_config_dir": str(agent.config_dir),
        "consul_services_reload": "later",
        "consul_services_wait_healthy": ENOUGH,
        "consul_services_definitions": [application.service()],
    }
    play = {"hosts": "all", "gather_facts": False, "roles": [{"role": "registrar.consul.consul_services", "vars": variables}]}
    result = run_playbook(tmp_path, [play]).ok()
    assert result.task("Reload the Consul agent").result["healthy"]
    options = {"config_dir": str(agent.config_dir), "services": [], "reload": "later", "wait_healthy": ENOUGH}
    refused = run_playbook(tmp_path, tasks_play({"registrar.consul.service_definitions": options})).failed[0]
    assert "has nothing to wait for: with reload: later this task does not have the agent load anything." in refused.said
    assert status(agent) == "passing"


# The agent itself


def meanwhile(rolling_out: Callable[[], Any], what: Callable[[], object]) -> Any:
    """Do something while it waits, in this thread: agents end with the thread that started them."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(rolling_out()))
    thread.start()
    time.sleep(1.5)
    what()
    thread.join()
    return found[0]


def test_an_agent_that_has_read_the_change_by_itself(start_agent: StartAgent, application: Application) -> None:
    agent = start_agent(mode="server")
    roll_out(agent, application.service(), wait_healthy=0)
    files = contents(agent.config_dir)
    roll_out(agent, application.service(path="/bad"), wait_healthy=0, reload="later")
    agent.restart()

    result = reload(agent.config_dir, http_addr=agent.http_addr, wait_healthy=LEAST)
    assert "1 of 1 checks was not healthy 3 seconds later. The files are as they were before" in str(result[1])
    assert (contents(agent.config_dir), pending(agent)) == (files, False)
    agent.wait_until(lambda: status(agent) == "passing", "does not pass again")


@pytest.mark.slow
def test_an_agent_that_is_restarted_meanwhile_shows_all_anew(start_agent: StartAgent, application: Application) -> None:
    agent = start_agent(mode="server")
    application.healthy = lambda: False
    application.later(3.0, lambda: setattr(application, "healthy", lambda: True))
    result, failure = meanwhile(lambda: roll_out(agent, application.service(), wait_healthy=40), agent.restart)
    assert (failure, result["reload"]["healthy"]) == ("", True)

    application.healthy = lambda: False
    result, failure = meanwhile(lambda: roll_out(agent, application.service(tags=["new"]), wait_healthy=5), agent.restart)
    assert "The agent was told again" in failure
    assert (agent.services()["web"]["Tags"], pending(agent)) == ([], False)


def test_an_agent_that_ends_meanwhile(start_agent: StartAgent, application: Application) -> None:
    agent = start_agent(mode="server")
    application.healthy = lambda: False
    # By its number nobody else can be meant.
    named: dict[str, Any] = {"pid": agent.pid, "http_addr": None}
    _result, failure = meanwhile(lambda: roll_out(agent, application.service(), wait_healthy=4, **named), agent.stop)
    assert "it has ended while its checks were waited for" in failure
    assert failure.endswith("Start the agent; the next run verifies that it has them.")
    assert (contents(agent.config_dir), pending(agent)) == ({}, True)
    agent.start()
    result, failure = reload(agent.config_dir, http_addr=agent.http_addr, wait_healthy=4)
    assert (failure, result["verified"], agent.services(), pending(agent)) == (None, True, {}, False)


@pytest.mark.slow
def test_many_services_take_as_long_as_the_slowest(
    agent: ConsulAgent, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    count, asked, get = 1000, [], AgentApi.get
    monkeypatch.setattr(AgentApi, "get", lambda api, *arguments: asked.append(arguments) or get(api, *arguments))
    # Its own port: an application would have to take as many connections.
    check = {"tcp": f"127.0.0.1:{agent.http_port}", "interval": "4s", "timeout": "2s"}
    services = [{"name": f"s{number}", "check": check} for number in range(count)]
    result, failure = roll_out(agent, *services, wait_healthy=60)
    assert failure == ""
    waited = result["reload"]["waited_healthy"]
    assert waited <= 30.0
    assert len(asked) < 150
    record_property(
        "counted", f"{count} services with checks every 4 s were healthy {waited:.1f} s after the reload, with {len(asked)} requests"
    )
