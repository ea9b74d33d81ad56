# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why checks cannot be waited for: nobody to ask, nothing to be seen, or too little time. Found before anything is done.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._agent.absent import not_found, remedy
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import ApiError
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import AgentView
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, error
from ansible_collections.registrar.consul.plugins.module_utils._health.awaited import Awaited

_PLACE = "wait_healthy"
NO_SIGHT = "Give a token that may see the services (service:read) and the node (node:read), or leave out wait_healthy."


def unseen(facts: Any, known: Iterable[str] = ()) -> list[Finding]:
    """Why the agent's checks cannot be seen, as far as that shows before a change; facts are AgentFacts.

    known are keys of services that the agent has, unless somebody has taken them away.
    """
    if facts.process is None and not facts.address_given:
        return [cannot_be_seen(not_found(facts), remedy(facts, "auto"))]
    why = _why_unseen(facts, sorted(known))
    return [cannot_be_seen(why)] if why else []


def cannot_be_seen(why: str, hint: str = NO_SIGHT) -> Finding:
    """That nobody would know whether the checks are healthy."""
    return error(_PLACE, "health-unseen", "cannot be kept, since the agent's checks cannot be seen: %s." % why.rstrip("."), hint)


def too_short(awaited: Mapping[str, Awaited], limit: float) -> list[Finding]:
    """The checks that cannot have shown within the limit that they are healthy, and stay so."""
    found = []
    for check in awaited.values():
        if check.least > limit and not check.excused:
            message = "is waited for %d seconds, within which it cannot show that it is healthy: it runs every %g seconds." % (
                limit,
                check.interval,
            )
            hint = "Set wait_healthy to %d at least, or have it run more often." % _ceiling(check.least)
            found.append(error(check.place, "wait-too-short", message, hint))
    return found


def _why_unseen(facts: Any, known: list[str]) -> str:
    try:
        if facts.api is None:
            return str(facts.why_no_api)
        view = AgentView(facts.api)
        seen = view.look()
        missing = [key for key in known if key not in seen.services]
        if missing and view.is_hidden(missing[0]):
            return "a token with service:read for %s is needed" % missing[0]
        if not any(seen) and view.is_hidden(""):
            return "the token may see nothing of what is registered"
    except ApiError as problem:
        return str(problem)
    return ""


def _ceiling(seconds: float) -> int:
    return -int(-seconds // 1)
