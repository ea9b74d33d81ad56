# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and ports: what stands at one place twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .._findings import quoted
from .._rules.access import mapping_at, mappings_at, number, text
from .._rules.fleet import ADDRESS_SHARED, INSTANCE_TWICE, LISTENER_TAKEN
from .._rules.mesh import PROXY
from .faults import Fault, Spot, fault
from .hosts import Host
from .model import Fleet, Key, Proxy, Service

_EVERYWHERE = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 - compared, not bound
# Where a proxy listens for the application, unless told otherwise.
_LOOPBACK = "127.0.0.1"
_SERVICE, _SIDECAR, _PROXY, _UPSTREAM, _PATH = "service", "sidecar", "proxy", "upstream", "path"


class Listener(NamedTuple):
    """A port that something on a host listens on. An `exact` one is known to; services may listen elsewhere than they say."""

    address: str
    port: int
    what: str
    spot: Spot
    of: Service
    role: str

    @property
    def exact(self) -> bool:
        return self.role != _SERVICE


def address_faults(fleet: Fleet) -> Iterator[Fault]:
    """Yield what stands at one address and port."""
    yield from _instance_faults(fleet.services)
    yield from _listener_faults(fleet)


def _instance_faults(services: Iterable[tuple[Host, Service]]) -> Iterator[Fault]:
    here: dict[tuple[str, Key, str, int], list[Spot]] = defaultdict(list)
    shared: dict[tuple[Key, str, int], dict[str, Spot]] = defaultdict(dict)
    names: dict[Key, str] = {}
    for host, service in services:
        address, port = text(service.definition, "address"), number(service.definition, "port")
        if port and service.kind != PROXY:
            names.setdefault(service.key, service.name)
            here[host.name, service.key, address, port].append(service.spot(host, "port"))
            if address and not _is_loopback(address):
                shared[service.key, address, port].setdefault(host.name, service.spot(host, "address"))
    for (_host, key, address, port), spots in here.items():
        if len(spots) > 1:
            what = f"{len(spots)} instances of {quoted(names[key])} have {_shown(address, port)}"
            yield fault(INSTANCE_TWICE, spots, what, "Give each its own port, or keep one of them.")
    for (key, address, port), by_host in shared.items():
        if len(by_host) > 1:
            what = f"{quoted(names[key])} has {_shown(address, port)} on {len(by_host)} hosts"
            yield fault(ADDRESS_SHARED, by_host.values(), what, "Correct the address, or leave it out: then it is the host's own.")


def _listener_faults(fleet: Fleet) -> Iterator[Fault]:
    listeners: dict[tuple[str, int], list[Listener]] = defaultdict(list)
    for host, service in fleet.services:
        port = number(service.definition, "port")
        if port and service.kind != PROXY:
            what = f"the service {quoted(service.identifier)}"
            address = text(service.definition, "address")
            listeners[host.name, port].append(Listener(address, port, what, service.spot(host, "port"), service, _SERVICE))
    for host, proxy in fleet.proxies:
        for listener in _of_proxy(host, proxy):
            listeners[host.name, listener.port].append(listener)
    for found in listeners.values():
        yield from _taken(found)


def _of_proxy(host: Host, proxy: Proxy) -> Iterator[Listener]:
    what = f"the sidecar of {quoted(proxy.service.identifier)}" if proxy.is_sidecar else f"the proxy {quoted(proxy.service.identifier)}"
    port = number(proxy.definition, "port")
    if port:
        yield Listener(proxy.address, port, what, proxy.spot(host, "port"), proxy.service, _SIDECAR if proxy.is_sidecar else _PROXY)
    for index, upstream in mappings_at(proxy.block, "upstreams"):
        port = number(upstream, "local_bind_port")
        if port:
            address = text(upstream, "local_bind_address") or _LOOPBACK
            spot = proxy.spot(host, "proxy", "upstreams", index, "local_bind_port")
            yield Listener(address, port, f"an upstream of {what}", spot, proxy.service, _UPSTREAM)
    for index, path in mappings_at(mapping_at(proxy.block, "expose"), "paths"):
        port = number(path, "listener_port")
        if port:
            spot = proxy.spot(host, "proxy", "expose", "paths", index, "listener_port")
            yield Listener(proxy.address, port, f"an exposed path of {what}", spot, proxy.service, _PATH)


def _taken(found: list[Listener]) -> Iterator[Fault]:
    for index, second in enumerate(found):
        for first in found[:index]:
            if _meet(first, second) and not _judged_before(first, second):
                where = f"{first.what} has it on this host"
                spots = [second.spot, first.spot]
                yield fault(LISTENER_TAKEN, spots, f"port {second.port} of {second.what} is taken: {where}", "Choose another port.")
                break


def _meet(first: Listener, second: Listener) -> bool:
    if not (first.exact or second.exact):
        # Two names for one process.
        return False
    if first.address == second.address:
        return True
    wide = [listener for listener in (first, second) if listener.address in _EVERYWHERE]
    # A service without an address listens who knows where.
    return any(listener.exact for listener in wide)


def _judged_before(first: Listener, second: Listener) -> bool:
    """Whether the judge of a single list has said so already."""
    if first.role != second.role or first.address != second.address:
        return False
    if first.role == _SIDECAR:
        return first.of.variable == second.of.variable
    return first.role in (_UPSTREAM, _PATH) and first.of is second.of


def _is_loopback(address: str) -> bool:
    return address in ("localhost", "::1", "[::1]") or address.startswith("127.")


def _shown(address: str, port: int) -> str:
    return f"the address {address} and the port {port}" if address else f"the port {port}"
