# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands where an address belongs: what is wrong with it, and what to write."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._rules.address import address_findings

ANY_HOST = "Write an IP address or the name of a host."
NO_IP = "is no IP address, and no name of a host ends in a number"

# Address, what is wrong with it, what to write.
FAULTS = [
    ("10.0.0.1:80", "names a port", "Write address: 10.0.0.1 and port: 80."),
    ("db.example:5432", "names a port", "Write address: db.example and port: 5432."),
    ("db.example:http", "names a port", "Write address: db.example."),
    ("[::1]:80", "names a port", 'Write address: "::1" and port: 80.'),
    ("300.1.1.1:80", "names a port", "The port belongs to port."),
    ("300.1.1.1", NO_IP, ANY_HOST),
    ("10.0.0", NO_IP, ANY_HOST),
    ("10.0.0.1.5", NO_IP, ANY_HOST),
    ("10", NO_IP, ANY_HOST),
    ("010.0.0.1", "has leading zeros", "Write address: 10.0.0.1."),
    ("http://host", "is a URL", "Write address: host."),
    ("http://user:s3cret@host:8080/x?y", "is a URL", "Write address: host and port: 8080."),
    ("10.0.0.0/24", "is a network", ANY_HOST),
    ("10.0.0.0/31", "is a network", ANY_HOST),
    ("10.0.0.1/32", "is a network", "Write address: 10.0.0.1."),
    ("10.0.0.5/24", "is a network", "Write address: 10.0.0.5."),
    ("fe80::/10", "is a network", ANY_HOST),
    ("host/path", "has a path", "Write address: host."),
    (" 10.0.0.1", "has blanks around it", "Write address: 10.0.0.1."),
    ("10.0.0.1\n", "has blanks around it", "Write address: 10.0.0.1."),
    (" 10.0.0.1:80", "names a port", "Write address: 10.0.0.1 and port: 80."),
    ("[::1]", "has brackets", 'Write address: "::1".'),
    ("[fe80::1:25]", "has brackets", 'Write address: "fe80::1:25".'),
    ("[10.0.0.1]", "has brackets", "Write address: 10.0.0.1."),
    ("10.0.0.1,10.0.0.2", "is more than one address", ANY_HOST),
    ("a b", "is more than one address", ANY_HOST),
    ("/run/web.sock", "is the path of a socket", "Write the path to socket_path."),
    ("unix:///run/web.sock", "is the path of a socket", "Write the path to socket_path."),
    ("1::2::3", "is no IPv6 address", ANY_HOST),
    ("a..b", "is no name of a host", ANY_HOST),
    ("*", "is no name of a host", ANY_HOST),
    ("https://", "is a URL", ANY_HOST),
]
FINE = [
    "",
    "10.0.0.1",
    "::1",
    "fe80::1%eth0",
    "::ffff:10.0.0.1",
    "localhost",
    "db.example.",
    "my_db",
    "münchen.example",
    "10-0-0-1.example",
    "1a",
]


def said(service: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = address_findings(service, ())
    return [(".".join(map(str, finding.place)), finding.message.partition(";")[0], finding.hint) for finding in found]


@pytest.mark.parametrize(("address", "wrong", "hint"), FAULTS)
def test_every_fault(address: str, wrong: str, hint: str) -> None:
    assert said({"address": address}) == [("address", wrong, hint)]


@pytest.mark.parametrize("address", FINE)
def test_addresses_and_names_get_no_word(address: str) -> None:
    upstream = {"local_bind_address": address}

    assert said({"address": address, "tagged_addresses": {"lan": {"address": address}}, "proxy": {"upstreams": [upstream]}}) == []


def test_the_port_belongs_beside_the_address_wherever_one_is() -> None:
    wrong = "10.0.0.1:80"
    service = {
        "tagged_addresses": {"wan": {"address": wrong}, "lan": {"address": "/x"}, "virtual": {"address": "0.0.0.0"}},
        "proxy": {"local_service_address": wrong, "upstreams": [{}, {"local_bind_address": wrong}]},
        "connect": {"proxy": {"upstreams": [{"local_bind_address": "/x"}]}},
    }

    assert [(place, hint) for place, _what, hint in said(service)] == [
        ("tagged_addresses.wan.address", "Write address: 10.0.0.1 and port: 80."),
        ("tagged_addresses.lan.address", "Write the address of a host."),
        ("tagged_addresses.virtual.address", "Write the address of the host."),
        ("proxy.local_service_address", "Write local_service_address: 10.0.0.1 and local_service_port: 80."),
        ("proxy.upstreams.1.local_bind_address", "Write local_bind_address: 10.0.0.1 and local_bind_port: 80."),
        ("connect.proxy.upstreams.0.local_bind_address", "Write the path to local_bind_socket_path."),
    ]


def test_what_other_rules_say_is_not_said_twice() -> None:
    assert said({"address": "[::]"}) == []
    assert said({"address": "0.0.0.0", "tagged_addresses": {"lan_ipv4": {"address": "x:1"}, "wan_ipv6": {"address": "x:1"}}}) == []
