# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as one: who registers what, who offers what to the mesh, and who wants to go where."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id, sidecar_of

from .._findings import Place, dotted
from .._rules.access import Mapping, mapping_at, mappings_at, number, text
from .._rules.mesh import DEFAULT, PROXY
from .._rules.unique import SIDECAR_PLACE
from .faults import Spot
from .hosts import Host

MESH_GATEWAY, TERMINATING_GATEWAY = "mesh-gateway", "terminating-gateway"


class Key(NamedTuple):
    """What a service is called across the fleet. Consul tells names apart without regard to case (seen on 1.8.7 and 1.21.4)."""

    partition: str
    namespace: str
    name: str


def key_of(name: str, namespace: str = "", partition: str = "") -> Key:
    return Key(partition or DEFAULT, namespace or DEFAULT, name.lower())


@dataclass(frozen=True, slots=True)
class Service:
    """One definition of a list, which many hosts may share."""

    label: str
    name: str
    identifier: str
    key: Key
    kind: str
    definition: Mapping

    @property
    def is_gateway(self) -> bool:
        return self.kind.endswith("-gateway")

    @property
    def native(self) -> bool:
        return bool(mapping_at(self.definition, "connect").get("native"))

    @property
    def variable(self) -> str:
        """What messages call the list."""
        return self.label.partition("[")[0]

    def spot(self, host: Host, *place: str | int) -> Spot:
        return Spot(host.name, f"{self.label} → {dotted(place)}" if place else self.label)


@dataclass(frozen=True, slots=True)
class Upstream:
    """One upstream of a proxy."""

    place: Place
    name: str
    key: Key
    is_query: bool
    datacenter: str
    peer: str
    port: str
    mode: str


@dataclass(frozen=True, slots=True)
class Proxy:
    """A sidecar or a proxy of its own: `service` is what declares it, `name` and `key` the service that it stands for."""

    service: Service
    place: Place
    definition: Mapping
    name: str
    key: Key
    upstreams: tuple[Upstream, ...]

    @property
    def is_sidecar(self) -> bool:
        return bool(self.place)

    @property
    def block(self) -> Mapping:
        return mapping_at(self.definition, "proxy")

    @property
    def mode(self) -> str:
        return text(mapping_at(self.block, "mesh_gateway"), "mode")

    @property
    def protocol(self) -> str:
        return text(mapping_at(self.block, "config"), "protocol").lower()

    @property
    def address(self) -> str:
        return text(self.definition, "address") or text(self.service.definition, "address")

    def spot(self, host: Host, *place: str | int) -> Spot:
        return self.service.spot(host, *self.place, *place)


@dataclass(slots=True)
class Contents:
    """What a list of definitions comes to."""

    services: list[Service] = field(default_factory=list)
    proxies: list[Proxy] = field(default_factory=list)


def contents(definitions: Iterable[tuple[str, Mapping]]) -> Contents:
    """Return services and proxies of judged definitions, each with its label; those without a name are nobody's."""
    found = Contents()
    for label, definition in definitions:
        if text(definition, "name"):
            service = _service(label, definition)
            found.services.append(service)
            found.proxies.extend(_proxies(service))
    return found


class Fleet:
    """All hosts with what they declare, looked up by name and datacenter.

    A host of which nobody says where it is may be in any datacenter: then a service is taken for found, rather than for missing.
    """

    def __init__(self, hosts: Iterable[tuple[Host, Contents]]) -> None:
        self.hosts: list[Host] = []
        self.services: list[tuple[Host, Service]] = []
        self.proxies: list[tuple[Host, Proxy]] = []
        self.names: dict[Key, str] = {}
        self.kinds: dict[str, set[str]] = defaultdict(set)
        self._registered: dict[Key, set[str]] = defaultdict(set)
        self._offered: dict[Key, set[str]] = defaultdict(set)
        self._ports: dict[Key, list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for host, content in hosts:
            self._add(host, content)

    def _add(self, host: Host, content: Contents) -> None:
        if not self.hosts or self.hosts[-1] is not host:
            self.hosts.append(host)
        for service in content.services:
            self.services.append((host, service))
            self.names.setdefault(service.key, service.name)
            self.kinds[service.kind].add(host.datacenter)
            self._registered[service.key].add(host.datacenter)
            self._ports[service.key].append((host.datacenter, frozenset(_port_names(service.definition))))
            if service.native or service.is_gateway:
                self._offered[service.key].add(host.datacenter)
        for proxy in content.proxies:
            self.proxies.append((host, proxy))
            self._offered[proxy.key].add(host.datacenter)

    def registered(self, key: Key, datacenter: str) -> bool:
        return _is_in(self._registered.get(key), datacenter)

    def datacenters(self, key: Key) -> list[str]:
        return sorted(filter(None, self._registered.get(key, ())))

    def offered(self, key: Key, datacenter: str) -> bool:
        """Whether something in the datacenter takes connections of the mesh for a service."""
        return _is_in(self._offered.get(key), datacenter)

    def has_kind(self, kind: str, datacenter: str) -> bool:
        return _is_in(self.kinds.get(kind), datacenter)

    def ports(self, key: Key, datacenter: str) -> set[str]:
        """Return the names of the ports that instances have there."""
        return {name for where, names in self._ports.get(key, ()) if _is_in({where}, datacenter) for name in names}


def _is_in(datacenters: set[str] | None, wanted: str) -> bool:
    return bool(datacenters and (not wanted or datacenters & {wanted, ""}))


def _service(label: str, definition: Mapping) -> Service:
    name = text(definition, "name")
    key = key_of(name, text(definition, "namespace"), text(definition, "partition"))
    return Service(label, name, service_id(definition), key, text(definition, "kind"), definition)


def _proxies(service: Service) -> Iterator[Proxy]:
    sidecar = sidecar_of(service.definition)
    if sidecar:
        # Without a destination of its own, a sidecar stands for the service that has it.
        yield _proxy(service, SIDECAR_PLACE, sidecar[1], service.name)
    if service.kind == PROXY:
        yield _proxy(service, (), service.definition, text(service.definition, "proxy_destination"))


def _proxy(service: Service, place: Place, definition: Mapping, otherwise: str) -> Proxy:
    block = mapping_at(definition, "proxy")
    name = text(block, "destination_service_name") or otherwise
    key = key_of(name, service.key.namespace, service.key.partition)
    upstreams = tuple(_upstream(upstream, index, key) for index, upstream in mappings_at(block, "upstreams") if _destination(upstream))
    return Proxy(service, place, definition, name, key, upstreams)


def _upstream(upstream: Mapping, index: int, of: Key) -> Upstream:
    name = _destination(upstream)
    namespace, partition = (text(upstream, f"destination_{what}") for what in ("namespace", "partition"))
    return Upstream(
        place=("proxy", "upstreams", index),
        name=name,
        key=key_of(name, namespace or of.namespace, partition or of.partition),
        is_query=text(upstream, "destination_type") == "prepared_query",
        datacenter=text(upstream, "datacenter"),
        peer=text(upstream, "destination_peer"),
        port=text(upstream, "destination_port"),
        mode=text(mapping_at(upstream, "mesh_gateway"), "mode"),
    )


def _destination(upstream: Mapping) -> str:
    return text(upstream, "destination_name")


def _port_names(definition: Mapping) -> Iterator[str]:
    for _index, port in mappings_at(definition, "ports"):
        if number(port, "port"):
            yield text(port, "name")
