# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell an agent to reload, once, and listen to what it says."""

from __future__ import annotations

import os
import signal
from typing import Any, NamedTuple

from .._agent.api import AclDenied, ApiError, Blocked, Unreachable
from .._agent.facts import AgentFacts
from .._agent.log import Ears, Journal, LogFile, LogStream
from .._agent.process import AgentProcess


class NotTold(Exception):
    """The agent could not be told. The message says why and what helps; alive is whether it runs, with all that it had."""

    def __init__(self, words: str, alive: bool = False) -> None:
        super().__init__(words)
        self.alive = alive


class Told(NamedTuple):
    """What is known when the agent was told. finished: it has said that all is loaded; else its refusal, where it has said anything."""

    finished: bool
    refusal: str | None = None


def tell(facts: AgentFacts, method: str) -> Told:
    """Have the agent reload. Raises NotTold when nothing was sent."""
    if method == "signal":
        _signal(facts)
        return Told(False)
    try:
        facts.api.put("/v1/agent/reload")
    except (AclDenied, Blocked) as denied:
        hint = "Give a token with agent:write, or set method: signal."
        raise NotTold("The agent may not be told to reload through its API (%s). %s" % (denied, hint), alive=True) from None
    except Unreachable:
        # It may have heard all the same, and be at work still.
        return Told(False)
    except ApiError as refused:
        return Told(False, str(refused))
    return Told(True)


def listen(facts: AgentFacts, method: str, run_command: Any) -> Ears:
    """The best source that there is for what the agent says from now on. One that is told by its API answers by itself."""
    process = facts.process
    if method == "api" or process is None:
        return Ears(None)
    source: Any = LogStream.open(facts.api) if facts.api is not None else None
    if source is None:
        log_file = facts.settings.values.get("log_file")
        source = LogFile.open(process.pid, log_file and facts.agents.path_of(process, str(log_file)))
    return Ears(source or Journal.open(process.pid, run_command))


def _signal(facts: AgentFacts) -> None:
    process = facts.process
    if process is None:
        raise NotTold("There is no process to signal. Set method: api.")
    ended = "The agent with pid %d ended just before it was to be signalled. Run the task again." % process.pid
    if not facts.agents.alive(process):
        raise NotTold(ended)
    if not facts.agents.numbers_are_ours():
        raise NotTold(
            "/proc shows the processes of another namespace than this task's: no signal gets to them. Set method: api.", alive=True
        )
    try:
        _send(process)
    except PermissionError:
        hint = "Run the task as root or as the agent's user (become: true), or have it told through its API (method: api, http_addr)."
        raise NotTold("The agent with pid %d runs as another user and may not be signalled. %s" % (process.pid, hint), alive=True) from None
    except ProcessLookupError:
        raise NotTold(ended) from None


def _send(process: AgentProcess) -> None:
    os.kill(process.pid, signal.SIGHUP)
