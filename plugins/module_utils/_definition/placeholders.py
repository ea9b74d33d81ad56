# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that stand for the ports of sidecars in a text until these are known."""

from __future__ import annotations

from typing import Any

# A number that stands for a port until it is known: a marker that the text has nowhere else, and which sidecar it is.
DIGITS = 6
_PLACES = 1000000


def placeholder(marker: int, index: int) -> int:
    """The number that stands for the port of one sidecar."""
    return marker * _PLACES + index


def placed(marker: int, number: Any) -> int | None:
    """Which sidecar a number stands for, None for a number like any other."""
    if not isinstance(number, int):
        return None
    found, index = divmod(number, _PLACES)
    return index if found == marker else None
