# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""User data that HCL cannot say, so that the file has to be JSON.

HCL reads every mapping below a key as a list of one mapping. Agents undo that for each key of proxy.config and
upstreams[].config by taking the item out of lists of one, all the way down; but they do not look into longer lists.
Seen on 1.8.7; the code is the same from 1.8.0 to 1.21.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .._findings import Finding, Place
from .._schema.tree import Field
from .rule import rule

NOT_IN_HCL = rule(
    "not-in-hcl",
    "proxy configuration that HCL cannot express",
    "an agent would read something else from an HCL file",
    stricter="agents take the file and change what it says",
)
_HINT = "Write the file as JSON."


def hcl_findings(field: Field, value: Any, place: Place = ()) -> Iterator[Finding]:
    """Yield what in the user data of a definition would not survive HCL."""
    if field.unchecked:
        yield from _entry_findings(value, place)
    elif field.opaque and isinstance(value, dict):
        for key, item in value.items():
            yield from _entry_findings(item, (*place, key))
    elif isinstance(value, dict) and (field.properties or field.values):
        for key, item in value.items():
            child = field.properties.get(key) or field.values
            if child is not None:
                yield from hcl_findings(child, item, (*place, key))
    elif isinstance(value, list) and field.items is not None:
        for index, item in enumerate(value):
            yield from hcl_findings(field.items, item, (*place, index))
    # An absent field can be left out, an item or a key of the user cannot.
    elif value is not None or not field.name:
        yield from _entry_findings(value, place)


def _entry_findings(value: Any, place: Place) -> Iterator[Finding]:
    """Yield what is lost of one key of a configuration."""
    # The agent itself takes the item out of a list of one here, in JSON as well.
    alone = isinstance(value, list) and len(value) == 1
    for where, item, in_mapping in _walk(value, place):
        if item is None:
            yield NOT_IN_HCL.at(where, "null does not exist in HCL", "Leave it out.", agent="")
        elif isinstance(item, int) and not -_TOO_LARGE < item < _TOO_LARGE:
            yield NOT_IN_HCL.at(where, "the number is too large for HCL", _HINT, agent="")
        elif not in_mapping or alone:
            continue
        elif isinstance(value, dict) and isinstance(item, list) and len(item) == 1:
            yield NOT_IN_HCL.at(where, "is a list of one item below another key", _HINT)
        elif isinstance(value, list) and isinstance(item, dict):
            yield NOT_IN_HCL.at(where, "is a mapping inside a mapping inside a list", _HINT)


def _walk(value: Any, place: Place, in_mapping: bool = False) -> Iterator[tuple[Place, Any, bool]]:
    """Yield everything in a value: its place, itself, and whether it is the value of a key in it."""
    yield place, value, in_mapping
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*place, key), True)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, (*place, index))


# Agents read whole numbers of JSON as floating-point ones, and so does the renderer beyond what these hold exactly.
_TOO_LARGE = 10**308
