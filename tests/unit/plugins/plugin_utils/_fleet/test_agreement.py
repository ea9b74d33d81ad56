# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts have to agree on."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.definitions.fleet import gateway, mesh_service, service
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import at, found, judged


def hosts_of(*definitions: Any) -> dict[str, Any]:
    return {f"h{number}": [definition] for number, definition in enumerate(definitions, 1)}


def proxies(*protocols: str) -> dict[str, Any]:
    return hosts_of(*(mesh_service("web", 80, [], protocol=protocol) for protocol in protocols))


def places(hosts: dict[str, Any]) -> list[tuple[str, list[str]]]:
    return [(rule, [place.partition(" ")[0] for place in where]) for rule, where in found(hosts)]


@pytest.mark.parametrize(
    ("protocols", "expected"),
    [
        (("http", "http", "HTTP"), []),
        (("", "", "tcp"), []),
        (("http", "tcp", "http"), [("protocol-differs", ["h2"])]),
        (("http", "grpc"), [("protocol-differs", ["h1", "h2"])]),
        (("http", "", "http"), [("protocol-unclear", ["h2"])]),
    ],
)
def test_protocols_of_one_service(protocols: tuple[str, ...], expected: list[Any]) -> None:
    assert places(proxies(*protocols)) == expected


@pytest.mark.parametrize(
    ("outlier", "expected"),
    [
        (service("web", 81), [("ports-differ", ["h4"])]),
        (service("web", 81, tags=["canary"]), []),
        (service("web", 81, meta={"version": "2"}), []),
        (service("web", 80), []),
        (mesh_service("web", 0, []), []),
    ],
    ids=["no reason", "a tag", "meta", "the same", "no port"],
)
def test_a_port_that_only_one_host_has_needs_a_reason(outlier: Any, expected: list[Any]) -> None:
    assert places(hosts_of(*[service("web", 80)] * 3, outlier)) == expected


def test_several_instances_on_a_host_and_ports_without_a_usual_one_are_a_reason() -> None:
    several = [service("web", 80), service("web", 81, id="second")]
    assert found({**hosts_of(*[service("web", 80)] * 3), "h4": several}) == []
    assert found(hosts_of(*(service("web", port) for port in (80, 81, 82, 83)))) == []
    assert found(hosts_of(service("web", 80), service("web", 81))) == []


def test_a_port_that_is_taken_by_another_service_is_a_reason() -> None:
    hosts = {**hosts_of(*[service("web", 80)] * 3), "h4": [service("web", 81), service("old", 80)]}
    assert found(hosts) == []


def test_gateways_of_one_name_have_one_kind() -> None:
    kinds = ("mesh-gateway", "mesh-gateway", "ingress-gateway")
    assert places(hosts_of(*(gateway("gw", kind, 443) for kind in kinds))) == [("gateway-kinds", ["h3"])]
    assert places(hosts_of(gateway("gw", "mesh-gateway", 443), service("gw", 443))) == [("gateway-kinds", ["h1", "h2"])]


def test_a_set_has_one_owner() -> None:
    owners = [{"consul_services_owner": "consul"}] * 2 + [{"consul_services_owner": "root"}, {}]
    hosts = {f"h{number}": at("", [service("web", 80)], **own) for number, own in enumerate(owners)}
    assert [(one["rule"], one["places"]) for one in judged(hosts)["findings"]] == [("set-owner", ["h2 → consul_services_owner"])]
    hosts["h2"]["consul_services_set"] = "monitoring"
    assert found(hosts) == []
