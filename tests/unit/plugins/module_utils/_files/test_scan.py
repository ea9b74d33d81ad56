# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files an agent reads, what is in them, and what would stop it."""

from __future__ import annotations

import errno
import os
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files import scan as scan_module
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import DefinitionFile, Reader, scan


def found(path: Path, agent: Reader | None = None) -> dict[str, DefinitionFile]:
    with ConfigDir(str(path)) as directory:
        return {entry.name: entry for entry in scan(directory, (), agent)}


def problems(path: Path, agent: Reader | None = None) -> dict[str, str | None]:
    return {name: entry.problem for name, entry in found(path, agent).items()}


def test_names_decide_what_is_read(tmp_path: Path) -> None:
    read = [".foo.json", ".json", ".ansible_tmpx.json", "-x.hcl", "a b.json", "x.tmp.json", "é.json"]
    ignored = ["x.JSON", "x.json~", "x.json.tmp", "x.bak", "x", "x.yaml"]
    for name in [*read, *ignored]:
        (tmp_path / name).write_text("{}", encoding="utf-8")
    (tmp_path / "sub.json").mkdir()

    assert set(found(tmp_path)) == set(read)


def test_a_link_is_read_by_the_name_of_its_target(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    config_dir = tmp_path / "consul.d"
    outside.mkdir()
    config_dir.mkdir()
    (outside / "real.json").write_text('{"service": {"name": "web"}}', encoding="utf-8")
    (outside / "real.txt").write_text("not read", encoding="utf-8")
    (config_dir / "noext").symlink_to(outside / "real.json")
    (config_dir / "x.json").symlink_to(outside / "real.txt")
    (config_dir / "d.json").symlink_to(outside)

    entries = found(config_dir)

    assert set(entries) == {"noext"}
    assert entries["noext"].target == str(outside / "real.json")
    assert entries["noext"].definitions.services == [{"name": "web"}]


def test_everything_that_would_stop_the_agent_is_found_without_waiting_for_it(tmp_path: Path) -> None:
    (tmp_path / ".#lock").symlink_to("nobody@nowhere:1")
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe.json")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "to_pipe").symlink_to("pipe.json")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock.hcl"))
    (tmp_path / "broken.json").write_text('{"service": {"token": "secret"', encoding="utf-8")
    (tmp_path / "broken.hcl").write_text("service {\n  token = secret\n}", encoding="utf-8")
    (tmp_path / "blank.json").write_text(" \n", encoding="utf-8")
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")

    entries = found(tmp_path)

    assert all(entry.fatal and not entry.closed for entry in entries.values())
    assert {name: entry.problem for name, entry in entries.items()} == {
        ".#lock": "is a symbolic link to nothing",
        "loop": "is a symbolic link that leads back to itself",
        "pipe.json": "is a named pipe",
        "to_pipe": "is a named pipe",
        "sock.hcl": "is a socket",
        "broken.json": "cannot be parsed (line 1: Expecting ',' delimiter)",
        "broken.hcl": "cannot be parsed (line 2: a value is expected here)",
        "blank.json": "cannot be parsed (line 2: Expecting value)",
        "list.json": "cannot be parsed (not an object)",
    }


def test_an_empty_file_says_nothing_but_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()

    entry = found(tmp_path)["empty.json"]

    assert entry.problem == "is empty"
    assert not entry.fatal


# The powers of root outside of all containers.
EVERYBODY = (((0, (1 << 32) - 1),), ((0, (1 << 32) - 1),))


@pytest.mark.parametrize(
    ("mode", "reader", "readable"),
    [
        (0o640, Reader(0, 0, []), True),
        (0o600, Reader(os.getuid() + 1, os.getgid() + 1, [], EVERYBODY), True),
        (0o600, Reader(0 if os.getuid() else 1, 1, [], (EVERYBODY[0], ())), False),
        (0o600, Reader(os.getuid() + 1, os.getgid() + 1, [], (((os.getuid() + 1, 1 << 32),), EVERYBODY[1])), False),
        (0o600, Reader(os.getuid() + 1, os.getgid() + 1, []), False),
        (0o640, Reader(os.getuid() + 1, os.getgid(), []), True),
        (0o640, Reader(os.getuid() + 1, os.getgid() + 1, [os.getgid()]), True),
        (0o604, Reader(os.getuid() + 1, os.getgid() + 1, []), True),
        (0o604, Reader(os.getuid() + 1, os.getgid(), []), False),
    ],
)
def test_what_the_agents_user_cannot_read_stops_it(tmp_path: Path, mode: int, reader: Reader, readable: bool) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "a.json").chmod(mode)

    problem = problems(tmp_path, reader)["a.json"]

    assert problem == (None if readable else f"cannot be read by the agent, which runs as the user with id {reader.uid}")


def test_a_list_of_those_who_may_read_is_left_to_the_agent(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    (tmp_path / "b.json").symlink_to("a.json")
    # The owner reads and writes, user 65534 and the mask read, nobody else does: what setfacl makes of mode 0600.
    entries = ((1, 6, -1), (2, 4, 65534), (4, 0, -1), (16, 4, -1), (32, 0, -1))
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    os.setxattr(tmp_path / "a.json", "system.posix_acl_access", acl)

    assert problems(tmp_path, Reader(65534, 65534, [])) == {"a.json": None, "b.json": None}


@pytest.mark.parametrize(
    ("reader", "mode", "readable"),
    [
        (Reader(0, 0, []), 0o000, True),
        (Reader(1, 1, []), 0o044, True),
        (Reader(1, 1, []), 0o770, False),
        (Reader(5, 1, []), 0o400, True),
        (Reader(5, 6, []), 0o044, False),
        (Reader(1, 6, []), 0o040, True),
        (Reader(1, 6, []), 0o404, False),
        (Reader(1, 1, [7, 6]), 0o040, True),
        (Reader(1, 1, [], (((5, 5),), ((6, 6),))), 0o000, True),
        (Reader(1, 1, [], (((6, 9),), ((6, 6),))), 0o000, False),
        (Reader(1, 1, [], (((1, 4),), ((6, 6),))), 0o000, False),
        (Reader(1, 1, [], (((5, 5),), ((7, 9), (1, 5)))), 0o000, False),
    ],
)
def test_who_can_read_a_file_of_user_5_and_group_6(reader: Reader, mode: int, readable: bool) -> None:
    assert reader.can_read(mode, 5, 6) is readable


def test_what_this_task_cannot_read_is_not_what_the_agent_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_directory: int, _name: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "a.json").touch()
    monkeypatch.setattr(scan_module.durable, "read_regular", fail)
    entry = found(tmp_path)["a.json"]
    assert (entry.problem, entry.closed, entry.fatal) == ("cannot be read (Permission denied)", True, True)


def test_a_directory_that_may_only_be_listed_says_so_of_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_path: str, **_options: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    for name in ("a.json", "b.txt"):
        (tmp_path / name).touch()
    with ConfigDir(str(tmp_path)) as directory:
        monkeypatch.setattr(os, "stat", fail)
        assert [(entry.name, entry.problem, entry.closed) for entry in scan(directory)] == [
            ("a.json", "cannot be read (Permission denied)", True)
        ]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOTDIR, "is a symbolic link to nothing"),
        (errno.EACCES, "is a symbolic link that cannot be followed (Permission denied)"),
    ],
)
def test_links_that_cannot_be_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    real = os.stat

    def stat(path: Any, **options: Any) -> os.stat_result:
        if path == "a.json" and "follow_symlinks" not in options:
            raise OSError(number, os.strerror(number))
        return real(path, **options)

    (tmp_path / "a.json").symlink_to("b")
    monkeypatch.setattr(os, "stat", stat)
    assert problems(tmp_path) == {"a.json": words}


def test_files_may_be_left_out(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with ConfigDir(str(tmp_path)) as directory:
        assert [entry.name for entry in scan(directory, ("a.json",))] == ["b.json"]


def test_names_that_are_no_text_can_still_be_said(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))).write_text("{", encoding="utf-8")

    assert [entry.fatal for entry in found(tmp_path).values()] == [True]
