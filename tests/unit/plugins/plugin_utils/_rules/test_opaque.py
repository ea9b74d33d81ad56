# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents do to lists, mappings and nulls of the user's own, as each version was seen to do it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict

CRASH, UNWRAPPED, EMPTY = "config-list-crash", "config-list-of-one-mapping", "config-list-empty"


def rules(config: Any, version: str, *, upstream: bool = False) -> list[str]:
    proxy: dict[str, Any] = {"destination_service_name": "web"}
    if upstream:
        proxy["upstreams"] = [{"destination_name": "db", "local_bind_port": 1, "config": config}]
    else:
        proxy["config"] = config
    service = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": proxy}
    found = verdict(judge_services([service], literal=True)[0].findings, parse_version(version))
    return [finding["rule"] for finding in [*found.errors, *found.warnings]]


@pytest.mark.parametrize("version", ["1.5.3", "1.6.10", "1.7.14"])
@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"a": [{"x": 1}, 2]}, [CRASH]),
        ({"a": [{"x": 1}, {"y": 2}]}, [CRASH]),
        ({"a": [{"b": [{"c": 1}]}]}, [UNWRAPPED, UNWRAPPED]),
        ({"a": [1, {"b": 1}, {"c": 2}]}, []),
        ({"a": [[{"x": 1}, {"y": 2}]]}, []),
        ({"a": [1, []]}, [EMPTY]),
    ],
)
def test_the_first_item_decides_whether_a_list_is_a_block(version: str, config: Any, found: list[str]) -> None:
    assert rules(config, version) == found


def test_the_place_of_an_item_is_told_with_its_number() -> None:
    config = {"a": [{"b": [{"c": 1}]}]}
    service = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web", "config": config}}
    found = verdict(judge_services([service], literal=True)[0].findings, parse_version("1.6.10"))
    assert [finding["path"].rpartition(" → ")[2] for finding in found.warnings] == ["proxy.config.a", "proxy.config.a[0].b"]


@pytest.mark.parametrize(
    ("version", "found"),
    [("1.9.17", []), ("1.10.12", ["config-empty-crash"]), ("1.11.11", ["config-empty-crash"]), ("1.12.9", []), ("1.21.0", [])],
)
@pytest.mark.parametrize("config", [{"a": [1, []]}, {"a": {}}, {"a": {"b": [], "c": 1}}])
@pytest.mark.parametrize("upstream", [True, False])
def test_what_is_empty_ends_some_agents(version: str, found: list[str], config: Any, upstream: bool) -> None:
    assert rules(config, version, upstream=upstream) == found


def test_the_configuration_of_managed_proxies_is_looked_at() -> None:
    service = {"name": "a", "connect": {"proxy": {"config": {"a": [{"b": 1}]}}}}
    found = verdict(judge_services([service], literal=True)[0].findings, parse_version("1.4.5"))
    assert UNWRAPPED in [finding["rule"] for finding in found.warnings]


def test_the_configuration_itself_may_be_empty() -> None:
    assert rules({}, "1.10.12") == rules({}, "1.10.12", upstream=True) == []


@pytest.mark.parametrize(
    ("version", "found"), [("1.9.17", []), ("1.10.12", ["upstream-config-null"]), ("1.21.0", ["upstream-config-null"])]
)
def test_nulls_of_upstreams_end_agents(version: str, found: list[str]) -> None:
    assert rules({"a": [None, 1]}, version, upstream=True) == found
