# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a command as a container engine does, without one: ``python container.py JSON COMMAND…``, as root.

The JSON has ``namespaces`` (of pid, mnt, net, user), ``mounts`` (path inside: path outside), ``first_id`` (the id outside of the
container's root, with a user namespace), ``user`` (the id inside that the command runs as), ``rootfs`` (a directory that becomes the
root). Needs nothing but this file.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import struct
import sys
from fcntl import ioctl
from pathlib import Path
from typing import Any, NoReturn

FLAGS = {"mnt": 0x20000, "user": 0x10000000, "pid": 0x20000000, "net": 0x40000000}
IDS = 65536
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_PR_SET_PDEATHSIG = 1
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_libc = ctypes.CDLL(None, use_errno=True)


def main(settings: dict[str, Any], command: list[str]) -> int:
    kinds = set(settings["namespaces"])
    if "user" in kinds:
        _enter_user_namespace(settings["first_id"])
        kinds.discard("user")
    _checked(_libc.unshare(sum(FLAGS[kind] for kind in kinds)))
    child = os.fork()
    if child == 0:
        _run_inside(settings, kinds, command)
    _ignore_signals()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _run_inside(settings: dict[str, Any], kinds: set[str], command: list[str]) -> NoReturn:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if "mnt" in kinds:
        _checked(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
        _mount_all(settings.get("rootfs") or "", settings["mounts"])
    if "net" in kinds:
        _raise_loopback()
    if settings.get("user"):
        os.setgroups([])
        os.setgid(settings["user"])
        os.setuid(settings["user"])
    os.execv(command[0], command)


def _mount_all(rootfs: str, mounts: dict[str, str]) -> None:
    for inside, outside in mounts.items():
        _bind(outside, rootfs + inside)
    if rootfs:
        os.chroot(rootfs)
        os.chdir("/")


def _enter_user_namespace(first_id: int) -> None:
    """Only a process outside may map more than one id: a child that stays outside does."""
    parent, (ready, done) = os.getpid(), (os.pipe(), os.pipe())
    child = os.fork()
    if child == 0:
        os.read(ready[0], 1)
        for name in ("gid_map", "uid_map"):
            Path(f"/proc/{parent}/{name}").write_text(f"0 {first_id} {IDS}\n", encoding="ascii")
        os.write(done[1], b"1")
        os._exit(0)
    _checked(_libc.unshare(FLAGS["user"]))
    os.write(ready[1], b"1")
    os.read(done[0], 1)
    os.waitpid(child, 0)
    os.setgroups([])
    os.setgid(0)
    os.setuid(0)
    # A change of ids forgets who is to be ended with whom.
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bind(outside: str, inside: str) -> None:
    if os.path.isdir(outside):
        Path(inside).mkdir(parents=True, exist_ok=True)
    else:
        Path(inside).parent.mkdir(parents=True, exist_ok=True)
        Path(inside).touch()
    _checked(_libc.mount(os.fsencode(outside), os.fsencode(inside), None, _MS_BIND | _MS_REC, None))


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP))


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _checked(status: int) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), sys.argv[2:]))
