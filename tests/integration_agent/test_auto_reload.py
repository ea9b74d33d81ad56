# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents that read changed files by themselves (auto_reload_config), which is known since 1.12."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import AgentError, ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.overridden import tags, taken_over
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, register, reload

SWITCH = ("-auto-reload-config",)
DB = {"name": "db", "tags": ["file"], "enable_tag_override": True, "check": {"ttl": "1h", "status": "passing"}}
ACTIVE = ["file", "active"]
# It looks once a second at what has changed.
_SURELY = 2.5

StartAgent = Callable[..., ConsulAgent]


def web(agent: ConsulAgent, port: int, *more: dict[str, Any], **options: Any) -> tuple[dict[str, Any], str | None]:
    return register(agent.config_dir, bundle([{"name": "web", "port": port}, *more]), http_addr=agent.http_addr, **options)


def test_it_does_not_wait_for_a_handler_which_is_said_and_keeps_all_else(start_agent: StartAgent) -> None:
    if consul_version(consul_binary()) < (1, 12, 0):
        with pytest.raises(AgentError, match="flag provided but not defined: -auto-reload-config"):
            start_agent(mode="server", arguments=SWITCH)
        return
    agent = start_agent(mode="server", arguments=SWITCH)
    agent.write("foreign.json", {"services": [DB]})
    agent.wait_until(lambda: "db" in agent.services(), "does not read its files by itself")
    waits(agent)
    at_once(agent)


def waits(agent: ConsulAgent) -> None:
    result, _failure = web(agent, 80, reload="later")
    assert [found["rule"] for found in result["rule_warnings"]] == ["agent-reloads-itself"]
    agent.wait_until(lambda: "web" in agent.services(), "does not read its files by itself")
    handled, failure = reload(agent.config_dir, http_addr=agent.http_addr)
    assert (handled["verified"], failure) == (True, None)
    assert web(agent, 80, reload="later")[0]["rule_warnings"] == []
    assert web(agent, 81, reload="never")[0]["rule_warnings"] == []


def at_once(agent: ConsulAgent) -> None:
    taken_over(agent, ACTIVE, "db", settled=True)
    agent.register({"Name": "taken", "Port": 1})
    loaded, failure = web(agent, 82)
    assert (loaded["rule_warnings"], failure) == ([], None)
    refused = web(agent, 83, {"name": "taken", "port": 2})[1]
    assert refused is not None
    assert "The files are as they were before" in refused
    time.sleep(_SURELY)
    assert {name: agent.services()[name]["Port"] for name in ("web", "taken")} == {"web": 82, "taken": 1}
    assert tags(agent, "db") == ACTIVE
    assert web(agent, 82)[0]["changed"] is False
