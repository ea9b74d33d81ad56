# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command, or a piece of code, costs."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from ansible_collections.registrar.consul.tests.support.faults.children import die_with_parent


class CommandFailed(RuntimeError):
    """A command that is measured has to succeed; the message has the end of its output."""


@dataclass(frozen=True)
class Usage:
    """Seconds on the wall, seconds of processor time of the command and all it started, and its largest process in bytes."""

    wall: float
    cpu: float
    memory: int = 0

    def __sub__(self, other: Usage) -> Usage:
        return Usage(self.wall - other.wall, self.cpu - other.cpu, self.memory)

    def __truediv__(self, other: Usage) -> Usage:
        return Usage(self.wall / other.wall, self.cpu / other.cpu)


def middle(usages: Iterable[Usage]) -> Usage:
    """The medians."""
    known = list(usages)
    return Usage(median(one.wall for one in known), median(one.cpu for one in known), max(one.memory for one in known))


def run(command: Sequence[str], log: Path, cwd: Path, environment: Mapping[str, str]) -> Usage:
    """Run a command to its end. Raises CommandFailed when it fails."""
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(environment),
            preexec_fn=die_with_parent(),  # noqa: PLW1509 - it only makes two system calls
        )
        _pid, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        end = log.read_text(encoding="utf-8", errors="replace")[-4000:]
        raise CommandFailed(f"{' '.join(command[:2])} ended with {process.returncode}\n{end}")
    return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def timed(work: Callable[[], object], rounds: int = 5) -> float:
    """Seconds of processor time that a piece of code takes in this process: the median of some rounds."""
    return median(_once(work) for _round in range(rounds))


def _once(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
