# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions in the form in which two that mean the same are equal, for comparing what was written with what came back."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.durations import parse_duration
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field


def canonical(field: Field, value: Any) -> Any:
    """Return the value without what means the same when it is absent, with durations in nanoseconds.

    Of a service the one check is in the list of checks, where the agent puts it.
    """
    if field.opaque:
        return {key: _unwrapped(item) for key, item in value.items()}
    if field.properties:
        return _object(field, value)
    if field.values is not None:
        return {key: canonical(field.values, item) for key, item in value.items()}
    if field.items is not None:
        return [canonical(field.items, item) for item in value]
    if field.annotation("x-rule") == "duration":
        return parse_duration(value) if isinstance(value, str) else value
    return value


def _object(field: Field, value: Any) -> dict[str, Any]:
    if "check" in field.properties and value.get("check") is not None:
        value = {**value, "checks": [*(value.get("checks") or []), value["check"]]}
        del value["check"]
    result = {}
    for key, item in value.items():
        child = field.properties[key]
        inner = None if item is None else canonical(child, item)
        if not _means_nothing(field, child, inner):
            result[key] = inner
    return {key: item for key, item in result.items() if _has_effect(field.properties[key], item, result)}


def _has_effect(field: Field, value: Any, beside: dict[str, Any]) -> bool:
    """Whether a field says more than the fields beside it: not the value of another one, nor what only belongs to an absent one."""
    lender = str(field.annotation("x-default-text")).partition("the value of ")[2]
    if lender in beside and beside[lender] == value:
        return False
    company = field.annotation("x-only-with", ())
    return bool(value) or not company or any(name in beside for name in company)


def _means_nothing(parent: Field, field: Field, value: Any) -> bool:
    default = field.annotation("default")
    if value in (None, "", [], {}) or value == default:
        return True
    # Without a value, a switch is off unless it is on by default, and a number is its default or zero; except of a weight.
    return value is False and not default if isinstance(value, bool) else value == 0 and parent.name != "weights"


def _unwrapped(value: Any) -> Any:
    """Agents take the item out of a list of one at the top of a configuration, and then below it."""
    return _deep(value[0]) if isinstance(value, list) and len(value) == 1 else value


def _deep(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _deep(item[0] if isinstance(item, list) and len(item) == 1 else item) for key, item in value.items()}
    return [_deep(item) for item in value] if isinstance(value, list) else value
