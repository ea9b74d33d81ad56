# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rule is: an id, what it catches, what agents do otherwise, and for which versions it holds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version

from .._findings import Finding, Place, Severity
from .._schema.versions import ALWAYS, Span

# The phases in which agents find faults; seen on 1.0.8, 1.4.5, 1.6.10, 1.8.7 and 1.10.12.
REFUSED = "the agent would refuse the whole reload"
HALF_LOADED = "the agent would unload every service and stop at this one, although consul validate finds nothing"
# Since 1.11 agents look at the checks of a service, but not of its sidecar, before they unload anything.
CHECK_REFUSED = "the agent would refuse the reload, before Consul 1.11 only after it has unloaded every service"
NODE_CHECK_REFUSED = "the agent would refuse the reload, before Consul 1.11 only after it has lost all checks behind this one"
# What an agent does that stops a reload.
STOPPING = (REFUSED, HALF_LOADED, CHECK_REFUSED, NODE_CHECK_REFUSED)
NEVER_SYNCED = "the agent would list it, but never get it into the catalog"
# Why rules are stricter than agents in places that several of them share.
NOT_IN_THE_CATALOG = "agents take it, in a sidecar at least, and only the catalog refuses it"
NOT_LOOKED_AT = "agents before 1.6 do not look at it, and in a sidecar only the catalog refuses it"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule. `agent` completes the sentence "otherwise …"; `stricter` says why we refuse what an agent takes.

    `words` are those of the agent, with where they were seen or read, for the reference.
    """

    id: str
    catches: str
    agent: str
    severity: Severity = "error"
    stricter: str = ""
    spans: tuple[Span, ...] = ALWAYS
    words: str = ""

    def at(self, place: Place, what: str, hint: str, spans: tuple[Span, ...] | None = None, agent: str | None = None) -> Finding:
        """Return a finding: what is wrong, what the agent would do, and what to write instead."""
        consequence = self.agent if agent is None else agent
        message = f"{what}; {consequence}." if consequence else f"{what}."
        return Finding(self.id, place, message, hint, self.severity, self.spans if spans is None else spans)


def rule(
    identifier: str,
    catches: str,
    agent: str,
    *,
    stricter: str = "",
    since: str | None = None,
    until: str | None = None,
    words: str = "",
) -> Rule:
    """Return a rule that refuses.

    A rule about one field needs no `since` of its own: agents that do not know the field refuse it anyway.
    """
    spans: tuple[Span, ...] = ALWAYS
    if since or until:
        spans = ((parse_version(since) if since else None, parse_version(until) if until else None),)
    return Rule(identifier, catches, agent, "error", stricter, spans, words)


def warning(identifier: str, catches: str, agent: str, *, since: str | None = None, until: str | None = None) -> Rule:
    """Return a rule that only warns: the agent takes the value, and the result may surprise."""
    return replace(rule(identifier, catches, agent, since=since, until=until), severity="warning")
