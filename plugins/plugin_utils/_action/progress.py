# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A line now and then while a task takes long, so that neither people nor a CI take it for dead.

A module's output is read when it has ended, so nothing that it does can be told meanwhile, only that it still does it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, repeat
from typing import Any

from ansible.utils.display import Display

# Nearly every task is over before the first line.
PAUSES = (10.0, 20.0, 30.0)


@contextmanager
def progress(host: str, what: str, pauses: Iterable[float] = PAUSES) -> Iterator[None]:
    """Say what a host is waited for, after each of the pauses, the last of which repeats."""
    over = threading.Event()
    # No child can wait for a lock that this thread holds: the process of a task forks by subprocess alone, for connections and without
    # preexec_fn, and what runs then before exec takes no lock. Python (3.12 and later) warns of no such fork. Of the one that makes the
    # process of a task it does, with any task: Ansible has a thread for results, and none of ours has begun (seen with ansible-core 2.19).
    lines = threading.Thread(target=_say, args=(host, what, [*pauses], over), daemon=True)
    lines.start()
    try:
        yield
    finally:
        over.set()
        # Ansible ends this process without a look at its threads: none may be at work on its output then.
        lines.join()


def and_healthy(what: str, options: Mapping[str, Any]) -> str:
    """What is waited for, with what the option wait_healthy adds to it."""
    seconds = str(options.get("wait_healthy") or 0)
    return what if seconds == "0" else f"{what}, and then for at most {seconds} s until its checks are healthy"


def _say(host: str, what: str, pauses: list[float], over: threading.Event) -> None:
    started = time.monotonic()
    for pause in chain(pauses, repeat(pauses[-1])):
        if over.wait(pause):
            return
        # On the error output, as warnings are: the other one may be read by programs.
        Display().display(f"waiting: [{host}] => {what}, {time.monotonic() - started:.0f} s so far", stderr=True)
