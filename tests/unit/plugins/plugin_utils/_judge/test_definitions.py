# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said about a definition, to the letter: tests/fixtures/rule-examples.yml has an example of each rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.plugins.module_utils._findings import render
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services, label_of, prepare
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.validate import quick_judge
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import Verdict, verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._rules import fleet
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import RULES, entered
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.spelling import ONE_OF_TWO, TAKEN, TAKEN_BLOCKS

FIXTURE = Path(__file__).resolve().parents[4] / "fixtures" / "rule-examples.yml"
REFUSED = "the agent would refuse the whole reload."
SIDECAR = "connect.sidecar_service"


def example(rule: str, services: list[Any], message: str, version: str = "1.8.7") -> dict[str, Any]:
    return {"rule": rule, "version": version, "services": services, "message": message}


def proxy_with(config: dict[str, Any]) -> dict[str, Any]:
    return {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web", "config": config}}


EXAMPLES = [
    *yaml.safe_load(FIXTURE.read_text(encoding="utf-8")),
    # Too large for a person to read.
    example(
        "meta-size",
        [{"name": "web", "meta": {f"k{number}": "v" for number in range(65)}}],
        f"services[0] (web) → meta: has 65 entries; {REFUSED} Keep at most 64.",
    ),
    example(
        "meta-value",
        [{"name": "web", "meta": {"long": "é" * 257}}],
        f"services[0] (web) → meta.long: has 514 bytes; {REFUSED} Shorten it to 512 bytes; other characters than ASCII take more than one.",
    ),
    example(
        "config-number-size",
        [proxy_with({"a": 10**400})],
        f"services[0] (p) → proxy.config.a: is too large a number; {REFUSED} Write it as text, in quotes.",
    ),
    example(
        "hcp-metrics-socket",
        [proxy_with({"envoy_hcp_metrics_bind_socket_dir": "/" + "x" * 70})],
        f"services[0] (p) → proxy.config.envoy_hcp_metrics_bind_socket_dir: is too long; {REFUSED} Shorten it to 70 bytes.",
        "1.15.3",
    ),
]
# Rules that hold for files, directories and agents instead of definitions; they are tested where they are found.
OF_DOCUMENTS = {"check-name-required", "check-service-known", "document-key", "null-block-in-file"}
OF_FILES = {
    "directory-broken",
    "file-deleted",
    "file-edited",
    "file-empty",
    "file-exposed",
    "file-permissions",
    "file-unread",
    "key-spelling",
}
OF_FLEETS = {rule.id for rule in entered([fleet]).values()}
OF_TARGETS = {
    *(
        "agent-not-compared",
        "agent-reloads-itself",
        "change-unverified",
        "config-dir-missing",
        "not-in-hcl",
        "preflight-missing",
        "preflight-settings",
    ),
    *("alias-service-known", "destination-id-known", "destination-name-known"),
    *("preflight-trial", "role-variable", "script-checks-unknown", "unchecked-known", "unchecked-unasked", "version-newer"),
    *("sidecar-port-missing", "sidecar-port-moves", "sidecar-port-shared"),
    "version-unknown",
}


def judged(services: list[Any], version: str | None = "1.8.7", edition: str = "community", **options: Any) -> Verdict:
    findings = [finding for entry in judge_services(services, edition=edition) for finding in entry.findings]
    return verdict(findings, parse_version(version) if version else None, **options)


def errors(*services: Any, version: str | None = "1.8.7") -> list[str]:
    return [render(error) for error in judged(list(services), version).errors]


def rules(*services: Any, version: str = "1.8.7") -> list[str]:
    found = judged(list(services), version)
    return [entry["rule"] for entry in found.errors + found.warnings]


@pytest.mark.parametrize("case", EXAMPLES, ids=[case["rule"] for case in EXAMPLES])
def test_every_rule_says_what_is_wrong_what_would_happen_and_what_to_write(case: dict[str, Any]) -> None:
    found = judged(case["services"], case["version"], case.get("edition", "community"))

    said = {entry["rule"]: render(entry) for entry in found.errors + found.warnings}
    assert said[case["rule"]] == case["message"]
    assert set(said) <= {case["rule"], "deprecated", "dns-name"}


def test_every_rule_has_an_example() -> None:
    assert {rule.id for rule in RULES.values()} == {case["rule"] for case in EXAMPLES} | OF_DOCUMENTS | OF_FILES | OF_FLEETS | OF_TARGETS


def test_errors_are_many_at_once_and_stand_in_the_order_of_the_input() -> None:
    assert errors(
        {"check": {"http": "http://127.0.0.1", "intervall": "10s"}, "prot": 1, "port": "x"},
        "web",
        {"tags": "a", "name": "", "meta": {"a.b": 1, "consul-x": "y"}, "Kind": ""},
    ) == [
        f"services[0] → check.intervall: is no key that Consul knows here; {REFUSED} Did you mean interval?",
        f"services[0] → prot: is no key that Consul knows here; {REFUSED} Did you mean port?",
        f"services[0] → port: must be a whole number, not text; {REFUSED} Write a whole number without quotes.",
        "services[0] → name: is missing; the agent would unload every service and stop at this one, although consul validate finds"
        " nothing. Add name: web.",
        f"services[1]: must be a mapping, not text; {REFUSED} Write key: value pairs below it.",
        f'services[2] → tags: must be a list, not text; {REFUSED} Write ["a"].',
        "services[2] → name: is empty; the agent would unload every service and stop at this one, although consul validate finds"
        " nothing. Write for example name: web.",
        f'services[2] → meta["a.b"]: is no valid key; {REFUSED} Use 1 to 128 of the characters A-Z a-z 0-9 _ and -.',
        f"services[2] → meta.consul-x: is reserved for Consul; {REFUSED} Choose a key that does not begin with consul-.",
        "services[2] → Kind: is spelled kind in a file; agents take it, and here each key has one spelling. Write kind.",
    ]


def test_services_are_named_by_place_and_id() -> None:
    paths = [
        entry.findings[0].path for entry in judge_services([{"name": "a b", "x": 1}, {"name": "a", "id": "\n" * 99, "x": 1}, {"x": 1}])
    ]

    assert paths == ["services[0] (a b) → name", f"services[1] ({'�' * 60}) → x", "services[2] → x"]


@pytest.mark.parametrize(
    ("service", "rule"),
    [
        ({"Name": "web"}, "key-case"),
        ({"name": "web", "check": {"HTTP": "http://127.0.0.1", "Interval": "10s"}}, "key-case"),
        ({"name": "web", "check": {"htttp": "http://127.0.0.1", "interval": "10s"}}, "unknown-key"),
        ({"name": "web", "check": {"http": "http://127.0.0.1", "intreval": "10s"}}, "unknown-key"),
        ({"name": "p", "kind": "connect-proxy", "port": 1, "Proxy": {"DestinationServiceName": "web"}}, "key-case"),
        ({"name": "p", "kind": "connect-proxy", "port": 1, "proxy": [{"destination_service_name": "web"}]}, "one-item-list"),
        ({"name": "p", "kind": "connect-proxy", "port": [1], "proxy": {"destination_service_name": "web"}}, "one-item-list"),
    ],
)
def test_what_is_there_in_another_spelling_is_not_called_missing(service: dict[str, Any], rule: str) -> None:
    assert set(rules(service)) == {rule}


def test_what_is_misspelt_is_judged_as_what_was_meant() -> None:
    assert rules({"name": "web", "check": {"http": "http://127.0.0.1", "Interval": "10"}}) == ["key-case", "duration"]
    assert rules({"name": "web", "port": 80, "Port": 70000}) == ["key-case"]


@pytest.mark.parametrize(
    ("service", "consequence"),
    [
        ({"name": "web", "EnableTagOverride": True}, "the agent would refuse the whole reload, except before Consul 1.1.0"),
        ({"name": "web", "check": {"Check_ID": "c", "ttl": "1s"}}, "the agent would refuse the whole reload, except before Consul 1.1.0"),
        ({"name": "web", "check": {"Check-ID": "c", "ttl": "1s"}}, "the agent would refuse the whole reload"),
        ({"name": "web", "check": {"script_args": ["x"], "interval": "1s"}}, "the agent would refuse the whole reload"),
        ({"name": "web", "check": {"ScriptArgs": ["x"], "args": ["x"], "interval": "1s"}}, ONE_OF_TWO),
        ({"name": "web", "Port": 80, "port": 80}, "the agent would refuse the whole reload"),
        ({"name": "web", "Tags": ["a", "b"]}, TAKEN),
        ({"name": "web", "Checks": [{"ttl": "1s"}, {"ttl": "2s"}]}, TAKEN_BLOCKS),
        ({"name": "web", "Connect": {"sidecar_service": {"proxy": {"upstreams": []}}}}, TAKEN_BLOCKS),
    ],
)
def test_of_a_key_in_another_spelling_it_is_said_what_agents_make_of_it(service: dict[str, Any], consequence: str) -> None:
    (error,) = errors(service)

    assert f" in a file; {consequence}. " in error


def test_fields_that_the_api_only_reports_are_said_to_be_so() -> None:
    (error,) = errors({"name": "web", "check": {"type": "http", "ttl": "1s"}})

    assert error.endswith("Leave it out: the agent derives it from the kind of check and only reports it.")


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.9.16", True), ("1.9.17", False), ("1.10.0", True), ("1.10.10", False), ("1.11.4", True), ("1.11.5", False), ("1.22.0", False)],
)
def test_a_backported_field_is_known_to_each_branch_from_its_own_release_on(version: str, expected: bool) -> None:
    service = {"name": "web", "check": {"http": "http://127.0.0.1", "interval": "10s", "disable_redirects": True}}

    assert ("field-too-new" in rules(service, version=version)) is expected


def test_the_replacement_of_a_removed_field_is_named() -> None:
    (error,) = errors({"name": "web", "port": 1, "connect": {"proxy": {}}})

    assert error.endswith("Write connect.sidecar_service instead.")


def test_a_field_that_went_is_too_new_for_agents_before_it_came() -> None:
    managed = {"name": "web", "port": 1, "connect": {"proxy": {}}}
    proxy = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy_destination": "web"}

    assert "field-removed" not in rules(proxy, version="1.2.1")
    assert "field-too-new" in rules(proxy, version="1.2.1")
    assert "field-removed" in rules(proxy, version="1.6.0")
    assert rules(managed, version="1.2.0") == []
    assert rules(managed, version="1.5.3") == ["deprecated"]
    assert rules(managed, version="1.6.0") == ["field-removed"]


@pytest.mark.parametrize(("interval", "excluded"), [("1ns", True), ("10s", True), ("0s", False), ("-1s", False)])
def test_an_interval_beside_a_ttl_counts_from_the_first_nanosecond(interval: str, excluded: bool) -> None:
    assert ("check-ttl-interval" in rules({"name": "web", "check": {"ttl": "10s", "interval": interval}})) is excluded


@pytest.mark.parametrize(
    ("check", "named"),
    [
        ({"tcp": "127.0.0.1:80"}, True),
        ({"tcp": "127.0.0.1"}, False),
        ({"tcp": "127.0.0.1:"}, False),
        ({"grpc": "127.0.0.1:80"}, True),
        ({"grpc": "127.0.0.1:80/service"}, True),
        ({"grpc": "127.0.0.1/service"}, False),
        ({"grpc": "127.0.0.1/service:80"}, False),
    ],
)
def test_an_endpoint_names_its_port_before_the_service_behind_it(check: dict[str, Any], named: bool) -> None:
    assert (rules({"name": "web", "check": {**check, "interval": "10s"}}) == []) is named


def test_nothing_is_said_about_the_inside_of_a_field_that_the_agent_does_not_know() -> None:
    assert rules({"name": "web", "port": 1, "ports": [{"name": "a"}], "socket_path": "/x"}) == ["field-too-new", "field-too-new"]


def test_without_a_version_what_depends_on_it_waits_for_the_target() -> None:
    found = judged([{"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "*", "mode": "direct"}}], None)

    assert found.errors == []
    assert [(entry["since"], entry["until"], entry["finding"]["rule"]) for entry in found.conditional] == [
        (None, "1.2.2", "field-too-new"),
        (None, "1.3.0", "field-too-new"),
        ("1.10.0", None, "destination-wildcard"),
        ("1.3.0", "1.10.0", "field-too-new"),
    ]
    assert found.conditional[3]["finding"]["message"] == f"exists since Consul 1.10.0, and this is {{version}}; {REFUSED}"


def test_rules_of_gateways_hold_for_agents_that_know_the_kind() -> None:
    gateway = {"name": "g", "kind": "ingress-gateway", "proxy": {"local_service_port": 1}}

    assert rules(gateway, version="1.7.0") == ["value-too-new"]
    assert rules(gateway, version="1.8.0") == ["gateway-field"]


def test_warnings_can_be_silenced_or_taken_for_errors() -> None:
    services = [{"name": "a_b", "tags": ["", "x", "x"]}]

    assert [warning["rule"] for warning in judged(services).warnings] == ["dns-name", "tag-empty", "tag-twice"]
    assert [warning["rule"] for warning in judged(services, silence=["dns-name", "tag-twice"]).warnings] == ["tag-empty"]
    strict = judged(services, strict=True, silence=["dns-name"])
    assert [(error["rule"], error["severity"]) for error in strict.errors] == [("tag-empty", "error"), ("tag-twice", "error")]
    assert strict.warnings == []


def test_beside_a_template_warnings_of_other_places_are_kept() -> None:
    found = judged([{"name": "a_b", "id": "{{ x }}", "address": "{{ y }}:80"}])
    assert {warning["path"].partition(" → ")[2]: warning["rule"] for warning in found.warnings} == {
        "name": "dns-name",
        "id": "template-unrendered",
        "address": "template-unrendered",
    }


def test_only_what_is_to_be_hcl_has_to_be_sayable_in_hcl() -> None:
    service = {"name": "web", "port": 1, "kind": "connect-proxy", "proxy": {"destination_service_name": "a", "config": {"key": {"a": [1]}}}}
    with_hcl, without = (
        {finding.rule for finding in judge_services([service], **how)[0].findings}
        for how in ({"hcl": True}, {})  # type: ignore[arg-type]
    )
    assert len(with_hcl - without) == 1
    assert without <= with_hcl


def test_errors_cannot_be_silenced() -> None:
    assert len(judged([{"name": ""}], silence=["name-required"]).errors) == 1


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "service",
    [
        {"name": "web", "token": [SECRET, SECRET]},
        {"name": "web", "token": {SECRET: SECRET}},
        {"name": "web", "check": {"ttl": "1s", "header": {"Authorization": SECRET}}},
        {"name": "web", "check": {"ttl": "1s", "header": {"Authorization": [SECRET, 31337.5, True]}}},
        {"name": "web", "check": {"ttl": "1s", "header": SECRET}},
        {"name": "web", "check": {"ttl": "1s", "body": [SECRET]}},
        {"name": "web", "check": {"ttl": "1s", "Body": [SECRET, SECRET]}},
    ],
)
def test_no_message_shows_a_secret(service: dict[str, Any]) -> None:
    found = judged([service], None)

    text = str(found)
    assert found.errors
    assert "31337" not in text
    assert f"'{SECRET}'" not in text.replace(f"header['{SECRET}']", "")
    assert f'"{SECRET}"' not in text


def test_script_checks_are_found_wherever_they_are() -> None:
    script = {"args": ["/bin/true"], "interval": "10s"}
    (found,) = judge_services([{"name": "web", "checks": [{"ttl": "1s"}, script], "connect": {"sidecar_service": {"check": script}}}])

    assert found.scripts == ["services[0] (web) → checks[1]", f"services[0] (web) → {SIDECAR}.check"]


@pytest.mark.parametrize(
    ("one", "other", "twice"),
    [
        ({"local_bind_port": 1}, {"local_bind_port": 1, "local_bind_address": "127.0.0.1"}, True),
        ({"local_bind_port": 1}, {"local_bind_port": 1, "local_bind_address": "::1"}, False),
        ({"local_bind_socket_path": "/a"}, {"local_bind_socket_path": "/a"}, True),
        ({"local_bind_socket_path": "/a"}, {"local_bind_socket_path": "/b"}, False),
        # With an address, agents do not compare the sockets.
        (
            {"local_bind_socket_path": "/a", "local_bind_address": "127.0.0.1"},
            {"local_bind_socket_path": "/b", "local_bind_address": "127.0.0.1"},
            True,
        ),
    ],
)
def test_upstreams_listen_where_agents_compare_them(one: dict[str, Any], other: dict[str, Any], twice: bool) -> None:
    upstreams = [{"destination_name": "a", **one}, {"destination_name": "b", **other}]
    service = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web", "upstreams": upstreams}}

    assert rules(service, version="1.10.0") == (["upstream-bind-twice"] if twice else [])


@pytest.mark.parametrize(
    ("mode", "fits"),
    [("0600", True), ("600", True), ("00000000000600", True), ("37777777777", True), ("47777777777", False), ("", False), ("8", False)],
)
def test_a_socket_mode_is_an_octal_number_of_32_bits(mode: str, fits: bool) -> None:
    upstream = {"destination_name": "a", "local_bind_socket_path": "/a", "local_bind_socket_mode": mode}
    service = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web", "upstreams": [upstream]}}

    assert rules(service, version="1.10.0") == ([] if fits else ["pattern"])


def test_ids_are_unique_over_services_sidecars_and_checks() -> None:
    assert rules({"name": "web"}, {"name": "web", "id": "web-2"}, {"name": "x", "id": "web-2"}) == ["service-id-unique"]
    assert rules({"name": "web", "port": 1, "connect": {"sidecar_service": {}}}, {"name": "web-sidecar-proxy"}) == ["service-id-unique"]
    assert rules({"name": "a", "check": {"ttl": "1s"}}, {"name": "b", "check": {"id": "service:a", "ttl": "1s"}}) == ["check-id-unique"]


# Whole files


def test_a_document_is_judged_as_it_stands() -> None:
    document = {"services": [{"name": "web", "port": "80"}], "check": {"name": "disk", "args": ["/bin/df"], "interval": "1m"}}

    assert [finding.path for finding in judge_document(document)] == ["services[0] (web) → port"]
    assert judge_document({"name": "web", "port": "80"}) == []


def test_checks_outside_services_have_rules_of_their_own() -> None:
    findings = judge_document(
        {"checks": [{"ttl": "1s"}, {"id": "x", "token": "t", "service_id": "web", "ttl": "1s"}], "service": {"name": "web"}}
    )

    assert [(finding.rule, finding.path) for finding in findings] == [("check-name-required", "checks[0] → name")]


@pytest.mark.parametrize(
    ("document", "messages"),
    [
        ({"service": {"name": "a"}, "datacenter": "x"}, ["datacenter: belongs to the agent's own configuration"]),
        ({"Service": {"name": "a"}}, ["Service: is spelled service in a file"]),
        ({"services": {"name": "a"}}, ["services: must be a list, not a mapping"]),
        ({"service": [{"name": "a"}]}, ["service: must be a mapping, not a list"]),
        (["service"], ["definition: must be a mapping, not a list"]),
    ],
)
def test_the_shape_of_a_document_is_judged(document: Any, messages: list[str]) -> None:
    findings = judge_document(document)

    assert [f"{finding.path}: {finding.message}".partition(";")[0] for finding in findings] == messages


@pytest.mark.parametrize(
    ("document", "consequence"),
    [
        ({"Check": {"name": "c", "ttl": "1s"}}, TAKEN),
        ({"Services": [{"name": "a"}]}, TAKEN_BLOCKS),
        ({"Services": [{"name": "a"}], "services": []}, "the agent would refuse the whole reload"),
    ],
)
def test_of_a_document_key_in_another_case_it_is_said_what_agents_make_of_it(document: dict[str, Any], consequence: str) -> None:
    (finding,) = judge_document(document)

    assert finding.message.partition("; ")[2] == f"{consequence}."


def test_checks_outside_services_go_with_the_services_and_with_each_other() -> None:
    document = {
        "service": {"name": "web", "port": 1, "check": {"ttl": "1s"}, "connect": {"sidecar_service": {}}},
        "checks": [
            {"name": "disk", "ttl": "1s"},
            {"id": "disk", "ttl": "1s"},
            {"id": "service:web", "ttl": "1s"},
            {"name": "a", "service_id": "web-sidecar-proxy", "ttl": "1s"},
            {"name": "b", "service_id": "db", "ttl": "1s"},
        ],
    }

    found = verdict(judge_document(document), (1, 8, 7))

    assert [render(entry) for entry in found.errors + found.warnings] == [
        'checks[1] → id: the check id "disk" is taken by checks[0]; the agent would have the last one only.'
        " Give each check an id that is unique on the node.",
        'checks[2] → id: the check id "service:web" is taken by a check of "web"; the agent would have the last one only.'
        " Give each check an id that is unique on the node.",
        'checks[4] → service_id: the service "db" is not here; unless another file has the service, the agent would lose this check and all'
        " behind it. Name a service that the agent has.",
    ]


def test_the_only_service_of_a_document_has_no_number() -> None:
    assert [finding.path for finding in judge_document({"service": {"name": "web", "port": "x"}})] == ["service (web) → port"]


def test_a_process_that_forks_has_the_judge_made_before() -> None:
    quick_judge.cache_clear()
    prepare()
    made = quick_judge.cache_info().misses
    judge_services([{"name": "web"}])
    assert (made, quick_judge.cache_info().misses) == (1, 1)


@pytest.mark.parametrize(("name", "label"), [("a" * 61, "a" * 60), ("\n" * 61, "�" * 60)])
def test_a_label_has_an_end(name: str, label: str) -> None:
    assert label_of(0, {"name": name}) == f"services[0] ({label})"
