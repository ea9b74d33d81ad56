# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the schema with the types of Consul's API client, as `walk/main.go` prints them: ``compare.py types.json``.

It lists what the schema lacks, has otherwise, or has alone, and is not explained in `reasons.yml`; the exit status is 1 then.
What no type says is not seen: rules, versions, editions, and values for which the client has no constants.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

if __name__ == "__main__":
    # As generate.py does: how to import the collection is known to a part of it.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))
    from support.paths import ensure_tree

    sys.path[0] = str(ensure_tree())

from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash
from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST, contains

REASONS = Path(__file__).with_name("reasons.yml")
LACKS, OTHERWISE, ALONE = "lacks", "otherwise", "alone"
# How the client says what the schema says.
_TYPES = {
    "string": ("string",),
    "integer": ("int", "int32", "int64", "uint32", "uint64"),
    "number": ("float32", "float64"),
    "boolean": ("bool",),
}


class Difference(NamedTuple):
    """What differs (one of the three words), at which path of a definition, and how."""

    what: str
    path: str
    words: str = ""

    def __str__(self) -> str:
        return f"the schema {_WORDS[self.what]}: {self.path}{' (' + self.words + ')' if self.words else ''}"


_WORDS = {LACKS: "lacks", OTHERWISE: "has otherwise", ALONE: "has alone"}


@dataclass(frozen=True)
class Reasons:
    """Known differences with the reason for each, and which Consul the lines of the client belong to."""

    consul: dict[str, Version]
    known: dict[tuple[str, str], str]

    def consul_of(self, client: str) -> Version:
        """Return the newest Consul that this client can know, the newest of all for a client that nobody has entered."""
        return self.consul.get(client.rpartition(".")[0], NEWEST)

    def explains(self, difference: Difference) -> bool:
        return any((difference.what, path) in self.known for path in _places_meant(difference.path))


def read_reasons(path: Path = REASONS) -> Reasons:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {(what, where): entry["reason"] for what in _WORDS for entry in content[what] for where in entry["paths"]}
    return Reasons({line: parse_version(version) for line, version in content["consul"].items()}, known)


def differences(client: dict[str, Any], newest: Version) -> list[Difference]:
    """Return how the schema differs from the client's types; what only later versions of Consul have is not missed in them."""
    comparison = _Comparison(client, newest)
    outside = comparison.of_struct(node_check_field(), "AgentCheckRegistration")
    return [
        *comparison.of_struct(service_field(), "AgentServiceRegistration"),
        *(difference._replace(path=f"node_check.{difference.path}") for difference in outside),
    ]


def unexplained(found: Iterable[Difference], reasons: Reasons) -> list[Difference]:
    return [difference for difference in found if not reasons.explains(difference)]


def _places_meant(path: str) -> Iterator[str]:
    """Yield the paths under which a reason for this one may stand: those of everything that has the same type in the schema."""
    for place in sorted({path, path.removeprefix("connect.sidecar_service.")}):
        yield place
        yield place.replace("checks[].", "check.", 1)
        yield place.replace("node_check.", "check.", 1)


class _Comparison:
    def __init__(self, client: dict[str, Any], newest: Version) -> None:
        self._types: dict[str, dict[str, str]] = client["types"]
        self._values: dict[str, list[str]] = client["values"]
        self._newest = newest

    def of_struct(self, field: Field, name: str) -> Iterator[Difference]:
        theirs = self._types[name]
        ours = {child.api_name: child for child in field.properties.values() if child.api_name is not None}
        for key, kind in theirs.items():
            if key in ours:
                yield from self._of_type(ours[key], kind)
            elif squash(key) not in field.elsewhere:
                yield Difference(LACKS, _below(field, key), kind)
        for key, child in ours.items():
            if key not in theirs and not contains(child.missing, self._newest):
                yield Difference(ALONE, child.path)

    def _of_type(self, field: Field, kind: str) -> Iterator[Difference]:
        if kind in self._types and field.type == "object":
            yield from self.of_struct(field, kind)
        elif kind.startswith("[]") and field.items is not None:
            yield from self._of_type(field.items, kind[2:])
        elif kind.startswith("map[string]") and field.type == "object" and not field.properties:
            below = kind[len("map[string]") :]
            if field.values is not None:
                yield from self._of_type(field.values, below)
            elif below != "any":
                yield Difference(OTHERWISE, field.path, kind)
        elif kind in self._values and field.type == "string":
            yield from self._of_values(field, self._values[kind])
        elif kind not in _TYPES.get(field.type, ()):
            yield Difference(OTHERWISE, field.path, f"{field.type} here, {kind} there")

    def _of_values(self, field: Field, theirs: list[str]) -> Iterator[Difference]:
        ours = field.annotation("enum")
        if ours is None:
            return
        since = field.annotation("x-enum-since", {})
        for value in theirs:
            if value and value not in ours:
                yield Difference(LACKS, f"{field.path}={value}")
        for value in ours:
            if value and value not in theirs and parse_version(since.get(value, "1.0.0")) <= self._newest:
                yield Difference(ALONE, f"{field.path}={value}")


def _below(field: Field, key: str) -> str:
    return f"{field.path}.{key}" if field.path else key


def main(path: str) -> int:
    client = json.loads(Path(path).read_text(encoding="utf-8"))
    reasons = read_reasons()
    found = differences(client, reasons.consul_of(client["client"]))
    left = unexplained(found, reasons)
    for difference in left:
        print(difference)
    print(f"client {client['client']}: {len(found)} differences, {len(found) - len(left)} of them with a reason, {len(left)} without")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
