# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what stands in a file to the definitions that an agent reads there, with the documented spelling of every key.

Agents match single words whatever their case, know a few old spellings, and take the item out of a list of one mapping; in HCL a
block that is not repeated is a list of one. All else stays as it is, for the judge to look at. Seen on 1.0.8 to 1.10.12.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import OLD_SPELLINGS
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import DEFINITION_KEYS

from .._findings import Finding, Place
from .._judge.definitions import label_of
from .._rules.directory import OLD_SPELLING
from .._rules.types import TYPE, kind_of
from .._schema.tree import Field, node_check_field, service_field


@dataclass(slots=True)
class Entry:
    """One service, or one check outside a service, of a file: as messages call it, and as the agent reads it."""

    file: str
    kind: str
    label: str
    definition: Any
    findings: list[Finding] = dataclass_field(default_factory=list)


def entries_of(file: str, document: dict[str, Any], hcl: bool) -> tuple[list[Entry], list[Finding]]:
    """Return the services and checks of a file in the agent's order, and what is wrong with the keys they stand below."""
    entries: list[Entry] = []
    findings: list[Finding] = []
    top = {key.lower(): (key, value) for key, value in document.items() if key.lower() in DEFINITION_KEYS}
    for kind, root in (("service", service_field()), ("check", node_check_field())):
        for key in (f"{kind}s", kind):
            if key not in top:
                continue
            written, value = top[key]
            findings.extend(found.labelled(file) for found in _shape_findings(key, written, value, hcl))
            values = value if isinstance(value, list) else [] if value is None else [value]
            entries.extend(_entry(file, key, index, root, item, hcl) for index, item in enumerate(values))
    return entries, findings


def _shape_findings(key: str, written: str, value: Any, hcl: bool) -> Iterator[Finding]:
    if written != key:
        yield OLD_SPELLING.at((written,), f"is another spelling of {key}", f"Write {key}.")
    if key.endswith("s"):
        if value is not None and not isinstance(value, list) and not (hcl and isinstance(value, dict)):
            yield TYPE.at((written,), f"must be a list, not {kind_of(value)}", "Write a list, one entry for each.")
    elif isinstance(value, list) and len(value) != 1:
        yield TYPE.at((written,), "must stand once", f"Write {key}s for several.")


def _entry(file: str, key: str, index: int, root: Field, value: Any, hcl: bool) -> Entry:
    reader = _Reader(hcl)
    definition = reader.value(root, value, ())
    if key == "services":
        place = label_of(index, definition)
    elif key == "service":
        place = label_of(0, definition).replace("services[0]", "service", 1)
    else:
        place = f"checks[{index}]" if key == "checks" else "check"
    label = f"{file} → {place}"
    return Entry(file, key.rstrip("s"), label, definition, [found.labelled(label) for found in reader.findings])


class _Reader:
    """One walk over one definition."""

    def __init__(self, hcl: bool) -> None:
        self._hcl = hcl
        self.findings: list[Finding] = []

    def value(self, field: Field, value: Any, place: Place) -> Any:
        if field.type == "array":
            return self._list(field, value, place)
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            value = value[0]
        if not isinstance(value, dict) or field.opaque:
            return value
        if field.values is not None:
            below = field.values
            return {key: self.value(below, item, (*place, key)) for key, item in value.items()}
        return {self._name(field, key, value, place): self._child(field, key, item, place) for key, item in value.items()}

    def _list(self, field: Field, value: Any, place: Place) -> Any:
        below = field.items
        if below is not None and below.type == "object" and self._hcl and isinstance(value, dict):
            value = [value]
        if below is None or not isinstance(value, list):
            return value
        return [self.value(below, item, (*place, index)) for index, item in enumerate(value)]

    def _child(self, field: Field, key: str, item: Any, place: Place) -> Any:
        child = field.properties.get(_spelled(field, key))
        return item if child is None else self.value(child, item, (*place, key))

    def _name(self, field: Field, key: str, beside: dict[str, Any], place: Place) -> str:
        name = _spelled(field, key)
        if name == key or name in beside:
            return key
        self.findings.append(OLD_SPELLING.at((*place, key), f"is another spelling of {name}", f"Write {name}."))
        return name


def _spelled(field: Field, key: str) -> str:
    """Return the name of the field that an agent takes the key for, the key itself where it takes it for none."""
    if key in field.properties:
        return key
    name = OLD_SPELLINGS.get(key.lower(), key.lower())
    return name if name in field.properties else key
