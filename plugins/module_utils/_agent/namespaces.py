# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process in namespaces of its own, as a container's, looked at from outside: its files, its users, its network."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import Iterator, Mapping, NamedTuple, Tuple

# As many symbolic links as Linux follows in one path.
_MOST_LINKS = 40
# Either of the two capabilities lets a process read what the permission bits deny it: CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH.
_READS_EVERYTHING = 1 << 1 | 1 << 2
Ranges = Tuple[Tuple[int, int], ...]


class Powers(NamedTuple):
    """Whose files a process may read whatever their mode: ranges of user and group ids as we see them, first and last."""

    uids: Ranges
    gids: Ranges


def shares(pid: int, kind: str, proc: str = "/proc") -> bool | None:
    """Whether the process is in the same namespace (``mnt``, ``net``, ``user``, …) as we are; None when we may not know."""
    try:
        return os.path.samefile(os.path.join(proc, str(pid), "ns", kind), os.path.join(proc, "self/ns", kind))
    except PermissionError:
        return None
    except OSError:
        # A kernel without that kind has one for all.
        return True


def inside(root: str, path: str) -> str:
    """Where an absolute path leads below another root directory, as a path for us to open.

    The kernel would take the absolute links in there for links into our own root.

    Raises OSError when links lead round in a circle.
    """
    done: list[str] = []
    todo = path.split("/")[::-1]
    links = 0
    while todo:
        part = todo.pop()
        if part in ("", "."):
            continue
        if part == "..":
            del done[-1:]
            continue
        try:
            target = os.readlink("/".join([root, *done, part]))
        except OSError:
            # No link, or nothing: whoever opens it is told.
            done.append(part)
            continue
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
        if target.startswith("/"):
            done.clear()
        todo.extend(target.split("/")[::-1])
    return "/".join([root, *done])


def powers(pid: int, status: Mapping[str, str], proc: str = "/proc") -> Powers | None:
    """What its capabilities let the process read; None when the system does not tell."""
    if "CapEff" not in status:
        return None
    if not int(status["CapEff"], 16) & _READS_EVERYTHING:
        return Powers((), ())
    try:
        return Powers(_mapped(pid, "uid_map", proc), _mapped(pid, "gid_map", proc))
    except OSError:
        return None


def _mapped(pid: int, name: str, proc: str) -> Ranges:
    """The ids that exist in the process's user namespace, as they are called in ours."""
    # Of the two names of each range the second is that of the reader, or of the parent where the reader lives there too.
    column = 0 if shares(pid, "user", proc) else 1
    with open(os.path.join(proc, str(pid), name), encoding="ascii") as stream:
        rows = [[int(word) for word in line.split()] for line in stream]
    return tuple((row[column], row[column] + row[2] - 1) for row in rows)


@contextlib.contextmanager
def network_of(path: str) -> Iterator[None]:
    """Open sockets in the network namespace at the path (``/proc/PID/ns/net``). Sockets stay where they were opened.

    Raises OSError where we may not enter it, which takes root on the host.
    """
    with open("/proc/thread-self/ns/net", "rb") as home, open(path, "rb") as there:
        _enter(there.fileno())
        try:
            yield
        finally:
            _enter(home.fileno())


def _enter(descriptor: int) -> None:
    # os.setns is there since Python 3.12.
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(descriptor, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
