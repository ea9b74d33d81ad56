# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owner, group and mode: what the task says, what agents need, and no more."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files import permissions
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir, FileState
from ansible_collections.registrar.consul.plugins.module_utils._files.permissions import Owners, Ownership, wanted_ownership
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import Reader
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused

FREE = Ownership(None, None, 0o640)


@pytest.mark.parametrize(
    ("mode", "bits"),
    [
        ("0640", 0o640),
        ("640", 0o640),
        ("0o644", 0o644),
        (0o600, 0o600),
        ("000", 0),
        ("u=rw,g=r,o=", 0o640),
        ("u=rw,g=r,o=r", 0o644),
        ("u=rwx,g=x,o=", 0o710),
        ("u=rw,u=r", 0o400),
    ],
)
def test_modes(mode: Any, bits: int) -> None:
    assert wanted_ownership({"mode": mode}).mode == bits


@pytest.mark.parametrize("mode", ["", "rw", "0888", "1640", "4755", "u+x", "u=rw,", "preserve", -1, 0o1000, True, None])
def test_no_modes(mode: Any) -> None:
    with pytest.raises(Refused, match=r"^mode: is no file mode"):
        wanted_ownership({"mode": mode})


def test_accounts_are_given_by_name_or_number() -> None:
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name

    assert wanted_ownership({"owner": user, "group": group, "mode": "0640"}) == (os.getuid(), os.getgid(), 0o640)
    assert wanted_ownership({"owner": "4711", "group": "4712", "mode": "0640"}) == (4711, 4712, 0o640)


@pytest.mark.parametrize("option", ["owner", "group"])
@pytest.mark.parametrize("name", ["nobody-of-this-name", "", "²", "a\0b", "-1", "4294967295", "99999999999999"])
def test_an_unknown_account_is_refused(option: str, name: str) -> None:
    with pytest.raises(Refused, match=f"^{option}: there is no {option} of this name"):
        wanted_ownership({option: name, "mode": "0640"})


def new_file(path: Path, wanted: Ownership = FREE, agent: Reader | None = None, ours: FileState | None = None) -> FileState:
    with ConfigDir(str(path)) as directory:
        return Owners(directory, wanted, lambda: agent).state("digest", ours)


def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    of_others = SimpleNamespace(st_uid=11, st_gid=12)
    monkeypatch.setattr(permissions, "os", SimpleNamespace(geteuid=lambda: 0, fstat=lambda _descriptor: of_others))


def test_a_new_file_gets_the_directorys_owner_and_the_agents_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        as_root(monkeypatch)
        assert Owners(directory, FREE, lambda: Reader(13, 14, [])).state("digest", None) == ("digest", 0o640, 11, 14)


def test_without_an_agent_it_is_the_group_of_the_packaged_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        as_root(monkeypatch)
        monkeypatch.setattr(permissions.pwd, "getpwnam", lambda _name: SimpleNamespace(pw_gid=15))
        assert Owners(directory, FREE, lambda: None).state("digest", None)[2:] == (11, 15)


def test_and_else_that_of_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> None:
        raise KeyError(name)

    with ConfigDir(str(tmp_path)) as directory:
        as_root(monkeypatch)
        monkeypatch.setattr(permissions.pwd, "getpwnam", unknown)
        assert Owners(directory, FREE, lambda: None).state("digest", None)[2:] == (11, 12)


def test_others_than_root_give_files_to_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions.os, "geteuid", lambda: 21)
    monkeypatch.setattr(permissions.os, "getegid", lambda: 22)
    monkeypatch.setattr(permissions.os, "getgroups", lambda: [23])
    with ConfigDir(str(tmp_path)) as directory:
        assert Owners(directory, FREE, lambda: Reader(1, 23, [])).state("digest", None)[2:] == (21, 23)
        assert Owners(directory, FREE, lambda: Reader(1, 99, [])).state("digest", None)[2:] == (21, 22)


def test_a_file_of_ours_keeps_its_owner(tmp_path: Path) -> None:
    ours = FileState("old", 0o600, 31, 32)

    assert new_file(tmp_path, ours=ours) == ("digest", 0o640, 31, 32)
    assert new_file(tmp_path, ours=ours, agent=Reader(1, 32, [])) == ("digest", 0o640, 31, 32)


def test_unless_the_agent_could_not_read_it(tmp_path: Path) -> None:
    state = new_file(tmp_path, ours=FileState("old", 0o640, 31, 32), agent=Reader(1, os.getgid(), []))

    assert state[2:] == (os.getuid(), os.getgid())


def test_what_the_task_says_holds(tmp_path: Path) -> None:
    ours = FileState("old", 0o600, 31, 32)

    assert new_file(tmp_path, Ownership(41, None, 0o600), ours=ours) == ("digest", 0o600, 41, 32)
    assert new_file(tmp_path, Ownership(None, 42, 0o600), ours=ours) == ("digest", 0o600, 31, 42)
    assert new_file(tmp_path, Ownership(41, 42, 0o600), ours=ours, agent=Reader(1, 1, [])) == ("digest", 0o600, 41, 42)


def test_who_runs_the_agent_is_found_out_only_where_it_matters(tmp_path: Path) -> None:
    asked: list[int] = []
    with ConfigDir(str(tmp_path)) as directory:
        for number, wanted in enumerate((Ownership(41, 42, 0o600), Ownership(41, None, 0o600), Ownership(None, 42, 0o600))):
            Owners(directory, wanted, lambda number=number: asked.append(number)).state("digest", None)  # type: ignore[misc]
    assert asked == [1, 2]


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [(FREE, True), (Ownership(31, 32, 0o640), True), (Ownership(None, 33, 0o640), False), (Ownership(None, None, 0o600), False)],
)
def test_whether_a_file_fits(tmp_path: Path, wanted: Ownership, fits: bool) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        assert Owners(directory, wanted, lambda: None).fits(FileState("x", 0o640, 31, 32)) == fits
