# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload is to come to, and what came of it.

The other terms of a reload: Expected (what definitions ask for, _definition/expect.py), Seen (what the agent reports, _agent/view.py),
Declared (what its files say, declared.py), Ready (what it had before, ready.py) and Witness (the ways to know, verify.py).
"""

from __future__ import annotations

from typing import NamedTuple

from .._agent.view import Seen
from .._definition.expect import Expected
from .._findings import Finding

# Checks that alias another node's service hold up a reload for a minute.
SLOW = 90.0


class Target(NamedTuple):
    """What has to be there, what must be gone, and what must not get lost."""

    wanted: Expected  # what our files say
    before: Expected  # what they said when the agent was last known to have them
    elsewhere: Expected  # what everybody else's files say
    kept: Seen | None  # what the agent had, and has to have still
    total: int = 0
    slow: bool = False
    generation: str | None = None

    def limit(self, timeout: float | None) -> float:
        """Seconds after which the wait is over."""
        return timeout if timeout is not None else 10.0 + 0.03 * self.total + (SLOW if self.slow else 0.0)


class Outcome(NamedTuple):
    """What came of it. good: nothing speaks against it; verified: it was seen on the agent, or the agent has said so."""

    good: bool
    verified: bool
    verified_by: str
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    words: str = ""
    untouched: bool = False  # the agent has all that it had, and nothing new
    seen: Seen | None = None  # the last look, where there was one
    ill: bool = False  # it has everything, and its checks are not healthy
    gone: bool = False  # it has ended since

    @classmethod
    def proved(cls, how: str, seen: Seen | None = None) -> Outcome:
        """It has everything: shown by what its ``api`` reports, by the mark in its ``node_meta``, or by its answer to ``reload``."""
        return cls(True, True, how, seen=seen)

    @classmethod
    def unproved(cls, reason: str, how: str = "none", seen: Seen | None = None) -> Outcome:
        """Nothing speaks against it, and nothing shows it."""
        return cls(True, False, how, reason, seen=seen)

    @classmethod
    def failed(
        cls, reason: str = "", findings: tuple[Finding, ...] = (), words: str = "", untouched: bool = False, seen: Seen | None = None
    ) -> Outcome:
        """It does not have everything. words are those of the agent."""
        return cls(False, False, "none", reason, findings, words, untouched, seen)
