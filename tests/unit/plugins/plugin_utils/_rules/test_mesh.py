# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits of the rules of the mesh: what is just right gets no word, and what is just wrong its rule."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import dotted
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.mesh import mesh_findings, sidecar_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import NEVER_SYNCED

PROXY = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web"}}
WEB = {"name": "web", "port": 80}
UPSTREAM = {"destination_name": "db", "local_bind_port": 1}


def said(service: dict[str, Any]) -> list[str]:
    return [f"{finding.rule} {dotted(finding.place)}" for finding in mesh_findings(service, ())]


def said_of_sidecar(sidecar: dict[str, Any], **service: Any) -> list[str]:
    return [f"{finding.rule} {dotted(finding.place)}" for finding in sidecar_findings({**WEB, **service}, sidecar, ())]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (WEB, []),
        (PROXY, []),
        ({**PROXY, "port": 0}, ["proxy-port-required port"]),
        ({**PROXY, "port": 0, "socket_path": "/s"}, []),
        ({**PROXY, "proxy": {}}, ["proxy-destination-required proxy.destination_service_name"]),
        ({**PROXY, "proxy": {}, "proxy_destination": "web"}, []),
        ({**PROXY, "proxy": {"destination_service_name": "*"}}, ["destination-wildcard proxy.destination_service_name"]),
        ({**PROXY, "connect": {"native": True}}, ["proxy-native connect.native"]),
        ({**WEB, "proxy": {"config": {}}}, ["proxy-without-kind proxy"]),
        ({**WEB, "proxy": {}}, []),
        ({**WEB, "kind": "of-tomorrow", "proxy": {"config": {}}}, []),
    ],
)
def test_proxies(service: dict[str, Any], expected: list[str]) -> None:
    assert said(service) == expected


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("mesh-gateway", {"port": 1}, []),
        ("mesh-gateway", {}, ["gateway-port-required port"]),
        ("terminating-gateway", {}, ["gateway-port-required port"]),
        ("ingress-gateway", {}, []),
        ("ingress-gateway", {"proxy": {"upstreams": [UPSTREAM]}}, ["gateway-field proxy.upstreams"]),
        ("ingress-gateway", {"proxy": {"upstreams": []}}, []),
        ("ingress-gateway", {"connect": {"sidecar_service": {}}}, ["gateway-sidecar connect.sidecar_service"]),
        ("ingress-gateway", {"proxy": {"mode": "transparent"}}, []),
        ("ingress-gateway", {"proxy": {"mesh_gateway": {"mode": "local"}}}, []),
        ("ingress-gateway", {"proxy": {"mode": "transparent", "mesh_gateway": {"mode": "local"}}}, ["gateway-transparent proxy.mode"]),
    ],
)
def test_gateways(kind: str, fields: dict[str, Any], expected: list[str]) -> None:
    assert said({"name": "g", "kind": kind, **fields}) == expected


@pytest.mark.parametrize(
    ("connect", "fields", "expected"),
    [
        ({"native": True}, {}, []),
        ({"native": True}, {"port": 0, "socket_path": "/s"}, []),
        ({"native": True}, {"port": 0}, ["native-port-required port"]),
        ({"native": True, "sidecar_service": {}}, {}, ["native-excludes-sidecar connect.sidecar_service"]),
        ({"sidecar_service": {}}, {"port": 0}, []),
        ({"proxy": {}}, {}, []),
        ({"proxy": {}}, {"port": 0}, ["managed-proxy-port-required port"]),
        ({"native": True, "proxy": {}}, {}, ["managed-proxy-native connect.proxy"]),
    ],
)
def test_connect(connect: dict[str, Any], fields: dict[str, Any], expected: list[str]) -> None:
    assert said({**WEB, **fields, "connect": connect}) == expected


def test_named_ports_of_native_services() -> None:
    named = {"name": "web", "ports": [{"name": "a", "port": 1}], "connect": {"native": True}}
    assert [finding.spans for finding in mesh_findings(named, ())] == [(((1, 22, 0), (2, 0, 0)),)]
    assert [finding.spans for finding in mesh_findings({**named, "ports": []}, ())] == [(((1, 13, 0), None),)]


@pytest.mark.parametrize(
    ("sidecar", "service", "expected"),
    [
        ({}, {}, []),
        ({"kind": "connect-proxy"}, {}, []),
        ({"kind": "mesh-gateway"}, {}, ["sidecar-kind kind"]),
        ({"connect": {"native": True}}, {}, ["sidecar-native connect.native"]),
        ({}, {"name": "*"}, ["destination-wildcard proxy.destination_service_name"]),
        ({"proxy": {"destination_service_name": "web"}}, {"name": "*"}, []),
        ({}, {"name": " "}, ["sidecar-destination proxy.destination_service_name"]),
        ({}, {"name": ""}, []),
    ],
)
def test_sidecars(sidecar: dict[str, Any], service: dict[str, Any], expected: list[str]) -> None:
    assert said_of_sidecar(sidecar, **service) == expected


@pytest.mark.parametrize(
    ("upstreams", "expected"),
    [
        ([UPSTREAM], []),
        ([{"destination_name": "db", "local_bind_socket_path": "/s"}], []),
        ([{"destination_name": "db"}], ["upstream-listener local_bind_port"]),
        ([{**UPSTREAM, "local_bind_socket_path": "/s"}], ["upstream-listener local_bind_socket_path"]),
        ([{**UPSTREAM, "destination_name": "*"}], ["destination-wildcard destination_name"]),
        ([UPSTREAM, {**UPSTREAM, "local_bind_port": 2}], ["upstream-twice "]),
        ([UPSTREAM, {**UPSTREAM, "local_bind_port": 2, "destination_type": "service"}], ["upstream-twice "]),
        ([UPSTREAM, {**UPSTREAM, "local_bind_port": 2, "destination_type": "prepared_query"}], []),
        ([UPSTREAM, {**UPSTREAM, "local_bind_port": 2, "datacenter": "dc2"}], []),
        ([UPSTREAM, {**UPSTREAM, "destination_name": "cache"}], ["upstream-bind-twice "]),
        ([UPSTREAM, {**UPSTREAM, "destination_name": "cache", "local_bind_address": "127.0.0.1"}], ["upstream-bind-twice "]),
        ([UPSTREAM, {**UPSTREAM, "destination_name": "cache", "local_bind_address": "10.0.0.1"}], []),
        ([{"local_bind_port": 1}, {"local_bind_port": 2}], []),
        ([{"destination_name": name, "local_bind_socket_path": "/s"} for name in "ab"], ["upstream-bind-twice "]),
        ([{"destination_name": name, "local_bind_socket_path": f"/{name}"} for name in "ab"], []),
        # With an address the socket does not count.
        (
            [{"destination_name": name, "local_bind_socket_path": f"/{name}", "local_bind_address": "10.0.0.1"} for name in "ab"],
            ["upstream-bind-twice "],
        ),
        ([{"destination_name": name} for name in "ab"], ["upstream-listener local_bind_port"] * 2),
    ],
)
def test_upstreams(upstreams: list[dict[str, Any]], expected: list[str]) -> None:
    last = len(upstreams) - 1
    found = said({**PROXY, "proxy": {"destination_service_name": "web", "upstreams": upstreams}})
    assert [line.replace(f"proxy.upstreams[{last}]", "").replace("proxy.upstreams[0]", "").replace(" .", " ") for line in found] == expected


def test_the_first_of_those_that_are_alike_is_named() -> None:
    upstreams = [{**UPSTREAM, "local_bind_port": port} for port in (1, 2, 3)]
    found = [finding.message for finding in mesh_findings({**PROXY, "proxy": {**PROXY["proxy"], "upstreams": upstreams}}, ())]  # type: ignore[dict-item]
    assert [message.partition(";")[0] for message in found] == ["has the destination of upstreams[0]"] * 2


@pytest.mark.parametrize(
    ("fields", "partition", "rule"),
    [
        ({"datacenter": "dc2"}, None, None),
        ({"datacenter": "dc2"}, "default", None),
        ({"datacenter": "dc2"}, "team", "upstream-partition-datacenter"),
        ({"datacenter": "dc2", "destination_partition": "team"}, None, "upstream-partition-datacenter"),
        ({"destination_partition": "team"}, None, None),
        ({"destination_peer": "p"}, "team", None),
        ({"destination_peer": "p", "destination_partition": "team"}, "team", None),
        ({"destination_peer": "p", "destination_partition": "team"}, None, "upstream-peer-partition"),
        ({"destination_peer": "p", "destination_partition": "default"}, None, None),
        ({"destination_peer": "p", "datacenter": "dc2"}, None, "upstream-peer-datacenter"),
        ({"destination_peer": "p", "datacenter": "dc2", "destination_partition": "team"}, None, "upstream-peer-datacenter"),
    ],
)
def test_where_upstreams_are(fields: dict[str, str], partition: str | None, rule: str | None) -> None:
    proxy = {"destination_service_name": "web", "upstreams": [{**UPSTREAM, **fields}]}
    there = {"partition": partition} if partition else {}
    expected = [rule] if rule else []
    assert [finding.rule for finding in mesh_findings({**PROXY, "proxy": proxy, **there}, ())] == expected
    # A sidecar is in the partition of its service, unless it says otherwise.
    for service, sidecar in (
        ({**WEB, **there}, {"proxy": proxy}),
        ({**WEB, "partition": "x"}, {"proxy": proxy, "partition": "default", **there}),
    ):
        assert [finding.rule for finding in sidecar_findings(service, sidecar, ())] == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([{"path": "/a", "listener_port": 1}, {"path": "/b", "listener_port": 2}], []),
        (
            [{"path": "/a", "listener_port": 1}, {"path": "/b", "listener_port": 1}],
            ["expose-listener-twice proxy.expose.paths[1].listener_port"],
        ),
        ([{"path": "/a", "listener_port": 1}, {"path": "/a", "listener_port": 2}], ["expose-path-twice proxy.expose.paths[1].path"]),
        ([{"path": "a", "listener_port": 1}], ["expose-path-slash proxy.expose.paths[0].path"]),
        ([{}, {}], []),
    ],
)
def test_exposed_paths(paths: list[dict[str, Any]], expected: list[str]) -> None:
    assert said({**PROXY, "proxy": {"destination_service_name": "web", "expose": {"paths": paths}}}) == expected


def test_the_folder_of_a_socket_has_70_bytes() -> None:
    for folder, expected in (("x" * 70, []), ("x" * 71, ["hcp-metrics-socket"]), ("é" * 36, ["hcp-metrics-socket"]), (7, [])):
        sidecar = {"proxy": {"config": {"envoy_hcp_metrics_bind_socket_dir": folder}}}
        assert [finding.rule for finding in sidecar_findings(WEB, sidecar, ())] == expected


def test_in_a_sidecar_only_the_catalog_refuses() -> None:
    proxy = {"upstreams": [{"destination_name": "db"}], "expose": {"paths": [{"path": path, "listener_port": 1} for path in ("/a", "/b")]}}
    for finding in sidecar_findings(WEB, {"proxy": proxy}, ()):
        assert finding.message.endswith(f"; {NEVER_SYNCED}.")
