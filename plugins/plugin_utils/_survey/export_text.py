# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The YAML of a list for the role: what Ansible reads again is exactly what was there, and no secret stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

import yaml

from .report import one_line

_WIDTH = 120
_TEMPLATE_MARKS = ("{{", "{%", "{#")
_TEXT = "tag:yaml.org,2002:str"
# The other styles write Unicode's line breaks as they are, and PyYAML then reads them as spaces.
_ESCAPED = '"'


class Reference(str):
    """A template that refers to a secret by its name."""

    __slots__ = ()

    def __new__(cls, variable: str, name: str) -> Reference:
        return super().__new__(cls, "{{ %s[%s] }}" % (variable, json.dumps(name, ensure_ascii=False)))


@dataclass(slots=True)
class Exported:
    """What is taken over, with where it comes from; the names of the secrets, and where each is; what is left out, and why."""

    services: list[tuple[str, dict[str, Any]]] = dataclass_field(default_factory=list)
    # Checks outside services.
    checks: list[tuple[str, dict[str, Any]]] = dataclass_field(default_factory=list)
    secrets: dict[str, str] = dataclass_field(default_factory=dict)
    left_out: list[dict[str, str]] = dataclass_field(default_factory=list)
    # Whether some were registered through the HTTP API.
    registered: bool = False


def export_text(path: str, exported: Exported) -> str:
    """Return the file: what it is, what is not in it and why, the lists, and which secrets have to be put into a vault."""
    lines = ["---", *_header(path, exported), *_list("consul_services_definitions", exported.services)]
    if exported.checks:
        lines += ["", *_list("consul_services_checks", exported.checks)]
    if exported.secrets:
        lines += ["", "# Not written here, since they are secret. Put them into a vault, under these names:", "# consul_services_secrets:"]
        lines += [f"#   {json.dumps(one_line(name), ensure_ascii=False)}: from {one_line(at)}" for name, at in exported.secrets.items()]
    return "\n".join(lines) + "\n"


def _list(variable: str, entries: list[tuple[str, dict[str, Any]]]) -> Iterator[str]:
    yield f"{variable}:" if entries else f"{variable}: []"
    origin = None
    for origin_here, definition in entries:
        if origin_here != origin:
            origin = origin_here
            yield f"  # From {one_line(origin)}"
        yield from ("  " + line if line else line for line in _dumped([definition]).splitlines())


def _header(path: str, exported: Exported) -> Iterator[str]:
    yield f"# What was in {one_line(path)}, and on its agent: a list for the role registrar.consul.consul_services."
    yield "# Run the role once with consul_services_adopt: true. It removes the files of which everything is in the list, written alike."
    if exported.registered:
        yield "# With consul_services_take_over: true as well, it takes over those that were registered through the HTTP API."
    for entry in exported.left_out:
        yield f"# Left out: {one_line(entry['what'])}: {one_line(entry['reason'])}."


def _dumped(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=_WIDTH)
    return text


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their keys, as ansible-lint wants it."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    """What looks like a template is none: Ansible must not touch it."""
    if any(mark in text for mark in _TEMPLATE_MARKS):
        return dumper.represent_scalar("!unsafe", text, style=_ESCAPED)
    if not text.isprintable():
        return dumper.represent_scalar(_TEXT, text, style=_ESCAPED)
    return dumper.represent_str(text)


def _represent_reference(dumper: yaml.SafeDumper, reference: Reference) -> yaml.ScalarNode:
    return dumper.represent_scalar(_TEXT, str(reference), style="'" if reference.isprintable() else _ESCAPED)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Reference, _represent_reference)
