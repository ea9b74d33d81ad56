# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that no file can have: what is wrong with them, and which key was meant."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash

from .._findings import Finding, Place, did_you_mean
from .._schema.tree import Field, camel_case, service_field, walk
from .access import Mapping
from .foreign import foreign_word
from .rule import REFUSED, rule

_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")
UNKNOWN_KEY = rule("unknown-key", "a key that no version of Consul knows at this place", REFUSED)
KEY_CASE = rule(
    "key-case",
    "a key in the spelling of the HTTP API, or in an old one",
    REFUSED,
    stricter="agents do not mind upper case, and read a few joined keys of checks; "
    "with one spelling for each key, files stay readable and comparable",
)
WHOLE_FILE = rule("whole-file", "a whole file in place of one definition", REFUSED)
DOCUMENT_KEY = rule(
    "document-key",
    "a file with other keys than service, services, check and checks",
    REFUSED,
    stricter="other keys are settings of the agent, which this collection does not manage",
)

TAKEN = "agents take it, and here each key has one spelling"
# Of a key in another case they took a list of mappings for repeated HCL blocks (seen on 1.0.8, 1.4.5 and 1.6.10).
TAKEN_BLOCKS = "agents take it, though it can crash those before Consul 1.7, and here each key has one spelling"
ONE_OF_TWO = "agents take only one of the two spellings"
_NO_KEY = "is no key of a definition file"


def wrong_key(field: Field, place: Place, key: str, beside: Mapping, service: Mapping) -> tuple[Finding, Mapping]:
    """Return the finding for a key that the field does not have, and the keys and values that were meant where that is plain.

    `beside` is the mapping with the key, `service` the whole definition.
    """
    there = (*place, key)
    meant = field.spellings.get(squash(key))
    if meant:
        hint = f"Leave it out, {meant} is there already." if meant in beside else f"Write {meant}."
        twice = sum(field.spellings.get(squash(str(other))) == meant for other in beside) > 1
        agent = _made_of(field.properties[meant], key, twice)
        return KEY_CASE.at(there, f"is spelled {meant} in a file", hint, agent=agent), {meant: beside.get(key)}
    foreign = foreign_word(field, key, beside, service)
    if foreign and foreign.instead.keys() <= field.properties.keys():
        return UNKNOWN_KEY.at(there, _NO_KEY, foreign.hint), foreign.instead
    # What is meant may have no place here either: a sidecar has no id, whatever it is called.
    elsewhere = field.elsewhere.get(squash(next(iter(foreign.instead)) if foreign else key))
    if elsewhere:
        return UNKNOWN_KEY.at(there, _NO_KEY, f"Leave it out: {elsewhere}."), {}
    where = _place_of(field, key, beside)
    if where:
        return UNKNOWN_KEY.at(there, "is no key that Consul knows here", f"It belongs to {where}."), {}
    near = did_you_mean(key, list(field.properties))
    hint = f"Did you mean {near}?" if near else f"Known keys: {', '.join(sorted(field.properties))}."
    finding = UNKNOWN_KEY.at(there, "is no key that Consul knows here", hint)
    # Below a key of the user's own there is no path that all definitions have.
    listable = "*" not in field.path and _PLAIN.match(key)
    fits = {near: beside.get(key)} if near and _has_shape(field.properties[near], beside.get(key)) else {}
    return replace(finding, unchecked=f"{field.path}.{key}".lstrip(".") if listable else ""), fits


def _made_of(field: Field, key: str, twice: bool) -> str:
    """Return what agents make of a field under another key, or of both where it stands there twice.

    Each key of the schema was asked of 1.8.7, 1.12.9, 1.21.4 and 1.22.7.
    """
    alias = field.annotation("x-file-alias")
    api_name = field.annotation("x-api-name") or camel_case(field.name)
    if alias is True and key.lower() == api_name.lower():
        return ONE_OF_TWO if twice else TAKEN
    if key.lower() == field.name and not twice:
        return TAKEN_BLOCKS if any(below.items is not None and below.items.properties for below in walk(field)) else TAKEN
    if isinstance(alias, str) and key.replace("_", "").lower() == api_name.lower():
        # Seen on 1.0.8 and 1.4.5.
        return f"{REFUSED}, except before Consul {alias}"
    return REFUSED


def whole_file(definition: Any) -> Finding | None:
    """Return the finding for a whole file in place of one definition; None where it is none."""
    if not isinstance(definition, dict):
        return None
    for key, value in definition.items():
        name = key.lower() if isinstance(key, str) else ""
        if name == "service" and isinstance(value, dict):
            return WHOLE_FILE.at((key,), "is a key of a whole file", f"Write what stands below {key} in its place, without the key itself.")
        if name == "services" and isinstance(value, list):
            hint = f"Write what stands below {key} in its place, each of the {len(value)} services as an entry of its own."
            return WHOLE_FILE.at((key,), "is a key of a whole file", hint)
    return None


def _place_of(field: Field, key: str, beside: Mapping) -> str:
    """Return where a key belongs that Consul knows at another place: below this one, or in what has it around it."""
    if not field.path and field is not service_field():
        return ""
    known = _places().get(key, ())
    prefix = f"{field.path}." if field.path else ""
    below = [path.removeprefix(prefix) for path in known if path.startswith(prefix)]
    if not prefix and not beside.get("kind"):
        # A proxy block has an effect on proxies and gateways only.
        below = [path for path in below if not path.startswith("proxy.")]
    if below:
        return below[0]
    around = [path for path in known if field.path.startswith(path.rpartition(".")[0])]
    return f"{around[0]} of the service" if around else ""


@cache
def _places() -> dict[str, list[str]]:
    """Return key -> the places that have it, the shortest first, less those that later versions have removed."""
    found: dict[str, list[str]] = {}
    for field in walk(service_field()):
        if field.name and not field.annotation("x-until") and not field.path.startswith("connect.proxy."):
            found.setdefault(field.name, []).append(field.path)
    for paths in found.values():
        paths.sort(key=lambda path: path.count("."))
    return found


def _has_shape(field: Field, value: Any) -> bool:
    """Whether the value could be meant for the field."""
    shapes: dict[str, tuple[type, ...]] = {"object": (dict,), "array": (list, tuple)}
    return isinstance(value, shapes.get(field.type, (str, int, float)))
