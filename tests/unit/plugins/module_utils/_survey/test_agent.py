# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of an agent beside the files, with one of our own making that has no process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, AgentApi, Blocked, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import scan
from ansible_collections.registrar.consul.plugins.module_utils._survey import agent as survey_agent
from ansible_collections.registrar.consul.plugins.module_utils._survey.agent import agent_survey
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock
from ansible_collections.registrar.consul.tests.support.runs.target import Module

WEB, API = {"name": "web", "port": 80, "check": {"ttl": "1h"}}, {"name": "api", "port": 81}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(survey_agent, "time", clock)
    return clock


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock) -> ImaginedAgent:
    (tmp_path / "a.json").write_text(json.dumps({"services": [WEB, API]}))
    agent = ImaginedAgent(tmp_path).behind(monkeypatch)
    agent.load()
    return agent


def survey(agent: ImaginedAgent, **options: Any) -> dict[str, Any]:
    given = {"config_dir": str(agent.config_dir), "http_addr": ADDRESS, **options}
    facts = AgentFacts(Module({}), given)
    with ConfigDir(str(agent.config_dir), look_only=True) as directory:
        return agent_survey(facts, facts.process, list(scan(directory, agent=None)), [], NATURAL)


def test_one_that_is_as_the_files_say(agent: ImaginedAgent, clock: Clock) -> None:
    agent.answers["/v1/agent/self"]["DebugConfig"] = {"EnableRemoteScriptChecks": False}
    assert survey(agent) == {
        "state": "running",
        "pid": None,
        "version": "1.8.7",
        "edition": "community",
        "version_source": "api",
        "scripts": False,
        "asked": True,
        "compared": True,
        "reason": "",
        "hidden": [],
        "services": [],
        "checks": [],
        "drift": [],
    }
    assert clock.sleeps == 0


@pytest.mark.parametrize("odd", [5, ["x"], [{}], {"x": 5}])
def test_what_others_have_written_wrong_does_not_end_the_look(agent: ImaginedAgent, odd: Any) -> None:
    for name, service in (("a", {"name": "a", "namespace": odd}), ("b", {"name": "b", "connect": odd}), ("c", {"name": odd})):
        (agent.config_dir / f"{name}.json").write_text(json.dumps({"service": service}))
    assert survey(agent)["compared"]


def test_a_check_that_no_agent_can_have_is_no_drift(agent: ImaginedAgent) -> None:
    (agent.config_dir / "b.json").write_text(json.dumps({"checks": [{"ttl": "1h"}, {"ttl": "1h", "namespace": "team"}]}))
    found = survey(agent)
    assert (found["compared"], found["drift"]) == (True, [])


def test_a_busy_agent_has_its_time(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, float] = {}

    def get(api: AgentApi, path: str, query: Any = None) -> Any:
        asked[path] = api.timeout
        return agent.get(path, query)

    monkeypatch.setattr(AgentApi, "get", get)
    survey(agent)
    assert (asked["/v1/agent/services"], asked["/v1/agent/checks"]) == (30, 30)


def test_names_that_the_token_may_not_see_are_told(agent: ImaginedAgent) -> None:
    names = ["web", "hidden", "nobody", "********"]
    checks = [{"id": f"c{number}", "name": "x", "alias_service": name} for number, name in enumerate(names)]
    (agent.config_dir / "b.json").write_text(json.dumps({"checks": checks}))
    agent.load()
    agent.answers["/v1/agent/service/hidden"] = AclDenied("Permission denied")

    assert survey(agent)["hidden"] == ["hidden"]


def test_without_a_process_and_an_address_nobody_is_asked(agent: ImaginedAgent) -> None:
    found = survey(agent, http_addr=None)
    assert (found["state"], found["asked"], found["compared"], found["scripts"], found["drift"]) == ("absent", False, False, None, [])
    assert found["reason"] == f"no consul agent that reads {agent.config_dir} was found"


@pytest.mark.parametrize(("refusal", "state"), [(Unreachable("No."), "absent"), (AclDenied("No."), "running"), (Blocked("No."), "running")])
def test_one_that_does_not_answer_was_not_compared(agent: ImaginedAgent, refusal: Exception, state: str) -> None:
    agent.answers["/v1/agent/services"] = refusal
    found = survey(agent)
    assert (found["state"], found["asked"], found["compared"], found["reason"]) == (state, True, False, "No.")


def drift(found: dict[str, Any]) -> list[tuple[str, int, str, str, str]]:
    assert {entry["kind"] for entry in found["drift"]} <= {"service", "check"}
    return [tuple(entry[key] for key in ("file", "number", "service", "check", "field")) for entry in found["drift"]]


def test_what_is_missing_or_different_is_told_by_its_place(agent: ImaginedAgent, clock: Clock) -> None:
    (agent.config_dir / "b.json").write_text(json.dumps({"check": {"id": "alone", "name": "x", "ttl": "1h"}}))
    del agent.checks["service:web"]
    agent.services["api"]["Port"] = 8080
    found = survey(agent)
    assert (found["compared"], found["reason"]) == (True, "")
    assert drift(found) == [
        ("a.json", 1, "api", "", "port"),
        ("b.json", 0, "", "alone", ""),
        ("a.json", 0, "web", "service:web", ""),
    ]
    assert found["drift"][0]["reason"] == "81 in the file, 8080 on the agent"
    assert clock.sleeps == 1, "it may be about to reload: it is looked at twice"
    del agent.services["web"]
    assert drift(survey(agent))[1] == ("a.json", 0, "web", "", "")


def test_what_comes_back_at_the_second_look_was_never_missing(agent: ImaginedAgent, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.services.clear()
    agent.checks.clear()
    monkeypatch.setattr(clock, "sleep", lambda _seconds: agent.load())
    assert survey(agent)["drift"] == []


def test_services_that_the_token_may_not_see_are_not_missing(agent: ImaginedAgent) -> None:
    del agent.services["api"], agent.services["web"], agent.checks["service:web"]
    agent.answers["/v1/agent/service/api"] = AclDenied("Permission denied")
    found = survey(agent)
    assert (found["compared"], found["reason"]) == (False, "the token may not see 1 of 2 services: it needs service:read")
    assert drift(found) == [("a.json", 0, "web", "", "")]


def test_what_no_file_declares_is_told_with_all_that_is_known(agent: ImaginedAgent) -> None:
    agent.add({"name": "db", "port": 5, "check": {"ttl": "1h"}})
    agent.checks["service:db"].update(Status="passing", Output="fine")
    agent.checks["_service_maintenance:db"] = {"CheckID": "_service_maintenance:db", "ServiceID": "db"}
    agent.checks["alone"] = {"CheckID": "alone", "ServiceID": ""}
    agent.checks["more"] = {"CheckID": "more", "ServiceID": "web"}
    agent.checks["_node_maintenance"] = {"CheckID": "_node_maintenance", "ServiceID": ""}
    found = survey(agent)
    assert found["services"] == [
        {
            "key": "db",
            "origin": "unknown",
            "answer": {"ID": "db", "Service": "db", "Port": 5, "Tags": []},
            "checks": [{"CheckID": "service:db", "ServiceID": "db", "Name": "Service 'db' check", "Node": "n1"}],
            "token": False,
        }
    ]
    told = [(check["key"], check["origin"], check["service"]) for check in found["checks"]]
    assert told == [("alone", "unknown", ""), ("more", "unknown", "web")]
    assert drift(found) == []
