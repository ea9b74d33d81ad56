# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wait for the health of one change, from what the definitions say to what is told."""

from __future__ import annotations

from typing import Any, Callable, Collection, Mapping

from .._agent.api import ApiError
from .._agent.facts import AgentFacts
from .._agent.view import AgentView, Seen
from .._definition.expect import Expected
from .._findings import Finding
from .awaited import Awaited, awaited
from .catalog import disagreement
from .progress import Notice
from .report import warnings
from .sight import cannot_be_seen, hidden, too_short
from .wait import Health, Waiting

# The servers may lag behind for as long as is left of the time, and for this long at least and at most.
_SHORTEST_LAG, _LONGEST_LAG = 3.0, 30.0


class HealthWait:
    """What one change has to wait for.

    options are those of a module; earlier is what the agent had before it was told, None where that was not seen; noted are the checks
    that were healthy before the change, as an earlier run has found them; notice is where it is noted down meanwhile how it stands.
    """

    def __init__(
        self,
        facts: AgentFacts,
        options: Mapping[str, Any],
        wanted: Expected,
        before: Expected,
        earlier: Seen | None,
        noted: Collection[str] | None,
        namespaces: list[str],
        notice: Notice,
    ) -> None:
        self._facts = facts
        self._notice = notice
        self._limit = float(options["wait_healthy"])
        self._states = {"passing", *options["healthy_states"]}
        self._namespaces = namespaces
        self._earlier = earlier
        self._known = before.services
        checks = earlier.checks if earlier is not None else {}
        now = {key for key, check in checks.items() if check.get("Status") in self._states}
        # What the change has made critical was healthy before it, also where an earlier run was killed while it waited.
        self.healthy = now if noted is None else set(noted)
        self.awaited: dict[str, Awaited] = awaited(wanted, before, checks, self.healthy, self._states, self._limit)

    def obstacles(self, why_blind: str) -> list[Finding]:
        """What speaks against it before the agent is told. why_blind is why nothing was seen, if so."""
        if self._earlier is None:
            return [cannot_be_seen(why_blind)]
        try:
            unseen = hidden(self._view(), self._earlier, self._known)
        except ApiError as problem:
            unseen = [cannot_be_seen(str(problem))]
        return [*unseen, *too_short(self.awaited.values(), self._limit)]

    def run(self, warn: Callable[[str], None]) -> Health:
        """Wait, and warn of what does not count."""
        trouble = self._why_in_vain()
        if trouble:
            return Health(False, (), (), 0.0, trouble)
        health = self._waited(self.awaited, "not healthy yet")
        for text in warnings(health):
            warn(text)
        if health.healthy:
            lag = max(_SHORTEST_LAG, min(self._limit - health.waited, _LONGEST_LAG))
            text = disagreement(self._facts.api, self._facts.node_among(health.checks), health.checks, self.awaited, self._states, lag)
            if text:
                warn(text)
        return health

    def run_back(self) -> Health:
        """Wait until what was healthy before the change is so again, when everything is back."""
        checks = self._earlier.checks if self._earlier is not None else {}
        nothing = Expected({}, {})
        return self._waited(awaited(nothing, nothing, checks, self.healthy, self._states), "put back, and not healthy again yet")

    def _why_in_vain(self) -> str:
        """Why one of the checks will never be seen."""
        try:
            view = self._view()
            checks = view.checks()
            owners = sorted({one.owner for key, one in self.awaited.items() if one.changed and key not in checks})
            rights = ("service:read for %s" % owner if owner else "node:read" for owner in owners if view.is_hidden(owner))
            return next(("a token with %s is needed" % right for right in rights), "")
        except ApiError:
            # That is for the wait to see: the agent may come back.
            return ""

    def _waited(self, checks: Mapping[str, Awaited], words: str) -> Health:
        by_address, tell = self._facts.process is None, self._notice.saying(words)
        return Waiting(checks, self._states, lambda: self._view().checks(), lambda: by_address or self._process(), tell).run(self._limit)

    def _process(self) -> tuple[int, float] | None:
        process = self._facts.renewed()
        return (process.pid, process.started) if process is not None else None

    def _view(self) -> AgentView:
        """A fresh one: the agent may be another one than before, at another address. Raises ApiError."""
        if self._facts.process is None and not self._facts.address_given:
            # The address where agents answer by default may be somebody else's.
            raise ApiError("no agent runs")
        if self._facts.api is None:
            raise ApiError(self._facts.why_no_api)
        return AgentView(self._facts.api, self._namespaces)
