# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read when a reload did not work."""

from __future__ import annotations

from .._findings import SHOWN, some_of
from .outcome import Outcome


def why(outcome: Outcome, address: str) -> str:
    """Why it did not work, as a sentence. address is where the agent was asked, empty where nowhere."""
    if outcome.ill:
        return "The agent has loaded the files, but %s." % outcome.reason
    words = outcome.words.rstrip(".")
    if outcome.verified:
        return "The agent has loaded the files, but the servers did not take all of it into the catalog%s." % (words and ": " + words)
    if words:
        return "The agent refused: %s." % words
    reason = outcome.reason or "its services are neither as before nor as they should be"
    return "The agent did not load all that the files say: %s%s." % (reason, address and " (asked at %s)" % address)


def still_wrong(outcome: Outcome) -> str:
    """Where to look when the agent does not take the earlier files either."""
    if outcome.findings:
        return "What is missing or wrong on it now is in errors."
    return (
        "Nothing that can be seen is missing or wrong on it now: what it refuses comes after services and checks. No reload comes to "
        "its end until that is right."
    )


def put_back(names: list[str]) -> str:
    """That these files are as they were."""
    return "The files are as they were before: %s." % some_of(names)


def stay(names: list[str]) -> str:
    """That these files are changed, and what becomes of them, where the agent was not told."""
    return "The files stay changed: %s. The next run has the agent load them; it reads them, too, when it starts." % some_of(names)


def deleted(place: str, owner: str, services: list[str]) -> str:
    """That the reload takes services from the agent whose file somebody has deleted."""
    message = (
        "%s, of %s, was deleted by hand, and so the agent loses by this reload what it declared: %s. The next run of %s writes it again."
    )
    return message % (place, owner, some_of(services), owner)


def disturbance(changes: list[str]) -> str:
    """That the reload changed what nobody had touched."""
    more = ", in disturbed" if len(changes) > SHOWN else ""
    return "Services or checks that were not to change are not as before the reload: %s%s." % (some_of(changes, between="; "), more)


def capital(text: str) -> str:
    """A text as it begins a sentence."""
    return text[:1].upper() + text[1:]
