# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that read well both in a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table with its columns in line; all but the first stand to the right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join(_line(line, widths) for line in [lines[0], rule, *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = [*zip(cells, widths, strict=True)]
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]) + " |"


def seconds(value: float) -> str:
    """Return so many seconds with as many digits as mean something."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def micro(value: float | None) -> str:
    """Return seconds as millionths."""
    return "–" if value is None else f"{value * 1e6:.0f}"


def megabytes(value: int) -> str:
    return f"{value / 1e6:.0f}"


def times(value: float) -> str:
    """Return a ratio."""
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
