# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time on a config-dir.

The system's own lock ends with its process, so a stale one cannot exist. The words in the lock file only say who holds it; a
run that was killed leaves its words behind, and they are recognised by the process that is no more.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from typing import Any, Iterator

from .._findings import Refused, error
from . import durable
from .config_dir import STATE, ConfigDir, system_refused

LOCK = "lock"
_POLL = 0.05


@contextlib.contextmanager
def locked(directory: ConfigDir, task: str, patience: float, read_only: bool = False) -> Iterator[None]:
    """Keep other runs out for the length of the block. `task` says what it is for, in the message that others get.

    With read_only (check mode) nothing is written, and where nothing was ever written there is nothing to keep out.
    Raises Refused when another run holds the lock for longer than our patience (seconds).
    """
    with contextlib.ExitStack() as stack:
        descriptor = _open(directory, read_only)
        if descriptor is not None:
            stack.callback(os.close, descriptor)
            _acquire(directory, descriptor, patience)
            if not read_only:
                _sign(descriptor, task)
                stack.callback(_unsign, descriptor)
        yield


def _open(directory: ConfigDir, read_only: bool) -> int | None:
    if read_only and not directory.has_state:
        return None
    flags = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        if not read_only:
            directory.create_state()
        return os.open(LOCK, flags | (os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT), 0o600, dir_fd=directory.state)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise Refused(system_refused(directory.place(STATE + "/" + LOCK), problem, "cannot be opened")) from problem


def _acquire(directory: ConfigDir, descriptor: int, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                place, hint = directory.place(STATE + "/" + LOCK), f"Wait for that run, or raise lock_timeout (now {patience:g} seconds)."
                raise Refused(error(place, "locked", f"another run is at work here: {_holder(directory)}.", hint)) from None
            time.sleep(_POLL)
        else:
            return


def _sign(descriptor: int, task: str) -> None:
    words = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": time.strftime("%Y-%m-%d %H:%M:%S %Z"),
        "task": task,
    }
    _unsign(descriptor)
    # The words are a courtesy: a full file system is no reason to go without the lock.
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, json.dumps(words).encode("utf-8"), 0)


def _unsign(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)


def _holder(directory: ConfigDir) -> str:
    unknown = "a process that has not said who it is"
    try:
        content = durable.read_regular(directory.state, LOCK)
        words = json.loads(content.data.decode("utf-8")) if content else {}
        return _described(words) if isinstance(words, dict) and "pid" in words else unknown
    except (OSError, ValueError, durable.NotRegular):
        return unknown


def _described(words: dict[str, Any]) -> str:
    text = "process {} on {}, since {}, for {}".format(*tuple(str(words.get(key)) for key in ("pid", "host", "since", "task")))
    if words.get("host") == socket.gethostname() and not _lives(words["pid"]):
        return f"a process that has not said who it is (the lock file still names {text}, which has ended)"
    return text


def _lives(pid: Any) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, TypeError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
