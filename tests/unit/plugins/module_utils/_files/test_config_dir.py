# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The open directory: what it reads, what it refuses, and whom it trusts with its state."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import Callable

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files import config_dir
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import (
    ConfigDir,
    bad_name,
    digest_of,
    is_missing,
    remedy,
    state_of,
)
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused


@pytest.mark.parametrize("name", ["web.json", "web.hcl", "service-%2E%2E.json", "a b.json", "é.json", "x..json"])
def test_names_that_may_be_written(name: str) -> None:
    assert bad_name(name) is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../x.json", "leads out"),
        ("a/b.json", "leads out"),
        ("/etc/x.json", "leads out"),
        ("a\0.json", "leads out"),
        ("..", "leads out"),
        (".hidden.json", "begins with a dot"),
        (".json", "begins with a dot"),
        ("x.JSON", "ends neither"),
        ("x.json~", "ends neither"),
        ("", "ends neither"),
    ],
)
def test_names_that_may_not(name: str, reason: str) -> None:
    assert reason in str(bad_name(name))


@pytest.mark.parametrize("name", ["none", "a\0b"])
def test_a_missing_directory_is_named(tmp_path: Path, name: str) -> None:
    assert is_missing(str(tmp_path / name))
    with pytest.raises(Refused) as refused:
        ConfigDir(str(tmp_path / name))

    assert refused.value.findings[0]["rule"] == "config-dir-missing"
    assert refused.value.findings[0]["path"] == str(tmp_path / name)


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_file_in_place_of_the_directory(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()

    assert not is_missing(str(tmp_path / name))
    with pytest.raises(Refused, match="cannot be opened"):
        ConfigDir(str(tmp_path / name))


def test_a_file_is_read_with_its_state(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    (tmp_path / "a.json").chmod(0o604)

    with ConfigDir(str(tmp_path)) as directory:
        content = directory.read("a.json")

        assert content is not None
        assert content.data == b"{}"
        assert state_of(content) == (digest_of(b"{}"), 0o604, os.getuid(), os.getgid())
        assert directory.read("none.json") is None


def make_link(path: Path) -> None:
    path.symlink_to(path.parent / "target")


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "words"),
    [(make_link, "a symbolic link"), (os.mkfifo, "a named pipe"), (make_socket, "a socket"), (os.mkdir, "a directory")],
)
def test_what_is_no_file_is_called_by_its_name_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    (tmp_path / "target").write_text("secret")
    make(tmp_path / "x.json")

    with ConfigDir(str(tmp_path)) as directory, pytest.raises(Refused, match=f"is {words}, not a file"):
        directory.read("x.json")


def test_a_directory_that_is_swapped_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d/a.json").write_text("ours")
    with ConfigDir(str(tmp_path / "d")) as directory:
        (tmp_path / "d").rename(tmp_path / "old")
        (tmp_path / "d").mkdir()
        (tmp_path / "d/a.json").write_text("theirs")

        content = directory.read("a.json")

    assert content is not None
    assert content.data == b"ours"


def test_the_state_is_private(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        assert not directory.has_state
        directory.create_state()
        assert directory.has_state
        directory.part("stage")
        directory.part("backup")

    assert [oct((tmp_path / ".registrar" / part).stat().st_mode & 0o777) for part in (".", "stage", "backup")] == ["0o700"] * 3


def test_a_state_that_others_could_enter_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / ".registrar").mkdir(mode=0o755)

    with ConfigDir(str(tmp_path)):
        assert (tmp_path / ".registrar").stat().st_mode & 0o777 == 0o700


def test_a_state_of_somebody_else_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".registrar").mkdir()
    monkeypatch.setattr(config_dir.os, "geteuid", lambda: os.getuid() + 1)

    before = os.listdir("/proc/self/fd")
    with pytest.raises(Refused, match="belongs to the user with id"):
        ConfigDir(str(tmp_path))
    assert len(os.listdir("/proc/self/fd")) == len(before)


def test_a_state_that_this_user_may_not_open_is_said_to_be_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_parent: int, _name: str) -> int:
        raise PermissionError

    monkeypatch.setattr(config_dir.durable, "open_directory", denied)
    with pytest.raises(Refused, match=r"\.registrar: cannot be opened by the user of this task"):
        ConfigDir(str(tmp_path))


def test_it_may_be_closed_twice(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        directory.close()


@pytest.mark.parametrize("make", [make_link, Path.touch])
def test_a_state_that_is_no_directory_is_not_followed(tmp_path: Path, make: Callable[[Path], None]) -> None:
    (tmp_path / "target").mkdir()
    make(tmp_path / ".registrar")

    with pytest.raises(Refused, match="is no directory"):
        ConfigDir(str(tmp_path))


def test_a_state_that_cannot_be_opened_for_another_reason_is_not_to_be_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_parent: int, _name: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(config_dir.durable, "open_directory", fail)
    with pytest.raises(Refused, match=r"\.registrar: cannot be opened \(Input/output error\)\.$"):
        ConfigDir(str(tmp_path))


def test_a_kept_content_that_is_damaged_counts_as_missing(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        directory.create_state()
        directory.part("backup")
        (tmp_path / ".registrar/backup" / digest_of(b"old")).write_bytes(b"ol")

        assert directory.backup(digest_of(b"old")) is None
        assert directory.backup(digest_of(b"none")) is None


def test_descriptors_are_given_back(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _turn in range(3):
        with ConfigDir(str(tmp_path)) as directory:
            directory.create_state()
            directory.part("stage")

    assert len(os.listdir("/proc/self/fd")) == before


def test_names_come_in_the_agents_order_and_without_our_state(tmp_path: Path) -> None:
    for name in ("b.json", "B.json", "a.json", "-.json", ".x.json", "_.json", "1.json"):
        (tmp_path / name).touch()
    with ConfigDir(str(tmp_path)) as directory:
        directory.create_state()

        assert directory.names() == ["-.json", ".x.json", "1.json", "B.json", "_.json", "a.json", "b.json"]


def test_who_only_looks_changes_nothing_whoever_owns_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".registrar").mkdir(mode=0o755)
    monkeypatch.setattr(config_dir.os, "geteuid", lambda: os.getuid() + 1)

    with ConfigDir(str(tmp_path), look_only=True) as directory:
        assert (directory.has_state, directory.unseen) == (True, [])

    assert (tmp_path / ".registrar").stat().st_mode & 0o777 == 0o755


def test_a_state_that_cannot_be_looked_at_is_told_and_no_obstacle_to_a_look(tmp_path: Path) -> None:
    (tmp_path / ".registrar").touch()

    with ConfigDir(str(tmp_path), look_only=True) as directory:
        assert not directory.has_state
        assert [(finding["path"], finding["severity"]) for finding in directory.unseen] == [(str(tmp_path / ".registrar"), "warning")]
        assert directory.read_state("journal.json") is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EACCES, "Run the task as a user who may"),
        (errno.EPERM, "Run the task as a user who may"),
        (errno.ENOSPC, "Make room"),
        (errno.EDQUOT, "Make room"),
        (errno.EROFS, "Mount the file system for writing"),
        (errno.EIO, ""),
    ],
)
def test_what_helps_where_the_system_refuses(number: int, words: str) -> None:
    found = remedy(OSError(number, "words"))
    assert found.startswith(words)
    assert bool(found) == bool(words)


def test_one_that_was_opened_without_a_standard_input_is_closed_again(tmp_path: Path) -> None:
    kept = os.dup(0)
    os.close(0)
    try:
        with ConfigDir(str(tmp_path)) as directory:
            assert directory.fd == 0
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(0)
    finally:
        os.dup2(kept, 0)
        os.close(kept)


def test_what_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_directory: int, _name: str) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with ConfigDir(str(tmp_path)) as directory:
        with pytest.raises(RuntimeError, match="create_state comes first"):
            directory.state  # noqa: B018 (a property that refuses)
        directory.create_state()
        (tmp_path / ".registrar/journal.json").mkdir()
        with pytest.raises(Refused, match=r"\.registrar/journal\.json: is a directory, not a file"):
            directory.read_state("journal.json")
        monkeypatch.setattr(config_dir.durable, "read_regular", fail)
        with pytest.raises(Refused, match=r"a\.json: cannot be read \(Input/output error\)"):
            directory.read("a.json")
        with pytest.raises(Refused, match=r"\.registrar/journal\.json: cannot be read \(Input/output error\)"):
            directory.read_state("journal.json")
