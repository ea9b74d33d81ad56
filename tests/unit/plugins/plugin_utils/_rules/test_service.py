# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits of the rules of a service: what is just right gets no word, and what is just wrong its rule."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import dotted
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import NEVER_SYNCED, REFUSED
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.service import service_findings


def said(**fields: Any) -> list[str]:
    return [f"{finding.rule} {dotted(finding.place)}" for finding in service_findings(fields, ())]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"name": "a" * 63, "tags": ["a", "b-1", "A" * 63]}, []),
        ({"name": "a" * 64}, ["dns-name name"]),
        ({"name": ""}, []),
        ({"name": "web\n"}, ["dns-name name"]),
        (
            {"tags": ["", "a", "a", "a_b", "a_b", ""]},
            ["tag-empty tags[0]", "tag-twice tags[2]", "dns-tag tags[3]", "tag-twice tags[4]", "tag-empty tags[5]"],
        ),
        ({"meta": {"a": "x" * 512, "b": "é" * 256, "c": 1}}, []),
        ({"meta": {"a": "x" * 513}}, ["meta-value meta.a"]),
        ({"meta": {"a": "é" * 257}}, ["meta-value meta.a"]),
        ({"meta": {"consul-x": "", "consul": "", "x-consul-": ""}}, ["meta-reserved meta.consul-x"]),
        ({"address": "0.0.0.0"}, ["address-any address"]),
        ({"address": "10.0.0.1"}, []),
        ({"locality": {"region": "r", "zone": "z"}}, []),
        ({"locality": {"region": "r"}}, []),
        ({"locality": {"zone": "z"}}, ["locality-region-required locality.region"]),
        ({"socket_path": "/s"}, []),
        ({"port": 1, "address": "db.example"}, []),
        ({"socket_path": "/s", "port": 0}, ["socket-path-excludes-port socket_path"]),
        ({"socket_path": "/s", "address": ""}, ["socket-path-excludes-port socket_path"]),
    ],
)
def test_the_limits(fields: dict[str, Any], expected: list[str]) -> None:
    assert said(**fields) == expected


@pytest.mark.parametrize(
    ("name", "address", "rules"),
    [
        ("lan_ipv4", "10.0.0.1", []),
        ("lan_ipv4", "::ffff:10.0.0.1", []),
        ("wan_ipv4", "::1", ["tagged-address-literal"]),
        ("wan_ipv4", "", ["tagged-address-literal"]),
        ("lan_ipv4", "010.0.0.1", ["tagged-address-zeros"]),
        ("lan_ipv6", "::1", []),
        ("lan_ipv6", "fe80::1%eth0", ["tagged-address-literal"]),
        ("lan_ipv6", "10.0.0.1", ["tagged-address-literal"]),
        ("lan_ipv6", "010.0.0.1", ["tagged-address-literal"]),
        ("wan_ipv6", "::1", []),
        ("wan_ipv6", "10.0.0.1", ["tagged-address-wan-ipv6"]),
        ("own", "db.example", []),
    ],
)
def test_tagged_addresses(name: str, address: str, rules: list[str]) -> None:
    # One of the wrong type keeps nobody from looking at the next.
    tagged = {"lan": "x", name: {"address": address, "port": 80}}
    assert said(tagged_addresses=tagged) == [f"{rule} tagged_addresses.{name}.address" for rule in rules]


def test_what_says_the_other_key_and_the_zeros() -> None:
    (both,) = service_findings({"socket_path": "/s", "port": 0, "address": ""}, ())
    assert both.message.startswith("excludes port;")
    (address,) = service_findings({"socket_path": "/s", "address": ""}, ())
    assert address.message.startswith("excludes address;")
    (zeros,) = service_findings({"tagged_addresses": {"lan_ipv4": {"address": "010.0.0.1"}}}, ())
    assert zeros.hint == "Write 10.0.0.1."


def test_a_mesh_gateway_may_serve_the_federation() -> None:
    fields = {"kind": "mesh-gateway", "meta": {"consul-wan-federation": "1", "consul-x": ""}}
    spans = [finding.spans for finding in service_findings(fields, ())]
    assert spans == [(((1, 1, 0), (1, 8, 0)),), ((None, None),)]
    (other,) = service_findings({"meta": {"consul-wan-federation": "1"}}, ())
    assert other.spans == ((None, None),)


@pytest.mark.parametrize(("place", "agent"), [((), REFUSED), (("connect", "sidecar_service"), NEVER_SYNCED)])
def test_what_agents_do_where_a_locality_has_no_region(place: tuple[str, ...], agent: str) -> None:
    (found,) = service_findings({"locality": {"zone": "z"}}, place)
    assert found.message == f"required with zone; {agent}."
