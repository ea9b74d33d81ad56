# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that a user knows of and the schema does not: the tree with fields for them, which take whatever is given.

They are opaque and secret, since nobody here knows what they hold, and spelled by the plain rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash

from .tree import Field, camel_case, field_tree, load_schema, service_field

_STEP = re.compile(r"([^.\[\]\s]+)((?:\[\*?\])?)\Z")
# Where a service's checks are: the keys of those outside a service are the same.
_CHECKS = ("checks[].", "check.")


class PathError(ValueError):
    """The path cannot be one of a new key. The message says why, and what to write instead."""


class Paths(NamedTuple):
    """Paths in the schema's spelling, with `[]` for each item of a list: those that it lacks, and those that it has."""

    new: tuple[str, ...]
    known: tuple[str, ...]


def read_paths(texts: Iterable[str]) -> Paths:
    """Sort paths as users write them, such as `checks[*].new_thing`. Raises PathError."""
    new: dict[str, None] = {}
    known: dict[str, None] = {}
    for text in texts:
        path, is_known = _read(text)
        (known if is_known else new)[path] = None
    return Paths(tuple(new), tuple(known))


def as_written(path: str) -> str:
    """Return a path of the schema as users write it."""
    return path.replace("[]", "[*]")


@cache
def service_tree(unchecked: tuple[str, ...] = ()) -> Field:
    """Return the tree of a service definition in which these new paths may stand."""
    return _extended("service", unchecked) if unchecked else service_field()


@cache
def node_check_tree(unchecked: tuple[str, ...] = ()) -> Field:
    """Return the tree of a check outside a service, which may have what the checks of services may."""
    own = dict.fromkeys(path[len(prefix) :] for path in unchecked for prefix in _CHECKS if path.startswith(prefix))
    return _extended("node_check", own)


def _extended(definition: str, paths: Iterable[str]) -> Field:
    root = field_tree(load_schema(), definition)
    for path in paths:
        holder, _dot, name = path.rpartition(".")
        _add(_at(root, holder), name, path)
    return root


def _at(root: Field, path: str) -> Field:
    field = root
    for name, listed in _steps(path) if path else ():
        field = field.properties[name]
        if listed and field.items is not None:
            field = field.items
    return field


def _add(holder: Field, name: str, path: str) -> None:
    raw = {"type": "object", "x-user-keys": True}
    field = Field(name, path, "object", "", raw, (), api_name=camel_case(name))
    # The story is that it is there at all: the judge remembers where such fields stand.
    field.sensitive = field.user_keys = field.has_story = field.unchecked = True
    holder.properties[name] = field
    holder.spellings[squash(name)] = name


def _read(text: str) -> tuple[str, bool]:
    """Return a path in the schema's spelling, and whether the schema has it. Raises PathError."""
    steps = list(_steps(text))
    field, path = service_field(), ""
    for name, listed in steps[:-1]:
        child = field.properties.get(name)
        if child is None:
            raise PathError(
                f"{text}: {_joined(path, name)} is itself no key that this collection knows. List that one: what is below comes along."
            )
        path = _joined(path, name)
        if (child.items is not None) != listed:
            right = f"{as_written(path)}[*]" if child.items is not None else as_written(path)
            raise PathError(f"{text}: is not how a path goes through {as_written(path)}. Write {right}.")
        field = child.items if child.items is not None else child
        path += "[]" if listed else ""
        if not field.properties:
            raise PathError(
                f"{text}: below {as_written(path)} there are no keys that this collection would have to know. Leave the path out."
            )
    name, listed = steps[-1]
    if listed:
        raise PathError(f"{text}: ends with the items of a list. Write it without the brackets: the whole value comes along.")
    if name in field.properties:
        return _joined(path, name), True
    _demand_new(text, field, name)
    return _joined(path, name), False


def _demand_new(text: str, field: Field, name: str) -> None:
    """Raise PathError for what is known under another name, or known to be no key at all."""
    meant = field.spellings.get(squash(name))
    if meant:
        raise PathError(f"{text}: {name} is another spelling of {meant}, which is known and checked. Write {meant} in the definition.")
    elsewhere = field.elsewhere.get(squash(name))
    if elsewhere:
        raise PathError(f"{text}: {name} is known to be no key of a definition file: {elsewhere}. Leave it out.")


def _steps(text: str) -> Iterator[tuple[str, bool]]:
    """Yield name, and whether the items of a list are meant, for each step of a path. Raises PathError."""
    for step in text.split("."):
        match = _STEP.match(step)
        if not match:
            raise PathError(f"{text}: is no path such as proxy.new_thing or checks[*].new_thing.")
        yield match.group(1), bool(match.group(2))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
