# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files in a config-dir are ours, and whose among us."""

from __future__ import annotations

from itertools import chain
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from .config_dir import ConfigDir
from .state import load_state, save_state

MANIFEST = "manifest.json"


class Owned(NamedTuple):
    """A file of ours: whose it is (`set:<name>` or `file:<name>`), the digest we wrote, the ids of its services.

    `unchecked` are the paths at which it has something that its user alone knows (see _definition/unchecked.py), `secret_places`
    those at which something secret stands (see _definition/secret.py), `ports` those that we chose for sidecars, by their keys.
    """

    owner: str
    digest: str
    services: list[str]
    unchecked: Sequence[str] = ()
    secret_places: Sequence[Sequence[str]] = ()
    ports: Mapping[str, int] | None = None


def load_manifest(directory: ConfigDir) -> dict[str, Owned]:
    """Return our files by name. Raises Refused when the manifest cannot be read."""
    hint = "Remove it, and run the tasks once with adopt: true to take the files over again."
    return load_state(directory, MANIFEST, _decoded, hint) or {}


def save_manifest(directory: ConfigDir, files: dict[str, Owned]) -> None:
    """Write the manifest durably."""
    save_state(directory, MANIFEST, {"files": files})


def _decoded(value: dict[str, Any]) -> dict[str, Owned]:
    return {name: Owned(*owned) for name, owned in value["files"].items()}


def owner_in_words(owner: str) -> str:
    """Return an owner as messages call it."""
    kind, _colon, name = owner.partition(":")
    return f"the set {name}" if kind == "set" else f"the single definition {name}"


def unchecked_in(*manifests: Iterable[Owned | None]) -> list[str]:
    """Return the unchecked paths of all these files together."""
    return sorted({path for owned in chain.from_iterable(manifests) if owned is not None for path in owned.unchecked})
