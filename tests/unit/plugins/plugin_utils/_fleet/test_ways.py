# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where upstreams lead, and the gateways on their ways."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.definitions.fleet import (
    gateway,
    mesh_service,
    service,
    upstream,
)
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import at, found, judged

WEB = "web1 → services[0] (web-here) → connect.sidecar_service.proxy"


def web(*upstreams: Any, **fields: Any) -> Any:
    return mesh_service("web", 80, list(upstreams), **fields)


def said(hosts: dict[str, Any], **question: Any) -> list[str]:
    return [f"{one['rule']}: {one['message']} {one['hint']}" for one in judged(hosts, **question)["findings"]]


@pytest.mark.parametrize(
    "offers",
    [
        mesh_service("db", 5432, []),
        service("db", 5432, connect={"native": True}),
        service("DB", 5432, connect={"sidecar_service": {}}),
    ],
    ids=["sidecar", "native", "in another case"],
)
def test_a_service_of_the_mesh_can_be_reached(offers: Any) -> None:
    assert found({"web1": [web(upstream("db", 1))], "db1": [offers]}) == []


def test_a_proxy_of_its_own_offers_its_service() -> None:
    proxy = service("db-proxy", 21000, kind="connect-proxy", proxy={"destination_service_name": "db", "upstreams": [upstream("log", 2)]})
    hosts = {"web1": [web(upstream("db", 1))], "db1": [service("db", 5432), proxy], "log1": [mesh_service("log", 1, [])]}
    assert found(hosts) == []
    assert {(call["from"], call["to"]) for call in judged(hosts)["calls"]} == {("web", "db"), ("db", "log")}


def test_a_name_of_nobody_is_one_finding_with_all_places_and_the_nearest_name() -> None:
    hosts = {f"web{number}": [web(upstream("payments", 1))] for number in (1, 2, 10)} | {"pay1": [mesh_service("Payment", 1, [])]}
    (finding,) = judged(hosts)["findings"]
    assert finding["hosts"] == ["web1", "web2", "web10"]
    assert finding["path"] == finding["places"][0] == f"{WEB}.upstreams[0].destination_name"
    assert (finding["severity"], finding["hint"]) == ("error", "Did you mean Payment?")


def test_without_a_word_on_what_else_there_is_it_is_a_warning_that_says_so() -> None:
    hosts = {"web1": [web(upstream("payments", 1))]}
    assert said(hosts, external=None) == [
        'upstream-unseen: no host registers "payments", and what is registered elsewhere is not known here; if it leads nowhere, every'
        " connection to it fails. Let consul_fleet_catalog name an agent. If it exists, name it in consul_fleet_external."
    ]


def test_names_that_somebody_vouches_for_exist() -> None:
    query = upstream("nearest-cache", 2, destination_type="prepared_query")
    peer = upstream("Legacy-erp", 3, destination_peer="warehouse")
    assert found({"web1": [web(upstream("legacy-db", 1), query, peer)]}, external=["legacy-*", "nearest-cach?"]) == []


def test_what_stays_unseen_is_a_warning() -> None:
    query = upstream("nearest", 2, destination_type="prepared_query")
    peer = upstream("erp", 3, destination_peer="warehouse")
    assert found({"web1": [web(query, peer)]}) == [
        ("upstream-unseen", [f"{WEB}.upstreams[0].destination_name"]),
        ("upstream-unseen", [f"{WEB}.upstreams[1].destination_name"]),
    ]


def test_a_terminating_gateway_may_offer_any_service() -> None:
    hosts = {"web1": [web(upstream("db", 1))], "db1": [service("db", 5432)]}
    assert [rule for rule, _places in found(hosts)] == ["upstream-not-in-mesh"]
    assert [rule for rule, _places in found({**hosts, "gw1": [gateway("out", "terminating-gateway", 8443)]})] == ["upstream-unseen"]


def test_datacenters_are_told_apart_where_they_are_named() -> None:
    here = {"web1": at("dc1", [web(upstream("db", 1))]), "db1": at("dc2", [mesh_service("db", 5432, [])])}
    assert said(here) == [
        'upstream-unregistered: no host registers "db" in dc1; the proxy would have a listener, and every connection to it would fail.'
        " It is registered in dc2: say so with datacenter."
    ]
    there = {**here, "web1": at("dc1", [web(upstream("db", 1, datacenter="dc2"))])}
    assert found(there) == []
    assert found({**here, "db1": [mesh_service("db", 5432, [])]}) == []


def test_namespaces_are_told_apart() -> None:
    hosts = {"web1": [web(upstream("db", 1, destination_namespace="b"))], "db1": [mesh_service("db", 1, [], port=2) | {"namespace": "a"}]}
    enterprise = {"consul_version": "1.21.0", "edition": "enterprise"}
    assert [rule for rule, _places in found(hosts, terms=enterprise)] == ["upstream-unregistered"]
    hosts["db1"][0]["namespace"] = "b"
    assert found(hosts, terms=enterprise) == []


def test_a_port_has_to_be_one_of_the_destination() -> None:
    ports = [{"name": "http", "port": 1, "default": True}, {"name": "admin", "port": 2}]
    db = {"name": "db", "ports": ports, "connect": {"sidecar_service": {}}}
    hosts = {"web1": [web(upstream("db", 1, destination_port="amin"))], "db1": [db]}
    newest = {"consul_version": "2.0.0", "edition": "enterprise"}
    assert said(hosts, terms=newest) == [
        'upstream-port: "db" has no port "amin"; the proxy would find no instance with such a port. Did you mean admin?'
    ]
    hosts["web1"] = [web(upstream("db", 1, destination_port="http"))]
    assert found(hosts, terms=newest) == []


def test_absent_sets_register_nothing() -> None:
    hosts = {"web1": [web(upstream("db", 1))], "db1": at("", [mesh_service("db", 1, [])], consul_services_state="absent")}
    assert [rule for rule, _places in found(hosts)] == ["upstream-unregistered"]


@pytest.mark.parametrize(("mode", "missing"), [("none", ""), ("local", "dc1"), ("remote", "dc2")])
def test_modes_need_their_gateway(mode: str, missing: str) -> None:
    leaving = web(upstream("db", 1, datacenter="dc2", mesh_gateway={"mode": mode}))
    hosts = {"web1": at("dc1", [leaving]), "db1": at("dc2", [mesh_service("db", 1, [])])}
    expected = [("mesh-gateway-missing", [f"{WEB}.upstreams[0].mesh_gateway.mode"])] if missing else []
    assert found(hosts) == expected
    assert found({**hosts, "gw1": at(missing, [gateway("gw", "mesh-gateway", 443)])}) == []
    assert found(hosts, external=["mesh-gateway"]) == []


def test_a_mode_that_nothing_needs_so_far_is_a_warning() -> None:
    idle = web()
    idle["connect"]["sidecar_service"]["proxy"] = {"mesh_gateway": {"mode": "local"}}
    assert found({"web1": at("dc1", [idle])}) == [("mesh-gateway-unseen", [f"{WEB}.mesh_gateway.mode"])]
    assert found({"web1": at("dc1", [idle])}, external=None) == []


def test_where_a_host_is_nobody_knows_no_gateway_is_certain_to_be_missing() -> None:
    leaving = web(upstream("db", 1, datacenter="dc2", mesh_gateway={"mode": "local"}))
    assert [rule for rule, _places in found({"web1": [leaving], "db1": [mesh_service("db", 1, [])]})] == ["mesh-gateway-unseen"]
