# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Named ports, and the fields that came with Consul 2: who takes which."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field, walk
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST
from ansible_collections.registrar.consul.tests.support.definitions import consul_2

PORTS = consul_2.PORTS
SIDECAR = ("connect", "sidecar_service")


def found(*services: Any, version: str = "2.1.0", edition: str = "community") -> list[tuple[str, str]]:
    """Return rule and place of each error and warning."""
    findings = [finding for entry in judge_services(list(services), edition=edition) for finding in entry.findings]
    said = verdict(findings, parse_version(version))
    return [(entry["rule"], entry["path"].partition(" → ")[2]) for entry in said.errors + said.warnings]


def rules(*services: Any, version: str = "2.1.0", edition: str = "community") -> set[str]:
    return {rule for rule, _place in found(*services, version=version, edition=edition)}


def paths(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {path} | {deep for key, child in value.items() for deep in paths(child, f"{path}.{key}" if path else key)}
    return {path} | {deep for item in value for deep in paths(item, f"{path}[]")} if isinstance(value, list) else {path}


def test_enterprise_2_1_takes_every_field() -> None:
    assert found(*consul_2.EVERYTHING, edition="enterprise") == []
    for protocol in ("openai", "anthropic", "passthrough"):
        assert found(consul_2.with_model(protocol), edition="enterprise") == []
    for transport in ("streamable-http", "sse", "stdio"):
        assert found(consul_2.with_tools(transport), edition="enterprise") == []


def test_no_field_that_came_since_1_22_is_missing_in_these_definitions() -> None:
    written = {path.removeprefix("connect.sidecar_service.") for service in consul_2.EVERYTHING for path in paths(service)}

    newer = {field.path for field in walk(service_field()) if _came_late(field) and not field.path.startswith("connect.")}
    assert len(newer) > 30
    assert newer <= written


def _came_late(field: Field) -> bool:
    return any(high is not None and high >= (1, 22, 0) for _low, high in field.missing) or field.path.startswith(("ai.", "ports["))


def test_the_community_edition_says_which_of_them_are_enterprise() -> None:
    assert found(*consul_2.EVERYTHING) == [
        ("ports-enterprise", "ports"),
        *(("field-enterprise", f"connect.sidecar_service.proxy.{name}") for name in ("local_service_ports", *_destination_ports())),
        *[("field-enterprise", "ai")] * 4,
    ]


def _destination_ports() -> list[str]:
    return [f"upstreams[{number}].destination_port" for number in (0, 1)]


@pytest.mark.parametrize("edition", ["community", "enterprise"])
def test_older_agents_name_the_version_that_has_a_field(edition: str) -> None:
    newest_1 = found(*consul_2.EVERYTHING, version="1.22.0", edition=edition)
    assert [(rule, place) for rule, place in newest_1 if rule != "field-enterprise"] == [
        *(("field-too-new", f"connect.sidecar_service.proxy.{name}") for name in ("local_service_ports", *_destination_ports())),
        ("value-too-new", "kind"),
        *[("field-too-new", "ai")] * 4,
    ]
    older = found(*consul_2.EVERYTHING, version="1.21.4", edition=edition)
    assert older.count(("field-too-new", "ports")) == 2
    errors = [error for entry in judge_services([consul_2.MODEL], edition=edition) for error in entry.findings]
    (message,) = {error["message"] for error in verdict(errors, (1, 21, 4)).errors if error["rule"] == "field-too-new"}
    assert message == "exists since Consul 2.1.0, and this is 1.21.4; the agent would refuse the whole reload."


def test_the_newest_version_is_one_that_was_read() -> None:
    assert NEWEST == (2, 1, 0)


def test_two_ports_of_one_destination_are_two_upstreams() -> None:
    assert found(consul_2.MESHED, edition="enterprise") == []
    same = copy.deepcopy(consul_2.MESHED)
    same["connect"]["sidecar_service"]["proxy"]["upstreams"][1]["destination_port"] = "http"
    assert rules(same, edition="enterprise") == {"upstream-twice"}


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([], set()),
        ([{"name": "a", "port": 1, "default": True}], set()),
        ([{"name": "a", "port": 1, "default": False}], {"ports-default"}),
        ([{"name": "a", "port": 1, "default": True}, {"name": "b", "port": 2, "default": True}], {"ports-default"}),
        ([{"name": "a", "port": 1, "default": True}, {"name": "a", "port": 1}], {"ports-unique"}),
        ([{"name": "a", "port": -1, "default": True}], {"ports-number"}),
        ([{"name": "a", "port": 65536, "default": True}], {"ports-number"}),
        ([{"name": "", "port": 1, "default": True}], {"ports-name"}),
        ([{"name": "\u00a0\t", "port": 1, "default": True}], {"ports-name"}),
        ([{"name": "a/b", "port": 1, "default": True}], {"ports-name-characters"}),
        ([{"name": "a\nb", "port": 1, "default": True}], {"ports-name-characters"}),
        ([{"name": "x" * 64, "port": 1, "default": True}], {"dns-port"}),
    ],
)
def test_named_ports_of_services_and_proxies_are_held_to_the_same(ports: list[Any], expected: set[str]) -> None:
    proxy = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web", "local_service_ports": ports}}
    sidecar = {"name": "web", "port": 1, "connect": {"sidecar_service": {"proxy": {"local_service_ports": ports}}}}

    for service in ({"name": "web", "ports": ports}, proxy, sidecar):
        assert rules(service, edition="enterprise") == expected


@pytest.mark.parametrize(("version", "expected"), [("1.22.7", {"dns-port"}), ("2.0.4", {"dns-port"}), ("2.1.0", {"ports-name-characters"})])
def test_names_with_dots_are_refused_since_2_1(version: str, expected: set[str]) -> None:
    assert rules({"name": "web", "ports": [{"name": "a.b", "port": 1, "default": True}]}, version=version) == expected


def test_proxies_have_one_port_before_2_0_and_in_the_community_edition() -> None:
    proxy = {"name": "p", "kind": "connect-proxy", "proxy": {"destination_service_name": "web"}, "port": 1, "ports": PORTS}
    assert rules(proxy, version="1.22.7") == {"ports-kind", "ports-exclude-port"}
    assert rules(proxy) == {"ports-enterprise", "ports-exclude-port"}
    assert rules(proxy, edition="enterprise") == {"ports-exclude-port"}
    sidecar = {"name": "web", "port": 1, "connect": {"sidecar_service": {"ports": PORTS}}}
    assert found(sidecar, version="1.22.7") == [("ports-kind", "connect.sidecar_service.ports")]
    assert found(sidecar) == [("ports-enterprise", "connect.sidecar_service.ports")]
    assert rules(sidecar, edition="enterprise") == set()


def test_before_2_0_the_sidecar_of_named_ports_does_not_learn_its_port() -> None:
    service = {"name": "web", "ports": PORTS, "connect": {"sidecar_service": {}}}
    assert rules(service, version="1.22.7") == {"ports-sidecar"}
    told = {"name": "web", "ports": PORTS, "connect": {"sidecar_service": {"proxy": {"local_service_port": 8080}}}}
    assert rules(told, version="1.22.7") == set()
    assert rules(service, edition="enterprise") == set()


def test_a_native_service_needs_one_port_where_that_was_seen() -> None:
    native = {"name": "web", "ports": PORTS, "connect": {"native": True}}
    assert rules(native, version="1.22.7") == {"native-port-required"}
    assert rules(native) == set()


def test_an_inference_gateway_is_a_gateway() -> None:
    with_upstreams = {**consul_2.GATEWAY, "proxy": {"destination_service_name": "web", "local_service_ports": PORTS}}
    assert rules(with_upstreams, edition="enterprise") == {"gateway-field"}
    assert rules({**consul_2.GATEWAY, "connect": {"sidecar_service": {}}}) == {"gateway-sidecar"}
    assert rules(consul_2.GATEWAY, version="2.0.0") == {"value-too-new"}
