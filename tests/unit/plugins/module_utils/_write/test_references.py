# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of services that must be on the node, with an agent of our own making."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions
from ansible_collections.registrar.consul.plugins.module_utils._write.references import dangling
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.runs.target import Module

if TYPE_CHECKING:
    Ask = Callable[..., list[str]]
HERE = Definitions([{"name": "web", "id": "web-1", "connect": {"sidecar_service": {}}}, {"id": "nameless"}], [])


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ImaginedAgent:
    return ImaginedAgent(tmp_path).behind(monkeypatch)


@pytest.fixture
def unanswered(agent: ImaginedAgent) -> Ask:
    """Which references nothing answers to, beside a file with one service."""

    def ask(*references: tuple[str, str], leaving: tuple[str, ...] = (), **options: Any) -> list[str]:
        facts = AgentFacts(Module({}), {"config_dir": str(agent.config_dir), "http_addr": ADDRESS, **options})
        given = [(kind, name, "alias", "rule", f"{kind} {name}", "hint") for kind, name in references]
        found = dangling(given, [HERE], leaving, facts)
        assert {(one["path"], one["rule"], one["severity"]) for one in found} <= {("alias", "rule", "warning")}
        return [one["message"] for one in found]

    return ask


def test_names_in_the_directory_are_not_asked_for(agent: ImaginedAgent, unanswered: Ask) -> None:
    agent.answers["/v1/agent/services"] = AssertionError("asked")
    assert unanswered(("id", "web-1"), ("name", "web"), ("id", "web-1-sidecar-proxy"), ("id", "nameless")) == []


def test_an_id_is_no_name(unanswered: Ask) -> None:
    assert unanswered(("name", "web-1"), ("id", "web"), ("name", "web-1-sidecar-proxy")) == [
        "name web-1",
        "id web",
        "name web-1-sidecar-proxy",
    ]


def test_what_others_have_registered(agent: ImaginedAgent, unanswered: Ask) -> None:
    agent.add({"name": "db", "id": "db-1"})
    assert unanswered(("id", "db-1"), ("name", "db"), ("id", "db")) == ["id db"]
    assert unanswered(("id", "db-1"), ("name", "db"), leaving=("db-1",)) == ["id db-1", "name db"]


def test_a_sidecar_leaves_with_its_service(agent: ImaginedAgent, unanswered: Ask) -> None:
    agent.add({"name": "db-sidecar-proxy", "id": "db-1-sidecar-proxy"})
    assert unanswered(("id", "db-1-sidecar-proxy")) == []
    assert unanswered(("id", "db-1-sidecar-proxy"), leaving=("db-1",)) == ["id db-1-sidecar-proxy"]


def test_what_is_hidden_may_be_there(agent: ImaginedAgent, unanswered: Ask) -> None:
    agent.answers["/v1/agent/service/db"] = AclDenied("Permission denied")
    assert unanswered(("id", "db"), ("name", "db"), ("id", "cache")) == ["id cache"]
    # What is seen is not hidden, whatever is said of it.
    agent.add({"name": "other", "id": "db"})
    assert unanswered(("name", "db")) == ["name db"]


def test_an_agent_that_cannot_be_asked(agent: ImaginedAgent, unanswered: Ask) -> None:
    agent.answers["/v1/agent/services"] = Unreachable("No answer")
    assert unanswered(("id", "db")) == []
    assert unanswered(("id", "db"), http_addr="http://") == []


def test_without_an_agent_nothing_else_is_there(unanswered: Ask) -> None:
    assert unanswered(("id", "db"), http_addr=None) == ["id db"]
