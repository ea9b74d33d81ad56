# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few facts of the schema that the target side needs, as tables of plain Python."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.tools.generators.common import PYTHON_HEADER, all_fields, argument_of

PATH = "plugins/module_utils/_definition/fields.py"

_TEMPLATE = '''\
{header}"""Facts about the fields of a service definition, for the target side."""

from __future__ import annotations

from typing import Any

{sets}
# The fields of a service as options of a module.
SERVICE_ARGUMENT_SPEC: dict[str, dict[str, Any]] = {{
{arguments}
}}
'''
_SET = """\
# Names of {what}
{name} = frozenset(
    {{
{names}
    }}
)
"""
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
    arguments = {name: argument_of(field) for name, field in service_field().properties.items()}
    text = _TEMPLATE.format(
        header=PYTHON_HEADER,
        sets="\n".join(_SET.format(name=name, what=what, names=_names(belongs)) for name, belongs, what in _SETS),
        arguments="\n".join(f'    "{name}": {spec},'.replace("'", '"') for name, spec in arguments.items()),
    )
    return {PATH: text}


def _names(belongs: Callable[[Field], object]) -> str:
    names = {field.name for field in all_fields() if field.name and belongs(field)}
    return "\n".join(f'        "{name}",' for name in sorted(names))
