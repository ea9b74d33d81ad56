# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of all fields."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field
from ansible_collections.registrar.consul.tools.generators.common import MARKDOWN_HEADER

PATH = "docs/reference/fields.md"

_PAGE = """\
{header}
# Fields

Every key of a service definition, as Consul 1.0 to 2.1 take it in files, in YAML as you write it for this collection.
*HTTP API* is the spelling there; a dash means that the API does not have it. Versions are the first that take the key, and the first
that refuse it. What depends on several keys together is in the [rules](rules.md).

{sections}"""

_HEAD = """\
| key | type | Consul | HTTP API | default | meaning | example |
| --- | --- | --- | --- | --- | --- | --- |
"""

_TYPES = {
    "object": "mapping",
    "array": "list",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


def outputs() -> dict[str, str]:
    return {PATH: _PAGE.format(header=MARKDOWN_HEADER, sections="\n".join(_sections()))}


def _sections() -> Iterator[str]:
    service, check = service_field(), node_check_field()
    written: set[tuple[str, ...]] = set()
    yield from _section_of(service, "A service", written)
    yield from _section_of(check, "A check outside a service", written)


def _section_of(field: Field, title: str, written: set[tuple[str, ...]]) -> Iterator[str]:
    """Yield the section of an object and of the objects below it; those with the same keys are written once."""
    keys = tuple(field.properties)
    if keys in written:
        return
    written.add(keys)
    if field.path == "connect.sidecar_service":
        yield f"## {title}\n\n{field.description} Keys are those of a service, without `id`; `name` is not required.\n"
        return
    yield f"## {title}\n\n{field.description}\n\n{_HEAD}{''.join(_row(child, field) for child in field.properties.values())}"
    for child in field.properties.values():
        inner = child.items or child.values or child
        if inner.properties:
            yield from _section_of(inner, f"`{inner.path.replace('.*', '.<name>')}`", written)


def _row(field: Field, parent: Field) -> str:
    cells = [
        f"`{field.name}`" + (" (required)" if field.name in parent.required else ""),
        _type(field),
        _versions(field),
        f"`{field.api_name}`" if field.api_name else "-",
        _default(field),
        " ".join(_sentences(field)),
        f"`{_example(field)}`",
    ]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _type(field: Field) -> str:
    if field.annotation("x-rule") == "duration":
        return "duration"
    if field.items is not None:
        return f"list of {_plural(field.items)}"
    if field.values is not None:
        return f"mapping of names to {_plural(field.values)}"
    return _TYPES[field.type]


def _plural(field: Field) -> str:
    return {"object": "mappings", "array": "lists of texts", "string": "texts"}[field.type]


def _versions(field: Field) -> str:
    since = field.annotation("x-since")
    first = ", ".join(since) if isinstance(since, list) else since
    until = field.annotation("x-until")
    words = [f"since {first}" if first else "", f"until {until}" if until else "", "Enterprise" if field.edition else ""]
    return ", ".join(word for word in words if word) or "all"


def _default(field: Field) -> str:
    if field.annotation("x-default-text"):
        return str(field.annotation("x-default-text"))
    default = field.annotation("default")
    return "" if default in (None, "") else f"`{json.dumps(default)}`"


def _sentences(field: Field) -> Iterator[str]:
    yield field.description
    if field.annotation("enum"):
        since = field.annotation("x-enum-since", {})
        named = [f"`{value}`" + (f" (since {since[value]})" if value in since else "") for value in field.annotation("enum") if value]
        yield f"One of {', '.join(named)}."
    low, high = field.annotation("minimum"), field.annotation("maximum")
    if low is not None and high is not None:
        yield f"From {low} to {high}."
    if field.annotation("x-only-with"):
        named = [f"`{name}`" for name in field.annotation("x-only-with")]
        yield f"Has an effect with {', '.join(named)} only."
    if field.annotation("x-no-effect"):
        yield f"Has no effect: {field.annotation('x-no-effect')}."
    if field.annotation("x-replaced-by"):
        yield f"Replaced by `{field.annotation('x-replaced-by')}`."
    if field.annotation("x-note"):
        yield field.annotation("x-note")
    if field.user_keys:
        yield "Keys are yours and stay as they are."
    if field.sensitive:
        yield "Masked wherever it could be seen."


def _example(field: Field) -> str:
    example = field.annotation("examples")[0]
    return f"{field.name}: {example if isinstance(example, str) else json.dumps(example)}"
