# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said where nobody is there to tell."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.absent import looked_for, remedy
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess


def facts(*pids: int, sees: bool = True, given: bool = False, closed: bool = False, silence: str = "No answer.") -> Any:
    argv = [["consul", "agent", "-config-dir", "/a", "-config-file=/b.json", "-node", "n"], ["consul", "agent"]]
    agents = SimpleNamespace(
        sees_processes=lambda: sees,
        may_look_into=lambda _process: not closed,
        all=lambda: [AgentProcess(pid, 1, argv[pid % 2], "/usr/bin/consul", 0, 0, [], 0.0) for pid in pids],
    )
    return SimpleNamespace(
        agents=agents, address_given=given, silence=silence, api=SimpleNamespace(where=SimpleNamespace(address="http://a"))
    )


NO_PROCESS = 'No process "consul agent" has it as -config-dir or -config-file'
NO_ADDRESS = "No address of an HTTP API is given."


@pytest.mark.parametrize(
    ("known", "method", "words"),
    [
        (facts(), "auto", f"{NO_PROCESS}. {NO_ADDRESS}"),
        (facts(sees=False), "auto", f"The processes of this host cannot be seen (there is no /proc, or it hides them). {NO_ADDRESS}"),
        (facts(given=True), "auto", f"{NO_PROCESS}. No answer."),
        (facts(given=True), "signal", f"{NO_PROCESS}. The HTTP API at http://a was not asked, since method is signal."),
        (
            facts(2, 3),
            "auto",
            f"{NO_PROCESS} (other agents: pid 2, which reads /a, /b.json; pid 3, which reads no directory). {NO_ADDRESS}",
        ),
        (
            facts(2, closed=True),
            "auto",
            f"{NO_PROCESS} (other agents: pid 2, which lives in a container that this user may not look into). {NO_ADDRESS}",
        ),
    ],
)
def test_what_was_looked_for(known: Any, method: str, words: str) -> None:
    assert looked_for(known, method) == words


@pytest.mark.parametrize(("pids", "more"), [((1, 3, 5), ""), ((1, 3, 5, 7), "; and 1 more"), ((1, 3, 5, 7, 9), "; and 2 more")])
def test_of_many_agents_some_are_counted(pids: tuple[int, ...], more: str) -> None:
    assert f"pid 5, which reads no directory{more})." in looked_for(facts(*pids), "auto")


@pytest.mark.parametrize(
    ("known", "method", "words"),
    [
        (facts(given=True), "signal", "Start it, or have it told through its HTTP API (method: auto)."),
        (facts(given=True), "auto", "Start it, or put the address right."),
        (facts(sees=False), "auto", "Give http_addr, so that the agent can be told and asked through its HTTP API."),
        (facts(), "signal", "Start it. If it runs where this task cannot see it, give http_addr, or run the task as root (become: true)."),
    ],
)
def test_what_helps(known: Any, method: str, words: str) -> None:
    assert remedy(known, method) == words
