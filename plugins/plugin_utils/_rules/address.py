# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of addresses: what stands where the address of a host belongs must be one.

Agents take any text (seen on 1.8.7 to 1.21.4); only the command `consul services register` refuses some, since 1.21.3 (read in its source).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple

from .._findings import Finding, Place, quoted
from .access import Mapping, mapping_at, mappings_at, text
from .rule import warning

ADDRESS_FORM = warning(
    "address-form",
    "an address that is none: with a port, a scheme, a mask, brackets or blanks, or with numbers that no IP address has",
    "the agent registers it, and nobody can connect to it",
)

# The addresses that stand for all of a host's own.
ANY = tuple(str(family(0)) for family in (ipaddress.IPv4Address, ipaddress.IPv6Address)) + ("[::]",)

# What nearly all addresses are, and needs no closer look.
_NUMBER_OF_8_BITS = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
PLAIN_HOST = rf"(?:{_NUMBER_OF_8_BITS}(?:[.]{_NUMBER_OF_8_BITS}){{3}}|(?:[A-Za-z0-9-]+[.])*[A-Za-z][A-Za-z0-9-]*)"
_PLAIN = re.compile(rf"{PLAIN_HOST}\Z")
# DNS of 1.8.7 answers with the address, that of 1.21.4 does not.
_ZEROS = "newer agents and resolvers find no address in it"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PORT = re.compile(r":([0-9]+)\Z")
_PORT_NAME = re.compile(r"([^:]+):[A-Za-z][\w-]*\Z")
_OTHER_CHARACTER = re.compile(r"[^\w.-]")
_NUMBER = re.compile(r"[0-9]+\Z")


class Beside(NamedTuple):
    """The keys that stand beside an address: for its port, and for a socket instead of both."""

    port: str
    socket: str


_SERVICE = Beside("port", "socket_path")
_TAGGED = Beside("port", "")
_LOCAL_SERVICE = Beside("local_service_port", "local_service_socket_path")
_LOCAL_BIND = Beside("local_bind_port", "local_bind_socket_path")


class Fault(NamedTuple):
    """What is wrong with an address, and the host and port that were meant, as far as that is plain."""

    what: str
    host: str = ""
    port: str = ""
    path: bool = False
    agent: str | None = None


def address_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of all addresses of a service, or of the sidecar at a place inside one, less those of other rules."""
    address = text(service, "address")
    if address and address not in ANY:
        yield from _findings(service, "address", place, _SERVICE)
    for name, tagged in mapping_at(service, "tagged_addresses").items():
        if isinstance(tagged, dict) and not is_literal_tag(name):
            yield from _tagged_findings(tagged, (*place, "tagged_addresses", name))
    proxy, connect = service.get("proxy"), service.get("connect")
    if proxy:
        yield from _findings(mapping_at(service, "proxy"), "local_service_address", (*place, "proxy"), _LOCAL_SERVICE)
        yield from _upstream_findings(mapping_at(service, "proxy"), (*place, "proxy"))
    if connect:
        yield from _upstream_findings(mapping_at(mapping_at(service, "connect"), "proxy"), (*place, "connect", "proxy"))


def is_literal_tag(name: str) -> bool:
    """Whether a tagged address of this name must be an IP address: other rules say so."""
    return name in ("lan_ipv4", "wan_ipv4", "lan_ipv6", "wan_ipv6")


def address_fault(address: str) -> Fault | None:
    """Return what is wrong with an address; None where it is an IP address, could be the name of a host, or is empty."""
    if not address or _PLAIN.match(address) or is_ip(address):
        return None
    if address != address.strip():
        return Fault("has blanks around it", address.strip()) if not address_fault(address.strip()) else address_fault(address.strip())
    if address.startswith(("/", "unix:")):
        return Fault("is the path of a socket", path=True)
    scheme = _SCHEME.match(address)
    if scheme:
        return _of_url(address[scheme.end() :])
    if re.search(r"[\s,;]", address):
        return Fault("is more than one address")
    return _of_host_and_more(address)


def host_fault(host: str) -> str:
    """Return what is wrong with the name of a host or an IP address without brackets; empty where nothing is."""
    if is_ip(host):
        return ""
    last = host.rstrip(".").rpartition(".")[2]
    if _NUMBER.match(last):
        return "is no IP address, and no name of a host ends in a number"
    if ":" in host:
        return "is no IPv6 address"
    if ".." in host or host.startswith(".") or _OTHER_CHARACTER.search(host):
        return "is no name of a host"
    return ""


def is_ip(host: str) -> bool:
    """Whether this is an IP address without brackets, perhaps with a zone."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_network(address: str) -> bool:
    """Whether it is the address of a network rather than one of a host with its mask."""
    try:
        return bool(ipaddress.ip_network(address).num_addresses > 1)
    except ValueError:
        return False


def without_zeros(address: str) -> str:
    """Return an IPv4 address without leading zeros, which newer agents and resolvers refuse."""
    return ".".join(part.lstrip("0") or "0" for part in address.split("."))


def _tagged_findings(tagged: Mapping, place: Place) -> Iterator[Finding]:
    if text(tagged, "address") in ANY:
        yield ADDRESS_FORM.at((*place, "address"), "stands for all addresses", "Write the address of the host.")
    else:
        yield from _findings(tagged, "address", place, _TAGGED)


def _upstream_findings(proxy: Mapping, place: Place) -> Iterator[Finding]:
    for index, upstream in mappings_at(proxy, "upstreams"):
        yield from _findings(upstream, "local_bind_address", (*place, "upstreams", index), _LOCAL_BIND)


def _findings(mapping: Mapping, key: str, place: Place, beside: Beside) -> Iterator[Finding]:
    fault = address_fault(text(mapping, key))
    if fault:
        yield ADDRESS_FORM.at((*place, key), fault.what, _remedy(fault, key, beside), agent=fault.agent)


def _remedy(fault: Fault, key: str, beside: Beside) -> str:
    if fault.path:
        return f"Write the path to {beside.socket}." if beside.socket else "Write the address of a host."
    if fault.port:
        return (
            f"Write {key}: {_as_yaml(fault.host)} and {beside.port}: {fault.port}." if fault.host else f"The port belongs to {beside.port}."
        )
    return f"Write {key}: {_as_yaml(fault.host)}." if fault.host else "Write an IP address or the name of a host."


def _as_yaml(host: str) -> str:
    return quoted(host) if ":" in host else host


def _of_url(rest: str) -> Fault:
    """What follows the scheme; a user and a password before the host are never shown."""
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    inner = address_fault(authority)
    if inner is None:
        return Fault("is a URL", authority)
    return Fault("is a URL", inner.host, inner.port)


def _of_host_and_more(address: str) -> Fault | None:
    bracketed = address.startswith("[")
    port = _PORT.search(address)
    host = address[: port.start()] if port else address
    if bracketed and host.endswith("]") and is_ip(host[1:-1]):
        return Fault("names a port", host[1:-1], port.group(1)) if port else Fault("has brackets", host[1:-1])
    if port and ":" not in host:
        return Fault("names a port", "" if host_fault(host) else host, port.group(1))
    named = _PORT_NAME.match(address)
    if named:
        return Fault("names a port", "" if host_fault(named.group(1)) else named.group(1))
    network, slash, mask = address.partition("/")
    if slash and is_ip(network) and _NUMBER.match(mask):
        return Fault("is a network", "" if _is_network(address) else network)
    if slash:
        return Fault("has a path", "" if address_fault(network) else network)
    what = host_fault(address)
    if what and is_ip(without_zeros(address)):
        return Fault("has leading zeros", without_zeros(address), agent=_ZEROS)
    return Fault(what) if what else None
