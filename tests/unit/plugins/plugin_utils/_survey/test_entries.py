# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what stands in a file to what an agent reads there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._survey.entries import entries_of


def read(document: dict[str, Any], hcl: bool = False) -> tuple[list[Any], list[str]]:
    entries, findings = entries_of("f", document, hcl)
    found = [*findings, *(finding for entry in entries for finding in entry.findings)]
    return [entry.definition for entry in entries], [f"{finding.path} {finding.rule}" for finding in found]


def test_entries_come_in_the_agents_order_with_the_labels_of_messages() -> None:
    document = {
        "check": {"id": "c"},
        "service": {"name": "one"},
        "services": [{"name": "a"}, {"id": "b"}],
        "checks": [{"id": "d"}],
        "acl": {},
    }
    entries, _findings = entries_of("f.json", document, False)
    assert [entry.label for entry in entries] == [
        "f.json → services[0] (a)",
        "f.json → services[1] (b)",
        "f.json → service (one)",
        "f.json → checks[0]",
        "f.json → check",
    ]


def test_single_blocks_are_lists_in_hcl_only() -> None:
    service = {"name": "a", "checks": {"ttl": "1s"}, "proxy": {"upstreams": {"destination_name": "b"}}, "tags": "x"}
    listed = {"name": "a", "checks": [{"ttl": "1s"}], "proxy": {"upstreams": [{"destination_name": "b"}]}, "tags": "x"}
    assert read({"services": service}, hcl=True) == ([listed], [])
    assert read({"services": service}) == ([service], ["f → services type"])


def test_a_list_of_one_mapping_is_the_mapping() -> None:
    assert read({"service": [{"name": "a", "check": [{"ttl": "1s"}], "tags": ["x"]}]}) == (
        [{"name": "a", "check": {"ttl": "1s"}, "tags": ["x"]}],
        [],
    )


def test_repeated_single_blocks_are_refused_by_every_agent() -> None:
    assert read({"service": [{"name": "a"}, {"name": "b"}]}, hcl=True)[1] == ["f → service type"]


@pytest.mark.parametrize(
    ("written", "name"),
    [("Interval", "interval"), ("ScriptArgs", "args"), ("TLSSkipVerify", "tls_skip_verify"), ("dockercontainerID", "docker_container_id")],
)
def test_spellings_that_agents_read_are_warned_of(written: str, name: str) -> None:
    definitions, found = read({"Service": {"name": "a", "check": {written: 1}}})
    assert definitions == [{"name": "a", "check": {name: 1}}]
    assert found == ["f → Service key-spelling", f"f → service (a) → check.{written} key-spelling"]


def test_spellings_that_agents_refuse_are_left_to_the_judge() -> None:
    service = {"name": "a", "EnableTagOverride": True, "Name": "b", "check": {"CheckID": "x"}}
    assert read({"service": service}) == ([service], [])


def test_keys_of_users_are_never_touched() -> None:
    service = {"name": "a", "meta": {"Name": "x"}, "proxy": {"config": {"TTL": [{"a": 1}]}}, "check": {"header": {"HTTP": ["a"]}}}
    assert read({"service": service}, hcl=True) == ([service], [])


@pytest.mark.parametrize("value", [None, [], {}, "x", 3, [None], ["x"]])
def test_nothing_breaks_on_nonsense(value: Any) -> None:
    entries_of("f", {"service": value, "services": value, "check": value, "checks": value}, False)
    entries_of("f", {"services": [{"name": value, "checks": value, "proxy": value, "meta": value}]}, True)
