# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What judging one definition costs, beside plain `jsonschema` on the same schema without annotations, in one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from jsonschema import Draft202012Validator

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, json_schema, service_field
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST, contains

Json = dict[str, Any]

TYPICAL: Json = {
    "id": "web-1",
    "name": "web",
    "tags": ["v2", "primary"],
    "address": "10.0.0.5",
    "port": 8080,
    "meta": {"version": "2.4", "team": "a"},
    "weights": {"passing": 5, "warning": 1},
    "tagged_addresses": {"wan": {"address": "198.51.100.7", "port": 80}},
    "enable_tag_override": False,
    "token": "6d3b9a2e-0000-4000-8000-000000000000",
    "connect": {"sidecar_service": {}},
    "checks": [
        {"http": "http://127.0.0.1:8080/health", "interval": "10s", "timeout": "2s"},
        {"id": "web-1-ttl", "name": "heartbeat", "ttl": "30s"},
    ],
}


@dataclass(frozen=True)
class Cost:
    """Medians in milliseconds for one definition."""

    name: str
    fields: int
    ours: float
    plain: float
    # What the project allows itself.
    limit: float


def costs(repetitions: int = 300) -> list[Cost]:
    """Measure the typical definition and the one with all fields, ours and plain jsonschema by turns."""
    plain = Draft202012Validator(json_schema(service_field()))
    measured = (("typical", TYPICAL, 0.5), ("all fields", all_fields(), 3.0))
    return [_cost(name, definition, limit, plain, repetitions) for name, definition, limit in measured]


def _cost(name: str, definition: Json, limit: float, plain: Any, repetitions: int) -> Cost:
    errors = [finding for finding in judge_services([definition])[0].findings if finding.severity == "error" and _is_certain(finding)]
    if errors:
        raise AssertionError(f"{name} is to be measured as a valid definition: {errors}")
    ours, theirs = _alternating(lambda: judge_services([definition]), lambda: plain.is_valid(definition), repetitions)
    return Cost(name, _count(definition), ours * 1000, theirs * 1000, limit)


def _is_certain(finding: Any) -> bool:
    return contains(finding.spans, NEWEST)


def _alternating(one: Callable[[], Any], other: Callable[[], Any], repetitions: int) -> tuple[float, float]:
    """Return the medians of both in seconds."""
    times: tuple[list[float], list[float]] = ([], [])
    gc.collect()
    gc.disable()
    try:
        for _repetition in range(repetitions + 1):
            for taken, function in zip(times, (one, other), strict=True):
                start = time.perf_counter()
                function()
                taken.append(time.perf_counter() - start)
    finally:
        gc.enable()
    # The first of each fills caches.
    return median(times[0][1:]), median(times[1][1:])


def all_fields() -> Json:
    """A definition with every field that Consul's newest version knows and that can stand together, from the examples of the schema."""
    service = service_field()
    everything = _filled(service, leave_out={"kind", "ports", "socket_path", "connect", "checks"})
    check = service.properties["check"]
    types = [name for name, field in check.properties.items() if field.annotation("x-check-type") and _is_known(field)]
    proxy = everything["proxy"]
    for upstream in proxy["upstreams"]:
        for name in ("local_bind_socket_path", "destination_peer"):
            del upstream[name]
    everything.update(kind="connect-proxy", checks=[_check(check, name, types) for name in types])
    del everything["check"]
    return everything


def _check(field: Field, kind: str, types: list[str]) -> Json:
    how = field.properties[kind].annotation("x-check-type")
    check = _filled(field, leave_out={*types, "id", "interval"} - {kind})
    return {**check, "interval": "10s"} if how == "interval" else check


def _filled(field: Field, leave_out: set[str]) -> Json:
    known = {name: child for name, child in field.properties.items() if name not in leave_out and _is_known(child)}
    return {name: _value(child) for name, child in known.items()}


def _value(field: Field) -> Any:
    if field.properties:
        return _filled(field, set())
    if field.items is not None and field.items.properties:
        return [_filled(field.items, set())]
    if field.values is not None and field.values.properties:
        return {"wan": _filled(field.values, set())}
    return field.annotation("examples")[0]


def _is_known(field: Field) -> bool:
    return not contains(field.missing, NEWEST) and field.edition is None


def _count(value: Any) -> int:
    if isinstance(value, dict):
        return sum(1 + _count(item) for item in value.values())
    return sum(_count(item) for item in value) if isinstance(value, list) else 0


if __name__ == "__main__":
    for cost in costs():
        print(f"{cost.name}, {cost.fields} fields: {cost.ours:.3f} ms of {cost.limit} ms; plain jsonschema {cost.plain:.3f} ms")
