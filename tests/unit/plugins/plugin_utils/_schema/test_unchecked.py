# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that only the user knows: how they are listed, and what becomes of them everywhere else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.hcl import read_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import set_request
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import to_api, to_file
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import definitions_in, render_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.errors import errors_of
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import read_terms
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.unchecked import PathError, read_paths

VALUE = {"some_key": ["a", {"b_c": 1}], "flag": True}
LISTED = ["new_thing", "proxy.new_thing", "checks[*].new_thing", "proxy.upstreams[].new_thing", "connect.sidecar_service.new_thing"]
PATHS = read_paths(LISTED).new
SERVICE: dict[str, Any] = {
    "name": "web",
    "kind": "connect-proxy",
    "port": 1,
    "new_thing": VALUE,
    "checks": [{"ttl": "5s", "new_thing": 1.5}],
    "proxy": {
        "destination_service_name": "db",
        "new_thing": "x",
        "upstreams": [{"destination_name": "db", "local_bind_port": 1, "new_thing": False}],
    },
}


def test_paths_are_new_or_known() -> None:
    assert read_paths(["checks[*].new", "checks[].new", "port", "proxy.upstreams[*].config"]) == (
        ("checks[].new",),
        ("port", "proxy.upstreams[].config"),
    )


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "is no path"),
        ("a b", "is no path"),
        ("proxy..new", "is no path"),
        ("checks[0].new", "is no path"),
        ("checks.new", r"Write checks\[\*\]"),
        ("proxy[*].new", "Write proxy"),
        ("checks[*]", "without the brackets"),
        ("new.below", "List that one"),
        ("meta.new", "Leave the path out"),
        ("proxy.config.new", "Leave the path out"),
        ("proxy.upstreams[*].config.new", "Leave the path out"),
        ("EnableTagOverride", "Write enable_tag_override"),
        ("checks[*].check_id", "Write id"),
        ("connect.sidecar_service.id", "known to be no key"),
    ],
)
def test_a_path_that_makes_no_sense_is_refused(path: str, said: str) -> None:
    with pytest.raises(PathError, match=said):
        read_paths([path])


def test_whatever_stands_there_is_right_and_secret() -> None:
    (judged,) = judge_services([SERVICE], unchecked=PATHS)

    assert {finding.rule for finding in judged.findings} == {"field-too-new"}, "of old agents, and of other keys"
    assert judged.definition == SERVICE
    assert judged.unchecked == ["new_thing", "checks[].new_thing", "proxy.new_thing", "proxy.upstreams[].new_thing"]
    assert {"a", "x"} <= read_terms({"unchecked": LISTED}).secrets.texts(SERVICE)


def test_it_is_not_coerced_and_all_else_is() -> None:
    (judged,) = judge_services(
        [{"name": "web", "port": "80", "new_thing": ["80"], "checks": [{"ttl": "5s", "new_thing": None}]}], unchecked=PATHS
    )

    assert judged.definition == {"name": "web", "port": 80, "new_thing": ["80"], "checks": [{"ttl": "5s"}]}


def test_only_at_the_paths_that_are_listed() -> None:
    found = judge_services([{**SERVICE, "check": {"ttl": "5s", "new_thing": 1}, "weights": {"new_thing": 1}}], unchecked=PATHS)[0].findings

    assert [(finding.rule, finding.path) for finding in found if finding.rule != "field-too-new"] == [
        ("unknown-key", "services[0] (web) → check.new_thing"),
        ("unknown-key", "services[0] (web) → weights.new_thing"),
    ]


def test_they_are_spelled_by_the_plain_rule_and_come_back() -> None:
    api, _notes = to_api(SERVICE, unchecked=PATHS)

    assert api["NewThing"] == VALUE
    assert api["Checks"][0]["NewThing"] == 1.5
    assert api["Proxy"]["Upstreams"][0]["NewThing"] is False
    assert to_file(api, unchecked=PATHS) == SERVICE
    assert to_file({"CheckID": "c", "TTL": "5s", "NewThing": 1}, "check", unchecked=PATHS) == {"id": "c", "ttl": "5s", "new_thing": 1}
    assert to_file([{"ID": "c", "TTL": "5s", "NewThing": 1}], "checks", unchecked=PATHS) == [{"id": "c", "ttl": "5s", "new_thing": 1}]


def test_they_are_written_as_hcl() -> None:
    text = render_hcl(definitions_in(SERVICE, PATHS)[0], unchecked=PATHS)

    # HCL has no mapping below a key, only blocks: a list of one of them, which agents undo.
    assert read_hcl(text)["services"]["proxy"]["new_thing"] == "x"
    assert '"some_key" = [' in text


def test_what_hcl_cannot_say_is_found() -> None:
    found = judge_services([{"name": "web", "new_thing": {"a": None}}], unchecked=PATHS, hcl=True)[0].findings

    assert [(finding.rule, finding.path) for finding in found] == [("not-in-hcl", "services[0] (web) → new_thing.a")]


def test_the_target_is_told_what_each_file_holds() -> None:
    services = [{"name": "a", "new_thing": 1}, {"name": "b"}]

    payload = set_request(services, "web", "per_service", read_terms({"unchecked": LISTED})).payload

    assert payload["unchecked"] == {"service-a.json": ["new_thing"]}
    assert ("new_thing",) in payload["secret_places"], "nobody knows whether what stands there is secret"
    check = {"name": "c", "ttl": "5s", "new_thing": "planted"}
    assert set_request([], "web", "bundle", read_terms({"unchecked": "checks[*].new_thing"}), [check]).payload["secret_places"] == [
        ("checks", "checks", "new_thing"),
        ("checks", "new_thing"),
    ]
    assert "unchecked" not in set_request([{"name": "b"}], "web", "bundle", read_terms({"unchecked": LISTED})).payload


def test_a_listed_path_that_is_known_warns_and_changes_nothing() -> None:
    verdict = set_request([{"name": "a", "port": "x"}], "web", "bundle", read_terms({"unchecked": "port"})).verdict

    assert [(found["rule"], found["path"]) for found in verdict.warnings] == [("unchecked-known", "unchecked → port")]
    assert [found["rule"] for found in verdict.errors] == ["type"]


@pytest.mark.parametrize(
    ("definition", "path"),
    [
        ({"name": "web", "new_thing": 1}, "new_thing"),
        ({"name": "web", "checks": [{"ttl": "5s", "new_thing": 1}]}, "checks[*].new_thing"),
        ({"check": {"name": "c", "ttl": "5s", "new_thing": 1}}, "checks[*].new_thing"),
    ],
)
def test_a_newer_agent_is_told_of_the_way_out(definition: dict[str, Any], path: str) -> None:
    (newer,) = errors_of(definition, consul_version="9.3.1")
    (known,) = errors_of(definition, consul_version="1.22.7")

    assert "the agent is 9.3.1" in newer["hint"]
    assert f"list {path} in unchecked" in newer["hint"]
    assert newer["hint"].startswith(known["hint"])
    assert "unchecked" not in known["hint"]
    assert errors_of(definition, consul_version="9.3.1", unchecked=[path]) == []


@pytest.mark.parametrize("wrong", [{"meta": {"a": 1}, "Port": 80}, {"connect": {"sidecar_service": {"id": "a"}}}, {"new thing": 1}])
def test_there_is_no_way_out_where_it_would_not_help(wrong: dict[str, Any]) -> None:
    assert all("unchecked" not in error["hint"] for error in errors_of({"name": "web", **wrong}, consul_version="9.3.1"))


def test_one_warning_about_an_agent_that_is_newer() -> None:
    services = [{"name": f"web{number}", "enable_tag_override": True} for number in range(3)]

    warnings = set_request(services, "web", "bundle", read_terms({"consul_version": "9.3.1"})).verdict.warnings

    assert [found["rule"] for found in warnings] == ["version-newer"]
    assert (
        set_request(services, "web", "bundle", read_terms({"consul_version": "9.3.1", "silence": "version-newer"})).verdict.warnings == []
    )
    assert set_request(services, "web", "bundle", read_terms({"consul_version": "1.22.99"})).verdict.warnings == []
