# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars that declare no port: each is written with the one that it has, and a new one with one that nothing else has.

An agent gives them anew at every reload, in the order in which it loads its files, and so moves them whenever one before them comes
or goes (see _definition/sidecars.py). It begins with the lowest of its range; new ones are given here from the highest on, so that
neither side gets into the other's way.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from .._definition.identity import sidecar_of
from .._definition.parse import Definitions
from .._definition.placeholders import DIGITS, placed
from .._files.manifest import Owned


class Chosen(NamedTuple):
    """Ports by the keys of sidecars, and which of them a file declares already."""

    ports: dict[str, int]
    declared: frozenset[str] = frozenset()


def chosen_earlier(keys: Iterable[str], manifest: Mapping[str, Owned], owner: str) -> dict[str, int]:
    """The ports that were chosen for these sidecars before, in whatever file they were."""
    found: dict[str, int] = {}
    for owned in sorted(manifest.values(), key=lambda owned: owned.owner == owner):
        found.update(owned.ports or {})
    return {key: found[key] for key in keys if key in found}


def fill(
    places: Mapping[str, Any], chosen: Chosen, contents: dict[str, bytes | None], definitions: Mapping[str, Definitions]
) -> dict[str, dict[str, int]]:
    """Put the ports into their places in texts and definitions; return those of each file by the keys of their sidecars."""
    marker, keys = places["marker"], places["keys"]
    pattern = re.compile(b"%d([0-9]{%d})" % (marker, DIGITS))
    for name, data in contents.items():
        if data is not None:
            contents[name] = pattern.sub(lambda found: b"%d" % chosen.ports[keys[int(found.group(1))]], data)
    return {name: _filled(part, marker, keys, chosen) for name, part in definitions.items()}


def _filled(definitions: Definitions, marker: int, keys: Sequence[str], chosen: Chosen) -> dict[str, int]:
    found = {}
    for service in definitions.services:
        sidecar = sidecar_of(service)
        index = placed(marker, sidecar[1].get("port")) if sidecar else None
        if sidecar and index is not None:
            found[keys[index]] = sidecar[1]["port"] = chosen.ports[keys[index]]
    return found
