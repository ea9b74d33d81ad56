# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema as judge: `jsonschema` says whether a definition is valid, this file says why not.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

try:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator
    from jsonschema.validators import Draft202012Validator
except ImportError as error:
    MISSING: ImportError | None = error
else:
    MISSING = None

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import Finding, Place, did_you_mean, quoted
from ansible_collections.registrar.consul.plugins.plugin_utils._rule_book import HALF_LOADED, REFUSED, RULES, Rule, rule
from ansible_collections.registrar.consul.plugins.plugin_utils._schema import Field, json_schema, squash

TYPE = rule("type", "a value of the wrong type", REFUSED)
ONE_ITEM_LIST = rule(
    "one-item-list",
    "a list of one item where a single value belongs",
    REFUSED,
    stricter="agents take the item out of the list, from 1.8 on of any list, before of lists of one mapping",
)
FRACTION = rule(
    "fraction",
    "a fractional number where a whole one belongs",
    "the agent would cut it off",
    stricter="agents cut the fraction off without a word",
)
UNKNOWN_KEY = rule("unknown-key", "a key that no version of Consul knows at this place", REFUSED)
KEY_CASE = rule(
    "key-case",
    "a key in the spelling of the HTTP API, or in an old one",
    REFUSED,
    stricter="agents read a few CamelCase keys in files; with one spelling for each key, files stay readable and comparable",
)
REQUIRED = rule("required", "a required key that is missing or empty", REFUSED)
VALUE = rule("value", "a value that is not one of the allowed ones", REFUSED)
RANGE = rule("range", "a number outside its range", REFUSED)
PATTERN = rule("pattern", "text of the wrong form", REFUSED)
META_SIZE = rule("meta-size", "more than 64 meta entries", REFUSED)
META_KEY = rule(
    "meta-key", "a meta key that is empty, longer than 128 characters, or has other characters than letters, digits, _ and -", REFUSED
)
rule("duration", "a duration that Go cannot read", REFUSED)
rule("name-required", "a service without a name", HALF_LOADED)
rule(
    "port-range",
    "a port outside 0 to 65535",
    "the agent would register the number as it is, and nobody could connect",
    stricter="agents register any number as a port",
)
KIND = rule(
    "kind-known",
    "a kind that Consul does not have",
    "the agent would register an ordinary service without a word",
    stricter="agents register a service of an unknown kind as an ordinary one",
)
rule(
    "check-status-known",
    "an initial status that Consul does not have",
    "the agent would show the text as a state that no query knows",
    stricter="agents take any text as the state of a check",
)
rule(
    "expose-path",
    "an exposed path without path or listener_port, or with another protocol than http or http2",
    REFUSED,
    stricter="agents compare the protocol without regard to case, and look at the block only where the service is a proxy",
)
rule(
    "upstream-destination",
    "an upstream without destination_name, or with an unknown destination_type",
    REFUSED,
    stricter="agents before 1.6 do not look at it, later ones only where the service is a proxy",
)

_TYPES = {
    "object": ("a mapping", "Write key: value pairs below it."),
    "array": ("a list", "Write a list: one entry a line, each after a dash."),
    "string": ("text", "Write the text in quotes."),
    "integer": ("a whole number", "Write a whole number without quotes."),
    "boolean": ("true or false", "Write true or false without quotes."),
}


@cache
def validator(root: Field) -> Validator:
    """Return the validator of a tree, made once per process; the schema itself is checked in the tests."""
    return Draft202012Validator(json_schema(root))


def schema_findings(root: Field, definition: Any) -> list[Finding]:
    """Return what the schema has against a coerced definition, nothing when it is valid."""
    judge = validator(root)
    if judge.is_valid(definition):
        return []
    return [finding for error in judge.iter_errors(definition) for finding in _explain(root, error)]


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


def _of(field: Field, general: Rule) -> Rule:
    return RULES[field.annotation("x-rule", general.id)]


def _wrong_type(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    wanted, hint = _TYPES[field.type]
    value = error.instance
    if field.type == "array" and isinstance(value, str):
        hint = f"Write [{quoted(value)}]."
    elif isinstance(value, list) and len(value) == 1:
        yield ONE_ITEM_LIST.at(place, f"must be {wanted}, not a list", "Write the item without its list.")
        return
    elif field.type == "integer" and isinstance(value, float):
        yield FRACTION.at(place, f"must be {wanted}", hint)
        return
    yield TYPE.at(place, f"must be {wanted}, not {kind_of(value)}", hint)


def kind_of(value: Any) -> str:
    """Return what a value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    for kind, words in ((int, "a number"), (float, "a fractional number"), (str, "text"), (dict, "a mapping"), (list, "a list")):
        if isinstance(value, kind):
            return words
    return "something else"


def _unknown_keys(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    given: Any = error.instance
    for key in given:
        if key not in field.properties:
            yield unknown_key(field, place, key)


def unknown_key(field: Field, place: Place, key: str) -> Finding:
    """Return the finding for a key that does not exist in a file, with the nearest key that does."""
    elsewhere = field.elsewhere.get(squash(key))
    if elsewhere:
        return UNKNOWN_KEY.at((*place, key), "is no key of a definition file", f"Leave it out: {elsewhere}.")
    meant = field.spellings.get(squash(key))
    if meant:
        return KEY_CASE.at((*place, key), f"is spelled {meant} in a file", f"Write {meant}.")
    near = did_you_mean(key, list(field.properties))
    hint = f"Did you mean {near}?" if near else f"Known keys: {', '.join(sorted(field.properties))}."
    return UNKNOWN_KEY.at((*place, key), "is no key that Consul knows here", hint)


def _missing(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    given: Any = error.instance
    for key in field.required:
        if key not in given and f"'{key}' is a required property" == error.message:
            example = field.properties[key].annotation("examples", [""])[0]
            yield _of(field.properties[key], REQUIRED).at((*place, key), "is missing", f"Add {key}: {example}.")


def _not_allowed(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    allowed = [value for value in field.annotation("enum") if value]
    near = did_you_mean(str(error.instance), allowed)
    hint = f"Did you mean {near}?" if near else f"Write one of {', '.join(allowed)}."
    yield _of(field, VALUE).at(place, f"{quoted(str(error.instance))} does not exist", hint)


def _out_of_range(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    low, high = field.annotation("minimum"), field.annotation("maximum")
    limits = f"from {low} to {high}" if high is not None else f"of {low} or more"
    yield _of(field, RANGE).at(place, f"{error.instance} is out of range", f"Write a number {limits}.")


def _wrong_form(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    value: Any = error.instance
    if "propertyNames" in error.absolute_schema_path:
        yield META_KEY.at((*place, value), "is no valid key", "Use 1 to 128 of the characters A-Z a-z 0-9 _ and -.")
        return
    yield _of(field, PATTERN).at(place, f"{quoted(value)} has the wrong form", f"Write {field.annotation('x-pattern-text')}.")


def _empty(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    example = field.annotation("examples", [""])[0]
    yield _of(field, REQUIRED).at(place, "is empty", f"Write for example {field.name}: {example}.")


def _too_many(field: Field, place: Place, error: ValidationError) -> Iterator[Finding]:
    given: Any = error.instance
    yield META_SIZE.at(place, f"has {len(given)} entries", f"Keep at most {error.validator_value}.")


_EXPLANATIONS: dict[str, Callable[[Field, Place, ValidationError], Iterator[Finding]]] = {
    "type": _wrong_type,
    "additionalProperties": _unknown_keys,
    "required": _missing,
    "enum": _not_allowed,
    "minimum": _out_of_range,
    "maximum": _out_of_range,
    "pattern": _wrong_form,
    "minLength": _empty,
    "maxProperties": _too_many,
}
