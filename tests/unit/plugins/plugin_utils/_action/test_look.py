# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at what a module has noted down, over a real connection to this machine, and over some that do not answer."""

from __future__ import annotations

import os
import queue
import re
import shlex
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import become_loader, connection_loader
from ansible.utils.display import Display

from ansible_collections.registrar.consul.plugins.module_utils._health.progress import FILE, MARK
from ansible_collections.registrar.consul.plugins.plugin_utils._action import look as looking
from ansible_collections.registrar.consul.plugins.plugin_utils._action.look import Look
from ansible_collections.registrar.consul.plugins.plugin_utils._action.progress import progress

NEVER = threading.Event()


class Action(ActionBase):  # type: ignore[misc]
    """Counts what it has a shell do."""

    def __init__(self, remote_tmp: Path, **task: Any) -> None:
        connection = connection_loader.get("local", PlayContext(), os.devnull)
        connection.set_options(var_options={})
        connection._shell.set_options(var_options={"ansible_remote_tmp": str(remote_tmp)})
        attributes = {"async_val": 0, "check_mode": False, "no_log": False, **task}
        super().__init__(SimpleNamespace(**attributes), connection, PlayContext(), DataLoader(), None, None)
        self.commands: list[str] = []

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        raise NotImplementedError

    def _low_level_execute_command(self, cmd: str, **options: Any) -> dict[str, Any]:
        self.commands.append(cmd)
        result: dict[str, Any] = super()._low_level_execute_command(cmd, **options)
        return result

    @property
    def tmpdir(self) -> Path:
        return Path(self._connection._shell.tmpdir)

    def note(self, text: str, before: str = "") -> None:
        (self.tmpdir / FILE).write_text(f"{before}{MARK}{text}\n", encoding="utf-8")


@pytest.fixture
def action(tmp_path: Path) -> Action:
    return Action(tmp_path / "remote tmp")


@pytest.fixture
def look(action: Action) -> Look:
    look = Look(action, waits=True)
    look.prepare()
    return look


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_PATIENCE", 0.3)


@pytest.fixture
def hanging(action: Action, look: Look, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], int]]:
    """Has commands hang until the test ends, and counts them."""
    release, count = threading.Event(), list[int]()

    def command(_action: ActionBase, *_arguments: Any, **_options: Any) -> dict[str, Any]:
        count.append(1)
        release.wait(60)
        return {"rc": 0, "stdout": f"{MARK}late\n"}

    monkeypatch.setattr(Action, "_low_level_execute_command", command)
    yield lambda: len(count)
    release.set()
    look._thread.join()


def test_what_the_module_has_noted_down_is_read(action: Action, look: Look) -> None:
    assert action.tmpdir.stat().st_mode & 0o777 == 0o700
    assert look.seen(NEVER) == "", "nothing is noted down yet"
    action.note("not healthy yet: service:web (critical, 28 s)")
    assert look.seen(NEVER) == "not healthy yet: service:web (critical, 28 s)"
    action.note("not healthy yet: ünïcode (critical, 30 s)", before="Welcome!\r\nLast login: yesterday\r\n")
    assert look.seen(NEVER) == "not healthy yet: ünïcode (critical, 30 s)"
    look.end()
    assert action.commands[-1] == f"cat {shlex.quote(str(action.tmpdir / FILE))}"
    directory = action.tmpdir
    action.cleanup()
    assert not directory.exists()


def test_the_line_has_it(action: Action, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    said: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(Display, "display", lambda _self, text, **_options: said.put(text) if text.startswith("waiting") else None)
    before = threading.active_count()
    with warnings.catch_warnings(), progress("web1", "until it is done", [0.01], look):
        # Since 3.12 Python warns of forks beside threads that could hold a lock.
        warnings.simplefilter("error")
        assert re.fullmatch(r"waiting: \[web1\] => until it is done, \d+ s so far", said.get(timeout=60))
        action.note("not healthy yet: service:web (critical, 28 s)")
        lines = iter(lambda: said.get(timeout=60), None)
        line = next(line for line in lines if ";" in line)
    assert re.fullmatch(r"waiting: .*, \d+ s so far; not healthy yet: service:web \(critical, 28 s\)", line)
    assert threading.active_count() == before


def test_nothing_gets_to_the_terminal_that_moves_its_cursor(action: Action, look: Look) -> None:
    action.note("a\x1b[2J\x07b\u202ec")
    assert look.seen(NEVER) == "a?[2J?b?c"
    action.note("n" * 1000)
    assert look.seen(NEVER) == "n" * 500 + "…"


def test_without_a_wait_no_command_is_run(tmp_path: Path) -> None:
    waits_for_nothing = Action(tmp_path)
    not_here = {"async_val": 60}, {"check_mode": True}, {"no_log": True}
    for action, waits in ((waits_for_nothing, False), *((Action(tmp_path, **task), True) for task in not_here)):
        look = Look(action, waits)
        look.prepare()
        assert look.seen(NEVER) == ""
        look.end()
        assert (action.commands, action._connection._shell.tmpdir) == ([], None)


def test_a_directory_that_is_there_is_taken(action: Action, look: Look) -> None:
    commands = len(action.commands)
    Look(action, waits=True).prepare()
    assert len(action.commands) == commands


def test_other_connections_are_left_alone(action: Action) -> None:
    other = type("Connection", (type(action._connection),), {"__module__": "ansible_mitogen.plugins.connection.mitogen_ssh"})
    action._connection.__class__ = other
    look = Look(action, waits=True)
    look.prepare()
    assert (look.seen(NEVER), action.commands) == ("", [])


def test_a_user_who_could_not_write_there_is_asked_for_nothing(action: Action) -> None:
    action._connection.set_become_plugin(sudo("daemon"))
    look = Look(action, waits=True)
    look.prepare()
    assert (look.seen(NEVER), action.commands) == ("", [])


def test_a_look_leaves_alone_what_the_running_command_needs(action: Action, look: Look) -> None:
    """Connections and become plugins remember what they expect from the command that runs."""
    become = sudo("root")
    action._connection.set_become_plugin(become)
    action._connection.default_user = "deploy"
    look.prepare()
    before = {**vars(become)}, {**vars(action._connection)}
    look.seen(NEVER)
    assert ({**vars(become)}, {**vars(action._connection)}) == before
    assert look._twin._connection.become._id != become._id, "it did become somebody"


def test_no_directory_is_no_failure(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_action: ActionBase) -> str:
        raise AnsibleConnectionFailure("No space left on device")

    monkeypatch.setattr(Action, "_make_tmp_path", refused)
    look = Look(action, waits=True)
    look.prepare()
    assert (look.seen(NEVER), action.commands) == ("", [])


def test_a_look_that_fails_is_as_none(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: Any, **_options: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(Action, "_low_level_execute_command", broken)
    assert look.seen(NEVER) == ""


@pytest.mark.usefixtures("impatient")
def test_one_that_hangs_holds_up_neither_lines_nor_the_end(look: Look, hanging: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    said: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr(Display, "display", lambda _self, text, **_options: said.put(text))
    started = time.monotonic()
    with progress("web1", "until it is done", [0.01], look):
        assert "so far;" not in "".join(said.get(timeout=60) for _line in range(3))
    assert time.monotonic() - started < 30
    assert hanging() == 1, "there is no second look beside one that hangs"


def test_one_is_waited_for_where_it_must_not_be_left(action: Action, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection displays something under a lock of all tasks, or has a password where all can find it."""
    monkeypatch.setattr(looking, "_PATIENCE", 0.01)

    def slow(*_arguments: Any, **_options: Any) -> dict[str, Any]:
        time.sleep(0.3)
        return {"rc": 0, "stdout": ""}

    def is_left() -> bool:
        look.seen(NEVER)
        look.end()
        left = look._thread.is_alive()
        look._thread.join()
        return left

    monkeypatch.setattr(Action, "_low_level_execute_command", slow)
    assert is_left()
    with monkeypatch.context() as patched:
        patched.setattr(Display(), "verbosity", 2)
        assert not is_left()
    with monkeypatch.context() as patched:
        patched.setattr(action._connection, "get_option", {"password": "hunter2"}.get)
        assert not is_left()


def sudo(user: str) -> Any:
    become = become_loader.get("sudo")
    become.set_options(direct={"become_user": user})
    return become
