# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HCL cannot say, and where it is found."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import dotted
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.hcl import hcl_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field


def found(service: dict[str, Any]) -> list[tuple[str, str]]:
    return [(dotted(finding.place), finding.message.partition(";")[0]) for finding in hcl_findings(service_field(), service)]


def in_config(value: Any) -> list[str]:
    """The places below a key of a proxy's configuration."""
    where = found({"name": "p", "proxy": {"config": {"key": value}}})
    return [place.removeprefix("proxy.config.") for place, _what in where]


@pytest.mark.parametrize(
    "service",
    [
        {"name": "web"},
        {"name": "web", "port": None, "check": {"ttl": None}, "meta": {"a": "b"}, "tags": ["a"]},
        {"name": "web", "proxy": {"config": {"a": {"b": 1}, "c": [{"d": 1}, {"e": 2}], "f": [1], "g": {"h": [1, 2]}}}},
    ],
)
def test_most_definitions_can_be_said(service: dict[str, Any]) -> None:
    assert found(service) == []


def test_a_number_that_is_too_large_is_found_wherever_it_stands() -> None:
    assert found({"name": "web", "port": 10**400, "token": {"a": [1, 10**400]}}) == [
        ("port", "the number is too large for HCL."),
        ("token.a[1]", "the number is too large for HCL."),
    ]


@pytest.mark.parametrize(
    ("value", "places"),
    [
        (None, ["key"]),
        ([None, 1], ["key[0]"]),
        ({"a": {"b": None}}, ["key.a.b"]),
        (10**308 - 1, []),
        (10**308, ["key"]),
        (-(10**308), ["key"]),
        (1 - 10**308, []),
        ([1], []),
        ([{"a": [1]}], []),
        ({"a": [1]}, ["key.a"]),
        ({"a": [1, 2]}, []),
        ({"a": [{"b": 1}, 2]}, []),
        ([{"a": {"b": 1}}, 2], ["key[0].a"]),
    ],
)
def test_the_users_own_data(value: Any, places: list[str]) -> None:
    assert in_config(value) == places


def test_nulls_are_found_in_lists_and_below_keys_of_the_user() -> None:
    service = {"name": "web", "tags": ["a", None], "meta": {"a": None}, "checks": [{"header": {"x": [None]}}]}
    assert [place for place, _what in found(service)] == ["tags[1]", "meta.a", "checks[0].header.x[0]"]
