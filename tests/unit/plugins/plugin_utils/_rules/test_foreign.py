# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of other tools, and of other places: what a file says instead."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import applies
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.spelling import UNKNOWN_KEY
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST
from ansible_collections.registrar.consul.tests.support.definitions.pasted import PASTED, WEB


def findings(service: Any) -> list[Any]:
    (judged,) = judge_services([service])
    return [finding for finding in judged.findings if applies(finding, NEWEST)]


@pytest.mark.parametrize(("service", "hints"), PASTED, ids=[json.dumps(service)[:60] for service, _hints in PASTED])
def test_each_key_gets_the_way_of_the_file(service: dict[str, Any], hints: dict[str, str]) -> None:
    found = {finding.path.partition(" → ")[2]: finding for finding in findings(service)}

    assert {place: finding.hint for place, finding in found.items()} == hints
    assert {finding.rule for finding in found.values()} == {UNKNOWN_KEY.id}


@pytest.mark.parametrize(
    ("service", "hint"),
    [
        ({"proxy": {"upstreams": ["db:5432"]}}, "Write {destination_name: db, local_bind_port: 5432}."),
        ({"proxy": {"upstreams": ["db"]}}, "Write key: value pairs below it."),
        (
            {"proxy": {"upstreams": "db:1,api:2"}},
            "Write [{destination_name: db, local_bind_port: 1}, {destination_name: api, local_bind_port: 2}].",
        ),
        ({"ports": ["8080:80"]}, "Write port: 8080 instead of ports, or {name: http, port: 8080} where there are several."),
        ({"ports": [80]}, "Write port: 80 instead of ports, or {name: http, port: 80} where there are several."),
        ({"checks": ["http://127.0.0.1/h"]}, "Write {http: http://127.0.0.1/h, interval: 10s}."),
        ({"check": "127.0.0.1:80"}, "Write {tcp: 127.0.0.1:80, interval: 10s}."),
        ({"tags": "a,b"}, 'Write ["a,b"].'),
    ],
)
def test_texts_in_place_of_blocks_are_written_out(service: dict[str, Any], hint: str) -> None:
    assert hint in [finding.hint for finding in findings({"name": "web", **service})]


def test_a_secret_among_the_words_is_not_shown() -> None:
    found = findings({**WEB, "check": {"http": "http://127.0.0.1/", "interval": "10s", "headers": "s3cret"}})

    assert not any("s3cret" in finding.message + finding.hint for finding in found)


ODD: list[Any] = [None, True, 10**30, float("nan"), [], {}, [None], {"path": 10**30, "port": None}, "²", "x" * 999]


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
def test_whatever_stands_behind_a_word_is_said_without_an_exception(value: Any) -> None:
    keys = ["type", "path", "port", "command", "test", "httpGet", "tcpSocket", "exec", "periodSeconds", "retries", "url"]
    service = {"SERVICE_PORT": value, "healthcheck": value, "consul.hashicorp.com/connect-service-upstreams": value, "service_port": value}

    for key in keys:
        assert findings({"name": "web", "check": {key: value}, "healthcheck": {key: value}})
    assert findings({**service, "proxy": {"upstreams": value, "expose": {"path": value}}})


@pytest.mark.parametrize("key", ["service", "Service"])
def test_a_whole_file_is_told_from_a_definition(key: str) -> None:
    (finding,) = findings({key: {"name": "web", "prot": 80}})

    assert (finding.rule, finding.path) == ("whole-file", f"services[0] → {key}")
    assert finding.hint == f"Write what stands below {key} in its place, without the key itself."


def test_of_a_file_with_several_services_each_is_an_entry() -> None:
    (finding,) = findings({"services": [{"name": "a"}, {"name": "b"}], "checks": []})

    assert finding.hint == "Write what stands below services in its place, each of the 2 services as an entry of its own."
