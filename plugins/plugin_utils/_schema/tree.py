# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The annotated JSON Schema as a tree of fields, and the views derived from it.

The schema file is the single source of truth; nothing else in the collection lists fields.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash
from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version

from .versions import ALWAYS, Span, available_spans, contains, intersect, outside

SCHEMA_PATH = os.path.join(os.path.dirname(__file__), "service_definition.schema.json")


@dataclass(slots=True, eq=False)
class Field:
    """One place of a definition: its JSON type, its story, and the fields below it."""

    name: str
    path: str
    type: str
    description: str
    raw: dict[str, Any]
    missing: tuple[Span, ...]
    required: tuple[str, ...] = ()
    properties: dict[str, Field] = dataclass_field(default_factory=dict)
    items: Field | None = None
    values: Field | None = None
    api_name: str | None = None
    sensitive: bool = False
    user_keys: bool = False
    exact: bool = False
    edition: str | None = None
    has_story: bool = False
    # A key that only the user knows: see unchecked.py.
    unchecked: bool = False
    # Whether braces in it may be meant as they are.
    braces: bool = False
    # Squashed spelling (lower case, no underscores) of each property, here and in the HTTP API -> property name.
    spellings: dict[str, str] = dataclass_field(default_factory=dict)
    # Squashed spelling of keys that are no properties, though people or agents write them here -> why they are none.
    elsewhere: dict[str, str] = dataclass_field(default_factory=dict)

    def annotation(self, keyword: str, default: Any = None) -> Any:
        return self.raw.get(keyword, default)

    @property
    def opaque(self) -> bool:
        """Whether everything below is the user's data of any shape."""
        return self.type == "object" and self.user_keys and self.values is None

    @property
    def first_version(self) -> str | None:
        since = self.raw.get("x-since")
        return since[0] if isinstance(since, list) else since

    def __repr__(self) -> str:
        return f"Field({self.path or 'service'})"


def camel_case(key: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in key.split("_"))


def load_schema(path: str = SCHEMA_PATH) -> dict[str, Any]:
    with open(path, encoding="utf-8") as stream:
        schema: dict[str, Any] = json.load(stream)
    return schema


@cache
def service_field() -> Field:
    """Return the tree of a service definition."""
    return field_tree(load_schema(), "service")


@cache
def node_check_field() -> Field:
    """Return the tree of a check that stands outside a service."""
    return field_tree(load_schema(), "node_check")


def field_tree(schema: dict[str, Any], definition: str) -> Field:
    return _build(schema["$defs"], "", "", {"$ref": f"#/$defs/{definition}"}, (), frozenset())


def _build(
    definitions: dict[str, Any],
    name: str,
    path: str,
    raw: dict[str, Any],
    parent_missing: tuple[Span, ...],
    without: frozenset[str],
    sensitive: bool = False,
    braces: bool = False,
) -> Field:
    raw = _resolve(definitions, raw)
    sensitive = sensitive or bool(raw.get("x-sensitive"))
    braces = braces or bool(raw.get("x-braces"))
    without = without | frozenset(raw.get("x-without", ()))
    available = available_spans(raw.get("x-since"), raw.get("x-until"))
    missing = intersect(outside(available), outside(parent_missing) if parent_missing else ALWAYS)
    all_missing = tuple(sorted({*missing, *parent_missing}, key=lambda span: span[0] or (0, 0, 0)))
    result = Field(
        name=name,
        path=path,
        type=raw["type"],
        description=raw.get("description", ""),
        raw=raw,
        missing=missing,
        required=tuple(raw.get("required", ())),
        api_name=raw.get("x-api-name", camel_case(name) if name else None),
        sensitive=sensitive,
        braces=braces,
        user_keys=bool(raw.get("x-user-keys")),
        exact=bool(raw.get("x-exact")),
        edition=raw.get("x-edition"),
        elsewhere={squash(key): why for key, why in raw.get("x-elsewhere", {}).items()},
    )
    result.has_story = bool(missing or result.edition or raw.keys() & {"x-no-effect", "x-deprecated", "x-enum-since"})
    child_missing = _normalise(all_missing)
    for key, child in raw.get("properties", {}).items():
        if key in without:
            continue
        effective = {k: v for k, v in child.items() if k != "x-no-effect"} if key in raw.get("x-effective", ()) else child
        below = frozenset(entry.split(".", 1)[1] for entry in without if entry.startswith(f"{key}."))
        there = f"{path}.{key}" if path else key
        result.properties[key] = _build(definitions, key, there, effective, child_missing, below, sensitive, braces)
        for spelling in (key, child.get("x-api-name") or key, child.get("x-read-name", key)):
            result.spellings.setdefault(squash(spelling), key)
    for key, api_name in raw.get("x-api-names", {}).items():
        result.properties[key].api_name = api_name
    if "items" in raw:
        result.items = _build(definitions, "", f"{path}[]", raw["items"], child_missing, frozenset(), sensitive, braces)
    if isinstance(raw.get("additionalProperties"), dict):
        values = raw["additionalProperties"]
        result.values = _build(definitions, "", f"{path}.*", values, child_missing, frozenset(), sensitive, braces)
    return result


def _resolve(definitions: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    """Return the node with its references written out; the node's own keywords win."""
    while "$ref" in raw:
        target = definitions[raw["$ref"].rsplit("/", 1)[1]]
        raw = {**target, **{key: value for key, value in raw.items() if key != "$ref"}}
    return raw


def _normalise(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Merge sorted spans that touch or overlap."""
    merged: list[Span] = []
    for low, high in spans:
        if merged and (merged[-1][1] is None or (low is not None and low <= merged[-1][1]) or low is None):
            last_low, last_high = merged[-1]
            merged[-1] = (last_low, None if high is None or last_high is None else max(high, last_high))
        else:
            merged.append((low, high))
    return tuple(merged)


def walk(root: Field) -> list[Field]:
    """Return the field and all fields below it, in the order of the schema."""
    below = [*root.properties.values(), *(child for child in (root.items, root.values) if child)]
    return [root, *(entry for child in below for entry in walk(child))]


def json_schema(root: Field, version: Version | None = None, edition: str | None = None, *, annotated: bool = False) -> dict[str, Any]:
    """Return plain JSON Schema of the tree with all references written out.

    With a version (and edition) only what that agent knows is in it; without, every field of every version.
    `annotated` keeps descriptions, defaults and examples; x- keywords never remain.
    """
    if root.unchecked:
        return {}
    kept = {key: value for key, value in root.raw.items() if _plain_keyword(key, annotated)}
    if version is not None:
        _apply_enum_since(root, version, kept)
    if root.properties:
        known = {key: child for key, child in root.properties.items() if _is_known(child, version, edition)}
        kept["properties"] = {key: json_schema(child, version, edition, annotated=annotated) for key, child in known.items()}
    if root.items is not None:
        kept["items"] = json_schema(root.items, version, edition, annotated=annotated)
    if root.values is not None:
        kept["additionalProperties"] = json_schema(root.values, version, edition, annotated=annotated)
    return kept


def _plain_keyword(key: str, annotated: bool) -> bool:
    if key in ("properties", "items", "$ref", "title", "$schema", "$id", "$defs") or key.startswith("x-"):
        return False
    return annotated or key not in ("description", "default", "examples")


def _is_known(child: Field, version: Version | None, edition: str | None) -> bool:
    if version is not None and contains(child.missing, version):
        return False
    return not (edition == "community" and child.edition == "enterprise")


def _apply_enum_since(node: Field, version: Version, kept: dict[str, Any]) -> None:
    since = node.annotation("x-enum-since", {})
    if since:
        kept["enum"] = [value for value in kept["enum"] if value not in since or parse_version(since[value]) <= version]
