# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions as HCL 1, the language that Consul reads: no interpolation, no null, other escapes than JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id
from ansible_collections.registrar.consul.plugins.module_utils._findings import render

from .._findings import Place, dotted
from .._judge.coerce import Coercion
from .._rules.hcl import hcl_findings
from .._schema.tree import Field
from .._schema.unchecked import node_check_tree, service_tree

_INDENT = "  "
# Not in a text as they are: quote and backslash; ${, which asks for a closing brace; control characters; U+E123, which
# the parser reserves; and what a reader of the file would not see.
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\ue123\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\\$(?={)')
_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_DOCUMENT_KEYS = {"service": "services", "services": "services", "check": "checks", "checks": "checks"}
_TREES = {"services": service_tree, "checks": node_check_tree}
# Up to here floating-point numbers hold every whole one.
_EXACT = 2**53


class HclError(ValueError):
    """What cannot be written as HCL, one line for each; never with a value."""


def render_hcl(
    services: Iterable[dict[str, Any]], header: str = "", checks: Iterable[dict[str, Any]] = (), unchecked: tuple[str, ...] = ()
) -> str:
    """Return the text of a file: keys in the order of the schema, services and then checks sorted by id, one final newline.

    The header becomes comment lines. At the paths of `unchecked`, which the schema lacks, anything may stand. Raises HclError where an
    agent would not read what the definitions say.
    """
    entries = [("services", service_tree(unchecked), service) for service in sorted(services, key=service_id)]
    entries += [("checks", node_check_tree(unchecked), check) for check in sorted(checks, key=service_id)]
    problems = [render(finding.as_dict()) for _key, field, entry in entries for finding in hcl_findings(field, entry)]
    if problems:
        raise HclError("\n".join(problems))
    blocks = [_block(key, field, entry, (service_id(entry),), "") for key, field, entry in entries] or [["services = []"]]
    comment = [f"# {line}".rstrip() for line in _comment(header)]
    return "\n\n".join("\n".join(lines) for lines in [comment, *blocks] if lines) + "\n"


def definitions_in(value: Any, unchecked: tuple[str, ...] = ()) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the services and the checks outside services of a definition, a list of them, or the document of a file.

    What templating did to their values is undone. Raises HclError.
    """
    if isinstance(value, dict) and value and value.keys() <= _DOCUMENT_KEYS.keys():
        found: dict[str, list[Any]] = {"services": [], "checks": []}
        for key, below in value.items():
            found[_DOCUMENT_KEYS[key]] += _coerced(_TREES[_DOCUMENT_KEYS[key]](unchecked), below, (key,))
        return found["services"], found["checks"]
    return _coerced(service_tree(unchecked), value, ()), []


def _coerced(field: Field, value: Any, place: Place) -> list[dict[str, Any]]:
    several = isinstance(value, (list, tuple))
    definitions: list[Any] = []
    problems: list[str] = []
    for index, definition in enumerate(value if several else [value]):
        coercion = Coercion()
        definitions.append(coercion.value(field, definition, (*place, index) if several else place))
        problems.extend(render(finding.as_dict()) for finding in coercion.findings)
    if problems:
        raise HclError("\n".join(problems))
    if not all(isinstance(definition, dict) for definition in definitions):
        raise HclError("What is to be rendered must be a definition, or a list of them, or a mapping of services and checks.")
    return definitions


def _comment(header: str) -> list[str]:
    return ["".join(char if char.isprintable() and char != "\ue123" else " " for char in line) for line in header.splitlines()]


def _block(key: str, field: Field, value: Any, place: Place, indent: str) -> list[str]:
    """Return the lines of a block; empty ones stay, since {} has a meaning for some keys."""
    body = list(_body(field, value, place, indent + _INDENT))
    return [f"{indent}{key} {{", *body, f"{indent}}}"] if body else [f"{indent}{key} {{}}"]


def _body(field: Field, value: Any, place: Place, indent: str) -> Iterator[str]:
    if not isinstance(value, dict):
        raise HclError(f"{dotted(place)}: must be a mapping.")
    unknown = [key for key in value if key not in field.properties]
    if unknown:
        raise HclError("\n".join(f"{dotted((*place, str(key)))}: is no key of a definition file." for key in unknown))
    for key, child in field.properties.items():
        if value.get(key) is not None:
            yield from _entry(key, child, value[key], (*place, key), indent)


def _entry(key: str, field: Field, value: Any, place: Place, indent: str) -> Iterator[str]:
    if field.properties:
        yield from _block(key, field, value, place, indent)
    elif field.items is not None and field.items.properties:
        yield from _objects(key, field.items, value, place, indent)
    elif field.values is not None and field.values.properties:
        yield from _named_objects(key, field.values, value, place, indent)
    else:
        yield f"{indent}{key} = {_value(value, indent)}"


def _objects(key: str, field: Field, value: Any, place: Place, indent: str) -> Iterator[str]:
    """Yield a list of objects: repeated blocks are an error for some keys, and a list is right for all."""
    if not isinstance(value, list):
        raise HclError(f"{dotted(place)}: must be a list.")
    if not value:
        yield f"{indent}{key} = []"
        return
    yield f"{indent}{key} = ["
    for index, item in enumerate(value):
        yield f"{indent}{_INDENT}{{"
        yield from _body(field, item, (*place, index), indent + 2 * _INDENT)
        yield f"{indent}{_INDENT}}},"
    yield f"{indent}]"


def _named_objects(key: str, field: Field, value: Any, place: Place, indent: str) -> Iterator[str]:
    if not isinstance(value, dict):
        raise HclError(f"{dotted(place)}: must be a mapping.")
    yield f"{indent}{key} = {{"
    for name in sorted(value):
        yield from _block(f"{_quoted(name)} =", field, value[name], (*place, name), indent + _INDENT)
    yield f"{indent}}}"


def _value(value: Any, indent: str) -> str:
    """Return data of any shape; keys are quoted and sorted."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) <= _EXACT else repr(float(value))
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return _quoted(value)
    inner = indent + _INDENT
    if isinstance(value, dict):
        lines = [f"{inner}{_quoted(key)} = {_value(value[key], inner)}" for key in sorted(value)]
        return "\n".join(["{", *lines, f"{indent}}}"]) if lines else "{}"
    if any(isinstance(item, (dict, list)) and item for item in value):
        lines = [f"{inner}{_value(item, inner)}," for item in value]
        return "\n".join(["[", *lines, f"{indent}]"])
    return "[" + ", ".join(_value(item, indent) for item in value) + "]"


def _quoted(text: str) -> str:
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    return _SHORT_ESCAPES.get(char) or f"\\u{ord(char):04x}"
