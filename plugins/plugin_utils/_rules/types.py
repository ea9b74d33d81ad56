# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of the wrong JSON type, or of none: which type is wanted, and what to write."""

from __future__ import annotations

from datetime import date
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import looks_secret

from .._findings import Finding, Place, quoted
from .._schema.tree import Field
from .foreign import foreign_item
from .rule import REFUSED, rule, warning

TYPE = rule("type", "a value of the wrong type", REFUSED)
FRACTION = rule(
    "fraction",
    "a fractional number where a whole one belongs",
    "the agent would cut the fraction off",
    stricter="agents cut the fraction off without a word",
)
ONE_ITEM_LIST = rule(
    "one-item-list",
    "a list of one item where a single value belongs",
    REFUSED,
    stricter="agents take the item out of the list, from 1.8 on of any list, before of lists of one mapping",
)
EMPTY_LIST = rule(
    "empty-list", "an empty list where something else belongs", REFUSED, stricter="agents before 1.8 take it for an absent key"
)
NULL_ITEM = rule(
    "null-item",
    "a null in a list",
    "the agent would put an empty item in its place",
    stricter="agents put an empty item in its place, and refuse that only where an item must not be empty",
)
NULL_BLOCK = rule(
    "null-block",
    "a null where an empty block would mean something",
    "nothing is guessed",
    stricter="agents take it for an absent key",
)
NULL_BLOCK_IN_FILE = warning(
    "null-block-in-file",
    "a null in a file where an empty block would mean something",
    "the agent takes it for an absent key",
)
AMBIGUOUS = rule("ambiguous", "a value that can be coerced in more than one way", "nothing is guessed")
NOT_JSON = rule("not-json", "a value that JSON cannot express", "")

_TYPES = {
    "object": ("a mapping", "Write key: value pairs below it."),
    "array": ("a list", "Write a list: one entry a line, each after a dash."),
    "string": ("text", "Write the text in quotes."),
    "integer": ("a whole number", "Write a whole number without quotes."),
    "number": ("a number", "Write a number without quotes."),
    "boolean": ("true or false", "Write true or false without quotes."),
}


def null_block(field: Field, place: Place, *, in_file: bool) -> Finding | None:
    """Return the finding for a null in place of a block, None where it can only mean that the block is absent."""
    meaning = field.annotation("x-empty")
    if not meaning:
        return None
    found = NULL_BLOCK_IN_FILE if in_file else NULL_BLOCK
    hint = f"Write {field.name}: {{}} for {meaning}, or leave the key out."
    return found.at(
        place, "is null, which could stand for an empty block or for none", hint if in_file else f"{hint[:-1]}, in a template with omit."
    )


def wrong_type(field: Field, place: Place, value: Any) -> Finding:
    """Return the finding for a value that is not of the field's type."""
    wanted, hint = _TYPES[field.type]
    if value is None:
        return NULL_ITEM.at(place, "is null", "Leave the item out.")
    if value == []:
        return EMPTY_LIST.at(place, f"must be {wanted}, not a list", "Leave it out.")
    if isinstance(value, list) and len(value) == 1:
        return ONE_ITEM_LIST.at(place, f"must be {wanted}, not a list", "Write the item without its list.")
    if field.type == "integer" and isinstance(value, float):
        return FRACTION.at(place, f"{shown(field, value)} is no whole number", hint)
    hidden = field.sensitive or (isinstance(value, str) and looks_secret(value))
    foreign = "" if hidden else foreign_item(field, value)
    if foreign:
        hint = foreign
    elif field.type == "array" and isinstance(value, str) and not hidden:
        hint = f"Write [{quoted(value)}]."
    return TYPE.at(place, f"must be {wanted}, not {kind_of(value)}", hint)


def shown(field: Field, value: Any) -> str:
    """Return a text, number or boolean as messages may show it: never a secret, never endless."""
    if field.sensitive or (isinstance(value, str) and looks_secret(value)):
        return "this value"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, int) and abs(value) >= 10**20:
        return "this number"
    return str(value).lower()


def kind_of(value: Any) -> str:
    """Return what a value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    for kind, words in ((int, "a number"), (float, "a fractional number"), (str, "text"), (dict, "a mapping"), (list, "a list")):
        if isinstance(value, kind):
            return words
    # YAML makes them of texts such as 2024-01-01, and Ansible subclasses of its own of those.
    return "a date" if isinstance(value, date) else "something else"
