# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults at every single call that changes the file system or signals a process.

The calls are those of Python's os module, so that nothing has to be installed, and every one of them can be hit. That none is
forgotten is seen to by Python's audit events: a change that passes by our list is an error.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ansible_collections.registrar.consul.tests.support.faults.children import begin

# Calls that change something, and the audit event that Python itself raises for them where it has one.
CHANGING = {
    "mkdir": "os.mkdir",
    "rename": "os.rename",
    "unlink": "os.remove",
    "fchmod": "os.chmod",
    "fchown": "os.chown",
    "ftruncate": "os.truncate",
    "kill": "os.kill",
    "open": "open",
    "write": None,
    "pwrite": None,
    "fsync": None,
}
_AUDITED = {"os.chflags", "os.link", "os.rmdir", "os.symlink", "os.utime", "os.setxattr", "shutil.move", "shutil.rmtree"} | {
    event for event in CHANGING.values() if event
}


class Recorder:
    """Makes the calls countable, and faults possible, for the length of a `with` block.

    A fault is told the number and the name of each call before it is made; it may end the process, or raise.
    """

    def __init__(self, fault: Callable[[int, str], None] | None = None) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self._fault = fault
        self._originals = {name: getattr(os, name) for name in CHANGING}
        self._announced = False

    def __enter__(self) -> Recorder:
        for name, original in self._originals.items():
            setattr(os, name, self._wrapped(name, original))
        _WATCHERS.append(self)
        return self

    def __exit__(self, *_exception: object) -> None:
        _WATCHERS.remove(self)
        for name, original in self._originals.items():
            setattr(os, name, original)

    def _wrapped(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **keywords: Any) -> Any:
            if name == "open" and not arguments[1] & (os.O_CREAT | os.O_TRUNC):
                return original(*arguments, **keywords)
            self.calls.append((name, arguments))
            if self._fault is not None:
                if name == "write":
                    # Ended in the middle of a write, half of it is there.
                    self._originals["write"](arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                    self._fault(len(self.calls), name)
                    return original(arguments[0], arguments[1][len(arguments[1]) // 2 :]) + len(arguments[1]) // 2
                self._fault(len(self.calls), name)
            self._announced = True
            try:
                return original(*arguments, **keywords)
            finally:
                self._announced = False

        return call

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Raise AssertionError for a change that was not made by one of the calls that we know."""
        if event == "open" and (not isinstance(arguments[2], int) or not arguments[2] & (os.O_CREAT | os.O_TRUNC)):
            return
        if event in _AUDITED and not self._announced:
            raise AssertionError(f"a change that the list of calls does not have: {event} {arguments!r}")


_WATCHERS: list[Recorder] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHERS:
        for watcher in _WATCHERS:
            watcher.audit(event, arguments)


# There is no way to remove a hook again: one for all.
sys.addaudithook(_hook)


def kill_at(position: int) -> Callable[[int, str], None]:
    """A fault that ends the process, as by kill -9, just before its call of this number."""

    def fault(number: int, _name: str) -> None:
        if number == position:
            signal.raise_signal(signal.SIGKILL)

    return fault


def fail_at(position: int, code: int, *, lasting: bool = False) -> Callable[[int, str], None]:
    """A fault that has the call of this number refused by the system, and with lasting, all later ones of changing kind."""

    def fault(number: int, _name: str) -> None:
        if number == position or (lasting and number > position):
            raise OSError(code, os.strerror(code))

    return fault


@contextmanager
def recording() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """The calls that are made in the block."""
    with Recorder() as recorder:
        yield recorder.calls


def ends_by_kill(action: Callable[[], object], position: int) -> bool:
    """Run the action in a process of its own that is killed at the call of this number; False when it came to its end before.

    Raises AssertionError when it ended in any other way.
    """

    def until_killed() -> None:
        with Recorder(kill_at(position)):
            action()

    _pid, how = os.waitpid(begin(until_killed), 0)
    if os.WIFSIGNALED(how):
        assert os.WTERMSIG(how) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(how) == 0, "the action failed before it was killed"
    return False
