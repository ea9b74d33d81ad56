# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few facts of the schema that the target side needs, as tables of plain Python."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.tools.generators.common import PYTHON_HEADER, all_fields, argument_of

PATH = "plugins/module_utils/_definition/fields.py"
_LONGEST = 140

_TEMPLATE = '''\
{header}"""Facts about the fields of a service definition, for the target side."""

from __future__ import annotations

from typing import Any


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


{sets}

# The HTTP API's spellings that agents read in files, too, in lower case, and the field that they mean.
OLD_SPELLINGS = {{
{old_spellings}
}}

# The fields of a service as options of a module.
SERVICE_ARGUMENT_SPEC: dict[str, dict[str, Any]] = {{
{arguments}
}}
'''
_SETS: tuple[tuple[str, Callable[[Field], object], str], ...] = (
    (
        "SENSITIVE_FIELDS",
        lambda field: field.sensitive,
        "fields whose values, or the values below them, are masked wherever they could be seen.",
    ),
    ("USER_KEY_FIELDS", lambda field: field.user_keys, "fields whose children have the user's own keys."),
    ("DURATION_FIELDS", lambda field: field.annotation("x-rule") == "duration", "fields that hold a duration."),
    (
        "LIST_FIELDS",
        lambda field: field.items is not None and field.items.type == "object",
        "fields that hold several mappings: a single one stands for a list of one in HCL.",
    ),
    ("FIELD_NAMES", lambda field: True, "all fields. What stands under another name, nobody knows whether it is secret."),
)


def outputs() -> dict[str, str]:
    fields = all_fields()
    aliased = {field.api_name.lower(): field.name for field in fields if field.annotation("x-file-alias") is True and field.api_name}
    arguments = {name: argument_of(field) for name, field in service_field().properties.items()}
    text = _TEMPLATE.format(
        header=PYTHON_HEADER,
        sets="\n\n".join(f"# Names of {what}\n{_assigned(name, belongs)}" for name, belongs, what in _SETS),
        old_spellings="\n".join(f'    "{alias}": "{name}",' for alias, name in sorted(aliased.items())),
        arguments="\n".join(f'    "{name}": {spec},'.replace("'", '"') for name, spec in arguments.items()),
    )
    return {PATH: text}


def _assigned(variable: str, belongs: Callable[[Field], object]) -> str:
    """As one text: the file goes to every target, and nobody reads a line for each name."""
    text = " ".join(sorted({field.name for field in all_fields() if field.name and belongs(field)}))
    line = f'{variable} = _names("{text}")'
    if len(line) <= _LONGEST:
        return line
    pieces = [f'    "{piece} "' for piece in textwrap.wrap(text, _LONGEST - 8)]
    return "\n".join([f"{variable} = _names(", *pieces, ")"])
