# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a new file is given to, and what is no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files.durable import kind_of, replace, write_new

OURS, OTHERS = (os.getuid(), os.getgid()), (os.getuid() + 1, os.getgid())


@pytest.mark.parametrize(("owner", "given"), [(None, []), (OURS, []), (OTHERS, [OTHERS])])
def test_a_file_is_given_away_only_where_it_is_not_the_owners_yet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: tuple[int, int] | None, given: list[tuple[int, int]]
) -> None:
    """Others than root may not even give a file to themselves everywhere."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "fchown", lambda _descriptor, uid, gid: asked.append((uid, gid)))
    directory = os.open(tmp_path, os.O_RDONLY)
    write_new(directory, "new", b"content", 0o640, owner)
    os.close(directory)
    assert asked == given
    assert ((tmp_path / "new").read_bytes(), (tmp_path / "new").stat().st_mode & 0o7777) == (b"content", 0o640)


@pytest.mark.parametrize(("modes", "changed"), [((), []), ((0o600,), []), ((0o640,), [0o640]), ((0o400,), [0o400])])
def test_nobody_else_can_open_a_file_before_it_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, modes: tuple[int, ...], changed: list[int]
) -> None:
    given: list[int] = []
    meanwhile: list[int] = []
    real = os.fchmod

    def fchmod(descriptor: int, mode: int) -> None:
        given.append(mode)
        meanwhile.append(os.fstat(descriptor).st_mode & 0o7777)
        assert (tmp_path / "new").read_bytes() == b"content"
        real(descriptor, mode)

    monkeypatch.setattr(os, "fchmod", fchmod)
    directory = os.open(tmp_path, os.O_RDONLY)
    write_new(directory, "new", b"content", *modes)
    replace(directory, "state", b"content")
    os.close(directory)
    assert (given, set(meanwhile)) == (changed, {0o600} if changed else set())
    assert (tmp_path / "new").stat().st_mode & 0o7777 == (changed or [0o600])[0]
    assert (tmp_path / "state").stat().st_mode & 0o7777 == 0o600


def test_a_device_is_called_so() -> None:
    assert kind_of(os.stat("/dev/null").st_mode) == "a device"


def test_what_a_killed_run_has_left_is_in_nobodys_way(tmp_path: Path) -> None:
    directory = os.open(tmp_path, os.O_RDONLY)
    for content in (b"one", b"two"):
        names = {path.name for path in tmp_path.iterdir()}
        replace(directory, "state", content)
        (tmp_path / "state.new").write_bytes(b"half")
    os.close(directory)
    assert names == {"state", "state.new"}
    assert (tmp_path / "state").read_bytes() == b"two"
