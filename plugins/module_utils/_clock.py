# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments that no change of the clock can move."""

from __future__ import annotations

import os
import time
from typing import NamedTuple


class Clock(NamedTuple):
    """A moment that no clock change can move: which boot, and the seconds since it."""

    boot_id: str
    uptime: float


def now(proc: str = "/proc") -> Clock:
    """The present moment. Raises OSError where the system is none that has it."""
    with open(os.path.join(proc, "sys/kernel/random/boot_id"), encoding="ascii") as stream:
        boot_id = stream.read().strip()
    # The clock of the kernel by which it notes the start of processes. /proc/uptime is another one in containers with lxcfs (read).
    return Clock(boot_id, time.clock_gettime(time.CLOCK_BOOTTIME))
