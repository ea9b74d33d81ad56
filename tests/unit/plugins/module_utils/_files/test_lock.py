# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time, and the others are told who it is."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files import lock
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.lock import locked
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock


def held(directory: ConfigDir, *, read_only: bool = False) -> Refused:
    """Try to get the lock that another run holds."""
    with pytest.raises(Refused) as refused, locked(directory, "the set api", 0, read_only):
        pass
    return refused.value


def test_longer_words_of_a_killed_run_are_not_mixed_with_those_of_the_next(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        with locked(directory, "the set web", 0):
            pass
        (tmp_path / ".registrar/lock").write_text("x" * 5000)
        with locked(directory, "the set web", 0):
            assert json.loads((tmp_path / ".registrar/lock").read_text())["task"] == "the set web"
    assert (tmp_path / ".registrar/lock").stat().st_mode & 0o7777 == 0o600


def test_a_second_run_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as first, ConfigDir(str(tmp_path)) as second, locked(first, "the set web", 0):
        refused = held(second)

    finding = refused.findings[0]
    assert finding["rule"] == "locked"
    assert f"process {os.getpid()} on {socket.gethostname()}, since " in finding["message"]
    assert finding["message"].endswith(", for the set web.")


def test_a_refused_run_leaves_the_holders_words(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as first, ConfigDir(str(tmp_path)) as second, locked(first, "the set web", 0):
        before = (tmp_path / ".registrar/lock").read_text()
        held(second)

        assert (tmp_path / ".registrar/lock").read_text() == before


def test_the_lock_is_free_after_the_block_also_when_it_failed(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        with pytest.raises(ZeroDivisionError), locked(directory, "one", 0):
            raise ZeroDivisionError
        with locked(directory, "another", 0):
            pass

    assert (tmp_path / ".registrar/lock").read_text() == ""


def test_words_left_behind_by_a_killed_run_are_recognised(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    with ConfigDir(str(tmp_path)) as holder, ConfigDir(str(tmp_path)) as other, locked(holder, "the set web", 0):
        words = {"pid": ended.pid, "host": socket.gethostname(), "since": "long ago", "task": "the set old"}
        (tmp_path / ".registrar/lock").write_text(json.dumps(words))

        message = str(held(other))

    assert f"still names process {ended.pid} on " in message
    assert "which has ended" in message


@pytest.mark.parametrize(
    ("words", "told"),
    [
        *((words, "a process that has not said who it is") for words in ("", "[]", '["pid"]', "{}", '{"host": "h"}', "no JSON")),
        ('{"pid": null, "host": null}', "process None on None"),
    ],
)
def test_a_holder_without_usable_words_is_still_a_holder(tmp_path: Path, words: str, told: str) -> None:
    with ConfigDir(str(tmp_path)) as holder, ConfigDir(str(tmp_path)) as other, locked(holder, "the set web", 0):
        (tmp_path / ".registrar/lock").write_text(words)

        assert f"another run is at work here: {told}" in str(held(other))


def test_who_may_not_be_signalled_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_pid: int, _signal: int) -> None:
        raise PermissionError

    with ConfigDir(str(tmp_path)) as holder, ConfigDir(str(tmp_path)) as other, locked(holder, "the set web", 0):
        monkeypatch.setattr(os, "kill", deny)
        assert f"process {os.getpid()} on " in str(held(other))
        assert "which has ended" not in str(held(other))


def test_check_mode_waits_too_but_writes_nothing(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory, locked(directory, "look", 0, read_only=True):
        pass
    assert list(tmp_path.iterdir()) == []

    with ConfigDir(str(tmp_path)) as holder, locked(holder, "the set web", 0), ConfigDir(str(tmp_path)) as other:
        assert "for the set web" in str(held(other, read_only=True))

    with ConfigDir(str(tmp_path)) as directory, locked(directory, "look", 0, read_only=True), ConfigDir(str(tmp_path)) as other:
        assert (tmp_path / ".registrar/lock").read_text() == ""
        held(other)
    (tmp_path / ".registrar/lock").unlink()
    with ConfigDir(str(tmp_path)) as directory, locked(directory, "look", 0, read_only=True):
        assert not (tmp_path / ".registrar/lock").exists()


@pytest.mark.parametrize(("patience", "longest"), [(0, 0), (5, 5.5)])
def test_a_run_waits_as_long_as_it_was_told_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float, longest: float
) -> None:
    clock = Clock()
    with ConfigDir(str(tmp_path)) as holder, ConfigDir(str(tmp_path)) as other, locked(holder, "the set web", 0):
        monkeypatch.setattr(lock, "time", clock)
        with pytest.raises(Refused, match=f"now {patience} seconds"), locked(other, "the set api", patience):
            pass
    assert patience <= clock.now - 1000 <= longest


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        directory.create_state()
        (tmp_path / ".registrar/lock").symlink_to(tmp_path / "victim")

        assert "cannot be opened" in str(held(directory))

    assert not (tmp_path / "victim").exists()
