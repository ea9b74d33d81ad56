# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the mesh: proxies, gateways, sidecars, upstreams, exposed paths."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version

from .._findings import Finding, Place
from .._schema.tree import service_field
from .._schema.versions import Span
from .access import Mapping, is_blank, mapping_at, mappings_at, number, text
from .rule import NEVER_SYNCED, NOT_IN_THE_CATALOG, NOT_LOOKED_AT, REFUSED, Rule, rule, warning

PROXY_IGNORED = rule(
    "proxy-without-kind",
    "a proxy block on a service that is no proxy and no gateway",
    "the agent would ignore the whole block without a word",
    stricter="agents take the block and ignore it",
)
PROXY_DESTINATION = rule("proxy-destination-required", "a connect-proxy that does not say which service it stands for", REFUSED)
PROXY_PORT = rule("proxy-port-required", "a connect-proxy without port or socket_path", REFUSED)
PROXY_NATIVE = rule("proxy-native", "a connect-proxy with connect.native", REFUSED)
WILDCARD = rule("destination-wildcard", "a destination named *", REFUSED, stricter=NOT_IN_THE_CATALOG, since="1.10.0")
NATIVE_PORT = rule(
    "native-port-required",
    "connect.native without port or socket_path",
    REFUSED,
    since="1.13.0",
    words="Port or SocketPath must be set for a Connect native service; seen on 1.22.7",
)
NATIVE_SIDECAR = rule(
    "native-excludes-sidecar",
    "connect.native together with a sidecar",
    "the agent would register both, and callers meet either",
    stricter="agents register both, which Consul's documentation forbids",
)
GATEWAY_FIELD = rule("gateway-field", "a key of sidecars on a gateway", REFUSED)
GATEWAY_PORT = rule("gateway-port-required", "a mesh or terminating gateway without port", REFUSED)
GATEWAY_SIDECAR = rule("gateway-sidecar", "a gateway with a sidecar", REFUSED)
GATEWAY_TRANSPARENT = rule(
    "gateway-transparent",
    "a transparent gateway with a mesh gateway mode",
    "the agent would give it an upstream, with which it may never get into the catalog",
    stricter="agents take it, and whether the catalog does is a matter of chance (seen on 1.14.11 to 1.21)",
    since="1.14.0",
)
SIDECAR_KIND = rule("sidecar-kind", "a sidecar of another kind than connect-proxy", NEVER_SYNCED, stricter=NOT_IN_THE_CATALOG)
SIDECAR_DESTINATION = rule("sidecar-destination", "a sidecar for a service whose name is blank", NEVER_SYNCED, stricter=NOT_IN_THE_CATALOG)
SIDECAR_NATIVE = rule("sidecar-native", "connect.native inside a sidecar", NEVER_SYNCED, stricter=NOT_IN_THE_CATALOG)
UPSTREAM_LISTENER = rule("upstream-listener", "an upstream with no local port and no socket, or with both", REFUSED, stricter=NOT_LOOKED_AT)
UPSTREAM_TWICE = rule("upstream-twice", "two upstreams with one destination", REFUSED, stricter=NOT_LOOKED_AT)
UPSTREAM_BIND = rule("upstream-bind-twice", "two upstreams that listen at one place", REFUSED, stricter=NOT_LOOKED_AT)
UPSTREAM_PEER = rule("upstream-peer-datacenter", "an upstream with a peer and a datacenter", REFUSED, stricter=NOT_IN_THE_CATALOG)
# Of the community edition even the default one: seen on 1.21, read in the sources since 1.11.
UPSTREAM_PARTITION = rule(
    "upstream-partition-datacenter",
    "an upstream with a partition and a datacenter",
    REFUSED,
    stricter=f"{NOT_IN_THE_CATALOG}; Enterprise agents take the default partition",
)
UPSTREAM_PEER_PARTITION = rule(
    "upstream-peer-partition",
    "an upstream with a peer and another partition than that of the service",
    REFUSED,
    stricter="the first agents that know peers may not look at it, and in a sidecar only the catalog refuses it",
)
EXPOSE_LISTENER = rule("expose-listener-twice", "two exposed paths on one listener port", REFUSED, stricter=NOT_IN_THE_CATALOG)
EXPOSE_PATH_TWICE = rule("expose-path-twice", "a path that is exposed twice", REFUSED, stricter=NOT_IN_THE_CATALOG, until="1.10.0")
EXPOSE_SLASH = warning("expose-path-slash", "an exposed path without a leading slash", "the proxy never matches it")
HCP_SOCKET = rule(
    "hcp-metrics-socket",
    "an envoy_hcp_metrics_bind_socket_dir longer than 70 bytes",
    REFUSED,
    stricter=NOT_IN_THE_CATALOG,
    since="1.15.3",
)
MANAGED_NATIVE = rule("managed-proxy-native", "a managed proxy on a native service", REFUSED, until="1.6.0")
MANAGED_PORT = rule("managed-proxy-port-required", "a managed proxy of a service without port", REFUSED, until="1.6.0")

PROXY = "connect-proxy"
# The partition of everything that names none.
DEFAULT = "default"
_PORTED_GATEWAYS = ("mesh-gateway", "terminating-gateway")
# Agents that know named ports, and for a native service do not count them; seen on 1.22.7, and not known of 2.0.
_NAMED_DO_NOT_COUNT = ((parse_version("1.22.0"), parse_version("2.0.0")),)


@cache
def _gateways() -> dict[str, tuple[Span, ...]]:
    """Return the kinds of gateway, and the versions that know each; for others it is an ordinary service."""
    since = service_field().properties["kind"].annotation("x-enum-since")
    return {kind: ((parse_version(first), None),) for kind, first in since.items() if kind.endswith("-gateway")}


@cache
def _not_on_gateways() -> tuple[str, ...]:
    fields = service_field().properties["proxy"].properties.values()
    return tuple(field.name for field in fields if field.annotation("x-not-on-gateways"))


def mesh_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of one service: its kind, its proxy block, its part in the mesh."""
    kind = text(service, "kind")
    proxy = mapping_at(service, "proxy")
    if kind == PROXY:
        yield from _proxy_findings(service, proxy, place)
    elif kind in _gateways():
        yield from _gateway_findings(service, proxy, kind, place)
    elif proxy and not kind:
        yield PROXY_IGNORED.at((*place, "proxy"), "has no effect without a kind", f"Add kind: {PROXY}, or leave proxy out.")
    yield from _connect_findings(service, place)
    yield from _block_findings(proxy, (*place, "proxy"), REFUSED, text(service, "partition") or DEFAULT)


def sidecar_findings(service: Mapping, sidecar: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of the sidecar of a service; what the agent refuses in a proxy, here only the catalog refuses."""
    if text(sidecar, "kind") not in ("", PROXY):
        yield SIDECAR_KIND.at((*place, "kind"), f"must be {PROXY} in a sidecar", "Leave it out.")
    if mapping_at(sidecar, "connect").get("native"):
        yield SIDECAR_NATIVE.at((*place, "connect", "native"), "has no place in a sidecar", "Leave it out.")
    proxy = mapping_at(sidecar, "proxy")
    # Without a destination of its own, a sidecar takes the name of its service.
    destination = {"destination_service_name": text(proxy, "destination_service_name") or text(service, "name")}
    yield from _wildcard(destination, "destination_service_name", (*place, "proxy"), NEVER_SYNCED)
    if text(service, "name") and is_blank(destination["destination_service_name"]):
        there = (*place, "proxy", "destination_service_name")
        yield SIDECAR_DESTINATION.at(there, "is blank", "Write the name of the service that the proxy stands for.")
    partition = text(sidecar, "partition") or text(service, "partition") or DEFAULT
    yield from _block_findings(proxy, (*place, "proxy"), NEVER_SYNCED, partition)


def _proxy_findings(service: Mapping, proxy: Mapping, place: Place) -> Iterator[Finding]:
    there = (*place, "proxy", "destination_service_name")
    if is_blank(text(proxy, "destination_service_name")) and is_blank(text(service, "proxy_destination")):
        yield PROXY_DESTINATION.at(there, f"required with kind {PROXY}", "Add the name of the service that the proxy stands for.")
    yield from _wildcard(proxy, "destination_service_name", (*place, "proxy"), REFUSED)
    if not number(service, "port") and not text(service, "socket_path"):
        yield PROXY_PORT.at((*place, "port"), f"required with kind {PROXY}", "Add the port on which the proxy listens.")
    if mapping_at(service, "connect").get("native"):
        yield PROXY_NATIVE.at((*place, "connect", "native"), f"excludes kind {PROXY}", "Leave it out.")


def _wildcard(mapping: Mapping, key: str, place: Place, agent: str) -> Iterator[Finding]:
    if text(mapping, key) == "*":
        yield WILDCARD.at((*place, key), "must name one service", "Write the name of the service.", agent=agent)


def _gateway_findings(service: Mapping, proxy: Mapping, kind: str, place: Place) -> Iterator[Finding]:
    spans = _gateways()[kind]
    for key in _not_on_gateways():
        if proxy.get(key):
            yield GATEWAY_FIELD.at((*place, "proxy", key), f"has no place on a gateway such as {kind}", "Leave it out.", spans)
    if kind in _PORTED_GATEWAYS and not number(service, "port"):
        yield GATEWAY_PORT.at((*place, "port"), f"required with kind {kind}", "Add the port on which the gateway listens.", spans)
    if text(proxy, "mode") == "transparent" and text(mapping_at(proxy, "mesh_gateway"), "mode"):
        hint = "Leave it out, or mesh_gateway: only proxies are transparent."
        yield GATEWAY_TRANSPARENT.at((*place, "proxy", "mode"), f"has no place on a gateway such as {kind}", hint)
    if "sidecar_service" in mapping_at(service, "connect"):
        there = (*place, "connect", "sidecar_service")
        yield GATEWAY_SIDECAR.at(there, f"has no place on a gateway such as {kind}", "Leave it out.", spans)


def _connect_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    connect = mapping_at(service, "connect")
    there = (*place, "connect")
    if connect.get("native"):
        if "sidecar_service" in connect:
            yield NATIVE_SIDECAR.at((*there, "sidecar_service"), "excludes native", "Keep one of them.")
        if not number(service, "port") and not text(service, "socket_path"):
            spans = _NAMED_DO_NOT_COUNT if service.get("ports") else None
            yield NATIVE_PORT.at((*place, "port"), "required with connect.native", "Add the port of the service.", spans)
        if "proxy" in connect:
            yield MANAGED_NATIVE.at((*there, "proxy"), "excludes native", "Keep one of them.")
    if "proxy" in connect and not number(service, "port"):
        yield MANAGED_PORT.at((*place, "port"), "required with connect.proxy", "Add the port of the service.")


def _block_findings(proxy: Mapping, place: Place, agent: str, partition: str) -> Iterator[Finding]:
    yield from _upstream_findings(proxy, place, agent, partition)
    yield from _expose_findings(mapping_at(proxy, "expose"), (*place, "expose"), agent)
    socket_dir = mapping_at(proxy, "config").get("envoy_hcp_metrics_bind_socket_dir")
    if isinstance(socket_dir, str) and len(socket_dir.encode("utf-8", "surrogatepass")) > 70:
        yield HCP_SOCKET.at((*place, "config", "envoy_hcp_metrics_bind_socket_dir"), "is too long", "Shorten it to 70 bytes.")


def _upstream_findings(proxy: Mapping, place: Place, agent: str, partition: str) -> Iterator[Finding]:
    destinations: dict[tuple[Any, ...], int] = {}
    binds: dict[tuple[Any, ...], int] = {}
    for index, upstream in mappings_at(proxy, "upstreams"):
        there = (*place, "upstreams", index)
        yield from _one_upstream(upstream, there, agent)
        yield from _upstream_place_findings(upstream, there, agent, partition)
        yield from _twice(UPSTREAM_TWICE, destinations, _destination(upstream), index, there, agent, "has the destination of")
        yield from _twice(UPSTREAM_BIND, binds, _bind(upstream), index, there, agent, "listens at the place of")


def _one_upstream(upstream: Mapping, place: Place, agent: str) -> Iterator[Finding]:
    yield from _wildcard(upstream, "destination_name", place, agent)
    port, socket = number(upstream, "local_bind_port"), text(upstream, "local_bind_socket_path")
    if not port and not socket:
        yield UPSTREAM_LISTENER.at(
            (*place, "local_bind_port"), "required", "Add the port on which the application reaches it.", agent=agent
        )
    elif port and socket:
        yield UPSTREAM_LISTENER.at((*place, "local_bind_socket_path"), "excludes local_bind_port", "Keep one of them.", agent=agent)


def _upstream_place_findings(upstream: Mapping, place: Place, agent: str, partition: str) -> Iterator[Finding]:
    """Yield what is wrong with the datacenter, peer or partition of an upstream of a service in this partition."""
    datacenter, peer, wanted = (text(upstream, key) for key in ("datacenter", "destination_peer", "destination_partition"))
    there = (*place, "destination_partition")
    if datacenter and peer:
        yield UPSTREAM_PEER.at((*place, "destination_peer"), "excludes datacenter", "Keep one of them.", agent=agent)
    elif peer and wanted not in ("", partition):
        hint = "Leave it out: the peer knows where the service is."
        yield UPSTREAM_PEER_PARTITION.at(there, "is another partition than that of the service", hint, agent=agent)
    elif datacenter and (wanted or partition != DEFAULT):
        yield UPSTREAM_PARTITION.at(there, "excludes datacenter", "Keep one of them.", agent=agent)


def _destination(upstream: Mapping) -> tuple[Any, ...] | None:
    if not upstream.get("destination_name"):
        return None
    keys = ("name", "port", "namespace", "partition", "peer")
    named = (text(upstream, f"destination_{key}") for key in keys)
    return (text(upstream, "destination_type") or "service", *named, text(upstream, "datacenter"))


def _bind(upstream: Mapping) -> tuple[Any, ...] | None:
    """Return where an upstream listens, as agents compare it: with an address, the socket does not count."""
    port, socket = number(upstream, "local_bind_port"), text(upstream, "local_bind_socket_path")
    address = text(upstream, "local_bind_address")
    if socket and not port and not address:
        return (socket,)
    return (address or "127.0.0.1", port) if port or socket else None


def _twice(
    found: Rule, seen: dict[tuple[Any, ...], int], key: tuple[Any, ...] | None, index: int, place: Place, agent: str, what: str
) -> Iterator[Finding]:
    if key is None:
        return
    if key in seen:
        yield found.at(place, f"{what} upstreams[{seen[key]}]", "Change or remove one of them.", agent=agent)
    seen.setdefault(key, index)


def _expose_findings(expose: Mapping, place: Place, agent: str) -> Iterator[Finding]:
    listeners: set[int] = set()
    paths: set[str] = set()
    for index, entry in mappings_at(expose, "paths"):
        there = (*place, "paths", index)
        listener, path = number(entry, "listener_port"), text(entry, "path")
        if listener and listener in listeners:
            yield EXPOSE_LISTENER.at(
                (*there, "listener_port"), "is taken by another path", "Give each path a port of its own.", agent=agent
            )
        if path and path in paths:
            yield EXPOSE_PATH_TWICE.at((*there, "path"), "is exposed twice", "Expose it once.", agent=agent)
        if path and not path.startswith("/"):
            yield EXPOSE_SLASH.at((*there, "path"), "has no leading slash", f"Write /{path}.")
        listeners.add(listener)
        paths.add(path)
