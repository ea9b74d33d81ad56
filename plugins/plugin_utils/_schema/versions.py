# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consul versions, and spans of versions."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version

# From the first version (included) to the second (excluded); None means without limit.
Span = tuple["Version | None", "Version | None"]

ALWAYS: tuple[Span, ...] = ((None, None),)
NEWEST: Version = (2, 1, 0)
# All releases that definitions can be judged for, by major and minor version.
MINORS = (*((1, minor) for minor in range(23)), (2, 0), (2, 1))


def format_version(version: Version) -> str:
    return ".".join(str(part) for part in version)


def is_newer(version: Version) -> bool:
    """Whether the version is of a later line than all that the schema and the rules know. It is judged as the newest of those."""
    return version[:2] > NEWEST[:2]


def newest_known() -> str:
    """Return the newest line that the schema and the rules know, as messages name it."""
    return f"{NEWEST[0]}.{NEWEST[1]}"


def available_spans(since: str | list[str] | None, until: str | None) -> tuple[Span, ...]:
    """Return the spans in which a field exists.

    A list of first versions names one release of each branch that got the field by backport:
    ["1.9.17", "1.10.10", "1.11.5"] is 1.9.17 up to 1.10.0, 1.10.10 up to 1.11.0, and 1.11.5 onwards.
    """
    end = parse_version(until) if until else None
    if since is None:
        return ((None, end),)
    firsts = [parse_version(text) for text in ([since] if isinstance(since, str) else since)]
    branch_ends: list[Version | None] = [(first[0], first[1] + 1, 0) for first in firsts[:-1]]
    return tuple(zip(firsts, [*branch_ends, end], strict=True))


def outside(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the versions that are in none of the sorted spans."""
    gaps: list[Span] = []
    start: Version | None = None
    for low, high in spans:
        if low is not None:
            gaps.append((start, low))
        if high is None:
            return tuple(gaps)
        start = high
    gaps.append((start, None))
    return tuple(gaps)


def intersect(left: Iterable[Span], right: Iterable[Span]) -> tuple[Span, ...]:
    both: list[Span] = []
    right = tuple(right)
    for low_a, high_a in left:
        for low_b, high_b in right:
            low = low_b if low_a is None else low_a if low_b is None else max(low_a, low_b)
            high = high_b if high_a is None else high_a if high_b is None else min(high_a, high_b)
            if low is None or high is None or low < high:
                both.append((low, high))
    return tuple(both)


def contains(spans: Iterable[Span], version: Version) -> bool:
    return any((low is None or low <= version) and (high is None or version < high) for low, high in spans)
