# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change is written and loaded, and the system refuses one of the calls for it: what people are told then is so.

The calls that write alone have a test with all their ways, tests/integration_agent/test_faults.py.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._reload import verify
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.faults.calls import Recorder, fail_at
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock
from ansible_collections.registrar.consul.tests.support.runs.modules import said
from ansible_collections.registrar.consul.tests.support.runs.target import Answering, answer, bundle, contents

OLD, NEW = ([{"name": "web", "port": 80}], [{"name": "web", "port": 81}, {"name": "api", "port": 82}])


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ImaginedAgent:
    monkeypatch.setattr(verify, "time", Clock())
    return ImaginedAgent(tmp_path).behind(monkeypatch)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize(
    ("refusals", "options"),
    [([], {}), ([], {"generation_marker": True}), (["parsing failed"], {}), (["Failed reloading services"], {})],
    ids=["taken", "marked", "refused", "refused half-way"],
)
def test_at_every_call(agent: ImaginedAgent, refusals: list[str], options: dict[str, Any], lasting: bool) -> None:
    registered(agent, OLD)
    with (writing := Recorder()):
        registered(agent, NEW, reload="later")
    position = first = len(writing.calls) - 1
    while True:
        position += 1
        assert not registered(agent, OLD).answer.get("failed")
        agent.refusals = list(refusals)
        with (recorder := Recorder(fail_at(position, errno.ENOSPC, lasting=lasting))):
            module = registered(agent, NEW, **options)
        agent.refusals = []
        if len(recorder.calls) < position:
            break

        assert refusals or has(agent) == OLD or not module.answer.get("failed"), "what has come out well is said to have"
        demand_true(agent, module, f"call {position}: {recorder.calls[position - 1][0]}")
        assert not registered(agent, NEW).answer.get("failed")
        assert (has(agent), in_files(agent)) == (NEW, NEW)
    assert position > first + 5


def registered(agent: ImaginedAgent, services: list[dict[str, Any]], **options: Any) -> Answering:
    module = Answering(agent.config_dir, bundle(services), http_addr=ADDRESS, reload_method="api", lock_timeout=0, **options)
    answer(module)
    return module


def has(agent: ImaginedAgent) -> list[dict[str, Any]]:
    return [{"name": service["Service"], "port": service["Port"]} for service in agent.services.values()]


def in_files(agent: ImaginedAgent) -> list[dict[str, Any]]:
    held = contents(agent.config_dir)
    return next(services for services in (OLD, NEW) if bundle(services)["services-web.json"] == held["services-web.json"])


def demand_true(agent: ImaginedAgent, module: Answering, where: str) -> None:
    """What is promised: registered exactly as written, or as before; and where neither could be had, words that say so."""
    result, words = module.answer, said(module.answer) if module.answer.get("failed") else ""
    where += " " + words
    now = (in_files(agent), has(agent))
    pending = (agent.config_dir / ".registrar/journal.json").exists()
    if not words:
        assert now == (NEW, NEW), where
        assert bool(module.warnings) or not pending, where
        assert result["changed"], where
    elif now != (OLD, OLD):
        assert result["changed"], where
        assert "nothing was changed" not in words.lower(), where
        assert "next run" in words or "run the play again" in words, where
    else:
        assert result["changed"] or "nothing was changed" in words.lower(), where
    if words:
        assert "No space left on device" in words or "The agent refused" in words, where
