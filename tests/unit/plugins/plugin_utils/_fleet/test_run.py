# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run as a whole: what is judged, what is said, what is kept."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._fleet import judge
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.hosts import DEFINITIONS, Values, read_hosts
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.report import SHOWN_FINDINGS
from ansible_collections.registrar.consul.tests.support.definitions.fleet import mesh_service, service, upstream
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import at, found, judged


def test_equal_lists_are_judged_once(monkeypatch: Any) -> None:
    calls = []
    real = judge.judge_services
    monkeypatch.setattr(judge, "judge_services", lambda *given, **how: calls.append(1) or real(*given, **how))
    definitions = [service("web", 80)]
    hosts = {f"h{number}": definitions for number in range(50)} | {"other": [service("db", 80)]}
    summary = judged(hosts)["summary"]
    assert len(calls) == 2
    assert (summary["lists"], summary["lists_judged"], summary["instances"]) == (51, 2, 51)


def test_what_the_judge_says_of_a_list_is_one_finding_with_all_hosts() -> None:
    broken = [service("web", 80, check={"tcp": "127.0.0.1:80"})]
    place = "services[0] (web-here) → check.interval"
    hosts = {"h1": broken, "h2": [service("db", 81)], "h10": broken}
    assert found(hosts) == [("check-interval-required", [f"h1 → {place}", f"h10 → {place}"])]


def test_hosts_are_judged_by_their_own_terms() -> None:
    newer = [service("web", 80, locality={"region": "eu"})]
    hosts = {
        "old": at("", newer, consul_services_consul_version="1.8.7"),
        "new": at("", newer, consul_services_consul_version="1.21.0"),
        "strict": at("", [service("web_1", 80)], consul_services_strict=True),
        "silent": at("", [service("web_1", 80)], consul_services_silence=["dns-name"]),
    }
    severities = [(one["severity"], one["rule"], one["hosts"]) for one in judged(hosts)["findings"]]
    assert severities == [("error", "field-too-new", ["old"]), ("error", "dns-name", ["strict"])]


def test_keys_that_are_not_to_be_checked_are_those_of_the_task_and_of_the_host() -> None:
    newer = [service("web", 80, new_thing=1), service("api", 81, newer_thing={"token": "s3cret"})]
    hosts = {"listed": at("", newer, consul_services_unchecked=["newer_thing"]), "bare": at("", newer)}
    result = judged(hosts, terms={"unchecked": ["new_thing"]})
    assert [(one["rule"], one["hosts"]) for one in result["findings"]] == [("unknown-key", ["bare"])]
    assert "s3cret" not in str(result)


def test_wrong_terms_of_a_host_are_a_finding() -> None:
    hosts = {"h1": at("", [service("web", 80)], consul_services_consul_version="latest")}
    (finding,) = judged(hosts)["findings"]
    assert (finding["rule"], finding["hosts"]) == ("definitions-unseen", ["h1"])
    assert 'consul_version: "latest" is not auto, nor a version such as 1.8.7; ' in finding["message"]


def test_variables_that_cannot_be_made_are_a_finding_and_the_rest_is_read() -> None:
    from ansible.errors import AnsibleError

    def template(value: Any) -> Any:
        if value == "broken":
            raise AnsibleError("'nope' is\nundefined")
        return value

    variables = {DEFINITIONS: "broken", "more": [service("web", 80)], "consul_services_set": "broken"}
    (host,) = read_hosts(["h1"], [DEFINITIONS, "more", "none"], lambda _name: Values(variables, template))
    assert [declared.variable for declared in host.declared] == ["more"]
    reason = "cannot be made from the host's variables ('nope' is undefined)"
    assert host.problems == [("consul_services_set", reason), (DEFINITIONS, reason)]


def test_strict_and_silence_hold_for_rules_of_fleets() -> None:
    hosts = {"h1": [mesh_service("web", 80, [upstream("erp", 1, destination_peer="b")])]}
    terms = {"consul_version": "1.21.0"}
    assert judged(hosts, terms={**terms, "strict": True})["findings"][0]["severity"] == "error"
    assert found(hosts, terms={**terms, "silence": ["upstream-unseen"]}) == []


def test_definitions_that_are_none_are_refused_and_do_no_harm() -> None:
    strange: list[Any] = [
        None,
        7,
        "web",
        {},
        {"name": 5, "connect": 1},
        {"name": "x", "connect": {"sidecar_service": {"proxy": {"upstreams": 5}}}},
    ]
    result = judged({"h1": strange, "h2": [service("web", 80)]})
    assert result["summary"]["errors"] > 4
    assert "web" in [one["name"] for one in result["services"]]


def test_no_secret_is_said() -> None:
    hosts = {"h1": [{**mesh_service("web", 80, [upstream("nobody", 1)]), "token": "s3cret-token"}], "h2": [{"name": "db", "token": 77}]}
    assert "s3cret-token" not in str(judged(hosts))


def test_the_report_shows_findings_then_a_line_for_each_service() -> None:
    hosts = {f"web{number}": [mesh_service("web", 80, [upstream("db", 1), upstream("dbs", 2)])] for number in range(1, 8)}
    text = judged({**hosts, "db1": [mesh_service("db", 5432, [])]})["report"]
    place = "services[0] (web-here) → connect.sidecar_service.proxy.upstreams[1].destination_name"
    assert text.splitlines() == [
        "8 hosts  |  2 services  |  8 instances  |  14 upstreams  |  1 error, 0 warnings",
        "",
        f"  error    web1 → {place}",
        *(f"           web{number} → {place}" for number in range(2, 6)),
        "           and 2 more places, on 7 hosts in all",
        '           no host registers "dbs"; the proxy would have a listener, and every connection to it would fail.',
        "           Did you mean db? [upstream-unregistered]",
        "",
        "SERVICE  KIND     INSTANCES  HOSTS  CALLED BY  CALLS",
        "db       service          1      1  web",
        "web      service          7      7             db, dbs!",
    ]


def test_a_flood_of_findings_is_counted() -> None:
    hosts = {f"h{number}": [mesh_service("web", 80, [upstream(f"none{number}", 1)])] for number in range(SHOWN_FINDINGS + 5)}
    assert "  and 5 more findings: all are in the result, and in fleet.json." in judged(hosts)["report"]


def test_a_fleet_without_services_says_so() -> None:
    text = judged({"h1": {}})["report"]
    assert "No host declares a service: consul_fleet_variables names the variables that hold definitions." in text
    assert "SERVICE" not in text
