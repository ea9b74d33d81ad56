# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why checks cannot be waited for: nobody to ask, nothing to be seen, or too little time. Found before anything is done."""

from __future__ import annotations

from typing import Iterable, Iterator

from .._agent.absent import not_found, remedy
from .._agent.api import ApiError
from .._agent.facts import AgentFacts
from .._agent.view import AgentView, Seen
from .._findings import Finding, error
from .awaited import Awaited

_PLACE = "wait_healthy"
NO_SIGHT = "Give a token that may see the services (service:read) and the node (node:read), or leave out wait_healthy."


def unseen(facts: AgentFacts, known: Iterable[str]) -> list[Finding]:
    """Why the agent's checks cannot be seen, as far as that shows before a change.

    known are keys of services that the agent has, unless somebody has taken them away.
    """
    if facts.process is None and not facts.address_given:
        return [cannot_be_seen(not_found(facts), remedy(facts, "auto"))]
    try:
        if facts.api is None:
            return [cannot_be_seen(facts.why_no_api)]
        view = AgentView(facts.api)
        return hidden(view, view.look(), known)
    except ApiError as problem:
        return [cannot_be_seen(str(problem))]


def hidden(view: AgentView, seen: Seen, known: Iterable[str]) -> list[Finding]:
    """The same where the agent answers: it leaves out what a token may not see. Raises ApiError."""
    concealed = next((key for key in sorted(set(known) - seen.services.keys()) if view.is_hidden(key)), None)
    if concealed is not None:
        return [cannot_be_seen("a token with service:read for %s is needed" % concealed)]
    if not any(seen) and view.is_hidden(""):
        return [cannot_be_seen("the token may see nothing of what is registered")]
    return []


def cannot_be_seen(why: str, hint: str = NO_SIGHT) -> Finding:
    """That nobody would know whether the checks are healthy."""
    return error(_PLACE, "health-unseen", "cannot be kept, since the agent's checks cannot be seen: %s." % why.rstrip("."), hint)


def too_short(awaited: Iterable[Awaited], limit: float) -> Iterator[Finding]:
    """One for each check that cannot have shown within the limit that it is healthy, and stays so."""
    for check in awaited:
        if check.least > limit and not check.excused:
            message = "runs every %g seconds, and cannot show within %d seconds that it is healthy and stays so." % (check.interval, limit)
            hint = "Set wait_healthy to %d at least, or have it run more often." % -int(-check.least // 1)
            yield error(check.place, "wait-too-short", message, hint)
