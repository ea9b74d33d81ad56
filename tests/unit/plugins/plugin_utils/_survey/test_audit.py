# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a survey found to what is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK, NATURAL
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.audit import Audit, audit
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.result import info_result
from ansible_collections.registrar.consul.tests.support.definitions.planted import MARKS, PIN, Everything, planted

AGENT: dict[str, Any] = {
    "state": "absent",
    "asked": False,
    "pid": None,
    "version": None,
    "edition": None,
    "version_source": None,
    "scripts": None,
    "compared": False,
    "reason": "",
    "hidden": None,
    "services": [],
    "checks": [],
    "drift": [],
}
FILE = {"owner": None, "target": None, "hcl": False, "problem": None, "empty": False, "fatal": False, "settings": False}
# Warned of by agents from 1.3 to 1.5 only, and refused by later ones.
STORIED = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy_destination": "web"}


def judged(
    files: dict[str, Any], version: str | None = "1.8.7", *, strict: bool = False, silence: tuple[str, ...] = (), **more: Any
) -> Audit:
    """Judge documents, or descriptions of files, by their names."""
    described = [
        {**FILE, "name": name, **(entry if "document" in entry or "problem" in entry else {"document": entry})}
        for name, entry in files.items()
    ]
    survey = {"path": "/etc/consul.d", "files": described, "deleted": [], "journal": None, "findings": [], "agent": AGENT, **more}
    return audit(survey, Terms(parse_version(version) if version else None, "community", strict, silence, "json"))


def found(result: Audit) -> list[tuple[str, str, str]]:
    return [(finding["severity"], finding["path"], finding["rule"]) for finding in result.findings]


def test_findings_come_file_by_file_and_errors_first() -> None:
    files = {
        "b.json": {"services": [{"name": "a_b"}, {"name": "x", "prot": 1}]},
        "c.json": {"problem": "cannot be parsed (line 1)", "fatal": True},
        "d.json": {"problem": "is empty", "empty": True},
    }
    assert found(judged(files)) == [
        ("error", "b.json → services[1] (x) → prot", "unknown-key"),
        ("warning", "b.json → services[0] (a_b) → name", "dns-name"),
        ("error", "c.json", "directory-broken"),
        ("warning", "d.json", "file-empty"),
    ]


def test_without_a_version_it_is_said_that_something_depends_on_it() -> None:
    result = judged({"p.json": {"service": STORIED}}, None)
    assert ("warning", "consul_version", "version-unknown") in found(result)
    assert result.refused == {"p.json"}
    assert "version-unknown" not in {rule for _severity, _path, rule in found(judged({"p.json": {"service": STORIED}}, "1.5.3"))}


def test_the_agents_own_version_counts_where_none_is_named() -> None:
    result = judged({"p.json": {"service": STORIED}}, None, agent={**AGENT, "version": "1.8.7"})
    assert ("error", "p.json → service (p) → proxy_destination", "field-removed") in found(result)


def test_warnings_can_be_silenced_or_taken_for_errors() -> None:
    files = {"a.json": {"service": {"name": "a_b"}}, "b.json": {"problem": "is empty", "empty": True}}
    assert found(judged(files, silence=("dns-name", "file-empty"))) == []
    strict = judged(files, strict=True)
    assert {severity for severity, _path, _rule in found(strict)} == {"error"}
    assert not strict.healthy
    assert judged(files).healthy


def test_scripts_are_looked_at_where_the_agent_says_whether_it_runs_them() -> None:
    files = {"a.json": {"service": {"name": "a", "check": {"args": ["/bin/true"], "interval": "1s"}}}}
    assert found(judged(files)) == []
    assert found(judged(files, agent={**AGENT, "scripts": True})) == []
    assert [rule for _severity, _path, rule in found(judged(files, agent={**AGENT, "scripts": False}))] == ["script-checks-disabled"]


NAMES = {
    "a.json": {"services": [{"name": "copy", "check": {"alias_service": "db-1"}}, {"name": "one", "check": {"alias_service": "two"}}]},
    "b.json": {"service": {"name": "two"}, "check": {"name": "bound", "alias_service": "db-2"}},
    "c.json": {
        "service": {
            "name": "p",
            "kind": "connect-proxy",
            "port": 1,
            "proxy": {"destination_service_name": "db", "destination_service_id": "********"},
        }
    },
}
LEADING = [
    ("warning", "a.json → services[0] (copy) → check.alias_service", "alias-service-known"),
    ("warning", "b.json → check → alias_service", "alias-service-known"),
]


@pytest.mark.parametrize(
    ("agent", "left"),
    [
        ({}, LEADING),
        ({"state": "running"}, []),
        ({"state": "running", "hidden": []}, LEADING),
        ({"state": "running", "hidden": ["db-1", "db-2"]}, []),
        ({"state": "running", "hidden": [], "services": [{"origin": "api", "answer": {"ID": "db-1", "Service": "db"}}]}, LEADING[1:]),
        ({"state": "running", "hidden": [], "services": [{"origin": "removed", "answer": {"ID": "db-1", "Service": "db"}}]}, LEADING),
    ],
)
def test_names_are_looked_for_in_all_files_and_then_at_the_agent(agent: dict[str, Any], left: list[tuple[str, str, str]]) -> None:
    services = [{"key": "db-1", **found} for found in agent.pop("services", [])]
    result = judged(NAMES, agent={**AGENT, "compared": True, "services": services, **agent})
    assert [entry for entry in found(result) if entry[2].endswith("-known")] == left
    assert result.healthy == (not [entry for entry in found(result) if entry[0] == "error"])
    silenced = judged(NAMES, silence=("alias-service-known",), agent={**AGENT, "services": services, **agent})
    assert [entry for entry in found(silenced) if entry[2].endswith("-known")] == []


def test_drift_is_told_at_the_place_in_the_file() -> None:
    drift = [
        {"file": "a.json", "kind": "service", "number": 1, "service": "c", "key": "", "check": "", "field": "", "reason": ""},
        {
            "file": "a.json",
            "kind": "service",
            "number": 0,
            "service": "b",
            "key": "",
            "check": "x",
            "field": "name",
            "reason": "a in the file, b on the agent",
        },
        {"file": "a.json", "kind": "check", "number": 0, "service": "", "key": "", "check": "d", "field": "", "reason": ""},
    ]
    files = {"a.json": {"services": [None, {"name": "b"}], "service": {"name": "c"}, "check": {"id": "d", "ttl": "1s"}}}
    result = judged(files, agent={**AGENT, "state": "running", "compared": True, "drift": drift})
    assert [path for _severity, path, rule in found(result) if rule.startswith("agent")] == [
        "a.json → service (c)",
        "a.json → services[1] (b) → check x → name",
        "a.json → check → check d",
    ]
    assert [finding["message"] for finding in result.findings if finding["rule"].startswith("agent")] == [
        "is not registered on the agent.",
        "a in the file, b on the agent.",
        "is not registered on the agent.",
    ]


def test_checks_outside_services_are_none() -> None:
    result = info_result(judged({"a.json": {"services": [{"name": "b"}], "check": {"id": "d", "name": "d", "ttl": "1s"}}}))
    assert [entry["id"] for entry in result["services"]] == ["b"]
    assert [entry["id"] for entry in result["checks"]] == ["d"]
    assert result["files"][0]["services"] == ["b"]


def test_an_agent_that_was_not_compared_is_a_warning() -> None:
    for state, hint in (("running", "Give http_addr and http_token."), ("absent", "Start the agent, or put http_addr right.")):
        result = judged({}, agent={**AGENT, "state": state, "asked": True, "reason": "No answer."})
        assert found(result) == [("warning", "agent", "agent-not-compared")]
        assert result.findings[0]["hint"] == hint
    assert result.findings[0]["message"] == "No answer; drift cannot be seen."


def test_what_is_unfinished_or_was_taken_away_is_said() -> None:
    journal = {"files": ["a.json"], "reason": "the set web: a.json updated", "unfinished": False}
    result = judged({}, journal=journal, deleted=[{"name": "gone.json", "owner": "set:web"}])
    assert found(result) == [("warning", "gone.json", "file-deleted"), ("warning", "directory", "change-unverified")]
    assert info_result(result)["pending"] is True


def test_links_are_told_with_where_they_lead() -> None:
    result = judged({"a.json": {"problem": "cannot be parsed (x)", "fatal": True, "target": "/srv/a.json"}})
    assert result.findings[0]["message"].startswith("leads to /srv/a.json, which cannot be parsed (x);")


def test_unknown_keys_are_masked_in_what_is_returned() -> None:
    service = {"name": "a", "tokn": "t", "check": {"ttl": "1s", "heder": {"x": ["t"]}}, "meta": {"any": "thing"}}
    (returned,) = info_result(judged({"a.json": {"service": service}}))["services"]
    assert returned["definition"] == {
        "name": "a",
        "tokn": "********",
        "check": {"ttl": "1s", "heder": "********"},
        "meta": {"any": "thing"},
    }
    assert (returned["id"], returned["file"], returned["place"], returned["owner"]) == ("a", "a.json", "a.json → service (a)", "foreign")


def compared_agent(*services: tuple[str, str], **more: Any) -> dict[str, Any]:
    answers = [{"key": key, "origin": origin, "answer": {}, "checks": [], "token": False} for key, origin in services]
    return {**AGENT, "state": "running", "compared": True, "version": "1.8.7", "services": answers, **more}


def test_a_check_of_a_service_that_nobody_has_is_the_reason_and_a_reload_no_remedy() -> None:
    files = {"c.json": {"check": {"name": "c", "service_id": "gone", "ttl": "10s"}}, "w.json": {"service": {"name": "web"}}}
    lacking = {
        "file": "w.json",
        "kind": "service",
        "number": 0,
        "service": "web",
        "key": "",
        "check": "",
        "field": "",
        "reason": "",
    }
    result = judged(files, agent=compared_agent(("gone", "removed"), drift=[lacking]))

    assert ("error", "c.json → check → service_id", "check-service-known") in found(result)
    assert result.refused == {"c.json"}
    (cause,) = (finding for finding in result.findings if finding["rule"] == "check-service-known")
    assert "which neither a file of the agent declares nor its HTTP API has; the agent would lose this check" in cause["message"]
    hints = {finding["rule"]: finding["hint"] for finding in result.findings}
    assert hints["agent-lacks-service"].startswith("First put right the errors in the files: a reload would stop at them.")
    assert hints["agent-still-has-service"].startswith("First put right the errors in the files")
    sound = judged({"w.json": files["w.json"]}, agent=compared_agent(drift=[lacking]))
    assert [finding["hint"] for finding in sound.findings] == ["Have the agent reload its files."]


def test_checks_of_services_that_are_there_somewhere_are_fine() -> None:
    owners = ["web", "web-sidecar-proxy", "api", "far"]
    checks = [{"name": owner, "service_id": owner, "ttl": "10s"} for owner in owners]
    files = {"c.json": {"checks": checks}, "w.json": {"service": {"name": "web", "port": 1, "connect": {"sidecar_service": {}}}}}
    assert found(judged(files, agent=compared_agent(("api", "api"), ("far", "elsewhere")))) == []
    # Without an agent, nobody knows what it has besides.
    assert set(found(judged(files))) == {("warning", f"c.json → checks[{number}] → service_id", "check-service-known") for number in (2, 3)}


def test_settings_that_stop_a_reload_are_named_and_come_first() -> None:
    stops = {"severity": "error", "path": "/etc/consul.d/tls.json", "rule": "half-load", "message": "ca_file is missing.", "hint": ""}
    lacking = {
        "file": "w.json",
        "kind": "service",
        "number": 0,
        "service": "web",
        "key": "",
        "check": "",
        "field": "",
        "reason": "",
    }
    result = judged({"w.json": {"service": {"name": "web"}}}, agent=compared_agent(drift=[lacking]), findings=[stops])
    assert not result.healthy
    assert [finding["hint"].partition(":")[0] for finding in result.findings if finding["rule"] == "agent-lacks-service"] == [
        "First put right the errors in the files"
    ]


def test_scripts_outside_services_are_seen() -> None:
    files = {"c.json": {"check": {"name": "c", "args": ["/bin/true"], "interval": "10s"}}}
    assert found(judged(files, agent=compared_agent(scripts=False))) == [("error", "c.json → check", "script-checks-disabled")]


def test_what_is_wrong_is_shown_without_what_could_be_a_secret() -> None:
    wrong = [entry for entry in planted(Everything(edition="enterprise")) if entry.kind in ("url", "type")]
    files = {"a.json": {"document": NATURAL.definitions_of({"services": [entry.definition for entry in wrong]})}}

    text = json.dumps(info_result(judged(files)), ensure_ascii=False).replace(PIN, "of a vault, which nobody knows here")

    assert len(wrong) > 400
    assert text.count(MASK) > len(wrong) / 2
    assert not any(mark in text for mark in MARKS)
