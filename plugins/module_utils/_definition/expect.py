# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent has to report once it has loaded given definitions: ids, defaults, sidecars, checks.

Names of fields are squashed (see spelling.py).
Seen on 1.8.7; the sidecar's defaults are those of 1.3 to 1.22, and what was read of later ones.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from .identity import (
    SERVICE,
    SIDECAR_SUFFIX,
    check_ids,
    checks_of,
    ids_of,
    service_id,
)
from .parse import Definitions
from .spelling import squashed
from .unchecked import marked

PROXY_KINDS = ("connect-proxy", "mesh-gateway", "terminating-gateway", "ingress-gateway", "api-gateway", "inference-gateway")
# The order in which the agent looks at a check that has several.
CHECK_TYPES = (
    ("grpc", "grpc"),
    ("http", "http"),
    ("ttl", "ttl"),
    ("tcp", "tcp"),
    ("udp", "udp"),
    ("aliasservice", "alias"),
    ("aliasnode", "alias"),
    ("dockercontainerid", "docker"),
    ("args", "script"),
    ("h2ping", "h2ping"),
    ("osservice", "os_service"),
)
# Stands for the address of a sidecar in the check that agents give it.
SIDECAR_PORT = "the sidecar's port"

Definition = Mapping[str, Any]


class Expected(NamedTuple):
    """Services by key and checks by id, squashed, with the agent's defaults filled in."""

    services: dict[str, dict[str, Any]]
    checks: dict[str, dict[str, Any]]


def expected(definitions: Iterable[Definition], checks: Iterable[Definition] = (), unchecked: Iterable[str] = ()) -> Expected:
    """Expectations for all services of these definitions, sidecars included, and for checks outside services.

    At the paths of `unchecked` services hold an Unchecked.
    """
    paths = tuple(unchecked)
    found = Expected({}, {})
    for definition in definitions:
        for service in _with_sidecar(squashed(marked(definition, paths))):
            found.services[key_of(service)] = service
            for check in _checks_of(service):
                found.checks[in_namespace(check["namespace"], check["checkid"])] = check
    # As agents do, which load them when they have all services.
    for definition in checks:
        check = _node_check(squashed(definition))
        found.checks[in_namespace(check["namespace"], check["checkid"])] = check
    return found


def keys_of(definitions: Iterable[Definition], checks: Iterable[Definition], place: str = "") -> Expected:
    """The keys of definitions of which nothing else has to be known, and of checks that stand on their own, each with its place."""
    found = Expected({}, {})
    for identity in ids_of(Definitions(list(map(dict, definitions)), list(map(dict, checks)))):
        part = found.services if identity.kind == SERVICE else found.checks
        part[in_namespace(identity.namespace, identity.name)] = {"place": place}
    return found


def key_of(service: Mapping[str, Any]) -> str:
    """The id of a squashed service, with the namespace before it where it is not the default one."""
    return in_namespace(service.get("namespace"), service_id(dict(service)))


def owner_of(check: Mapping[str, Any]) -> str:
    """The key of the service that an expected check belongs to; empty for a check of the node."""
    return in_namespace(check["namespace"], check["serviceid"]) if check["serviceid"] else ""


def place_of(check: Mapping[str, Any]) -> str:
    """What messages call an expected check."""
    owner, identifier = owner_of(check), check["checkid"]
    return "service %s → check %s" % (owner, identifier) if owner else "check %s" % in_namespace(check["namespace"], identifier)


def in_namespace(namespace: str | None, identifier: str) -> str:
    """Ids are unique within a namespace only."""
    return identifier if namespace in (None, "", "default") else "%s/%s" % (namespace, identifier)


def derived_addresses(service: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The tagged addresses that agents since 1.7 add themselves when the address is an IP address."""
    try:
        address = ipaddress.ip_address(service.get("address") or "")
    except ValueError:
        return {}
    is_v4 = isinstance(address, ipaddress.IPv4Address) or address.ipv4_mapped is not None
    family = "ipv4" if is_v4 else "ipv6"
    given = {"address": service.get("address"), "port": default_port(service)}
    return {side + family: given for side in ("lan_", "wan_")}


def default_port(service: Mapping[str, Any]) -> int | None:
    """The port of a service; of named ones the default, which agents report as the port too (seen on 1.22.7)."""
    ports = service.get("ports")
    named = [port.get("port") for port in ports if isinstance(port, dict) and port.get("default")] if isinstance(ports, list) else []
    return named[0] if named else service.get("port")


def is_virtual(tag: str) -> bool:
    """Whether a tagged address is one that the servers give to services of the mesh, and agents since 1.11 take over a moment later.

    ``consul-virtual``, and on terminating gateways ``consul-virtual:<service>``. Seen on 1.16.7 and 1.21.
    """
    return tag.partition(":")[0] == "consul-virtual"


def _with_sidecar(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    service["id"] = service_id(service)
    yield service
    connect = service.get("connect")
    sidecar = connect.get("sidecarservice") if isinstance(connect, dict) else None
    # In files of others anything may stand here, which their agent refuses.
    if isinstance(sidecar, dict):
        yield _sidecar_of(service, sidecar)


def _sidecar_of(service: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The nested definition as the agent registers it. Without a port the agent picks one: ``autoport``."""
    sidecar = dict(given)
    sidecar["id"] = service["id"] + SIDECAR_SUFFIX
    sidecar["name"] = given.get("name") or "%s%s" % (service.get("name", ""), SIDECAR_SUFFIX)
    sidecar["kind"] = given.get("kind") or "connect-proxy"
    for inherited in ("address", "tags", "meta"):
        sidecar[inherited] = given.get(inherited) or service.get(inherited)
    sidecar["namespace"] = service.get("namespace")
    sidecar["autoport"] = not given.get("port")
    sidecar["sidecarof"] = service["id"]
    proxy = given["proxy"] if isinstance(given.get("proxy"), dict) else {}
    sidecar["proxy"] = _sidecar_proxy(service, proxy)
    sidecar["chosen"] = _chosen_by_agents(service, proxy)
    return sidecar


def _sidecar_proxy(service: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    proxy = dict(given)
    proxy["destinationservicename"] = given.get("destinationservicename") or service.get("name")
    proxy["destinationserviceid"] = given.get("destinationserviceid") or service["id"]
    complete = given.get("localserviceaddress") and given.get("localserviceport")
    if given.get("localservicesocketpath") or complete:
        return proxy
    if service.get("socketpath"):
        proxy["localservicesocketpath"] = service["socketpath"]
    else:
        proxy["localserviceaddress"] = given.get("localserviceaddress") or "127.0.0.1"
        proxy["localserviceport"] = given.get("localserviceport") or service.get("port")
    return proxy


def _chosen_by_agents(service: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What some agents put into the proxy of a sidecar instead of the defaults above, by field.

    Since 1.22 those that are bound to an IPv6 address choose its loopback address (read in agent/sidecar_service.go). Of a service
    with named ports 1.22.7 takes none; 2.0 takes the default one, and its Enterprise edition all of them (read).
    """
    chosen: dict[str, Any] = {}
    if not given.get("localserviceaddress"):
        chosen["localserviceaddress"] = "::1"
    if service.get("ports") and not given.get("localserviceport"):
        chosen["localserviceport"] = default_port(service)
    if service.get("ports") and not given.get("localserviceports"):
        chosen["localserviceports"] = service["ports"]
    return chosen


def _checks_of(service: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if service.get("sidecarof") and not checks_of(service):
        service = dict(service, checks=_sidecar_checks(service["sidecarof"]))
    for (_place, check), (_same, check_id) in zip(checks_of(service), check_ids(service, service["id"])):
        name = check.get("name") or "Service '%s' check" % service.get("name")
        yield _expected_check(check, check_id, service["id"], service.get("namespace"), name)


def _node_check(check: dict[str, Any]) -> dict[str, Any]:
    """A check outside a service. Its name stays empty where it has only an id (1.8.7 to 1.22.7)."""
    owner = check.get("serviceid")
    bound = owner if isinstance(owner, str) else ""
    return _expected_check(check, service_id(check), bound, check.get("namespace"), check.get("name") or "")


def _expected_check(check: dict[str, Any], identifier: str, owner: str, namespace: str | None, name: str) -> dict[str, Any]:
    return {
        "checkid": identifier,
        "serviceid": owner,
        "namespace": namespace,
        "name": name,
        "notes": check.get("notes") or "",
        "type": next((kind for key, kind in CHECK_TYPES if check.get(key)), ""),
        "definition": check,
    }


def _sidecar_checks(parent: str) -> list[dict[str, Any]]:
    """The two checks that a sidecar gets when its definition has none."""
    return [
        {"name": "Connect Sidecar Listening", "tcp": SIDECAR_PORT, "interval": "10s"},
        {"name": "Connect Sidecar Aliasing " + parent, "aliasservice": parent},
    ]
