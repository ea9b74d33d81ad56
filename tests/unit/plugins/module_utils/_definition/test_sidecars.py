# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which port an agent would give to which sidecar, and what else has one."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions
from ansible_collections.registrar.consul.plugins.module_utils._definition.placeholders import placed, placeholder
from ansible_collections.registrar.consul.plugins.module_utils._definition.sidecars import (
    given_by_agents,
    is_open,
    listens_at,
    ports_in,
    sidecar_key,
)

RANGE = (21000, 21003)


def meshed(name: str, **sidecar: Any) -> dict[str, Any]:
    return {"name": name, "port": 80, "connect": {"sidecar_service": sidecar}}


def given(*files: list[dict[str, Any]], ports: tuple[int, int] = RANGE) -> dict[str, int]:
    found = given_by_agents([Definitions(services, []) for services in files], ports)
    return {key.replace("-sidecar-proxy", ""): port for key, port in found.items()}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([[meshed("b")], [meshed("a")]], {"b": 21000, "a": 21001}),
        # What is loaded later may have the port already.
        ([[meshed("a")], [meshed("b", port=21000)]], {"a": 21000, "b": 21000}),
        ([[meshed("b", port=21000)], [meshed("a")]], {"a": 21001, "b": 21000}),
        ([[{"name": "plain", "port": 21000}, meshed("a")]], {"a": 21001}),
        ([[{"name": "named", "ports": [{"name": "x", "port": 21000, "default": True}]}, meshed("a")]], {"a": 21001}),
        ([[meshed("a", socket_path="/run/a.sock"), meshed("b")]], {"a": 21000, "b": 21001}),
        ([[meshed("a", port=0), meshed("b", port=9000)]], {"a": 21000, "b": 9000}),
        # Of two with one id the last is right, with the port of the first.
        ([[meshed("a"), meshed("b")], [meshed("a")]], {"a": 21000, "b": 21001}),
        ([[{**meshed("a"), "namespace": "n"}, {**meshed("a"), "namespace": "default"}]], {"n/a": 21000, "a": 21001}),
        # It stops where it has none left.
        ([[meshed(name) for name in "abcde"], [meshed("f", port=1)]], {"a": 21000, "b": 21001, "c": 21002, "d": 21003}),
    ],
)
def test_as_agents_do(files: list[list[dict[str, Any]]], expected: dict[str, int]) -> None:
    assert given(*files) == expected


def test_an_agent_can_be_set_to_give_none() -> None:
    assert given([meshed("b", port=1), meshed("a")], ports=(-1, -1)) == {"b": 1}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (meshed("a"), True),
        (meshed("a", port=0), True),
        (meshed("a", port=1), False),
        (meshed("a", socket_path="/run/a.sock"), False),
        ({"name": "a", "connect": {"native": True}}, False),
        ({"name": "a"}, False),
    ],
)
def test_which_sidecars_wait_for_a_port(service: dict[str, Any], expected: bool) -> None:
    assert is_open(service) is expected


def test_where_a_sidecar_listens() -> None:
    assert listens_at({**meshed("a"), "address": "10.0.0.1"}) == "10.0.0.1"
    assert listens_at({**meshed("a", address="10.0.0.2"), "address": "10.0.0.1"}) == "10.0.0.2"
    assert listens_at(meshed("a")) == ""
    assert sidecar_key({"name": "a"}) == ""


def test_every_kind_of_port_is_taken() -> None:
    proxy = {"upstreams": [{"local_bind_port": 3}], "local_service_port": 4, "expose": {"paths": [{"listener_port": 5}]}}
    service = meshed("a", port=2, proxy=proxy)
    assert sorted(ports_in([{**service, "check": {"interval": "1s"}}])) == [2, 3, 4, 5, 80]


def test_a_number_stands_for_one_sidecar() -> None:
    assert placed(734, placeholder(734, 12)) == 12
    assert placed(734, 80) is None
    assert placed(734, None) is None
