# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What our files change on an agent, and what a reload has to leave as it is."""

from __future__ import annotations

from typing import Callable

from .._agent.facts import AgentFacts
from .._agent.persisted import Persisted
from .._agent.view import Seen, differences
from .._definition.expect import Expected
from .._files.config_dir import ConfigDir
from .._files.manifest import load_manifest, owner_in_words
from .declared import Declared
from .words import deleted

Warn = Callable[[str], None]


def touched(wanted: Expected, before: Expected) -> Expected:
    """What our files change: services and checks that come, go or differ."""
    return Expected(*({key: now.get(key, {}) for key in {*now, *old} if now.get(key) != old.get(key)} for now, old in zip(wanted, before)))


def shows_nothing_of(state: Declared, seen: Seen | None, persisted: Persisted) -> bool:
    """Whether the agent shows nothing of what has changed since all was verified. What it has of its API is not of these files."""
    ours = Expected(*({key: one for key, one in part.items() if key not in api} for part, api in zip(state.wanted, persisted)))
    return seen is not None and not differences(seen, state.before, ours, state.elsewhere)


def kept(directory: ConfigDir, state: Declared, seen: Seen, persisted: Persisted, facts: AgentFacts, warn: Warn) -> Seen:
    """What must still be there afterwards: all that files declare and all that came through the API. Warns of what will not.

    A service of neither is of a file that somebody has removed.
    """
    declared = [{**api, **others, **ours} for api, others, ours in zip(persisted, state.elsewhere, state.before)]
    gone = seen.services.keys() - declared[0].keys() - state.wanted.services.keys()
    for name, owned in load_manifest(directory).items() if gone else ():
        lost = gone.intersection(owned.services)
        if lost and directory.read(name) is None:
            warn(deleted(directory.place(name), owner_in_words(owned.owner), sorted(lost)))
            gone -= lost
    if gone and facts.is_forgetful:
        warn("An agent with -dev forgets on a reload what was registered through its API: %s." % ", ".join(sorted(gone)))
    return Seen(*({key: one for key, one in part.items() if key in known} for part, known in zip(seen, declared)))
