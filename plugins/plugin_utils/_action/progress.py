# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line now and then while a task takes long, so that neither people nor a CI take it for dead.

A module's output is read when it has ended, so nothing that it says can be told meanwhile, only that it still runs, and what somebody has
had a look at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

from ansible.utils.display import Display

from .look import Look

# Nearly every task is over before the first line.
PAUSES = (10.0, 20.0, 30.0)


@contextmanager
def progress(host: str, what: str, pauses: Iterable[float] = PAUSES, look: Look | None = None) -> Iterator[None]:
    """Say what a host is waited for, after each of the pauses, the last of which repeats; and what a look at it then shows."""
    over = threading.Event()
    # No child can wait for a lock that one of these threads holds: the process of a task forks by subprocess alone, in all of its threads,
    # for connections and without preexec_fn, and what runs then before exec takes no lock. Python (3.12 and later) warns of no such fork.
    # Of the one that makes the process of a task it does, with any task: Ansible has a thread for results, and none of ours has begun
    # (seen with ansible-core 2.19).
    lines = threading.Thread(target=_say, args=(host, what, [*pauses], over, look), daemon=True)
    lines.start()
    try:
        yield
    finally:
        over.set()
        # Ansible ends this process without a look at its threads: none may be at work on its output then.
        lines.join()
        if look is not None:
            look.end()


def waits(options: Mapping[str, Any]) -> bool:
    """Whether the option wait_healthy has the task wait."""
    return _seconds(options) != "0"


def and_healthy(what: str, options: Mapping[str, Any]) -> str:
    """What is waited for, with what the option wait_healthy adds to it."""
    return f"{what}, and then for at most {_seconds(options)} s until its checks are healthy" if waits(options) else what


def _seconds(options: Mapping[str, Any]) -> str:
    return str(options.get("wait_healthy") or 0)


def _say(host: str, what: str, pauses: list[float], over: threading.Event, look: Look | None) -> None:
    started = time.monotonic()
    for pause in chain(pauses, repeat(pauses[-1])):
        if over.wait(pause):
            return
        seconds, seen = time.monotonic() - started, look.seen(over) if look is not None else ""
        if over.is_set():
            return
        # On the error output, as warnings are: the other one may be read by programs.
        Display().display(f"waiting: [{host}] => {what}, {seconds:.0f} s so far{f'; {seen}' if seen else ''}", stderr=True)
