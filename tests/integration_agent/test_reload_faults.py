# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reload is killed at every call that changes the file system or signals; the next run brings it to its end.

By itself, as agent_reload does it, and as the second half of the run that writes as well.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import AgentView, Seen
from ansible_collections.registrar.consul.plugins.module_utils._options import reload_spec
from ansible_collections.registrar.consul.plugins.module_utils._reload import tell
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.faults.calls import ends_by_kill
from ansible_collections.registrar.consul.tests.support.faults.children import begin
from ansible_collections.registrar.consul.tests.support.faults.memory import folder_in_memory
from ansible_collections.registrar.consul.tests.support.runs.target import Module, bundle, contents, register, write

WEB = {"name": "web", "port": 80}
# Passes consul validate, and stops a reload half-way: everything of the agent that comes later is lost.
NAMELESS = {"id": "nameless", "port": 1}


@pytest.fixture
def agent() -> Iterator[ConsulAgent]:
    """One with a service of others and one from the API, which outlives reloads."""
    with folder_in_memory() as folder, ConsulAgent(folder / "agent", mode="server") as running:
        running.write("zzz.json", {"service": {"name": "foreign"}})
        running.reload()
        running.register({"Name": "api"})
        yield running


def reload(agent: ConsulAgent, **more: Any) -> tuple[dict[str, Any], str | None]:
    options = {name: spec.get("default") for name, spec in reload_spec().items()}
    options.update(config_dir=str(agent.config_dir), lock_timeout=0, http_addr=agent.http_addr, **more)
    result = reload_agent(Module(options), options)
    return result.as_dict(), result.failure


def pending(agent: ConsulAgent) -> bool:
    return (agent.config_dir / ".registrar/journal.json").exists()


@pytest.mark.slow
def test_while_a_change_is_loaded(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    survived = 0
    while True:
        write(agent.config_dir, bundle([dict(WEB, port=survived)]))
        files = contents(agent.config_dir)
        if not ends_by_kill(lambda: reload(agent), survived + 1):
            break

        assert contents(agent.config_dir) == files
        result, failure = reload(agent)
        assert failure is None
        assert result["verified"]
        assert not pending(agent)
        assert agent.services()["web"]["Port"] == survived
        assert set(agent.services()) == {"web", "foreign", "api"}
        survived += 1

    assert survived >= 3
    record_property("counted", f"a change is loaded: {survived} calls, killed at each of them, survived {survived}")


@pytest.mark.slow
def test_while_a_refused_change_is_rolled_back(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    write(agent.config_dir, bundle([WEB]))
    reload(agent)
    files = contents(agent.config_dir)
    survived = 0
    while True:
        write(agent.config_dir, bundle([dict(WEB, port=81), NAMELESS]))
        if not ends_by_kill(lambda: reload(agent), survived + 1):
            break

        # Either the change is refused again and rolled back, or the rollback is brought to its end.
        reload(agent)
        assert contents(agent.config_dir) == files
        assert not pending(agent)
        assert {name: service["Port"] for name, service in agent.services().items()} == {"web": 80, "foreign": 0, "api": 0}
        survived += 1

    assert contents(agent.config_dir) == files
    record_property("counted", f"a refused change is rolled back: {survived} calls, killed at each of them, survived {survived}")
    assert survived >= 10


def test_while_a_change_is_written_and_loaded(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    survived = 0
    while True:
        new = bundle([dict(WEB, port=survived)])
        if not ends_by_kill(lambda: register(agent.config_dir, new, http_addr=agent.http_addr), survived + 1):  # noqa: B023 - called here
            break

        result, failure = register(agent.config_dir, new, http_addr=agent.http_addr)
        assert failure is None
        assert result.get("reload", {"verified": True})["verified"]
        assert not pending(agent)
        assert agent.services()["web"]["Port"] == survived
        assert set(agent.services()) == {"web", "foreign", "api"}
        survived += 1

    assert survived >= 15
    record_property("counted", f"a change is written and loaded: {survived} calls, killed at each of them, survived {survived}")


def test_while_a_refused_change_is_written_and_put_back(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    register(agent.config_dir, bundle([WEB]), http_addr=agent.http_addr)
    files = contents(agent.config_dir)
    refused = bundle([dict(WEB, port=81), NAMELESS])
    survived = 0
    while ends_by_kill(lambda: register(agent.config_dir, refused, http_addr=agent.http_addr), survived + 1):
        _result, failure = register(agent.config_dir, refused, http_addr=agent.http_addr)
        assert failure is not None
        assert "Service name missing" in failure
        assert contents(agent.config_dir) == files
        assert not pending(agent)
        assert {name: service["Port"] for name, service in agent.services().items()} == {"web": 80, "foreign": 0, "api": 0}
        survived += 1

    record_property("counted", f"a refused change is written and put back: {survived} calls, killed at each of them, survived {survived}")
    assert survived >= 25


# Waiting for checks

REPORTED = {"name": "web", "check": {"ttl": "1h", "status": "passing"}}
SILENT = {"name": "web", "check": {"id": "silent", "ttl": "1h"}}


def waiting(agent: ConsulAgent, service: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    # Less than users can say, since none of these checks changes by itself.
    return register(agent.config_dir, bundle([service]), http_addr=agent.http_addr, wait_healthy=0.2)


def test_while_a_change_is_written_and_waited_for(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    survived = 0
    while True:
        new = dict(REPORTED, port=survived)
        if not ends_by_kill(lambda: waiting(agent, new), survived + 1):  # noqa: B023 - called here
            break

        result, failure = waiting(agent, new)
        assert failure is None
        assert result.get("reload", {"healthy": True})["healthy"]
        assert not pending(agent)
        assert agent.services()["web"]["Port"] == survived
        survived += 1

    assert survived >= 15
    record_property("counted", f"a change is waited for: {survived} calls, killed at each of them, survived {survived}")


@pytest.mark.slow
def test_while_a_change_that_does_not_become_healthy_is_put_back(
    agent: ConsulAgent, record_property: Callable[[str, object], None]
) -> None:
    waiting(agent, REPORTED)
    files = contents(agent.config_dir)
    survived = 0
    while ends_by_kill(lambda: waiting(agent, SILENT), survived + 1):
        _result, failure = waiting(agent, SILENT)
        assert failure is not None
        assert "1 of 1 checks was not healthy" in failure
        assert contents(agent.config_dir) == files
        assert not pending(agent)
        assert set(agent.checks()) == {"service:web"}
        survived += 1

    record_property("counted", f"what does not become healthy is put back: {survived} calls, killed at each of them, survived {survived}")
    assert survived >= 25


@pytest.mark.parametrize("look", [1, 2])
def test_while_it_waits(agent: ConsulAgent, monkeypatch: pytest.MonkeyPatch, look: int) -> None:
    files = contents(agent.config_dir)
    kill_at_look(look, lambda: waiting(agent, SILENT), monkeypatch)
    assert (set(agent.checks()), pending(agent)) == ({"silent"}, True), "nobody has seen that it is healthy"

    # The next run waits again, and goes back.
    _result, failure = reload(agent, wait_healthy=0.2)
    assert failure is not None
    assert (contents(agent.config_dir), pending(agent), agent.checks()) == (files, False, {})

    # One that is not asked to wait takes the change as it is.
    kill_at_look(look, lambda: waiting(agent, SILENT), monkeypatch)
    _result, failure = reload(agent)
    assert (failure, pending(agent), set(agent.checks())) == (None, False, {"silent"})


def kill_at_look(position: int, action: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the action in a process of its own that is killed just before this look at the checks alone."""
    looks = itertools.count(1)

    def until_killed(view: AgentView) -> dict[str, Any]:
        if next(looks) == position:
            signal.raise_signal(signal.SIGKILL)
        return view._all("checks")

    with monkeypatch.context() as patch:
        patch.setattr(AgentView, "checks", until_killed)
        patch.setattr(AgentView, "look", lambda view: Seen(view._all("services"), view._all("checks")))
        _pid, how = os.waitpid(begin(action), 0)
    assert os.WIFSIGNALED(how)


def test_one_that_answers_too_late_has_loaded_it(agent: ConsulAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    """It hangs when it is told through its API, and goes on after the time for an answer is up."""
    put = AgentApi.put

    def hang(api: AgentApi, path: str) -> None:
        os.kill(agent.pid, signal.SIGSTOP)
        threading.Timer(2.5, os.kill, (agent.pid, signal.SIGCONT)).start()
        put(api, path)

    monkeypatch.setattr(AgentApi, "put", hang)
    write(agent.config_dir, bundle([WEB]))
    result, failure = reload(agent, method="api", timeout=2)
    assert (failure, result["verified"], pending(agent)) == (None, True, False)
    assert set(agent.services()) == {"web", "foreign", "api"}


@pytest.mark.parametrize("restarted", [True, False])
def test_one_that_ends_by_it_and_is_started_anew_goes_back_too(
    agent: ConsulAgent, monkeypatch: pytest.MonkeyPatch, restarted: bool
) -> None:
    """As where systemd starts it again, with the files that it has read by then."""
    send = tell._send

    def end(_process: AgentProcess) -> None:
        agent.kill()
        monkeypatch.setattr(tell, "_send", send)
        if restarted:
            agent.start()

    monkeypatch.setattr(tell, "_send", end)
    write(agent.config_dir, bundle([WEB]))
    _result, failure = reload(agent)
    assert failure is not None
    assert failure.startswith("The agent did not load all that the files say: the agent has ended")
    assert (contents(agent.config_dir).keys(), pending(agent)) == ({"zzz.json"}, not restarted)
    if restarted:
        assert failure.endswith("The agent was told again: everything that was registered before is registered again.")
        assert set(agent.services()) == {"foreign", "api"}
    else:
        assert failure.endswith("Start the agent; the next run verifies that it has them.")
