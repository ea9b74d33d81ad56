# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits of the rules of a check: what is just right gets no word, and what is just wrong its rule."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import dotted
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.check import check_findings, node_check_findings, runs_scripts
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import CHECK_REFUSED, HALF_LOADED, NODE_CHECK_REFUSED

HTTP = {"http": "http://127.0.0.1/", "interval": "10s"}


def said(**fields: Any) -> list[str]:
    return [f"{finding.rule} {dotted(finding.place)}".strip() for finding in check_findings(fields, ())]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (HTTP, []),
        ({**HTTP, "interval": "1s"}, []),
        ({**HTTP, "interval": "999ms"}, ["check-interval-raised interval"]),
        ({**HTTP, "interval": "1ns"}, ["check-interval-raised interval"]),
        ({**HTTP, "interval": "0s"}, ["check-interval-required interval"]),
        ({**HTTP, "interval": "-1s"}, ["check-interval-required interval"]),
        ({"http": "http://127.0.0.1/"}, ["check-interval-required interval"]),
        ({"ttl": "1ns"}, []),
        ({"ttl": "0s"}, ["check-ttl-positive ttl"]),
        ({"ttl": "0s", "interval": "1s"}, ["check-ttl-positive ttl"]),
        ({"ttl": "1s", "interval": "0s"}, []),
        ({"ttl": "1s", "interval": "1ns"}, ["check-ttl-interval interval"]),
        ({"ttl": "1s", "interval": "10s", "http": "http://127.0.0.1/"}, ["check-one-type"]),
        ({}, ["check-type-missing"]),
        ({"alias_service": "a"}, []),
        ({"alias_service": "a", "interval": "1s"}, ["check-alias-interval interval"]),
        ({"alias_service": "a", "alias_node": "n"}, ["check-alias-node alias_node"]),
        ({"alias_node": "n"}, ["check-alias-node alias_node"]),
        ({"alias_node": "n", "interval": "1s"}, ["check-alias-interval interval", "check-alias-node alias_node"]),
        ({"os_service": "nginx", "interval": "1s"}, ["check-windows-only os_service"]),
        ({"id": "SerfHealth", "ttl": "1s"}, ["check-id-reserved id"]),
        ({"id": "serfHealth-2", "name": "serfHealth", "ttl": "1s"}, []),
        ({"name": "_node_maintenance", "ttl": "1s"}, ["check-id-reserved name"]),
        ({"id": "_service_maintenance:web", "ttl": "1s"}, ["check-id-reserved id"]),
    ],
)
def test_types_and_ids(fields: dict[str, Any], expected: list[str]) -> None:
    assert said(**fields) == expected


def test_inside_a_service_the_name_of_a_check_is_no_id() -> None:
    assert list(check_findings({"name": "serfHealth", "ttl": "1s"}, ("check",))) == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"failures_before_critical": 2, "failures_before_warning": 2}, []),
        ({"failures_before_critical": 2, "failures_before_warning": 3}, ["check-thresholds failures_before_warning"]),
        ({"failures_before_warning": 1}, ["check-thresholds failures_before_warning"]),
        ({"failures_before_critical": -1}, ["check-negative failures_before_critical"]),
        ({"success_before_passing": 0, "failures_before_critical": 0}, []),
        ({"success_before_passing": -1}, ["check-negative success_before_passing"]),
        ({"deregister_critical_service_after": "0s"}, []),
        ({"deregister_critical_service_after": "1ns"}, ["check-deregister-raised deregister_critical_service_after"]),
        ({"deregister_critical_service_after": "59s"}, ["check-deregister-raised deregister_critical_service_after"]),
        ({"deregister_critical_service_after": "1m"}, []),
        ({"deregister_critical_service_after": "2562048h"}, ["duration deregister_critical_service_after"]),
        ({"timeout": "10s"}, []),
        ({"timeout": "0s"}, []),
        ({"timeout": "-1s"}, ["check-negative timeout"]),
        ({"timeout": "11s"}, ["check-timeout-long timeout"]),
        ({"timeout": "1s", "interval": "0s"}, ["check-interval-required interval"]),
        ({"timeout": "1s", "interval": "1ns"}, ["check-interval-raised interval", "check-timeout-long timeout"]),
        ({"method": "GET", "tls_skip_verify": True}, []),
        ({"tcp_use_tls": True}, ["no-effect tcp_use_tls"]),
    ],
)
def test_numbers_and_durations(fields: dict[str, Any], expected: list[str]) -> None:
    assert said(**{**HTTP, **fields}) == expected


def test_the_words_name_the_types() -> None:
    (none,) = check_findings({}, ())
    assert none.hint == "Add one of http, tcp, udp, grpc, h2ping, os_service, args, alias_service, alias_node, ttl."
    docker, *_rest = check_findings({"docker_container_id": "x"}, ())
    assert docker.hint == "Add args, the command to run in it."
    assert [found.message.partition(";")[0] for found in check_findings({"tcp": "a:1", "http": "http://a/"}, ())] == [
        "has 2 types: http and tcp",
        "required with http",
    ]
    _two, idle = check_findings({"alias_service": "a", "ttl": "1s", "interval": "1s"}, ())
    assert idle.message.startswith("has no effect with alias_service")
    (two,) = check_findings({**HTTP, "ttl": "1s"}, ())
    assert (two.message.partition(";")[0], two.hint) == ("has 2 types: http and ttl", "Keep one, or write 2 checks.")


@pytest.mark.parametrize(
    ("agent", "consequence"),
    [(CHECK_REFUSED, HALF_LOADED), (NODE_CHECK_REFUSED, "the agent would lose it and all checks behind it")],
)
def test_what_only_windows_has(agent: str, consequence: str) -> None:
    (found,) = check_findings({"os_service": "nginx", "interval": "1s"}, (), agent)
    assert found.message == f"works only on Windows; {consequence}."


def test_a_check_of_the_node_has_a_name_or_an_id() -> None:
    assert list(node_check_findings({"name": "a"}, ())) == list(node_check_findings({"id": "a"}, ())) == []
    assert [finding.rule for finding in node_check_findings({}, ())] == ["check-name-required"]


def test_which_checks_are_scripts() -> None:
    assert runs_scripts({"args": ["a"]})
    assert runs_scripts({"script": "a"})
    assert not runs_scripts(HTTP)
