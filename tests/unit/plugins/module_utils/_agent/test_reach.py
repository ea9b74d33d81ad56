# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an agent is asked that was found as a process, and which binary of whose is run."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import reach as agent_reach
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess, Agents
from ansible_collections.registrar.consul.plugins.module_utils._agent.reach import Reach, reach
from ansible_collections.registrar.consul.plugins.module_utils._agent.settings import Settings

HTTP = "http://127.0.0.1:8500"


def process(own_pid: int | None = None) -> AgentProcess:
    return AgentProcess(os.getpid(), 1, ["consul", "agent"], "/usr/bin/consul", 0, 0, [], 0.0, own_pid=own_pid)


def way(values: dict[str, Any], own_pid: int | None = None) -> Reach:
    return reach(process(own_pid), Settings(values, True), Agents("/etc/consul.d"))


def test_an_agent_in_our_network_is_asked_where_it_listens() -> None:
    assert way({}) == (HTTP, None, "")
    assert way({}, own_pid=1) == (HTTP, None, "")
    assert way({"addresses": {"http": "unix:///run/consul.sock"}}) == ("unix:///run/consul.sock", None, "")


def test_one_that_answers_no_http_is_not_asked() -> None:
    assert way({"ports": {"http": -1}}) == (None, None, "the agent has no HTTP API that this host can reach")


@pytest.mark.parametrize(("shared", "own_pid", "inside"), [(False, None, True), (False, 1, True), (None, 1, True), (None, None, False)])
def test_one_in_another_network_is_asked_from_inside(
    monkeypatch: pytest.MonkeyPatch, shared: bool | None, own_pid: int | None, inside: bool
) -> None:
    """Where that may not be known, an agent in a process namespace of its own is thought to have its own network, too."""
    monkeypatch.setattr(agent_reach, "shares", lambda *_arguments: shared)
    monkeypatch.setattr(agent_reach, "network_of", lambda _path: contextlib.nullcontext())
    assert way({}, own_pid) == (HTTP, f"/proc/{os.getpid()}/ns/net" if inside else None, "")


@pytest.mark.parametrize(
    ("problem", "reason"),
    [(PermissionError(errno.EPERM, "Operation not permitted"), "Operation not permitted"), (AttributeError("setns"), "this Python cannot")],
)
def test_one_in_a_network_that_may_not_be_entered_is_not_asked(monkeypatch: pytest.MonkeyPatch, problem: Exception, reason: str) -> None:
    def fail(_path: str) -> None:
        raise problem

    monkeypatch.setattr(agent_reach, "shares", lambda *_arguments: False)
    monkeypatch.setattr(agent_reach, "network_of", fail)
    found = way({})
    assert (found.address, found.network) == (None, None)
    assert found.why_not.startswith(f"the agent with pid {os.getpid()} has a network of its own, which this task may not enter ({reason}):")


def test_the_running_binary_is_run_when_nobody_else_can_have_put_it_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "proc" / str(os.getpid())
    folder.mkdir(parents=True)
    binary = tmp_path / "consul"
    binary.touch(0o755)
    (folder / "exe").symlink_to(binary)
    (folder / "root").symlink_to("/")
    agents = Agents("/etc/consul.d", proc=str(tmp_path / "proc"))
    assert agents.binary_of(process()) == str(folder / "exe")
    assert agents.binary_of(None) is None

    binary.chmod(0o757)
    assert agents.binary_of(process()) is None
    binary.chmod(0o755)

    stat = os.stat
    monkeypatch.setattr(os, "stat", lambda path, **more: os.stat_result([*stat(path, **more)[:4], 4711, *stat(path, **more)[5:]]))
    assert agents.binary_of(process()) is None, "another user's"
    monkeypatch.setattr(os, "stat", lambda path, **more: os.stat_result([*stat(path, **more)[:4], 0, *stat(path, **more)[5:]]))
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    assert agents.binary_of(process()) == str(folder / "exe"), "root's"
    monkeypatch.undo()

    (folder / "root").unlink()
    (folder / "root").symlink_to(tmp_path)
    assert agents.binary_of(process()) is None, "a container's"
