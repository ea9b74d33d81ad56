# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What to say when there is no agent to tell: what was looked for, where, and what helps."""

from __future__ import annotations

from .facts import AgentFacts
from .process import AgentProcess

# More agents than this are counted, not listed.
_SHOWN = 3


def not_found(facts: AgentFacts) -> str:
    """What is missing, without a capital and a full stop."""
    return "no consul agent that reads %s was found" % facts.agents.config_dir


def looked_for(facts: AgentFacts, method: str) -> str:
    """What was looked for, where it was, and what was there instead: sentences."""
    if not facts.agents.sees_processes():
        processes = "The processes of this host cannot be seen (there is no /proc, or it hides them)"
    else:
        processes = 'No process "consul agent" has it as -config-dir or -config-file%s' % _others(facts)
    return "%s. %s." % (processes, _answer(facts, method))


def remedy(facts: AgentFacts, method: str) -> str:
    """What helps: one sentence."""
    if facts.address_given and method == "signal":
        return "Start it, or have it told through its HTTP API (method: auto)."
    if facts.address_given:
        return "Start it, or put the address right."
    if not facts.agents.sees_processes():
        return "Give http_addr, so that the agent can be told and asked through its HTTP API."
    return "Start it. If it runs where this task cannot see it, give http_addr, or run the task as root (become: true)."


def _others(facts: AgentFacts) -> str:
    others = facts.agents.all()
    if not others:
        return ""
    shown = "; ".join(_described(process, facts) for process in others[:_SHOWN])
    more = "; and %d more" % (len(others) - _SHOWN) if len(others) > _SHOWN else ""
    return " (other agents: %s%s)" % (shown, more)


def _described(process: AgentProcess, facts: AgentFacts) -> str:
    if not facts.agents.may_look_into(process):
        return "pid %d, which lives in a container that this user may not look into" % process.pid
    return "pid %d, which reads %s" % (process.pid, ", ".join(process.sources) or "no directory")


def _answer(facts: AgentFacts, method: str) -> str:
    if not facts.address_given:
        return "No address of an HTTP API is given"
    if method == "signal":
        return "The HTTP API at %s was not asked, since method is signal" % facts.api.where.address
    return facts.silence.rstrip(".")
