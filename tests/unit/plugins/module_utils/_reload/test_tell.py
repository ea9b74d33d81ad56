# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How an agent is told, who is not, and what that says."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, ApiError, Blocked, ServerError, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.log import Ears
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected
from ansible_collections.registrar.consul.plugins.module_utils._reload import run as agent_run
from ansible_collections.registrar.consul.plugins.module_utils._reload import tell as agent_tell
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared
from ansible_collections.registrar.consul.plugins.module_utils._reload.outcome import Target
from ansible_collections.registrar.consul.plugins.module_utils._reload.ready import Ready
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import Reload
from ansible_collections.registrar.consul.plugins.module_utils._reload.tell import NotTold, Told, listen, tell

PROCESS = AgentProcess(77, 1, ["consul", "agent"], "/usr/bin/consul", 0, 0, [], 500.0)
NOTHING = Expected({}, {})


class Facts:
    """Of an agent that lives or not, and answers a request to reload like this."""

    def __init__(self, process: AgentProcess | None = PROCESS, alive: bool = True, answer: ApiError | None = None) -> None:
        self.process, self.answer = process, answer
        self.api = self
        self.agents = self
        self._alive = alive
        self.asked: list[str] = []

    def alive(self, process: AgentProcess) -> bool:
        assert process is self.process
        return self._alive

    def numbers_are_ours(self) -> bool:
        return True

    def put(self, path: str) -> None:
        self.asked.append(path)
        if self.answer is not None:
            raise self.answer


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The signals that are sent."""
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    return signals


def test_by_its_api(sent: list[Any]) -> None:
    facts: Any = Facts()
    assert tell(facts, "api") == Told(True)
    assert (facts.asked, sent) == (["/v1/agent/reload"], [])


def test_a_refusal_comes_at_once() -> None:
    facts: Any = Facts(answer=ServerError("parsing failed"))
    assert tell(facts, "api") == Told(False, "parsing failed")


def test_no_answer_is_no_refusal() -> None:
    facts: Any = Facts(answer=Unreachable("timed out"))
    assert tell(facts, "api") == Told(False)


@pytest.mark.parametrize("denied", [AclDenied("Permission denied"), Blocked("blocked")])
def test_who_may_not_tell_it_has_told_nobody(denied: ApiError) -> None:
    facts: Any = Facts(answer=denied)
    with pytest.raises(NotTold, match="agent:write"):
        tell(facts, "api")


def test_by_a_signal(sent: list[tuple[int, int]]) -> None:
    facts: Any = Facts()
    assert tell(facts, "signal") == Told(False)
    assert (facts.asked, sent) == ([], [(77, signal.SIGHUP)])


@pytest.mark.parametrize(("process", "alive", "words"), [(None, True, "no process to signal"), (PROCESS, False, "ended just before")])
def test_nobody_is_signalled_in_its_place(sent: list[Any], process: AgentProcess | None, alive: bool, words: str) -> None:
    facts: Any = Facts(process, alive)
    with pytest.raises(NotTold, match=words):
        tell(facts, "signal")
    assert sent == []


def test_one_whose_number_means_another_here_is_not_signalled_and_goes_on(sent: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    facts: Any = Facts()
    monkeypatch.setattr(facts.agents, "numbers_are_ours", lambda: False)
    with pytest.raises(NotTold, match="of another namespace") as refused:
        tell(facts, "signal")
    assert (sent, refused.value.alive) == ([], True)


@pytest.mark.parametrize(("failure", "words"), [(PermissionError(), "runs as another user"), (ProcessLookupError(), "ended just before")])
def test_a_signal_that_does_not_arrive_is_told(monkeypatch: pytest.MonkeyPatch, failure: OSError, words: str) -> None:
    def fail(_process: AgentProcess) -> None:
        raise failure

    monkeypatch.setattr(agent_tell, "_send", fail)
    facts: Any = Facts()
    with pytest.raises(NotTold, match=words) as refused:
        tell(facts, "signal")
    assert refused.value.alive is isinstance(failure, PermissionError)


@pytest.mark.parametrize(("process", "running", "alive"), [(None, False, True), (PROCESS, True, True), (PROCESS, False, False)])
def test_an_agent_that_has_ended_is_not_waited_for(process: AgentProcess | None, running: bool, alive: bool) -> None:
    """One without a process here, in a container say, is known by its answers alone."""
    facts: Any = Facts(process, running)
    nothing: Any = None
    reload = Reload(nothing, nothing, facts, {"method": "api"})
    reload.ready, reload.persisted = Ready(None, "blind"), Persisted({}, {})
    witness = reload._witness(Ears(None))
    assert witness.alive() is alive
    assert (witness.why_blind, witness.withdrawn()) == ("blind", Persisted({}, {}))


def test_one_that_is_told_by_its_api_answers_by_itself_and_is_not_listened_to() -> None:
    facts: Any = Facts()
    nothing: Any = None
    assert not listen(facts, "api", nothing).listening
    facts.process = None
    assert not listen(facts, "signal", nothing).listening


def test_where_the_api_says_nothing_a_log_is_listened_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "consul.log"
    log.write_text("earlier\n")
    facts: Any = Facts()
    facts.api = None
    facts.settings = SimpleNamespace(values={"log_file": str(log)})
    monkeypatch.setattr(facts.agents, "path_of", lambda _process, path: path, raising=False)
    nothing: Any = None
    ears = listen(facts, "signal", nothing)
    assert ears.listening
    with log.open("a") as stream:
        stream.write("Z [ERROR] agent: Reload config failed: no name\n")
    assert ears.said() == "no name"


@pytest.mark.parametrize(
    ("method", "persisted", "listening", "forgetful", "all_kept"),
    [
        ("signal", None, False, False, True),
        ("signal", None, False, True, False),
        ("signal", None, True, False, False),
        ("signal", Persisted({}, {}), False, False, False),
        ("api", None, False, False, False),
    ],
)
def test_where_nobody_knows_what_came_through_the_api_no_loss_is_explained_away(
    monkeypatch: pytest.MonkeyPatch,
    sent: list[Any],
    method: str,
    persisted: Persisted | None,
    listening: bool,
    forgetful: bool,
    all_kept: bool,
) -> None:
    facts: Any = Facts()
    facts.is_forgetful = forgetful
    nothing: Any = None
    reload = Reload(SimpleNamespace(run_command=None), nothing, facts, {"method": method})
    reload.ready, reload.persisted = Ready(Seen({"web": {}}, {}), ""), persisted
    ears = SimpleNamespace(listening=listening, close=lambda: None)
    looked: list[Target] = []
    monkeypatch.setattr(agent_run, "listen", lambda *_arguments: ears)
    monkeypatch.setattr(reload, "_looked", lambda target, *_arguments, **_options: looked.append(target))
    reload._told(Target(NOTHING, NOTHING, NOTHING, None), reload.ready.seen, going_back=True)
    assert [target.kept for target in looked] == [reload.ready.seen if all_kept else None]


@pytest.mark.parametrize(
    ("pid", "method", "started", "met", "waited"),
    [
        (77, "signal", False, False, False),
        (78, "signal", False, True, True),
        (78, "signal", True, True, False),
        (78, "api", False, True, False),
        (None, "signal", False, False, False),
    ],
)
def test_one_that_was_restarted_meanwhile_has_to_get_through_its_start(
    monkeypatch: pytest.MonkeyPatch, pid: int | None, method: str, started: bool, met: bool, waited: bool
) -> None:
    nothing: Any = None
    facts: Any = Facts(PROCESS._replace(pid=pid) if pid is not None else None)
    reload = Reload(nothing, nothing, facts, {"method": method})
    reload.state = Declared(NOTHING, NOTHING, NOTHING, NOTHING, [], 0, [], [], [], [], [])
    reload.result.agent["pid"] = 77
    waits: list[bool] = []
    monkeypatch.setattr(agent_run, "has_started", lambda _process: started)

    def wait_ready(gently: bool) -> None:
        waits.append(gently)

    monkeypatch.setattr(reload, "_wait_ready", wait_ready)
    reload._meet_again()
    assert (reload.result.agent["pid"], reload.view is not None, waits) == (78 if met else 77, met, [False] if waited else [])
