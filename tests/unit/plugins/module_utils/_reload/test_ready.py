# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an agent counts as past its start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._clock import Clock
from ansible_collections.registrar.consul.plugins.module_utils._reload import ready as agent_ready
from ansible_collections.registrar.consul.plugins.module_utils._reload.ready import NotReady, Ready, wait_ready

SEEN = Seen({}, {})


class Time:
    """Passes by sleeping alone."""

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        return 5000.0 + self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def now(self) -> Clock:
        return Clock("boot", 1000.0 + self.passed)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(agent_ready, "time", time)
    monkeypatch.setattr(agent_ready, "now", time.now)
    return time


class FakeView:
    """Refuses connections until the agent answers."""

    def __init__(self, time: Time, answers_at: float, answer: Any = SEEN) -> None:
        self.time, self.answers_at, self.answer = time, answers_at, answer

    def look(self) -> Seen:
        if self.time.passed < self.answers_at:
            raise Unreachable("No answer")
        if isinstance(self.answer, Exception):
            raise self.answer
        return SEEN


def process(age: float) -> AgentProcess:
    return AgentProcess(77, 1, ["consul", "agent"], "/usr/bin/consul", 0, 0, [], 1000.0 - age)


def wait(time: Time, age: float | None, answers_at: float | None, **options: Any) -> Ready:
    view: Any = None if answers_at is None else FakeView(time, answers_at, options.pop("answer", SEEN))
    agent = None if age is None else process(age)
    proc, joins = str(options.pop("proc", "/nonexistent")), options.pop("joins", 0)
    return wait_ready(agent, view, lambda: joins, options.pop("gently", False), options.pop("limit", 60.0), proc=proc)


def test_one_that_has_run_for_long_is_ready_at_once(time: Time) -> None:
    assert wait(time, 500.0, 0.0) == (SEEN, "")
    assert time.passed == 0


@pytest.mark.parametrize(("age", "long"), [(119.5, False), (120.0, False), (120.5, True)])
def test_after_two_minutes_every_start_is_over(time: Time, age: float, long: bool) -> None:
    assert agent_ready.has_started(process(age)) is long
    assert agent_ready.has_started(None)


def test_a_young_one_settles_after_its_first_answer(time: Time) -> None:
    assert wait(time, 0.1, 0.5).seen is SEEN
    assert 0.5 + 1 <= time.passed < 0.5 + 1.1


def test_nobody_who_is_not_signalled_has_to_settle(time: Time) -> None:
    assert wait(time, 0.1, 0.5, gently=True).seen is SEEN
    assert time.passed < 0.6


def test_joins_that_block_are_waited_for(time: Time) -> None:
    assert wait(time, 0.1, 0.5, joins=2).seen is SEEN
    assert 30 - 0.2 <= time.passed < 30


def test_a_refusal_is_an_answer(time: Time) -> None:
    for age, gently in ((500.0, False), (0.1, True)):
        ready = wait(time, age, 0.0, gently=gently, answer=AclDenied("Permission denied"))
        assert (ready.seen, ready.why_blind, time.passed) == (None, "Permission denied", 0)


def test_one_that_does_not_answer_is_not_signalled(time: Time) -> None:
    with pytest.raises(NotReady, match="No answer"):
        wait(time, 0.1, 1000.0, limit=5.0)
    assert 5.0 <= time.passed < 6.0


def test_one_that_has_run_for_long_need_not_answer(time: Time) -> None:
    assert wait(time, 500.0, 1000.0) == (None, "No answer")
    assert time.passed == 0


def test_without_http_the_age_decides(time: Time) -> None:
    ready = wait(time, 1.0, None)
    assert ready.seen is None
    assert "no HTTP API" in ready.why_blind
    assert 10 - 1.1 <= time.passed < 10 - 0.9


def test_without_a_process_the_answer_is_enough(time: Time) -> None:
    assert wait(time, None, 0.0).seen is SEEN
    assert time.passed == 0


@pytest.mark.parametrize(
    ("log", "at_once"),
    [
        ("==> Starting Consul agent...\n==> Consul agent running!\n", True),
        ("==> Starting Consul agent...\n==> Consul agent running!\n==> Starting Consul agent...\n", False),
        ("", False),
    ],
)
def test_its_own_word_for_it_is_enough(time: Time, tmp_path: Path, log: str, at_once: bool) -> None:
    descriptors = tmp_path / "proc" / "77" / "fd"
    descriptors.mkdir(parents=True)
    (tmp_path / "log").write_text(log)
    (descriptors / "1").symlink_to(tmp_path / "log")
    wait(time, 0.1, 0.0, proc=tmp_path / "proc")
    assert (time.passed == 0) is at_once
