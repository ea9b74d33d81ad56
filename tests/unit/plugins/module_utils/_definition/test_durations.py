# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations as Go reads and writes them."""

from __future__ import annotations

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.durations import MINUTE, SECOND, format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("0s", 0),
        ("1ns", 1),
        ("2us", 2000),
        ("2µs", 2000),
        ("2μs", 2000),
        ("3ms", 3 * 10**6),
        ("10s", 10 * SECOND),
        ("+10s", 10 * SECOND),
        ("-10s", -10 * SECOND),
        ("2m", 2 * MINUTE),
        ("3h", 180 * MINUTE),
        ("1h2m3s", 62 * MINUTE + 3 * SECOND),
        ("1.25s", 1_250_000_000),
        (".5s", 500_000_000),
        ("1.s", SECOND),
        ("9223372036854775807ns", 2**63 - 1),
    ],
)
def test_what_is_a_duration(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize("text", ["", "-", "+-1s", "10", "10 s", "s", ".s", "1x", "x1s", "1s2", "1s 2m", "9223372036854775808ns"])
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1500, "1500ns"),
        (2000, "2us"),
        (3 * 10**6, "3ms"),
        (SECOND, "1s"),
        (90 * SECOND, "90s"),
        (2 * MINUTE, "2m"),
        (60 * MINUTE, "1h"),
        (-5 * SECOND, "-5s"),
    ],
)
def test_the_largest_unit_without_a_fraction(nanoseconds: int, text: str) -> None:
    assert format_duration(nanoseconds) == text
