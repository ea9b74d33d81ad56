# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a service (and of a sidecar, which is one too), without its checks and its proxy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version

from .._findings import Finding, Place
from .access import Mapping, mapping_at, text, texts_at
from .address import ANY, without_zeros
from .rule import HALF_LOADED, NEVER_SYNCED, NOT_IN_THE_CATALOG, REFUSED, rule, warning

META_VALUE = rule("meta-value", "a meta value longer than 512 bytes", REFUSED)
META_RESERVED = rule("meta-reserved", "a meta key that begins with consul-", REFUSED)
ADDRESS_ANY = rule("address-any", "an address that stands for all addresses, such as 0.0.0.0", NEVER_SYNCED, stricter=NOT_IN_THE_CATALOG)
TAGGED_ADDRESS = rule(
    "tagged-address-literal",
    "a tagged address that is not the kind of IP address its name says",
    HALF_LOADED,
    since="1.7.0",
)
TAGGED_ZEROS = rule(
    "tagged-address-zeros",
    "a tagged IPv4 address with leading zeros",
    HALF_LOADED,
    stricter="older agents read the numbers as decimal, newer ones refuse them",
    since="1.7.0",
)
TAGGED_WAN_IPV6 = warning("tagged-address-wan-ipv6", "a wan_ipv6 that is no IPv6 address", "no version of Consul looks at it")
SOCKET_PATH = rule("socket-path-excludes-port", "socket_path together with port or address", REFUSED)
LOCALITY = rule("locality-region-required", "a locality with a zone and no region", REFUSED, stricter=NOT_IN_THE_CATALOG)
DNS_NAME = warning("dns-name", "a name that DNS cannot serve", "the service cannot be found through DNS")
DNS_TAG = warning("dns-tag", "a tag that DNS cannot serve", "the service cannot be found through DNS by this tag")
ID_RESERVED = warning(
    "service-id-reserved",
    "a service with the id consul",
    "on a server, the agent has it in place of Consul's own, and servers are not found",
)
TAG_EMPTY = warning("tag-empty", "an empty tag", "the agent registers it")
TAG_TWICE = warning("tag-twice", "a tag that stands twice", "the agent registers it twice")

DNS_LABEL = re.compile(r"[A-Za-z0-9-]{1,63}\Z")
WRITE_LABEL = "Use up to 63 of the characters A-Z a-z 0-9 and -."
# The IP version that Consul demands of a tagged address with this name.
_LITERALS = {"lan_ipv4": 4, "wan_ipv4": 4, "lan_ipv6": 6}
_META_BYTES = 512
# Since 1.8.0 a mesh gateway may say that it serves the federation of datacenters.
_BEFORE_FEDERATION = ((parse_version("1.1.0"), parse_version("1.8.0")),)


def service_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of one service, or of the sidecar at a place inside one."""
    yield from _name_findings(service, place)
    yield from _meta_findings(service, place)
    yield from _address_findings(service, place)
    yield from _socket_findings(service, place)
    locality = mapping_at(service, "locality")
    if locality.get("zone") and not locality.get("region"):
        agent = NEVER_SYNCED if place else REFUSED
        yield LOCALITY.at((*place, "locality", "region"), "required with zone", "Add the region of the zone.", agent=agent)


def _name_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    name = text(service, "name")
    key = "id" if text(service, "id") else "name"
    # The catalog minds no case.
    if not place and text(service, key).lower() == "consul":
        yield ID_RESERVED.at((key,), "is the id of Consul's own service", "Choose another id.")
    if name and not DNS_LABEL.match(name):
        yield DNS_NAME.at((*place, "name"), "is no DNS label", WRITE_LABEL)
    seen: set[str] = set()
    for index, tag in texts_at(service, "tags"):
        there = (*place, "tags", index)
        if not tag:
            yield TAG_EMPTY.at(there, "is empty", "Leave it out.")
        elif tag in seen:
            yield TAG_TWICE.at(there, "stands twice", "Write it once.")
        elif not DNS_LABEL.match(tag):
            yield DNS_TAG.at(there, "is no DNS label", WRITE_LABEL)
        seen.add(tag)


def _meta_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    federation = text(service, "kind") == "mesh-gateway"
    for key, value in mapping_at(service, "meta").items():
        there = (*place, "meta", key)
        # No character takes more than four bytes.
        size = len(value.encode("utf-8", "surrogatepass")) if isinstance(value, str) and len(value) * 4 > _META_BYTES else 0
        if size > _META_BYTES:
            yield META_VALUE.at(
                there, f"has {size} bytes", f"Shorten it to {_META_BYTES} bytes; other characters than ASCII take more than one."
            )
        if key.startswith("consul-"):
            spans = _BEFORE_FEDERATION if federation and key == "consul-wan-federation" else None
            yield META_RESERVED.at(there, "is reserved for Consul", "Choose a key that does not begin with consul-.", spans)


def _address_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    if text(service, "address") in ANY:
        yield ADDRESS_ANY.at(
            (*place, "address"), "is not an address that one can connect to", "Write the address of the host, or leave it out."
        )
    for name, tagged in mapping_at(service, "tagged_addresses").items():
        if not isinstance(tagged, dict):
            continue
        there = (*place, "tagged_addresses", name, "address")
        wanted = _LITERALS.get(name)
        found = _ip_version(text(tagged, "address"))
        if wanted and not found and _ip_version(without_zeros(text(tagged, "address"))) == wanted:
            yield TAGGED_ZEROS.at(there, "has leading zeros", f"Write {without_zeros(text(tagged, 'address'))}.")
        elif wanted and wanted != found:
            hint = f"Write an IPv{wanted} address, or choose another name than {name}."
            yield TAGGED_ADDRESS.at(there, f"must be an IPv{wanted} address", hint)
        if name == "wan_ipv6" and found != 6:
            yield TAGGED_WAN_IPV6.at(there, "is no IPv6 address", "Write an IPv6 address.")


def _ip_version(address: str) -> int:
    """Return 4 or 6, or 0 where Go finds no IP address: it knows no zones, and takes ::ffff:10.0.0.1 for an IPv4 address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return 0
    if isinstance(found, ipaddress.IPv4Address):
        return 4
    if found.scope_id is not None:
        return 0
    return 4 if found.ipv4_mapped else 6


def _socket_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    if "socket_path" in service and ("port" in service or "address" in service):
        other = "port" if "port" in service else "address"
        yield SOCKET_PATH.at(
            (*place, "socket_path"), f"excludes {other}", f"Keep socket_path or {other}; even {other}: 0 or an empty text counts."
        )
