# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed looks into definitions that may still have faults: a value of the wrong type counts as absent."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.durations import parse_duration

Mapping = dict[str, Any]

# What Go trims off a text; Python would trim some control characters, too.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def text(mapping: Mapping, key: str) -> str:
    value = mapping.get(key)
    return value if isinstance(value, str) else ""


def is_blank(value: str) -> bool:
    return not value.strip(_SPACE)


def number(mapping: Mapping, key: str) -> int:
    value = mapping.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def mapping_at(mapping: Mapping, key: str) -> Mapping:
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}


def mappings_at(mapping: Mapping, key: str) -> Iterator[tuple[int, Mapping]]:
    """Yield the index and value of each mapping in a list."""
    value = mapping.get(key)
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                yield index, item


def texts_at(mapping: Mapping, key: str) -> Iterator[tuple[int, str]]:
    value = mapping.get(key)
    if isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield index, item


def duration(mapping: Mapping, key: str) -> int | None:
    """Return a duration in nanoseconds, None when it is absent or unreadable."""
    value = mapping.get(key)
    return _parsed(value) if isinstance(value, str) else None


# A set has few different durations, and asks for each of them often.
@lru_cache(maxsize=256)
def _parsed(value: str) -> int | None:
    try:
        return parse_duration(value)
    except ValueError:
        return None
