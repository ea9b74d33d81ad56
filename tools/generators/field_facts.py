# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few facts of the schema that the target side needs, as tables of plain Python."""

from __future__ import annotations

import textwrap

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field
from ansible_collections.registrar.consul.tools.generators.common import PYTHON_HEADER, all_fields, argument_of, names_of

PATH = "plugins/module_utils/_definition/fields.py"
_LONGEST = 140

_TEMPLATE = '''\
{header}"""Facts about the fields of a service definition, for the target side."""

from __future__ import annotations

from typing import Any


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names of fields whose values, or the values below them, are masked wherever they could be seen.
{sensitive}

# Names of fields whose children have the user's own keys.
{user_keys}

# Names of fields that hold a duration.
{durations}

# Names of fields that hold several mappings: a single one stands for a list of one in HCL.
{lists}

# The HTTP API's spellings that agents read in files, too, in lower case, and the field that they mean.
OLD_SPELLINGS = {{
{old_spellings}
}}

# Names of all fields. What stands under another name, nobody knows whether it is secret.
{names}

# The fields of a service as options of a module.
SERVICE_ARGUMENT_SPEC: dict[str, dict[str, Any]] = {{
{arguments}
}}
'''


def outputs() -> dict[str, str]:
    fields = all_fields()
    aliased = {field.api_name.lower(): field.name for field in fields if field.annotation("x-file-alias") is True and field.api_name}
    arguments = {name: argument_of(field) for name, field in service_field().properties.items()}
    text = _TEMPLATE.format(
        header=PYTHON_HEADER,
        sensitive=_assigned("SENSITIVE_FIELDS", names_of(field for field in fields if field.sensitive)),
        user_keys=_assigned("USER_KEY_FIELDS", names_of(field for field in fields if field.user_keys)),
        durations=_assigned("DURATION_FIELDS", names_of(field for field in fields if field.annotation("x-rule") == "duration")),
        lists=_assigned("LIST_FIELDS", names_of(field for field in fields if field.items is not None and field.items.type == "object")),
        old_spellings="\n".join(f'    "{alias}": "{name}",' for alias, name in sorted(aliased.items())),
        names=_assigned("FIELD_NAMES", names_of(fields)),
        arguments="\n".join(f'    "{name}": {_literal(spec)},' for name, spec in arguments.items()),
    )
    return {PATH: text}


def _assigned(variable: str, names: list[str]) -> str:
    """As one text: the file goes to every target, and nobody reads a line for each name."""
    text = " ".join(names)
    line = f'{variable} = _names("{text}")'
    if len(line) <= _LONGEST:
        return line
    pieces = [f'    "{piece} "' for piece in textwrap.wrap(text, _LONGEST - 8)]
    return "\n".join([f"{variable} = _names(", *pieces, ")"])


def _literal(spec: dict[str, str | bool]) -> str:
    return "{" + ", ".join(f'"{key}": {_value(value)}' for key, value in spec.items()) + "}"


def _value(value: str | bool) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
