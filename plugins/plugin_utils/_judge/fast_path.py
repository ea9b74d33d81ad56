# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A quick yes to valid data: a schema, turned once into functions that only say whether data holds.

`jsonschema` makes several objects for each value that it looks at, which is nine tenths of what judging costs. Whatever gets no
quick yes is its to judge and to explain, so that this file may say no too often (data that is not of plain types, a keyword that
it does not know), and must never say yes where `jsonschema` says no.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

Json = dict[str, Any]
Judge = Callable[[Any], bool]


class _Kind(NamedTuple):
    """The keywords that are understood of a type, and who makes its judge."""

    keywords: frozenset[str]
    make: Callable[[Json], Judge]


def quick_yes(schema: Json) -> Judge:
    """Return a function that says whether data is valid for certain. The schema is a plain one without references."""
    kind = _KINDS.get(schema.get("type", ""))
    return kind.make(schema) if kind and schema.keys() <= kind.keywords | {"type"} else _never


def _object(schema: Json) -> Judge:
    children = {key: quick_yes(child) for key, child in schema.get("properties", {}).items()}
    others = schema.get("additionalProperties", True)
    other = quick_yes(others) if isinstance(others, dict) else _any if others else _never
    required = schema.get("required", ())
    most = schema.get("maxProperties", float("inf"))
    names = schema.get("propertyNames")
    named = quick_yes({"type": "string", **names}) if names else None

    def judge(value: Any) -> bool:
        if value.__class__ is not dict or len(value) > most:
            return False
        for key in required:
            if key not in value:
                return False
        for key, child in value.items():
            if key.__class__ is not str or not children.get(key, other)(child) or (named and not named(key)):
                return False
        return True

    return judge


def _array(schema: Json) -> Judge:
    item = quick_yes(schema["items"]) if "items" in schema else _any

    def judge(value: Any) -> bool:
        return value.__class__ is list and all(map(item, value))

    return judge


def _string(schema: Json) -> Judge:
    least = schema.get("minLength", 0)
    allowed = schema.get("enum")
    matches = re.compile(schema["pattern"]).fullmatch if "pattern" in schema else _any

    def judge(value: Any) -> bool:
        return value.__class__ is str and len(value) >= least and (allowed is None or value in allowed) and bool(matches(value))

    return judge


def _integer(schema: Json) -> Judge:
    low, high = schema.get("minimum", float("-inf")), schema.get("maximum", float("inf"))

    def judge(value: Any) -> bool:
        return value.__class__ is int and low <= value <= high

    return judge


def _number(_schema: Json) -> Judge:
    return lambda value: value.__class__ in (int, float)


def _boolean(_schema: Json) -> Judge:
    return lambda value: value is True or value is False


def _any(_value: Any) -> bool:
    return True


def _never(_value: Any) -> bool:
    return False


_KINDS = {
    "object": _Kind(frozenset({"properties", "additionalProperties", "required", "maxProperties", "propertyNames"}), _object),
    "array": _Kind(frozenset({"items"}), _array),
    "string": _Kind(frozenset({"enum", "minLength", "pattern"}), _string),
    "integer": _Kind(frozenset({"minimum", "maximum"}), _integer),
    "number": _Kind(frozenset(), _number),
    "boolean": _Kind(frozenset(), _boolean),
}
