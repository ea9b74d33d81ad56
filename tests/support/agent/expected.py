# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent since 1.8 has to report for a definition, as Consul's own source has it: nothing of the collection's comparison is used.

Only the API's spelling of the fields comes from the schema, which is thereby tested, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field

Json = dict[str, Any]

# Filled in by the agent from the address.
DERIVED_ADDRESSES = {"lan_ipv4", "wan_ipv4", "lan_ipv6", "wan_ipv6"}
# What the catalog and, since 1.10, the agent add to each service.
ADDED = {"CreateIndex", "ModifyIndex", "Datacenter"}
# Since 1.11 the catalog gives each service of the mesh an address.
VIRTUAL_ADDRESS = "consul-virtual"
# In this order agents look for the type of a check.
CHECK_TYPES = {"ttl": "ttl", "http": "http", "tcp": "tcp", "grpc": "grpc", "docker": "docker", "args": "script", "alias_service": "alias"}
CHECK_TYPES |= {"udp": "udp", "h2ping": "h2ping", "os_service": "os_service"}


def services_of(definition: Json) -> dict[str, Json]:
    """Return what the agent has to report of a service and its sidecar, by id, without what is empty."""
    identifier = definition.get("id") or definition["name"]
    found = {identifier: _service(identifier, definition)}
    sidecar = definition.get("connect", {}).get("sidecar_service")
    if sidecar is not None:
        name = f"{identifier}-sidecar-proxy"
        found[name] = _service(name, with_defaults(sidecar, identifier, definition))
    return {name: without_empty(service) for name, service in found.items()}


def with_defaults(sidecar: Json, identifier: str, parent: Json) -> Json:
    """Return a sidecar with what it takes over from its service; its port may come from the agent."""
    proxy = sidecar.get("proxy", {})
    complete = proxy.get("local_service_address") and proxy.get("local_service_port")
    socket = proxy.get("local_service_socket_path") or ("" if complete else parent.get("socket_path", ""))
    locality = sidecar.get("locality") or parent.get("locality")
    address = {
        "local_service_address": proxy.get("local_service_address") or "127.0.0.1",
        "local_service_port": proxy.get("local_service_port") or parent.get("port", 0),
    }
    return {
        **sidecar,
        "name": sidecar.get("name") or f"{parent['name']}-sidecar-proxy",
        "kind": sidecar.get("kind") or "connect-proxy",
        "address": sidecar.get("address") or parent.get("address", ""),
        "tags": sidecar.get("tags") or parent.get("tags", []),
        "meta": sidecar.get("meta") or parent.get("meta", {}),
        "proxy": {
            **proxy,
            "destination_service_name": proxy.get("destination_service_name") or parent["name"],
            "destination_service_id": proxy.get("destination_service_id") or identifier,
            **({"local_service_socket_path": socket} if socket else address),
        },
        **({"locality": locality} if locality else {}),
    }


def _service(identifier: str, definition: Json) -> Json:
    told = {key: value for key, value in definition.items() if key not in ("id", "name", "token", "check", "checks", "connect")}
    service = spelled(service_field(), told)
    native = bool(definition.get("connect", {}).get("native"))
    weights = {"Passing": 1, "Warning": 1, **service.get("Weights", {})}
    return {**service, "ID": identifier, "Service": definition["name"], "Connect": {"Native": native}, "Weights": weights}


def spelled(field: Field, value: Any) -> Any:
    """Return a value in the API's spelling, with what agents since 1.8 change in user data."""
    if isinstance(value, dict) and field.properties:
        if field.path.endswith("upstreams[]"):
            value = {**value, "destination_type": value.get("destination_type") or "service"}
        named = ((field.properties[key], item) for key, item in value.items())
        return {child.api_name: spelled(child, item) for child, item in named if child.api_name}
    if isinstance(value, dict) and field.values:
        return {key: spelled(field.values, item) for key, item in value.items()}
    if isinstance(value, list) and field.items:
        return [spelled(field.items, item) for item in value]
    if field.opaque:
        return unwrapped(value)
    return value


def unwrapped(config: Json) -> Json:
    """Return user data as agents keep it: without the lists around single items near the top, and with floats for large numbers."""
    return {key: _item(item) if isinstance(item, list) and len(item) == 1 else _rounded(item) for key, item in config.items()}


def _item(items: list[Any]) -> Any:
    return unwrapped(items[0]) if isinstance(items[0], dict) else _rounded(items[0])


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def without_empty(value: Any) -> Any:
    """Return a report without what stands for nothing. User data stays as it is."""
    if isinstance(value, dict):
        kept = {key: item if key in ("Config", "Meta") else without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item or (isinstance(item, dict) and key == "Address")}
    if isinstance(value, list):
        return [without_empty(item) for item in value]
    return value


def as_reported(service: Json, wanted: Json) -> Json:
    """Return an agent's report of a service without what the agent adds to every one like it."""
    have = {key: value for key, value in service.items() if key not in ADDED}
    if any(port["Default"] and port["Port"] == have.get("Port") for port in have.get("Ports") or []):
        # Since 1.22 the default of named ports is the port, too.
        del have["Port"]
    addresses = have.get("TaggedAddresses") or {}
    told = wanted.get("TaggedAddresses", {})
    added = {*DERIVED_ADDRESSES, VIRTUAL_ADDRESS}
    if (have.get("Proxy") or {}).get("Upstreams"):
        have["Proxy"] = {**have["Proxy"], "Upstreams": _as_written(have["Proxy"], wanted.get("Proxy", {}).get("Upstreams", []))}
    have["TaggedAddresses"] = {name: value for name, value in addresses.items() if name in told or name not in added}
    return dict(without_empty(have))


def _as_written(proxy: Json, wanted: list[Json]) -> list[Json]:
    """Return the upstreams of a report without what the mode of its mesh gateway makes of them, since 1.16."""
    listening = [upstream for upstream in proxy["Upstreams"] if upstream.get("DestinationName") != "*"]
    return [
        upstream
        if number < len(wanted) and wanted[number].get("MeshGateway")
        else {key: value for key, value in upstream.items() if key != "MeshGateway" or value != proxy.get("MeshGateway")}
        for number, upstream in enumerate(listening)
    ]


def checks_of(definition: Json) -> dict[str, Json]:
    """Return what the agent has to report of the checks of a service and its sidecar, by id."""
    identifier = definition.get("id") or definition["name"]
    found = dict(_checks(identifier, definition))
    sidecar = definition.get("connect", {}).get("sidecar_service")
    if sidecar is not None:
        name = f"{identifier}-sidecar-proxy"
        full = with_defaults(sidecar, identifier, definition)
        if not declared(full):
            listening = {"name": "Connect Sidecar Listening", "tcp": "x"}
            full["checks"] = [listening, {"name": f"Connect Sidecar Aliasing {identifier}", "alias_service": identifier}]
        found.update(_checks(name, full))
    return found


def declared(service: Json) -> list[Json]:
    return [*service.get("checks", []), *([service["check"]] if "check" in service else [])]


def _kind(check: Json) -> str:
    if check.get("args") and check.get("docker_container_id"):
        return "docker"
    return next(key for key in CHECK_TYPES if check.get(key))


def _checks(identifier: str, service: Json) -> Iterator[tuple[str, Json]]:
    checks = declared(service)
    for number, check in enumerate(checks, 1):
        suffix = f":{number}" if len(checks) > 1 else ""
        kind = _kind(check)
        yield (
            check.get("id") or f"service:{identifier}{suffix}",
            {
                "Name": check.get("name") or f"Service '{service['name']}' check",
                "Notes": check.get("notes", ""),
                "ServiceID": identifier,
                "ServiceName": service["name"],
                "ServiceTags": service.get("tags", []),
                "Type": CHECK_TYPES[kind],
            },
        )
