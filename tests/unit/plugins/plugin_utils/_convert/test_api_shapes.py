# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents and the catalog answer becomes definitions. The answers are those of 1.8.7 unless they say otherwise."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import to_api, to_file

ADDRESSES = {
    "lan": {"Address": "10.0.0.9", "Port": 1},
    "lan_ipv4": {"Address": "10.0.0.5", "Port": 80},
    "wan_ipv4": {"Address": "10.0.0.5", "Port": 80},
}
SERVICE = {
    "ID": "web-1",
    "Service": "web",
    "Tags": ["a"],
    "Meta": {"ServiceID": "x", "empty": ""},
    "Port": 80,
    "Address": "10.0.0.5",
    "TaggedAddresses": ADDRESSES,
    "Weights": {"Passing": 5, "Warning": 0},
    "EnableTagOverride": True,
    "ContentHash": "10e19712b584fb0d",
}
WEB = {
    "id": "web-1",
    "name": "web",
    "tags": ["a"],
    "meta": {"ServiceID": "x", "empty": ""},
    "port": 80,
    "address": "10.0.0.5",
    "tagged_addresses": {"lan": {"address": "10.0.0.9", "port": 1}},
    "weights": {"passing": 5, "warning": 0},
    "enable_tag_override": True,
}
EMPTY = {
    "ID": "db",
    "Service": "db",
    "Tags": [],
    "Meta": None,
    "Port": 0,
    "Address": "",
    "Weights": {"Passing": 1, "Warning": 1},
    "EnableTagOverride": False,
    "Proxy": {"MeshGateway": {}, "Expose": {}},
    "Connect": {},
    "CreateIndex": 15,
    "ModifyIndex": 15,
}
DB = {"id": "db", "name": "db"}
CATALOG = {
    "ID": "a71ac684-bb8f-7d06-f37d-af9325276145",
    "Node": "test",
    "Address": "127.0.0.1",
    "Datacenter": "dc1",
    "TaggedAddresses": {"lan": "127.0.0.1", "wan": "127.0.0.1"},
    "NodeMeta": {"consul-network-segment": ""},
    "ServiceKind": "",
    "ServiceID": "web-1",
    "ServiceName": "web",
    "ServiceTags": ["a"],
    "ServiceAddress": "10.0.0.5",
    "ServiceTaggedAddresses": ADDRESSES,
    "ServiceWeights": {"Passing": 5, "Warning": 0},
    "ServiceMeta": {"ServiceID": "x", "empty": ""},
    "ServicePort": 80,
    "ServiceEnableTagOverride": True,
    "ServiceProxy": {"MeshGateway": {}, "Expose": {}},
    "ServiceConnect": {},
    "CreateIndex": 16,
    "ModifyIndex": 16,
}
CHECK = {
    "Node": "test",
    "CheckID": "web-http",
    "Name": "HTTP",
    "Status": "passing",
    "Notes": "",
    "Output": "fine",
    "ServiceID": "web-1",
    "ServiceName": "web",
    "ServiceTags": ["a"],
    "Type": "http",
    "Definition": {},
    "CreateIndex": 0,
    "ModifyIndex": 0,
}
NODE_CHECK = {**CHECK, "CheckID": "serfHealth", "Name": "Serf Health Status", "ServiceID": "", "ServiceName": "", "ServiceTags": []}
# As the catalog has it of a service that another program watches.
DEFINITION = {
    "Interval": "10s",
    "Timeout": "0s",
    "DeregisterCriticalServiceAfter": "1h30m0s",
    "HTTP": "http://127.0.0.1/",
    "Header": {"X_y": ["z"]},
    "Method": "",
    "Body": "",
    "TLSSkipVerify": False,
    "TCP": "",
}
HEALTH = {
    "Node": {"ID": "a71ac684", "Node": "test", "Address": "127.0.0.1", "Datacenter": "dc1", "Meta": {}, "CreateIndex": 11},
    "Service": SERVICE,
    "Checks": [NODE_CHECK, CHECK, {**CHECK, "CheckID": "web-2", "Definition": DEFINITION}],
}
WITH_CHECK = {
    **WEB,
    "checks": [
        {
            "id": "web-2",
            "name": "HTTP",
            "status": "passing",
            "interval": "10s",
            "deregister_critical_service_after": "1h30m0s",
            "http": "http://127.0.0.1/",
            "header": {"X_y": ["z"]},
        }
    ],
}
HTTP = {"id": "web-http", "name": "HTTP", "status": "passing", "service_id": "web-1"}
SERF = {"id": "serfHealth", "name": "Serf Health Status", "status": "passing"}

ANSWERS: dict[str, tuple[str, Any, Any]] = {
    "/v1/agent/service/:id": ("service", SERVICE, WEB),
    "/v1/agent/services": ("services", {"db": EMPTY, "web-1": SERVICE}, [DB, WEB]),
    "/v1/catalog/service/:name": ("catalog", [CATALOG], [WEB]),
    "/v1/catalog/node/:node": ("node", {"Node": HEALTH["Node"], "Services": {"db": EMPTY}}, [DB]),
    "/v1/catalog/node-services/:node": ("node", {"Node": HEALTH["Node"], "Services": [EMPTY, SERVICE]}, [DB, WEB]),
    "/v1/health/service/:name": ("health", [HEALTH], [WITH_CHECK]),
    "/v1/agent/health/service/id/:id": ("health", {"AggregatedStatus": "passing", "Service": SERVICE, "Checks": [CHECK]}, WEB),
    "/v1/agent/checks": ("checks", {"web-http": CHECK, "serfHealth": NODE_CHECK}, [HTTP, SERF]),
    "/v1/health/checks/:name": ("checks", [CHECK], [HTTP]),
    "/v1/health/state/:state": ("check", [NODE_CHECK], [SERF]),
}


@pytest.mark.parametrize("path", ANSWERS)
def test_answers_become_definitions(path: str) -> None:
    kind, answer, definition = ANSWERS[path]
    before = copy.deepcopy(answer)
    assert to_file(answer) == definition
    assert to_file(answer, kind) == definition
    assert answer == before


@pytest.mark.parametrize("path", ANSWERS)
def test_answers_become_bodies(path: str) -> None:
    kind, answer, definition = ANSWERS[path]
    checks = "check" in kind
    assert to_api(answer) == to_api(definition, "node_check" if checks else "auto")


def test_later_agents_report_more() -> None:
    """As 1.16 answers."""
    answer = {
        "Kind": "connect-proxy",
        **{key: value for key, value in EMPTY.items() if key != "Connect"},
        "Proxy": {
            "DestinationServiceName": "web",
            "Mode": "",
            "MeshGateway": {},
            "Expose": {
                "Checks": True,
                "Paths": [{"Path": "/own", "ListenerPort": 1}, {"Path": "/h", "ListenerPort": 2, "ParsedFromCheck": True}],
            },
            "EnvoyExtensions": [{"Name": "builtin/lua"}],
            "AccessLogs": {"Enabled": True},
            "Upstreams": [
                {"DestinationName": "db", "LocalBindPort": 1, "DestinationPeer": "", "MeshGateway": {}, "CentrallyConfigured": False},
                {"DestinationName": "all", "LocalBindPort": 2, "CentrallyConfigured": True},
                # As 1.21 answers of a transparent proxy with a mesh gateway mode.
                {"DestinationName": "*", "DestinationNamespace": "default", "MeshGateway": {"Mode": "local"}, "LocalBindPort": 0},
            ],
        },
        "Connect": {"PeerMeta": {"SNI": ["x"]}},
        "PeerName": "",
        "Datacenter": "dc1",
        "Locality": {"Region": "eu", "Zone": ""},
        "SocketPath": "",
        "TaggedAddresses": {"consul-virtual": {"Address": "240.0.0.1", "Port": 1}, "consul-virtual:db": {"Address": "240.0.0.2"}},
    }
    assert to_file(answer) == {
        "kind": "connect-proxy",
        "id": "db",
        "name": "db",
        "proxy": {
            "destination_service_name": "web",
            "expose": {"checks": True, "paths": [{"path": "/own", "listener_port": 1}]},
            "upstreams": [{"destination_name": "db", "local_bind_port": 1}],
        },
        "locality": {"region": "eu"},
    }


def test_a_port_that_no_definition_may_have_is_left_out() -> None:
    """Later agents give one to a sidecar that has a socket."""
    answer = {**EMPTY, "Port": 21000, "SocketPath": "/run/s.sock"}
    assert to_file(answer) == {**DB, "socket_path": "/run/s.sock"}


def test_a_switch_of_another_type_of_check_is_left_out() -> None:
    told = {**CHECK, "Definition": {"HTTP": "http://x", "H2PingUseTLS": False}}
    assert to_file(told) == {**HTTP, "http": "http://x"}
    told["Definition"] = {"H2PING": "x:1", "H2PingUseTLS": False}
    assert to_file(told) == {**HTTP, "h2ping": "x:1", "h2ping_use_tls": False}


def test_earlier_agents_report_nulls() -> None:
    """As 1.3 answers."""
    answer = {
        **EMPTY,
        "Kind": "",
        "Proxy": None,
        "Connect": {"Native": False, "SidecarService": None, "Proxy": None},
        "ProxyDestination": "",
    }
    assert to_file(answer) == DB


def test_enterprise_says_where_a_service_is() -> None:
    assert to_file({**CATALOG, "Namespace": "team-a", "Partition": "default"}) == {**WEB, "namespace": "team-a", "partition": "default"}
    assert to_file({**SERVICE, "Namespace": "team-a"}) == {**WEB, "namespace": "team-a"}


def test_a_check_has_its_times_where_the_agent_tells_them() -> None:
    """As 1.10 and later answer."""
    told = {**CHECK, "Interval": "10s", "Timeout": "1s", "ExposedPort": 0, "PeerName": ""}
    assert to_file(told) == {**HTTP, "interval": "10s", "timeout": "1s"}
    assert to_file({**told, "Definition": {"Interval": "0s", "HTTP": "http://x"}}) == {
        **HTTP,
        "interval": "10s",
        "timeout": "1s",
        "http": "http://x",
    }


def test_addresses_that_the_agent_did_not_make_stay() -> None:
    tagged = {"lan_ipv4": {"Address": "10.0.0.6", "Port": 80}, "wan_ipv4": {"Address": "10.0.0.5", "Port": 81}}
    assert to_file({**SERVICE, "TaggedAddresses": tagged})["tagged_addresses"] == {
        "lan_ipv4": {"address": "10.0.0.6", "port": 80},
        "wan_ipv4": {"address": "10.0.0.5", "port": 81},
    }
    assert "tagged_addresses" not in to_file({**SERVICE, "TaggedAddresses": {"wan_ipv4": ADDRESSES["wan_ipv4"]}})


def test_a_definition_keeps_what_an_answer_would_lose() -> None:
    definition = {"name": "db", "tags": [], "port": 0, "address": "", "weights": {"passing": 1, "warning": 1}, "connect": {}, "meta": None}
    assert to_file(definition) == definition
    assert to_file(to_api(definition)[0]) == definition


def test_definitions_that_look_like_answers() -> None:
    """Maps are maps by id only where the ids say so."""
    definition = {"check": {"id": "check", "ttl": "1s"}}
    assert to_file(definition) == definition
    assert to_file({"check": {"CheckID": "other", "TTL": "1s"}}) == {"check": {"id": "other", "ttl": "1s"}}
