# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which way an agent is told, and whether the one that was told is the one that reads the directory.

A signal goes to a process that was proven to read the directory. An address proves nothing: what answers there may be anybody.
"""

from __future__ import annotations

from .._agent.facts import AgentFacts
from .._agent.view import Seen
from .outcome import Outcome, Target


def chosen_method(facts: AgentFacts, method: str) -> str:
    """What ``auto`` comes to: the signal where it reaches the process, else the API where one answers.

    Where neither does, a process that was found gets the signal, whose failure says why; else it stays as it is: nobody is there.
    """
    if method != "auto":
        return method
    process = facts.process
    if process is None:
        return "api" if facts.answers else method
    if facts.agents.may_signal(process):
        return "signal"
    return "api" if facts.api is not None and not facts.silence else "signal"


def stranger(facts: AgentFacts, path: str, outcome: Outcome, earlier: Seen | None) -> str:
    """Why the agent that has said that it has reloaded is another one's; empty when it may be ours."""
    if not _is_unmoved(outcome, earlier):
        return ""
    return (
        "the agent at %s does not read %s: it says that it has reloaded, and it has exactly what it had. Check http_addr and "
        "config_dir" % (facts.api.where.address, path)
    )


def misled(facts: AgentFacts, outcome: Outcome, earlier: Seen | None) -> str:
    """The outcome's reason, and that the address may be another agent's than the one that was signalled, where that is so."""
    if facts.process is None or not facts.address_given or not _is_unmoved(outcome, earlier):
        return outcome.reason
    doubt_of_address = (
        "the agent that was asked has exactly what it had, and may be another one than that with pid %d, which was told: check http_addr"
        % facts.process.pid
    )
    return "; ".join(reason for reason in (outcome.reason, doubt_of_address) if reason)


def doubt(facts: AgentFacts, path: str, target: Target, outcome: Outcome, earlier: Seen | None) -> str:
    """Why nothing shows that an agent which is known by its address alone reads the directory; empty when something does."""
    if facts.process is not None or outcome.verified_by not in ("api", "reload"):
        return ""
    shown = target.wanted.services or (earlier is not None and target.before.services.keys() & earlier.services.keys())
    if shown and (outcome.seen is not None or earlier is not None):
        return ""
    return "the agent at %s has reloaded, and nothing that may be seen there shows that it reads %s" % (facts.api.where.address, path)


def _is_unmoved(outcome: Outcome, earlier: Seen | None) -> bool:
    """Whether it refused nothing, and has exactly what it had."""
    if outcome.good or outcome.words or outcome.seen is None or earlier is None:
        return False
    seen = outcome.seen
    return seen.services == earlier.services and seen.checks.keys() == earlier.checks.keys()
