# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments that no change of the clock can move."""

from __future__ import annotations

import os
from typing import NamedTuple


class Clock(NamedTuple):
    """A moment that no clock change can move: which boot, and the seconds since it."""

    boot_id: str
    uptime: float


def now(proc: str = "/proc") -> Clock:
    """The present moment."""
    with open(os.path.join(proc, "sys/kernel/random/boot_id"), encoding="ascii") as stream:
        boot_id = stream.read().strip()
    with open(os.path.join(proc, "uptime"), encoding="ascii") as stream:
        uptime = float(stream.read().split()[0])
    return Clock(boot_id, uptime)
