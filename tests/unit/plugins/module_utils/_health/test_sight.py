# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why nobody could wait for checks, with an agent of our own making."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, ApiError, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._health.sight import unseen
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.runs.target import Module

if TYPE_CHECKING:
    Ask = Callable[..., list[str]]


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ImaginedAgent:
    return ImaginedAgent(tmp_path).behind(monkeypatch)


@pytest.fixture
def why(agent: ImaginedAgent) -> Ask:
    """What stands in the way, with services that should be there, as messages."""

    def ask(*known: str, **options: Any) -> list[str]:
        facts = AgentFacts(Module({}), {"config_dir": str(agent.config_dir), "http_addr": ADDRESS, **options})
        return [finding["message"].partition("cannot be seen: ")[2] for finding in unseen(facts, known)]

    return ask


def test_an_agent_that_shows_what_is_expected(agent: ImaginedAgent, why: Ask) -> None:
    assert why() == []
    agent.add({"name": "web"})
    assert why("web", "taken-away") == []


def test_no_agent(why: Ask, agent: ImaginedAgent) -> None:
    assert why(http_addr=None) == [f"no consul agent that reads {agent.config_dir} was found."]


@pytest.mark.parametrize("error", [Unreachable("No answer."), AclDenied("Permission denied")])
def test_one_that_does_not_answer(agent: ImaginedAgent, why: Ask, error: ApiError) -> None:
    agent.answers["/v1/agent/checks"] = error
    assert why() == [f"{str(error).rstrip('.')}."]


def test_a_token_that_does_not_see_the_services(agent: ImaginedAgent, why: Ask) -> None:
    agent.answers["/v1/agent/service/db"] = AclDenied("Permission denied")
    assert why("cache", "web") == []
    assert why("cache", "db") == ["a token with service:read for db is needed."]


def test_a_token_that_sees_nothing(agent: ImaginedAgent, why: Ask) -> None:
    agent.answers["/v1/agent/members"] = []
    assert why() == ["the token may see nothing of what is registered."]
    agent.add({"name": "web"})
    assert why() == []
