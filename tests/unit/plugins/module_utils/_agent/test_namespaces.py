# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where paths lead in another root, and what a process in another user namespace may read."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.namespaces import Powers, inside, network_of, powers, shares


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/b", "/a/b"),
        ("/a//./b/", "/a/b"),
        ("/a/../../../b", "/b"),
        ("/a/b/../c", "/a/c"),
        ("/absolute/x", "/real/x"),
        ("/relative/x", "/real/x"),
        ("/deep/up", "/real"),
        ("/chain", "/real"),
        ("/missing/x", "/missing/x"),
        ("/escape", "/etc"),
    ],
)
def test_links_lead_nowhere_but_into_the_root(tmp_path: Path, path: str, expected: str) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "deep").mkdir()
    links = {
        "absolute": "/real",
        "relative": "real",
        "deep/up": "../../../real",
        "chain": "/absolute",
        "escape": "../../../../../../etc",
    }
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    assert inside(str(tmp_path), path) == f"{tmp_path}{expected}"


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("/b")
    (tmp_path / "b").symlink_to("/a")
    with pytest.raises(OSError, match="symbolic links"):
        inside(str(tmp_path), "/a")


def test_as_many_links_are_followed_as_the_system_follows(tmp_path: Path) -> None:
    for number in range(1, 42):
        (tmp_path / f"l{number}").symlink_to(f"l{number - 1}")
    assert inside(str(tmp_path), "/l40") == f"{tmp_path}/l0"
    for follow in (lambda: inside(str(tmp_path), "/l41"), lambda: os.stat(tmp_path / "l41")):
        with pytest.raises(OSError, match="symbolic links"):
            follow()


def status(capabilities: int) -> dict[str, str]:
    return {"CapEff": f"{capabilities:016x}"}


def test_powers_end_with_the_ids_of_the_user_namespace(tmp_path: Path) -> None:
    process = tmp_path / "77"
    process.mkdir()
    (tmp_path / "self/ns").mkdir(parents=True)
    (tmp_path / "self/ns/user").touch()
    (process / "ns").mkdir()
    (process / "ns/user").touch()
    (process / "uid_map").write_text("         0     300000      65536\n     65536       1000          1\n")
    (process / "gid_map").write_text("         0     300000      65536\n")
    expected = Powers(((300000, 365535), (1000, 1000)), ((300000, 365535),))
    assert powers(77, status(0b10), str(tmp_path)) == expected
    assert powers(77, status(0b100), str(tmp_path)) == expected
    assert powers(77, status(0x1FFFFFFFFFF), str(tmp_path)) == expected
    assert powers(77, status(0b1001), str(tmp_path)) == Powers((), ())
    assert powers(77, {}, str(tmp_path)) is None


def test_ids_in_our_own_user_namespace_are_called_as_we_call_them(tmp_path: Path) -> None:
    """In a container the second name of each range is that of the world outside."""
    for name in ("self", "77"):
        (tmp_path / name / "ns").mkdir(parents=True)
        (tmp_path / name / "ns/user").symlink_to(tmp_path)
        for kind in ("uid_map", "gid_map"):
            (tmp_path / name / kind).write_text("0 300000 65536\n")
    assert powers(77, status(0b10), str(tmp_path)) == Powers(((0, 65535),), ((0, 65535),))


def test_our_own_namespaces_are_ours() -> None:
    assert [shares(os.getpid(), kind) for kind in ("mnt", "net", "user")] == [True] * 3
    assert shares(os.getpid(), "none") is True


def test_a_network_that_cannot_be_entered_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "net").touch()
    with pytest.raises(OSError, match="Invalid argument"), network_of(str(tmp_path / "net")):
        pass


def test_what_the_system_lets_in_is_entered_and_left_again(monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[int] = []

    class Library:
        @staticmethod
        def setns(descriptor: int, _kind: int) -> int:
            entered.append(os.fstat(descriptor).st_ino)
            return 0

    monkeypatch.setattr(ctypes, "CDLL", lambda _name, use_errno: Library)
    ours = os.stat("/proc/self/ns/net").st_ino
    with network_of("/proc/self/ns/net"):
        assert entered == [ours]
    assert entered == [ours, ours]
