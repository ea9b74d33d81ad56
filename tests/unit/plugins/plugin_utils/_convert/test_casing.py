# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys from one spelling to the other and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import CasingError, to_api, to_file
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field, walk
from ansible_collections.registrar.consul.tests.support.definitions import consul_2
from ansible_collections.registrar.consul.tests.support.definitions.shapes import complete, paths_in, shapes

CHECK = service_field().properties["checks"].items
assert CHECK is not None
ROOTS = {"service": service_field(), "check": CHECK, "node_check": node_check_field()}


def api(value: Any, kind: str = "auto", **options: Any) -> Any:
    return to_api(value, kind, **options)[0]


def api_keys(field: Field, value: Any) -> Any:
    """The value with the API's keys, found place by place."""
    if isinstance(value, dict) and field.properties:
        return {_api_key(field.properties[key]): api_keys(field.properties[key], item) for key, item in value.items()}
    if isinstance(value, dict) and field.values is not None:
        return {key: api_keys(field.values, item) for key, item in value.items()}
    if isinstance(value, list) and field.items is not None:
        return [api_keys(field.items, item) for item in value]
    return value


def _api_key(field: Field) -> str:
    return field.api_name or "".join(part.title() for part in field.name.split("_"))


@pytest.mark.parametrize("kind", ROOTS)
def test_every_field_of_the_schema_goes_there_and_back(kind: str, record_property: Callable[[str, object], None]) -> None:
    definition = complete(ROOTS[kind])
    assert set(paths_in(ROOTS[kind], definition)) == {field.path for field in walk(ROOTS[kind])}
    there = api(definition, kind)
    assert there == api_keys(ROOTS[kind], definition)
    assert to_file(there, kind) == definition
    assert api(to_file(there, kind), kind) == there
    record_property("counted", f"{len(walk(ROOTS[kind]))} places of a {kind} converted there and back")


@given(st.data())
def test_each_direction_is_the_inverse_of_the_other(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(ROOTS)))
    definition = data.draw(shapes(ROOTS[kind]))
    there = api(definition, kind)
    assert there == api_keys(ROOTS[kind], definition)
    assert to_file(there, kind) == definition
    assert to_file(definition, kind) == definition
    assert api(there, kind) == there


@given(shapes(service_field()))
def test_a_service_is_recognised_whatever_it_has(definition: dict[str, Any]) -> None:
    assert to_file(api(definition)) == definition


@given(shapes(node_check_field()), st.sampled_from(["http", "ttl", "args", "alias_service", "grpc"]))
def test_a_check_is_recognised_by_what_it_does(check: dict[str, Any], kind: str) -> None:
    check = {**check, kind: "x"}
    assert to_file(api(check)) == check
    assert ("ID" in api(check)) == ("id" in check and "service_id" in check)


@given(st.lists(shapes(service_field()), max_size=3))
def test_lists_stay_lists(definitions: list[dict[str, Any]]) -> None:
    assert to_file(api(definitions)) == definitions


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("EnableTagoverride", "enable_tag_override"),
        ("enableTagOverride", "enable_tag_override"),
        ("ENABLE_TAG_OVERRIDE", "enable_tag_override"),
        ("enable-tag-override", "enable_tag_override"),
        ("Enable_TagOverride", "enable_tag_override"),
        ("Id", "id"),
        ("Service", "name"),
    ],
)
def test_wrong_and_mixed_spellings_of_a_service(spelling: str, name: str) -> None:
    assert to_file({"port": 80, spelling: "x"}) == {"port": 80, name: "x"}
    assert api({"port": 80, spelling: "x"}) == api({"port": 80, name: "x"})


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("tlsSkipVerify", "tls_skip_verify"),
        ("TlsSkipVerify", "tls_skip_verify"),
        ("ServiceId", "service_id"),
        ("CheckID", "id"),
        ("CheckId", "id"),
        ("ID", "id"),
        ("check_id", "id"),
        ("Args", "args"),
        ("ScriptArgs", "args"),
        ("script_args", "args"),
        ("H2PINGUseTLS", "h2ping_use_tls"),
        ("h2_ping_use_tls", "h2ping_use_tls"),
        ("GrpcUseTls", "grpc_use_tls"),
        ("Ttl", "ttl"),
        ("OsService", "os_service"),
    ],
)
def test_wrong_and_mixed_spellings_of_a_check(spelling: str, name: str) -> None:
    assert to_file({"name": "x", spelling: "1s"}, "check") == {"name": "x", name: "1s"}
    assert to_file({"name": "web", "check": {spelling: "1s"}}) == {"name": "web", "check": {name: "1s"}}


def test_user_data_is_left_alone() -> None:
    data = {"ServiceID": "x", "enableTagOverride": {"Name": [{"TTL": None}]}, "a.b c": 1}
    text = {"nginxVersion": "1", "ServiceID": "x"}
    definition = {
        "name": "web",
        "meta": text,
        "tagged_addresses": {"LanOfMine": {"address": "10.0.0.1"}},
        "check": {"http": "http://x", "header": {"Content-Type": ["a"], "x_y": []}},
        "proxy": {"config": data, "upstreams": [{"config": data}]},
    }
    there = api(definition)
    assert there["Meta"] == text
    assert there["TaggedAddresses"] == {"LanOfMine": {"Address": "10.0.0.1"}}
    assert there["Check"]["Header"] == {"Content-Type": ["a"], "x_y": []}
    assert (there["Proxy"]["Config"], there["Proxy"]["Upstreams"][0]["Config"]) == (data, data)
    assert to_file(there) == definition


def test_the_id_and_the_token_of_a_check_are_spelled_by_where_it_stands() -> None:
    check = {"id": "c", "ttl": "10s", "token": "t"}
    assert api({"checks": [check]}, body=True) == {"Checks": [{"CheckID": "c", "TTL": "10s"}]}
    assert api(check, body=True) == {"CheckID": "c", "TTL": "10s"}
    assert api(check, "node_check", body=True) == {"ID": "c", "TTL": "10s", "Token": "t"}
    assert api({**check, "service_id": "web"}) == {"ID": "c", "TTL": "10s", "Token": "t", "ServiceID": "web"}


@pytest.mark.parametrize("definition", consul_2.EVERYTHING, ids=lambda definition: definition["name"])
def test_what_came_since_1_22_goes_there_and_back(definition: Any) -> None:
    there = api(definition)
    assert to_api(definition)[1] == []
    assert to_file(there) == definition
    assert to_file(api(definition, body=True)) == definition


def test_the_blocks_of_ai_have_the_spelling_of_the_api() -> None:
    assert api(consul_2.TOOLS)["AI"] == {
        "Role": "mcp-server",
        "MCPServer": {"Transport": "streamable-http", "Path": "/mcp", "ProtocolVersion": "2025-03-26"},
    }
    agent = api(consul_2.AGENT)["AI"]["Agent"]
    assert agent["MCP"] == {"Port": 15102, "HITL": {"Port": 16102, "ApprovalTimeout": "1m30s"}}
    assert agent["RateLimits"] == {"ToolCallsPerMinute": 120, "ToolCallsPerHour": 3000}
    assert api(consul_2.MODEL)["AI"]["InferenceModel"]["Defaults"] == {"MaxTokens": 4096, "Temperature": 0.2}


@pytest.mark.parametrize("shape", ["service", "services", "health", "catalog", "node"])
def test_the_port_that_agents_report_beside_named_ports_is_left_out(shape: str) -> None:
    """As 1.22.7 answers, with the default port as the port and in derived addresses."""
    ports = [{"Name": "grpc", "Port": 9090, "Default": False}, {"Name": "http", "Port": 8080, "Default": True}]
    derived = {"lan_ipv4": {"Address": "10.0.0.5", "Port": 8080}, "wan_ipv4": {"Address": "10.0.0.5", "Port": 8080}}
    content = {"ID": "api", "Port": 8080, "Ports": ports, "Address": "10.0.0.5", "TaggedAddresses": derived, "Tags": [], "Meta": {}}
    service = {**content, "Service": "api"}
    catalog = {"Node": "n", "ServiceName": "api", **{f"Service{key}": value for key, value in content.items()}}
    answers = {
        "service": service,
        "services": {"api": service},
        "health": {"Node": {"Node": "n"}, "Service": service, "Checks": []},
        "catalog": catalog,
        "node": {"Node": {"Node": "n"}, "Services": {"api": service}},
    }
    wanted = {
        "id": "api",
        "name": "api",
        "address": "10.0.0.5",
        "ports": [{"name": "grpc", "port": 9090}, {"name": "http", "port": 8080, "default": True}],
    }

    found = to_file(answers[shape])
    assert (found[0] if isinstance(found, list) else found) == wanted


def test_an_empty_block_that_means_something_stays_in_what_agents_report() -> None:
    reported = {"ID": "a", "Service": "a", "AI": {"Role": "ai-agent", "Agent": {"MCP": {"HITL": {}}, "Interceptor": {}, "RateLimits": {}}}}

    assert to_file(reported)["ai"] == {"role": "ai-agent", "agent": {"mcp": {"hitl": {}}, "interceptor": {}}}


def test_what_the_api_does_not_have_is_named_or_left_out() -> None:
    definition = {
        "name": "web",
        "token": "secret",
        "checks": [{"ttl": "1s"}, {"ttl": "1s", "token": "secret"}],
        "connect": {"sidecar_service": {"token": "secret", "proxy": {"expose": {"port": 1, "checks": True}}}},
    }
    kept, notes = to_api(definition)
    places = ["token", "checks[1].token", "connect.sidecar_service.token", "connect.sidecar_service.proxy.expose.port"]
    assert notes == [f"{place}: the HTTP API has no place for it" for place in places]
    assert to_file(kept) == definition
    assert to_api(definition, body=True) == (
        {
            "Name": "web",
            "Checks": [{"TTL": "1s"}, {"TTL": "1s"}],
            "Connect": {"SidecarService": {"Proxy": {"Expose": {"Checks": True}}}},
        },
        [],
    )


def test_a_body_says_both_weights() -> None:
    """An agent takes a weight that is missing in a body for 0, and in a file for 1."""
    assert api({"weights": {"warning": 7}}, body=True) == {"Weights": {"Warning": 7, "Passing": 1}}
    assert api({"weights": {}}, body=True) == {"Weights": {"Passing": 1, "Warning": 1}}
    assert api({"weights": {"passing": 3, "warning": 0}}, body=True) == {"Weights": {"Passing": 3, "Warning": 0}}
    assert api({"proxy": {"mesh_gateway": {}}}, body=True) == {"Proxy": {"MeshGateway": {}}}
    definition = {"connect": {"sidecar_service": {"weights": {"warning": 7}}}}
    there, notes = to_api(definition)
    assert notes == ["connect.sidecar_service.weights: the HTTP API has no default for Passing"]
    assert to_file(there) == definition


def test_durations_in_nanoseconds_become_text() -> None:
    body = {"Name": "web", "Check": {"HTTP": "http://x", "Interval": 10_000_000_000, "Timeout": 1_500_000_000, "TTL": 0}}
    assert to_file(body)["check"] == {"http": "http://x", "interval": "10s", "timeout": "1500ms", "ttl": "0s"}
    assert to_file({"Check": {"Interval": "1m0s", "Timeout": None}})["check"] == {"interval": "1m0s", "timeout": None}


def test_all_problems_are_named_at_once_and_no_value() -> None:
    with pytest.raises(CasingError) as caught:
        to_file(
            {
                "Name": "secret-name",
                "prt": "secret-1",
                "ContentHash": "secret-2",
                "ServicePort": "secret-3",
                "checks": [{"TLSSkipVerfy": "secret-4", "Type": "secret-5"}, "secret-6"],
                "connect": {"sidecar_service": {"id": "secret-7"}},
                "tagged_addresses": {"my lan": {"adress": "secret-8"}},
                "proxy": {"upstreams": {"a": "secret-9"}},
                "name": "secret-10",
            }
        )
    assert str(caught.value).splitlines() == [
        "prt: is no key that Consul knows here. Did you mean port?",
        "ContentHash: is no key of a definition. Leave it out: the agent only reports it.",
        "ServicePort: is no key that Consul knows here. Did you mean port?",
        "checks[0].TLSSkipVerfy: is no key that Consul knows here. Did you mean tls_skip_verify?",
        "checks[0].Type: is no key of a definition. Leave it out: the agent derives it from the kind of check and only reports it.",
        "checks[1]: must be a mapping.",
        "connect.sidecar_service.id: is no key of a definition. Leave it out: the agent names the sidecar after its service, "
        "<service id>-sidecar-proxy.",
        'tagged_addresses["my lan"].adress: is no key that Consul knows here. Did you mean address?',
        "proxy.upstreams: must be a list.",
        "name: is the same field as Name. Keep one of them.",
    ]


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        ("web", "auto", "What is to be converted must be a mapping, or a list of mappings."),
        (None, "auto", "What is to be converted must be a mapping, or a list of mappings."),
        (["web"], "auto", "What is to be converted must be a mapping, or a list of mappings."),
        ({"services": [{"name": "web"}]}, "auto", "What is to be converted is a whole file. Convert what stands below its keys"),
        ({"service": {"name": "web"}}, "auto", "What is to be converted is a whole file."),
        ({"name": "web"}, "sevice", 'kind: "sevice" does not exist. Write one of auto, service, check,'),
        ({"name": "web"}, "services", "What is to be converted is not of the kind that it is said to be."),
        ({"name": "web"}, "catalog", "What is to be converted is not of the kind that it is said to be."),
        ({"name": "web"}, "health", "What is to be converted is not of the kind that it is said to be."),
        ({"name": "web"}, "node", "What is to be converted must be a mapping, or a list of mappings."),
        (
            {"Service": {"Service": "web"}, "Node": {}, "Checks": 5},
            "auto",
            "What is to be converted is not of the kind that it is said to be.",
        ),
        ({"ID": "web", "Service": "web", "Weights": 5}, "auto", "Weights: must be a mapping."),
        ({"ID": "web", "Service": "web", "TaggedAddresses": ["lan"]}, "auto", "TaggedAddresses: must be a mapping."),
        ({"ID": "web", "Service": "web", "TaggedAddresses": {"lan": "10.0.0.5"}}, "auto", "TaggedAddresses.lan: must be a mapping."),
        ({"name": "web", "foo": 1}, "auto", "foo: is no key that Consul knows here. Known keys: address, ai, check, "),
    ],
)
def test_what_cannot_be_converted_is_refused(value: Any, kind: str, message: str) -> None:
    for convert in (to_file, api):
        with pytest.raises(CasingError) as caught:
            convert(value, kind)
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)


def test_a_body_with_checks_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(CasingError, match="checks: must be a list"):
        to_api({"name": "web", "check": {"ttl": "1s"}, "checks": 5}, body=True)


def test_nothing_stays_nothing() -> None:
    assert (to_file([]), to_file({}), to_file({}, "services"), api([])) == ([], {}, [], [])
