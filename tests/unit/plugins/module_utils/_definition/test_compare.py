# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Expectation and comparison, on the answers that real agents gave for known definitions (fixtures).

Those after 1.8.7 had a global default for proxies and overrides for upstreams, and were asked when servers had assigned virtual addresses.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.compare import (
    canonical,
    check_differences,
    same,
    service_differences,
)
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import derived_addresses, expected, key_of

FIXTURES = Path(__file__).parent / "fixtures"
RECORDED = json.loads((FIXTURES / "agent_1_8_7.json").read_text())
# Compared elsewhere: these are not in the answer for the service itself.
UNREPORTED = ("checks", "check", "sidecar_service")


def one(definition: dict[str, Any]) -> dict[str, Any]:
    """The expectation for the service itself."""
    return next(iter(expected([definition]).services.values()))


def fields(definition: dict[str, Any], answer: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
    earlier = one(before) if before else None
    return [field for field, _reason in service_differences(one(definition), answer, earlier)]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, child in items:
        if key not in UNREPORTED:
            yield from leaves(child, (*path, key))
    if not isinstance(value, (dict, list)):
        yield path


def changed(definition: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    result = copy.deepcopy(definition)
    inner: Any = result
    for key in path[:-1]:
        inner = inner[key]
    old = inner[path[-1]]
    inner[path[-1]] = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int) else f"{old}x"
    return result


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("agent_*.json")))
def test_the_agents_own_answer_has_no_difference(name: str) -> None:
    recorded = json.loads((FIXTURES / f"{name}.json").read_text())
    wanted = expected(recorded["definitions"])
    assert wanted.services.keys() == recorded["services"].keys()
    assert wanted.checks.keys() == recorded["checks"].keys()
    for key, service in wanted.services.items():
        assert list(service_differences(service, recorded["services"][key])) == [], key
    for key, check in wanted.checks.items():
        assert list(check_differences(check, recorded["checks"][key])) == [], key


def test_the_records_have_what_later_agents_add() -> None:
    texts = {path.stem: path.read_text() for path in FIXTURES.glob("agent_*.json")}
    assert {name for name, text in texts.items() if '"consul-virtual"' in text} == texts.keys() - {"agent_1_8_7"}
    assert {name for name, text in texts.items() if '"DestinationName": "*"' in text} == {"agent_1_16_7", "agent_1_21"}


@pytest.mark.parametrize(
    ("number", "path"),
    [(number, path) for number, definition in enumerate(RECORDED["definitions"]) for path in leaves(definition) if path != ("id",)],
)
def test_every_changed_field_is_noticed_and_named(number: int, path: tuple[Any, ...]) -> None:
    definition = RECORDED["definitions"][number]
    answer = RECORDED["services"][definition.get("id", definition["name"])]
    found = fields(changed({**definition, "id": definition.get("id", definition["name"])}, path), answer)
    if definition.get("enable_tag_override") and path == ("enable_tag_override",):
        assert found == ["enable_tag_override"]
        return
    spelled = ".".join(part if isinstance(part, str) else f"[{part}]" for part in path).replace(".[", "[")
    assert any(spelled == field or spelled.startswith(field) for field in found), (spelled, found)


@pytest.mark.parametrize("key", ["name", "notes", "ttl", "http"])
def test_a_changed_check_is_noticed(key: str) -> None:
    definitions = copy.deepcopy(RECORDED["definitions"])
    web = next(definition for definition in definitions if definition["name"] == "web")
    first, second = web["checks"]
    if key == "ttl":
        first.pop("http")
        first["ttl"] = "10s"
    elif key == "http":
        second.pop("ttl")
        second["http"] = "http://127.0.0.1"
    else:
        first[key] = "other"
    wanted = expected([web])
    found = [field for check_id, check in wanted.checks.items() for field, _why in check_differences(check, RECORDED["checks"][check_id])]
    assert found == [{"ttl": "type", "http": "type"}.get(key, key)]


def test_a_sidecar_differs_from_its_parents_values_and_defaults() -> None:
    web = next(definition for definition in RECORDED["definitions"] if definition["name"] == "web")
    answer = RECORDED["services"]["web1-sidecar-proxy"]
    for change, field in [
        ({"port": 1}, "proxy.local_service_port"),
        ({"tags": ["other"]}, "tags"),
        ({"address": "10.9.9.9"}, "address"),
        ({"name": "other"}, "name"),
    ]:
        sidecar = expected([{**web, **change}]).services["web1-sidecar-proxy"]
        assert field in [name for name, _reason in service_differences(sidecar, answer)]


@pytest.mark.parametrize(
    ("proxy", "address", "port"),
    [
        ({}, "127.0.0.1", 80),
        ({"local_service_address": "10.0.0.1"}, "10.0.0.1", 80),
        ({"local_service_port": 81}, "127.0.0.1", 81),
        ({"local_service_address": "10.0.0.1", "local_service_port": 81}, "10.0.0.1", 81),
    ],
)
def test_a_sidecar_leads_to_its_service_where_nothing_else_is_written(proxy: dict[str, Any], address: str, port: int) -> None:
    service = {"name": "web", "port": 80, "connect": {"sidecar_service": {"proxy": proxy}}}
    sidecar = expected([service]).services["web-sidecar-proxy"]
    assert (sidecar["proxy"]["localserviceaddress"], sidecar["proxy"]["localserviceport"]) == (address, port)


def test_an_assigned_sidecar_port_is_any_port() -> None:
    sidecar = expected([{"name": "a", "connect": {"sidecar_service": {}}}]).services["a-sidecar-proxy"]
    answer = {
        "Service": "a-sidecar-proxy",
        "Kind": "connect-proxy",
        "Port": 21007,
        "Proxy": {"DestinationServiceName": "a", "DestinationServiceID": "a", "LocalServiceAddress": "127.0.0.1"},
    }
    assert list(service_differences(sidecar, answer)) == []
    assert [field for field, _reason in service_differences(sidecar, {**answer, "Port": 0})] == ["port"]


def test_an_answer_with_more_than_the_file_says_is_a_difference() -> None:
    answer = {"Service": "a", "Tags": ["x"], "Meta": {"k": "v"}, "Port": 1, "Address": "h", "Weights": {"Passing": 2, "Warning": 1}}
    answer.update(Kind="connect-proxy", Connect={"Native": True}, EnableTagOverride=True, TaggedAddresses={"lan": {"Address": "h"}})
    assert set(fields({"name": "a"}, answer)) == {
        *("tags", "meta.k", "port", "address", "weights", "kind", "connect.native", "enable_tag_override", "tagged_addresses.lan")
    }


def test_values_are_shown_only_where_they_cannot_be_secret() -> None:
    reasons = dict(
        service_differences(one({"name": "a", "port": 1, "meta": {"k": "s3cret"}}), {"Service": "a", "Port": 2, "Meta": {"k": "s4cret"}})
    )
    assert reasons == {"port": "1 in the file, 2 on the agent", "meta.k": "not as in the file"}


def test_tags_that_the_catalog_may_override_are_not_compared() -> None:
    answer = {"Service": "a", "Tags": ["of-the-catalog"], "EnableTagOverride": True}
    assert fields({"name": "a", "tags": ["of-the-file"], "enable_tag_override": True}, answer) == []


class TestCentralConfiguration:
    """proxy-defaults and service-defaults add to what the file says."""

    definition: ClassVar[dict[str, Any]] = {
        "name": "p",
        "kind": "connect-proxy",
        "port": 1,
        "proxy": {"destination_service_name": "a", "config": {"own": 1}, "upstreams": [{"destination_name": "b", "local_bind_port": 2}]},
    }

    def answer(self, **proxy: Any) -> dict[str, Any]:
        own = {"DestinationServiceName": "a", "Config": {"own": 1}, "Upstreams": [{"DestinationName": "b", "LocalBindPort": 2}]}
        return {"Service": "p", "Kind": "connect-proxy", "Port": 1, "Proxy": {**own, **proxy}}

    def test_additions_are_no_difference(self) -> None:
        answer = self.answer(
            Config={"own": 1, "protocol": "http"},
            MeshGateway={"Mode": "local"},
            Mode="transparent",
            Expose={"Checks": True},
            Upstreams=[
                {"DestinationName": "b", "LocalBindPort": 2, "Config": {"protocol": "http"}, "DestinationType": "service"},
                # As 1.21 answers of a transparent proxy with a mesh gateway mode.
                {"DestinationPartition": "default", "DestinationName": "*", "MeshGateway": {"Mode": "local"}},
            ],
        )
        assert fields(self.definition, answer) == []

    def test_what_the_file_says_must_be_there(self) -> None:
        assert fields(self.definition, self.answer(Config={"own": 2})) == ["proxy.config.own"]
        assert fields(self.definition, self.answer(Config={})) == ["proxy.config.own"]
        with_nothing = copy.deepcopy(self.definition)
        with_nothing["proxy"]["config"].update(nothing="", flag=False)
        assert fields(with_nothing, self.answer(Config={"own": 1, "flag": False})) == []
        assert fields(with_nothing, self.answer(Config={"own": 1})) == ["proxy.config.flag"]
        with_mode = copy.deepcopy(self.definition)
        with_mode["proxy"]["mesh_gateway"] = {"mode": "remote"}
        assert fields(with_mode, self.answer(MeshGateway={"Mode": "local"})) == ["proxy.mesh_gateway.mode"]
        with_mode = copy.deepcopy(self.definition)
        with_mode["proxy"]["mode"] = "direct"
        assert fields(with_mode, self.answer(Mode="transparent")) == ["proxy.mode"]

    def test_what_was_taken_away_is_not_taken_for_an_addition(self) -> None:
        before = copy.deepcopy(self.definition)
        before["proxy"].update(config={"own": 1, "gone": "x"}, mesh_gateway={"mode": "local"})
        answer = self.answer(Config={"own": 1, "gone": "x"}, MeshGateway={"Mode": "local"})
        assert fields(self.definition, answer, before) == ["proxy.config.gone", "proxy.mesh_gateway.mode"]


def test_paths_exposed_for_checks_are_the_agents() -> None:
    definition: ClassVar[dict[str, Any]] = {
        "name": "p",
        "kind": "connect-proxy",
        "port": 1,
        "proxy": {"expose": {"checks": True, "port": 9, "paths": [{"path": "/a"}]}},
    }
    paths = [{"Path": "/a", "Protocol": "http", "ParsedFromCheck": False}, {"Path": "/health", "ParsedFromCheck": True}]
    answer = {"Service": "p", "Kind": "connect-proxy", "Port": 1, "Proxy": {"Expose": {"Checks": True, "Paths": paths}}}
    assert fields(definition, answer) == []
    assert fields(definition, {**answer, "Proxy": {"Expose": {"Checks": True, "Paths": []}}}) == ["proxy.expose.paths"]


@pytest.mark.parametrize(
    ("settings", "reported", "expected_fields"),
    [
        ({"interval": "60s"}, {"Interval": "1m0s"}, []),
        ({"interval": "60s"}, {"Interval": "61s"}, ["interval"]),
        ({"interval": "500ms"}, {"Interval": "1s"}, []),
        ({"interval": "60s", "timeout": "5s"}, {"Interval": "1m0s", "Timeout": "5s"}, []),
        ({"interval": "60s", "timeout": "5s"}, {"Interval": "1m0s", "Timeout": "6s"}, ["timeout"]),
        ({"interval": "60s"}, {"Interval": "", "Timeout": "10s"}, []),
        ({"interval": "60s"}, {"Definition": {"Interval": "1m1s"}}, ["interval"]),
        ({"interval": "60s", "tls_skip_verify": True}, {"Definition": {"TLSSkipVerify": True, "HTTP": "http://h"}}, []),
    ],
)
def test_what_newer_agents_report_of_checks_is_compared(
    settings: dict[str, Any], reported: dict[str, Any], expected_fields: list[str]
) -> None:
    check = expected([{"name": "a", "check": {"http": "http://h", **settings}}]).checks["service:a"]
    answer = {"CheckID": "service:a", "ServiceID": "a", "Name": "Service 'a' check", "Type": "http", **reported}
    assert [field for field, _reason in check_differences(check, answer)] == expected_fields


def test_check_ids_are_those_that_agents_make() -> None:
    service = {"name": "a", "id": "a1", "checks": [{"ttl": "1s"}, {"id": "mine", "ttl": "1s"}], "check": {"ttl": "2s"}}
    assert sorted(expected([service]).checks) == ["mine", "service:a1:1", "service:a1:3"]
    assert sorted(expected([{"name": "a", "check": {"ttl": "1s"}}]).checks) == ["service:a"]
    sidecar = {"name": "a", "connect": {"sidecar_service": {"check": {"ttl": "1s"}}}}
    assert sorted(expected([sidecar]).checks) == ["service:a-sidecar-proxy"]


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("10.0.0.1", ["lan_ipv4", "wan_ipv4"]),
        ("::ffff:10.0.0.1", ["lan_ipv4", "wan_ipv4"]),
        ("fe80::1", ["lan_ipv6", "wan_ipv6"]),
        ("host.example", []),
        (None, []),
    ],
)
def test_derived_addresses(address: str | None, names: list[str]) -> None:
    derived = derived_addresses({"address": address, "port": 5})
    assert sorted(derived) == names
    assert all(value == {"address": address, "port": 5} for value in derived.values())


def test_derived_addresses_are_checked_where_the_agent_has_them() -> None:
    definition = {"name": "a", "port": 5, "address": "10.0.0.1", "tagged_addresses": {"LAN_x": {"address": "h", "port": 1}}}
    own = {"LAN_x": {"Address": "h", "Port": 1}}
    answer = {"Service": "a", "Port": 5, "Address": "10.0.0.1"}
    assert fields(definition, {**answer, "TaggedAddresses": own}) == []
    stale = {**own, "lan_ipv4": {"Address": "10.0.0.2", "Port": 5}}
    assert fields(definition, {**answer, "TaggedAddresses": stale}) == ["tagged_addresses.lan_ipv4"]


def test_namespaces_are_part_of_the_key() -> None:
    assert key_of({"id": "a"}) == key_of({"id": "a", "namespace": "default"}) == "a"
    assert key_of({"id": "a", "namespace": "team"}) == "team/a"
    assert fields({"name": "a", "namespace": "team"}, {"Service": "a", "Namespace": "team"}) == []
    assert fields({"name": "a", "namespace": "team"}, {"Service": "a"}) == ["namespace"]


@pytest.mark.parametrize(
    ("config", "expected_config"),
    [
        ({"a": ["x"]}, {"a": "x"}),
        ({"a": [{"b": [1]}]}, {"a": {"b": 1}}),
        ({"a": [1, [2]], "b": []}, {"a": [1, 2], "b": None}),
    ],
)
def test_lists_in_proxy_config(config: Any, expected_config: Any) -> None:
    assert canonical(config) == expected_config


def test_equality_of_json_values() -> None:
    assert same(1, 1.0)
    assert same({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    for one_value, other in [(True, 1), (0, False), ("1", 1), ([1], [1, 2]), ({"a": 1}, {"b": 1}), (None, "")]:
        assert not same(one_value, other)


class TestNamedPorts:
    """As 1.22.7 answered, and as the sources of 2.0 say that later agents do."""

    PORTS: ClassVar[list[dict[str, Any]]] = [{"name": "grpc", "port": 9090}, {"name": "http", "port": 8080, "default": True}]
    REPORTED: ClassVar[list[dict[str, Any]]] = [
        {"Name": "grpc", "Port": 9090, "Default": False},
        {"Name": "http", "Port": 8080, "Default": True},
    ]
    API: ClassVar[dict[str, Any]] = {"name": "api", "address": "10.0.0.5", "ports": PORTS}
    ANSWER: ClassVar[dict[str, Any]] = {
        "ID": "api",
        "Service": "api",
        "Address": "10.0.0.5",
        "Port": 8080,
        "Ports": REPORTED,
        "Weights": {"Passing": 1, "Warning": 1},
        "TaggedAddresses": {name: {"Address": "10.0.0.5", "Port": 8080} for name in ("lan_ipv4", "wan_ipv4")},
    }
    PROXY: ClassVar[dict[str, Any]] = {"DestinationServiceName": "api", "DestinationServiceID": "api", "LocalServiceAddress": "127.0.0.1"}

    def sidecar(self, given: dict[str, Any], proxy: dict[str, Any], **answer: Any) -> list[str]:
        definition = {**self.API, "address": "", "connect": {"sidecar_service": given}}
        wanted = expected([definition]).services["api-sidecar-proxy"]
        have = {"ID": "api-sidecar-proxy", "Service": "api-sidecar-proxy", "Kind": "connect-proxy", "Port": 21000, "Proxy": proxy, **answer}
        return [field for field, _reason in service_differences(wanted, have)]

    def test_the_default_one_is_reported_as_the_port(self) -> None:
        assert fields(self.API, self.ANSWER) == []
        assert fields(self.API, {**self.ANSWER, "Port": 9090}) == ["port"]
        assert fields({**self.API, "address": ""}, {**self.ANSWER, "Address": "", "TaggedAddresses": {}, "Port": 0}) == []

    @pytest.mark.parametrize("change", [{"Port": 1}, {"Name": "h"}, {"Default": True}])
    def test_a_difference_is_found(self, change: dict[str, Any]) -> None:
        reported = [{**self.REPORTED[0], **change}, self.REPORTED[1]]
        assert fields(self.API, {**self.ANSWER, "Ports": reported}) == ["ports"]
        assert fields(self.API, {key: value for key, value in self.ANSWER.items() if key != "Ports"}) == ["ports"]

    @pytest.mark.parametrize(
        "chosen",
        [
            {},
            {"LocalServicePort": 8080},
            {"LocalServicePort": 8080, "LocalServicePorts": REPORTED},
            {"LocalServiceAddress": "::1", "LocalServicePort": 8080},
        ],
    )
    def test_a_sidecar_may_have_any_of_what_agents_choose(self, chosen: dict[str, Any]) -> None:
        assert self.sidecar({}, {**self.PROXY, **chosen}) == []
        assert self.sidecar({}, {**self.PROXY, **chosen}, Ports=self.REPORTED) == []

    def test_what_is_written_is_what_a_sidecar_has(self) -> None:
        given = {"proxy": {"local_service_address": "127.0.0.2", "local_service_port": 9090, "local_service_ports": self.PORTS[1:]}}
        own = {"LocalServiceAddress": "127.0.0.2", "LocalServicePort": 9090, "LocalServicePorts": self.REPORTED[1:]}
        assert self.sidecar(given, {**self.PROXY, **own}) == []
        other = {"LocalServiceAddress": "::1", "LocalServicePort": 8080, "LocalServicePorts": self.REPORTED}
        assert self.sidecar(given, {**self.PROXY, **other}) == [
            "proxy.local_service_address",
            "proxy.local_service_port",
            "proxy.local_service_ports",
        ]
        assert self.sidecar({}, {**self.PROXY, "LocalServicePort": 9090}) == ["proxy.local_service_port"]

    def test_ports_of_destinations_are_compared(self) -> None:
        given = {"proxy": {"upstreams": [{"destination_name": "db", "destination_port": "http", "local_bind_port": 1}]}}
        reported = {"DestinationType": "service", "DestinationName": "db", "DestinationPort": "grpc", "LocalBindPort": 1}
        assert self.sidecar(given, {**self.PROXY, "Upstreams": [reported]}) == ["proxy.upstreams[0].destination_port"]
        assert self.sidecar(given, {**self.PROXY, "Upstreams": [{**reported, "DestinationPort": "http"}]}) == []


def test_a_locality_without_zone_is_reported_with_an_empty_one() -> None:
    given = {"name": "a", "locality": {"region": "eu"}}
    answer = {"ID": "a", "Service": "a"}
    assert fields(given, {**answer, "Locality": {"Region": "eu", "Zone": ""}}) == []
    assert fields(given, {**answer, "Locality": {"Region": "eu", "Zone": "eu-1"}}) == ["locality"]
    assert fields(given, answer) == ["locality"]


class TestAi:
    AI: ClassVar[dict[str, Any]] = {
        "role": "ai-agent",
        "agent": {"mcp": {"port": 0, "hitl": {"approval_timeout": "60s"}}, "interceptor": {}},
    }
    REPORTED: ClassVar[dict[str, Any]] = {
        "Role": "ai-agent",
        "Agent": {"MCP": {"HITL": {"ApprovalTimeout": "60s"}}, "Interceptor": {}},
    }

    def differs(self, reported: dict[str, Any] | None) -> list[str]:
        return fields({"name": "a", "ai": self.AI}, {"ID": "a", "Service": "a", **({"AI": reported} if reported else {})})

    def test_what_agents_leave_out_is_no_difference(self) -> None:
        assert self.differs(self.REPORTED) == []

    @pytest.mark.parametrize(
        "reported",
        [
            None,
            {"Role": "mcp-server"},
            {"Role": "ai-agent", "Agent": {"MCP": {"HITL": {"ApprovalTimeout": "60s"}}}},
            {"Role": "ai-agent", "Agent": {"MCP": {"Port": 1, "HITL": {"ApprovalTimeout": "60s"}}, "Interceptor": {}}},
        ],
    )
    def test_all_else_is(self, reported: dict[str, Any] | None) -> None:
        assert self.differs(reported) == ["ai"]


def test_settings_are_named_as_in_the_file_and_the_users_own_keys_as_they_are() -> None:
    proxy = {"destination_service_name": "web", "config": {"localserviceport": 1}, "transparent_proxy": {"outbound_listener_port": 1}}
    definition = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": proxy}
    reported = {"destination_service_name": "web", "config": {"localserviceport": 2}, "transparent_proxy": {"outbound_listener_port": 2}}
    assert fields(definition, {"service": "p", "kind": "connect-proxy", "port": 1, "proxy": reported}) == [
        "proxy.config.localserviceport",
        "proxy.transparent_proxy.outbound_listener_port",
    ]
