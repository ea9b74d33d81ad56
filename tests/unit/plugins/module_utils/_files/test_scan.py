# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files an agent reads, what is in them, and what would stop it."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

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


def test_names_that_are_no_text_can_still_be_said(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.json"))).write_text("{", encoding="utf-8")

    assert [entry.fatal for entry in found(tmp_path).values()] == [True]
