# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One definition for each field of the schema, with that field and what an agent wants beside it: a new field is in them.

Texts are hostile wherever any text will do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope

HOSTILE = "say \"hi\" \\ ${x} $${y} ${ %s %{z} {{ j }} 'x' # // /* <<EOF \n\t\r über 日本 🦊 \u2028 \ufeff"
# What has to stand beside a field for the agent to look at it.
_BESIDE: dict[str, dict[str, Any]] = {
    "proxy": {"kind": "connect-proxy", "port": 1},
    "kind": {"port": 1, "proxy": {"destination_service_name": "web"}},
    "connect": {"port": 1},
    "zone": {"region": "eu"},
    "failures_before_warning": {"failures_before_critical": 8},
    "role": {"inference_model": {"protocol": "openai"}},
    "inference_model": {"role": "inference-model"},
    "mcp_server": {"role": "mcp-server"},
    "agent": {"role": "ai-agent"},
}
# What an object needs whichever of its fields it has.
_BASES: dict[str, dict[str, Any]] = {
    "proxy": {"destination_service_name": "web"},
    "upstreams": {"destination_name": "db", "local_bind_port": 5000},
    "paths": {"path": "/h", "listener_port": 21500},
    "ports": {"name": "http", "port": 80, "default": True},
    "local_service_ports": {"name": "http", "port": 80, "default": True},
    "inference_model": {"protocol": "openai"},
    "mcp_server": {"transport": "sse", "protocol_version": "2025-03-26"},
}
# Agents from 1.8 to 1.19.1 end with a panic while the catalog does not know the node, even their own one at their start.
_MEANINGFUL: dict[str, Any] = {"listener_port": 21501, "alias_node": "test", "sidecar_service": {}, "args": ["/bin/true", HOSTILE]}


def one_for_each_field(scope: Scope) -> dict[str, dict[str, Any]]:
    """Return a service for each path of a field that these agents know, by that path. Its id is its number."""
    found = dict(_definitions(service_field(), scope))
    return {path: {"name": "web", **definition, "id": f"s{number}"} for number, (path, definition) in enumerate(found.items())}


def _definitions(field: Field, scope: Scope) -> Iterator[tuple[str, Any]]:
    """Yield the path of each field below, itself included, and a value of this field that has it."""
    if field.name in _MEANINGFUL and not field.properties:
        yield field.path, _MEANINGFUL[field.name]
    elif field.properties:
        for key, child in field.properties.items():
            # A sidecar cannot be native, has nothing else to connect, and has one port.
            if scope.knows(child) and not (field.name == "sidecar_service" and key in ("connect", "ports")):
                for path, value in _definitions(child, scope):
                    yield path, {**_around(field, child), key: value}
    elif field.items is not None:
        yield from ((path, [value]) for path, value in _definitions(field.items, scope))
    elif field.values is not None:
        yield from ((path, {_key(field): value}) for path, value in _definitions(field.values, scope))
    else:
        yield field.path, _value(field, scope)


def _around(field: Field, child: Field) -> dict[str, Any]:
    place = field.path.rpartition(".")[2].partition("[")[0]
    if place in ("check", "checks"):
        return _check_around(field, child)
    if place == "sidecar_service" or "connect.proxy" in (field.path, child.path):
        # What agents before 1.6 managed needs nothing.
        return {}
    if child.name.startswith("local_bind_socket"):
        return {"destination_name": "db", "local_bind_socket_path": "/run/db.sock"}
    return {**_BASES.get(place, {}), **_BESIDE.get(child.name, {})}


def _check_around(check: Field, child: Field) -> dict[str, Any]:
    """Return the rest of a check with this field."""
    kind = child.annotation("x-check-type")
    if kind:
        return {"interval": "1h0m0s"} if kind == "interval" else {}
    needed = next((name for name in child.annotation("x-only-with", ()) if name in check.properties), None)
    if needed or child.name in ("interval", "timeout"):
        return {needed or "tcp": _MEANINGFUL.get(needed, "127.0.0.1:1"), "interval": "1h0m0s"}
    return {"ttl": "1h0m0s", **_BESIDE.get(child.name, {})}


def _key(field: Field) -> str:
    return "nginx_Version-1" if field.name == "meta" else HOSTILE


def _value(field: Field, scope: Scope) -> Any:
    if field.annotation("enum"):
        return next(value for value in scope.choices(field) if value and value != field.annotation("default"))
    if field.opaque:
        # Long lists and deep mappings, as agents keep them in JSON and HCL alike. Empty ones end those of 1.10 and 1.11.
        empty = {} if (1, 10) <= scope.version < (1, 12) else {HOSTILE: {}}
        return {HOSTILE: {"snake_key": {"CamelKey": [1, "x", True, -2.5], **empty}}, "list": [[1, 2], HOSTILE], "n": 1e22}
    values = {"boolean": not field.annotation("default"), "integer": 7, "number": 0.25}
    if field.type != "string":
        return values[field.type]
    if field.path.endswith("ports[].name"):
        return "http"
    if field.annotation("x-rule") == "duration":
        return "1h30m0s"
    return field.annotation("examples")[0] if field.annotation("pattern") else f"{HOSTILE} {field.path}"
