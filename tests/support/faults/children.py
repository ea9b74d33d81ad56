# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Child processes that never outlive the test that started them."""

from __future__ import annotations

import ctypes
import os
import signal
import warnings
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent() -> Callable[[], None]:
    """A ``preexec_fn``: the kernel kills the child when the thread that started it ends, however it ends."""
    parent = os.getpid()

    def in_the_child() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            # The parent was gone before the request was made.
            os.kill(os.getpid(), signal.SIGKILL)

    return in_the_child


def begin(action: Callable[[], object]) -> int:
    """Start the action in a copy of this process that ends with it, with status 0 unless it raised; return its pid.

    Since 3.12 Python warns of a fork beside other threads: a lock that one of them holds would never be given back in the child.
    The only other thread of a test is xdist's, which holds nothing but what belongs to its connection, and no action uses that.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        child = os.fork()
    if child == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return child
