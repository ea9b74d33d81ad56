# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema as judge: `jsonschema` says whether a definition is valid, this file says why not.

Definitions come coerced, so that unknown keys are no longer in them. Nearly all are valid and get a quick yes; importing
`jsonschema` takes as long as a thousand of those, so it is imported only when something may be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from .._findings import Finding, Place, did_you_mean
from .._rules.book import RULES
from .._rules.rule import Rule
from .._rules.schema import META_KEY, META_SIZE, PATTERN, RANGE, REQUIRED, VALUE
from .._rules.types import shown, wrong_type
from .._schema.tree import Field, json_schema
from .fast_path import Judge, quick_yes

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator


def schema_findings(root: Field, definition: Any) -> list[Finding]:
    """Return what the schema has against a coerced definition, nothing when it is valid."""
    if quick_judge(root)(definition):
        return []
    # Each of several missing keys is an error, which does not say of itself which of them it is.
    return list(dict.fromkeys(finding for error in validator(root).iter_errors(definition) for finding in _explain(root, error)))


@cache
def quick_judge(root: Field) -> Judge:
    """Return the quick yes to a tree, made once per process."""
    return quick_yes(json_schema(root))


@cache
def validator(root: Field) -> Validator:
    """Return the validator of a tree, made once per process; the schema itself is checked in the tests."""
    from jsonschema import ValidationError
    from jsonschema.validators import Draft202012Validator, extend

    def whole_pattern(_validator: Validator, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        """Take a pattern as ECMAScript does: in Python a $ also stands before a final line break."""
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            yield ValidationError("has the wrong form")

    judge: type[Validator] = extend(Draft202012Validator, {"pattern": whole_pattern})  # type: ignore[no-untyped-call]
    return judge(json_schema(root))


def _explain(root: Field, error: ValidationError) -> Iterator[Finding]:
    place: Place = tuple(error.absolute_path)
    field = field_at(root, place)
    yield from _EXPLANATIONS[str(error.validator)](field, place, error)


def field_at(root: Field, place: Place) -> Field:
    """Return the field that describes a place inside its tree."""
    field = root
    for step in place:
        below = field.items if isinstance(step, int) else field.properties.get(step) or field.values
        if below is None:
            break
        field = below
    return field


def _of(field: Field, general: Rule, annotation: str = "x-rule") -> Rule:
    return RULES[field.annotation(annotation, general.id)]


def _wrong_type(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    yield wrong_type(field, place, error.instance)


def _missing(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    given: Any = error.instance
    for key in field.required:
        if key not in given:
            child = field.properties[key]
            found = _of(child, REQUIRED, "x-required-rule")
            yield found.at((*place, key), "is missing", f"Add {key}: {child.annotation('examples')[0]}.")


def _not_allowed(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    allowed = [value for value in field.annotation("enum") if value]
    near = did_you_mean(str(error.instance), allowed)
    hint = f"Did you mean {near}?" if near else f"Write one of {', '.join(allowed)}."
    yield _of(field, VALUE).at(place, f"{shown(field, error.instance)} is no value that Consul knows here", hint)


def _out_of_range(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    low, high = field.annotation("minimum"), field.annotation("maximum")
    limits = f"from {low} to {high}" if low is not None else f"up to {high}"
    yield _of(field, RANGE).at(place, f"{shown(field, error.instance)} is out of range", f"Write a number {limits}.")


def _wrong_form(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    value: Any = error.instance
    if "propertyNames" in error.absolute_schema_path:
        yield META_KEY.at((*place, value), "is no valid key", "Use 1 to 128 of the characters A-Z a-z 0-9 _ and -.")
        return
    yield _of(field, PATTERN).at(place, f"{shown(field, value)} has the wrong form", f"Write {field.annotation('x-pattern-text')}.")


def _empty(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    found = _of(field, REQUIRED, "x-required-rule")
    yield found.at(place, "is empty", f"Write for example {field.name}: {field.annotation('examples')[0]}.")


def _too_many(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    given: Any = error.instance
    yield META_SIZE.at(place, f"has {len(given)} entries", f"Keep at most {error.validator_value}.")


_EXPLANATIONS: dict[str, Callable[[Field, Place, ValidationError], Iterator[Finding]]] = {
    "type": _wrong_type,
    "required": _missing,
    "enum": _not_allowed,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "pattern": _wrong_form,
    "minLength": _empty,
    "maxProperties": _too_many,
}
