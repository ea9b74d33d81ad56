# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What generated files have in common."""

from __future__ import annotations

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field, walk

PYTHON_HEADER = """\
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Generated from the schema: do not edit, run make generate.
"""
MARKDOWN_HEADER = """\
<!--
Copyright (c) 2026, The registrar.consul authors
SPDX-License-Identifier: GPL-3.0-or-later
Generated from the schema: do not edit, run make generate.
-->
"""
# The types of Ansible's argument specs.
ANSIBLE_TYPES = {"object": "dict", "array": "list", "integer": "int", "number": "float", "boolean": "bool", "string": "str"}


def argument_of(field: Field) -> dict[str, str | bool]:
    """Return the argument spec of a field; what is below it stays free-form, since the judge looks at it."""
    spec: dict[str, str | bool] = {"type": ANSIBLE_TYPES[field.type]}
    if field.items is not None:
        spec["elements"] = ANSIBLE_TYPES[field.items.type]
    if field.sensitive:
        spec["no_log"] = True
    return spec


def all_fields() -> list[Field]:
    return [*walk(service_field()), *walk(node_check_field())]
