# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of a service's fields as options of a module."""

from __future__ import annotations

import textwrap

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.tools.generators.common import PYTHON_HEADER, argument_of

PATH = "plugins/doc_fragments/_service_fields.py"

_TEMPLATE = '''\
{header}"""Documentation of the options that are fields of a service."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
{options}
"""
'''


def outputs() -> dict[str, str]:
    options = "\n".join(line for field in service_field().properties.values() for line in _option(field))
    return {PATH: _TEMPLATE.format(header=PYTHON_HEADER, options=options)}


def _option(field: Field) -> list[str]:
    spec = argument_of(field)
    return [
        f"  {field.name}:",
        "    description:",
        *(line for sentence in _sentences(field) for line in _item(sentence)),
        f"    type: {spec['type']}",
        *([f"    elements: {spec['elements']}"] if "elements" in spec else []),
    ]


def _sentences(field: Field) -> list[str]:
    sentences = [field.description]
    inner = field.items or field.values or field
    if inner.properties:
        keys = [name for name, child in inner.properties.items() if not child.annotation("x-until")]
        sentences.append(f"{'Its keys are' if inner is field else 'Each has the keys'} {_listed(keys)}.")
    if field.annotation("enum"):
        sentences.append(f"One of {_listed([value for value in field.annotation('enum') if value])}.")
    if field.annotation("x-default-text"):
        sentences.append(f"Without it, {field.annotation('x-default-text')}.")
    if field.first_version:
        sentences.append(f"Since Consul {field.first_version}{_end(field)}.")
    if field.edition == "enterprise":
        sentences.append("In Consul Enterprise only.")
    return sentences


def _end(field: Field) -> str:
    until = field.annotation("x-until")
    if not until:
        return ""
    return f" and before {until}; later write C({field.annotation('x-replaced-by')})"


def _listed(names: list[str]) -> str:
    return ", ".join(f"V({name})" for name in names)


def _item(sentence: str) -> list[str]:
    """Return a sentence as one item of a list in YAML."""
    quoted = "'{}'".format(sentence.replace("'", "''")) if ": " in sentence else sentence
    return textwrap.wrap(quoted, 120, initial_indent="      - ", subsequent_indent="        ", break_on_hyphens=False)
