# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was written and never verified, so that a later run knows it: the target of a rollback, and of a needed reload."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._clock import Clock
from .config_dir import ConfigDir, FileState
from .manifest import Owned
from .state import load_state, save_state

JOURNAL = "journal.json"


class Step(NamedTuple):
    """One file of a commit that is under way: from, to. None is absent."""

    before: FileState | None
    after: FileState | None


class Entry(NamedTuple):
    """One file that changed since the agent was last known to have loaded the directory. None is absent.

    `before` is the oldest verified state, however many commits came since; `owned_before` is what the manifest said then. `told` are
    the digests of what came since that the agent was told to load, where nothing else could say later whose services it has from there.
    """

    before: FileState | None
    after: FileState | None
    owned_before: Owned | None
    told: tuple[str, ...] = ()


class Intent(NamedTuple):
    """A commit that has been decided: whoever finds it finishes it. The new contents are staged."""

    steps: dict[str, Step]
    manifest: dict[str, Owned]


class Journal(NamedTuple):
    """Everything between two verified states.

    `committed` is the moment after the last rename; an agent that started later has read the files.
    `reason` says in words why a reload is due. While `intent` is set, the files are not all in place.
    `healthy` are the agent's checks that were healthy before it was told of any of this, where somebody waits for them.
    """

    files: dict[str, Entry]
    committed: Clock
    reason: str
    intent: Intent | None = None
    healthy: tuple[str, ...] | None = None


def load_journal(directory: ConfigDir) -> Journal | None:
    """Return the journal; None when everything is verified. Raises Refused when it cannot be read."""
    hint = "Remove it to forget which changes the agent has not confirmed; the files themselves stay as they are."
    journal: Journal | None = load_state(directory, JOURNAL, _decoded, hint)
    return journal


def save_journal(directory: ConfigDir, journal: Journal) -> None:
    """Write the journal durably."""
    intent = None if journal.intent is None else journal.intent._asdict()
    save_state(directory, JOURNAL, {**journal._asdict(), "intent": intent})


def _decoded(value: dict[str, Any]) -> Journal:
    files = {
        name: Entry(_state(before), _state(after), None if owned is None else Owned(*owned), tuple(*told))
        for name, (before, after, owned, *told) in value["files"].items()
    }
    intent = value["intent"]
    if intent is not None:
        steps = {name: Step(_state(before), _state(after)) for name, (before, after) in intent["steps"].items()}
        intent = Intent(steps, {name: Owned(*owned) for name, owned in intent["manifest"].items()})
    # What earlier releases have left on a node has no such key.
    healthy = value.get("healthy")
    return Journal(files, Clock(*value["committed"]), value["reason"], intent, None if healthy is None else tuple(healthy))


def _state(value: Any) -> FileState | None:
    return None if value is None else FileState(*value)
