# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may stand once only among several definitions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import dotted
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.unique import (
    bound_check_findings,
    node_check_id_findings,
    set_findings,
)

TTL = {"ttl": "1s"}


def sidecar(**fields: Any) -> dict[str, Any]:
    return {"connect": {"sidecar_service": fields}}


def said(*services: dict[str, Any]) -> list[str]:
    found = set_findings([(f"s{index}", service) for index, service in enumerate(services)])
    return [f"{index} {dotted(finding.place)}: {finding.message.partition(';')[0]}" for index, finding in found]


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ([{"name": "a"}, {"name": "b"}], []),
        ([{"name": "a"}, {"name": "a", "id": "b"}], []),
        ([{}, {}], []),
        ([{"name": "a"}] * 3, ['1 name: the service id "a" is taken by s0', '2 name: the service id "a" is taken by s0']),
        ([{"name": "a"}, {"name": "b", "id": "a"}], ['1 id: the service id "a" is taken by s0']),
        (
            [{"name": "a-sidecar-proxy"}, {"name": "a", **sidecar(check=TTL)}],
            ['1 connect.sidecar_service: the service id "a-sidecar-proxy" is taken by s0'],
        ),
        ([{"name": "a", **sidecar(check=TTL)}, {"name": "a-sidecar-proxy"}], ['1 name: the service id "a-sidecar-proxy" is taken by s0']),
        ([sidecar(), sidecar()], []),
        ([{"name": "a"}, {"name": "A", "id": "x"}], []),
        (
            [{"name": "a"}, {"name": "A"}, {"name": "a"}],
            ['1 name: the service id "A" is taken as "a" by s0', '2 name: the service id "a" is taken by s0'],
        ),
        (
            [{"name": "a", **sidecar(check=TTL)}, {"name": "b", "id": "A-sidecar-proxy"}],
            ['1 id: the service id "A-sidecar-proxy" is taken as "a-sidecar-proxy" by s0'],
        ),
    ],
)
def test_services(services: list[dict[str, Any]], expected: list[str]) -> None:
    assert said(*services) == expected


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ([{"name": "a", "checks": [TTL, TTL]}], []),
        ([{"name": "a", "checks": [{"id": "x"}, {"id": "x"}]}], ['0 checks[1].id: the check id "x" is taken by checks[0]']),
        (
            [{"name": "a", "check": {"id": "x"}}, {"name": "b", "check": {"id": "x"}}, {"name": "c", "check": {"id": "x"}}],
            ['1 check.id: the check id "x" is taken by s0 → check', '2 check.id: the check id "x" is taken by s0 → check'],
        ),
        (
            [{"name": "a", **sidecar(check={"id": "x"})}, {"name": "b", "check": {"id": "x"}}],
            ['1 check.id: the check id "x" is taken by s0 → connect.sidecar_service.check'],
        ),
        (
            [{"name": "a", **sidecar()}, {"name": "b", "check": {"id": "service:a-sidecar-proxy:1"}}],
            ['1 check.id: the check id "service:a-sidecar-proxy:1" is taken by s0 → connect.sidecar_service'],
        ),
        ([{"check": {"id": "x"}}, {"check": {"id": "x"}}], []),
        ([{"name": "a", "checks": [{"id": "x"}, {"id": "X"}]}], ['0 checks[1].id: the check id "X" is taken as "x" by checks[0]']),
    ],
)
def test_checks(services: list[dict[str, Any]], expected: list[str]) -> None:
    assert said(*services) == expected


@pytest.mark.parametrize(
    ("one", "other", "twice"),
    [
        ({"port": 1}, {"port": 1}, True),
        ({"port": 1}, {"port": 2}, False),
        ({}, {}, False),
        ({"port": 0}, {"port": 0}, False),
        ({"port": 1, "address": "10.0.0.1"}, {"port": 1, "address": "10.0.0.2"}, False),
        ({"port": 1, "address": "10.0.0.9"}, {"port": 1}, True),
    ],
)
def test_ports_of_sidecars(one: dict[str, Any], other: dict[str, Any], twice: bool) -> None:
    found = said({"name": "a", **sidecar(**one)}, {"name": "x"}, {"name": "b", "address": "10.0.0.9", **sidecar(**other)})
    if one == {"port": 1} == other:
        # The address of the service is that of its sidecar.
        assert found == []
        found = said({"name": "a", **sidecar(**one)}, {"name": "b", **sidecar(**other)}, {"name": "c", **sidecar(**other)})
        assert found.pop().startswith("2 connect.sidecar_service.port: port 1 is taken by the sidecar of s0")
    assert bool(found) is twice


def test_checks_outside_services() -> None:
    services = [{"name": "a", "check": TTL}]
    checks: list[tuple[str, dict[str, Any]]] = [
        ("c0", {"name": "disk"}),
        ("c1", {"id": "disk", "name": "other"}),
        ("c2", {"name": "disk"}),
        ("c3", {"id": "service:a"}),
        ("c4", {}),
        ("c5", {}),
        ("c6", {"id": "DISK"}),
    ]
    found = [(index, finding.message.partition(";")[0]) for index, finding in node_check_id_findings(services, checks)]
    assert found == [
        (1, 'the check id "disk" is taken by c0'),
        (2, 'the check id "disk" is taken by c0'),
        (3, 'the check id "service:a" is taken by a check of "a"'),
        (6, 'the check id "DISK" is taken as "disk" by c0'),
    ]


def test_checks_whose_service_is_not_here() -> None:
    owners = ("a", "b", "a-sidecar-proxy", "b-sidecar-proxy", "", None)
    found = bound_check_findings([{"name": "a", **sidecar()}, {"name": "c"}], [{"service_id": owner} for owner in owners])
    assert [index for index, _finding in found] == [1, 3]
