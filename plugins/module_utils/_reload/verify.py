# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until an agent has what it has to have, and no longer; never claim more than was seen."""

from __future__ import annotations

import time
from typing import Any, Callable, NamedTuple

from .._agent.api import AclDenied, ApiError, Blocked
from .._agent.log import Ears
from .._agent.persisted import Persisted
from .._agent.view import AgentView, Seen, differences, lost, without
from .._definition.expect import owner_of
from .._findings import Finding
from .outcome import SLOW, Outcome, Target

FIRST_PAUSE, LONGEST_PAUSE, LONGEST_REST = 0.01, 0.25, 1.0
ENDED = "the agent has ended"
NOTHING_TO_SEE = (
    "the agent reports nothing of what has changed (the definitions of checks, for one), and its log, where it would tell of a "
    "refusal, cannot be read"
)
# A refusal is logged within this time of the signal, and this much later for each service (seen: 0.02 to 0.3 s for 100).
QUIET, QUIET_PER_SERVICE = 0.3, 0.003
# Services are absent while the agent loads them, but their number grows all the time.
STALL, STALL_PER_SERVICE = 2.0, 0.003
# Among services that may not be seen: what no service has, the checks of the node itself.
NODE = ""


class Witness(NamedTuple):
    """The ways to know: each may be missing."""

    view: AgentView | None
    why_blind: str
    ears: Ears
    alive: Callable[[], bool]
    generation: Callable[[], str | None]
    withdrawn: Callable[[], Persisted]


def verify(target: Target, witness: Witness, timeout: float | None, told: str | None, sight: Seen | None) -> Outcome:
    """Watch the agent until it is as the target says, has refused, or the time is up.

    told is how it was told to reload: ``signal``, ``api`` (it has then already said that all is loaded), or None when it was not.
    sight is what it had just before.
    """
    return _Watch(target, witness, told, sight).run(target.limit(timeout))


class _Watch:
    def __init__(self, target: Target, witness: Witness, told: str | None, sight: Seen | None) -> None:
        self.target = target
        self.witness = witness
        self.told = told
        self.removed = without(without(target.before, target.wanted), target.elsewhere)
        self.hidden: set[str] = set()
        self.started = time.monotonic()
        # Whether the agent looked like this before: then looking at it proves nothing.
        self.was_good = sight is None or not self._findings(sight)
        self.first_state = _keys(sight) if sight is not None else None
        self.state: Any = None
        self.state_since = self.started

    def run(self, limit: float) -> Outcome:
        good_looks, pause, trouble = 0, FIRST_PAUSE, ""
        while True:
            words = self.witness.ears.said()
            if words is not None:
                return self._failed(words)
            if not self.witness.alive():
                return Outcome.failed(ENDED)
            before = time.monotonic()
            if self.witness.view is None:
                if self._quiet_is_over():
                    return self._proved_unseen() or self._unseen()
            else:
                try:
                    seen = self.witness.view.look()
                    good = self._is_good(seen, self.witness.view)
                except (AclDenied, Blocked) as refusal:
                    self.witness = self.witness._replace(view=None, why_blind=str(refusal))
                    continue
                except ApiError as error:
                    good_looks, trouble = 0, str(error)
                else:
                    good_looks, trouble = good_looks + 1 if good else 0, ""
                    if self._is_enough(good_looks):
                        return self._seen(seen)
                    if not good and (self.told is None or self._stalled(seen)):
                        return self._failed("", seen=seen)
            if self._age() > limit:
                return self._failed("", trouble or "it was not as the files say within %d seconds" % limit)
            time.sleep(self._rest(good_looks, pause, time.monotonic() - before))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _rest(self, good_looks: int, pause: float, spent: float) -> float:
        """Seconds until the next look."""
        if good_looks == 1 and not self._proof_is_due():
            # Only a second one is wanted. This one may have taken long, since agents up to 1.8 first write all services to the catalog.
            return FIRST_PAUSE
        # What an agent spends on our looks it does not spend on loading.
        return max(pause, min(2 * spent, LONGEST_REST))

    def _is_enough(self, good_looks: int) -> bool:
        # While the agent loads, one look may find by chance what the next one misses.
        needed = 2 if self.told else 1
        return good_looks >= needed and (not self._proof_is_due() or self._quiet_is_over())

    def _is_good(self, seen: Seen, view: AgentView) -> bool:
        owners = {owner_of(check) for key, check in self.target.wanted.checks.items() if key not in seen.checks}
        missing = sorted((self.target.wanted.services.keys() | owners) - seen.services.keys() - self.hidden - {NODE})
        if NODE in owners and view.is_hidden(NODE):
            self.hidden.add(NODE)
        # Nearly always the first one settles it: either the token sees our services, or it does not.
        if missing and view.is_hidden(missing[0]):
            self.hidden |= view.hidden(missing)
            missing = sorted(set(missing) - self.hidden)
        return not missing and not self._findings(seen)

    def _findings(self, seen: Seen) -> list[Finding]:
        target = self.target = self._without_withdrawn(seen)
        found = differences(seen, target.wanted, target.before, target.elsewhere, self.hidden)
        return found + (lost(seen, target.kept, target.wanted, self.removed) if target.kept is not None else [])

    def _without_withdrawn(self, seen: Seen) -> Target:
        """Services come and go through the API while we look: one that its owner took away is not lost."""
        kept = self.target.kept
        if kept is None or (kept.services.keys() <= seen.services.keys() and kept.checks.keys() <= seen.checks.keys()):
            return self.target
        withdrawn = self.witness.withdrawn()
        left = Seen(*({key: one for key, one in part.items() if key not in gone} for part, gone in zip(kept, withdrawn)))
        return self.target._replace(kept=left)

    def _seen(self, seen: Seen) -> Outcome:
        if self.hidden:
            return self._proved_unseen() or self._hidden_outcome()
        if self._generation_arrived():
            return Outcome.proved("node_meta", seen)
        if self._proof_is_due() and not self.witness.ears.listening:
            return Outcome.unproved(NOTHING_TO_SEE, seen=seen)
        return Outcome.proved("api", seen)

    def _proved_unseen(self) -> Outcome | None:
        if self._generation_arrived():
            return Outcome.proved("node_meta")
        return Outcome.proved("reload") if self.told == "api" else None

    def _hidden_outcome(self) -> Outcome:
        services = self.hidden - {NODE}
        reason = "%d of %d services are registered, but may not be seen: a token with service:read is needed" % (
            len(services),
            len(self.target.wanted.services.keys() | services),
        )
        return Outcome.unproved(reason if services else "the checks of the node may not be seen: a token with node:read is needed")

    def _unseen(self) -> Outcome:
        blind = self.witness.why_blind.rstrip(".")
        if self.witness.ears.listening and self.told:
            return Outcome.unproved("the agent has logged no refusal, and what it has cannot be seen: %s" % blind, "log")
        return Outcome.unproved(blind)

    def _failed(self, words: str, reason: str = "", seen: Seen | None = None) -> Outcome:
        try:
            if seen is None and self.witness.view is not None:
                seen = self.witness.view.look()
        except ApiError:
            # Then it is not known what the agent has now.
            pass
        findings = self._findings(seen) if seen is not None else []
        untouched = seen is not None and self._is_untouched(seen, words)
        return Outcome.failed(reason, tuple(findings), words, untouched, seen)

    def _is_untouched(self, seen: Seen, words: str) -> bool:
        """Whether the agent refused before it changed anything: while reading and checking the files."""
        if not words or words.lower().startswith("failed reloading"):
            return False
        target = self.target
        return _keys(seen) == self.first_state and not differences(seen, target.before, target.wanted, target.elsewhere)

    def _proof_is_due(self) -> bool:
        """Whether the sight of the agent says nothing about the reload."""
        return self.told == "signal" and (self.was_good or bool(self.hidden)) and not self._generation_arrived()

    def _generation_arrived(self) -> bool:
        return self.target.generation is not None and self.witness.generation() == self.target.generation

    def _quiet_is_over(self) -> bool:
        return self.told != "signal" or self._age() > QUIET + QUIET_PER_SERVICE * self.target.total

    def _stalled(self, seen: Seen) -> bool:
        """Whether a reload that has begun has stopped short: what is there is neither as before nor does it grow."""
        state = _keys(seen)
        if state != self.state:
            self.state, self.state_since = state, time.monotonic()
        if self.first_state is None or (state == self.first_state and self.told != "api"):
            # One that was told by its API has said that all is loaded: if it looks as before, it stays so.
            return False
        patience = STALL + STALL_PER_SERVICE * self.target.total + (SLOW if self.target.slow else 0.0)
        return time.monotonic() - self.state_since > patience

    def _age(self) -> float:
        return time.monotonic() - self.started


def _keys(seen: Seen) -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(seen.services), frozenset(seen.checks)
