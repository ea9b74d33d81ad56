# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions by the mere shape of the schema: all fields of all versions together, whether an agent would take them or not.

What works for these works for every field there is, and for those that will be added.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import json_values, texts


def complete(field: Field) -> Any:
    """Return a value with everything below the field in it, and no two texts alike."""
    if field.properties:
        return {key: complete(child) for key, child in field.properties.items()}
    if field.items is not None:
        return [complete(field.items)]
    if field.type == "object":
        # Keys that a converter by words would change.
        data = [None, {"tls_skip_verify": 1}]
        return {key: complete(field.values) if field.values else data for key in ("nginxVersion", "X-Api", "snake_key")}
    if field.type == "string":
        return "10s" if field.annotation("x-rule") == "duration" else f"text of {field.path}"
    return True if field.type == "boolean" else 7


def shapes(field: Field) -> st.SearchStrategy[Any]:
    """Values with any of the keys below the field."""
    if field.properties:
        return st.fixed_dictionaries({}, optional={key: st.deferred(lambda c=child: shapes(c)) for key, child in field.properties.items()})
    if field.items is not None:
        return st.lists(shapes(field.items), max_size=2)
    if field.type == "object":
        return st.dictionaries(texts(), shapes(field.values) if field.values else json_values(), max_size=2)
    if field.type == "string":
        return st.sampled_from(["10s", "1m30s", "500ms"]) if field.annotation("x-rule") == "duration" else texts()
    return st.booleans() if field.type == "boolean" else st.integers(0, 70000)


def paths_in(field: Field, value: Any) -> Iterator[str]:
    """Yield the paths of the fields that a definition uses, as the schema names them."""
    yield field.path
    if isinstance(value, dict):
        for key, item in value.items():
            child = field.properties.get(key) or field.values
            if child is not None:
                yield from paths_in(child, item)
    elif isinstance(value, list) and field.items is not None:
        for item in value:
            yield from paths_in(field.items, item)
