# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Go durations, as Consul reads them in files and writes them in API answers."""

from __future__ import annotations

import re
from typing import Any

_NANOSECONDS = {
    "ns": 1,
    "us": 1000,
    "µs": 1000,  # U+00B5, micro sign
    "μs": 1000,  # U+03BC, Greek letter mu
    "ms": 1000000,
    "s": 1000000000,
    "m": 60 * 1000000000,
    "h": 3600 * 1000000000,
}
_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_LARGEST = 2**63 - 1

SECOND = _NANOSECONDS["s"]
MINUTE = _NANOSECONDS["m"]


def parse_duration(text: str) -> int:
    """Return the duration in nanoseconds.

    Raises ValueError where Go's time.ParseDuration does: no unit, an unknown unit, an empty text, overflow.
    """
    sign = -1 if text.startswith("-") else 1
    rest = text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0
    total = 0
    position = 0
    for match in _PART.finditer(rest):
        if match.start() != position:
            break
        position = match.end()
        whole, _dot, fraction = match.group(1).partition(".")
        unit = _NANOSECONDS[match.group(2)]
        total += int(whole or "0") * unit
        if fraction:
            total += int(fraction) * unit // 10 ** len(fraction)
    if position == 0 or position != len(rest):
        raise ValueError("not a duration")
    if total > _LARGEST:
        raise ValueError("duration too long")
    return sign * total


def same_duration(one: Any, other: Any) -> bool:
    """Whether both are the same duration: as text, or in nanoseconds."""
    try:
        first, second = (value if isinstance(value, int) else parse_duration(value) for value in (one, other))
    except (ValueError, TypeError, AttributeError):
        return False
    return bool(first == second)


def format_duration(nanoseconds: int) -> str:
    """Return a duration as text, in the largest unit that needs no fraction."""
    if nanoseconds == 0:
        return "0s"
    for unit in ("h", "m", "s", "ms", "us"):
        if nanoseconds % _NANOSECONDS[unit] == 0:
            return "%d%s" % (nanoseconds // _NANOSECONDS[unit], unit)
    return "%dns" % nanoseconds
