# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars without a port: a place in the text for the one that only the target can choose (see _write/sidecar_ports.py there)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.placeholders import placeholder
from ansible_collections.registrar.consul.plugins.module_utils._definition.sidecars import is_open, sidecar_key

_FIRST_MARKER = 734_500_000
Definition = dict[str, Any]
# From definitions, by a function that makes places in them, to the texts of all files.
Render = Callable[[Callable[[Definition], Definition]], dict[str, str]]


class Places:
    """Makes places in the definitions of a payload, and keeps in their order whose they are."""

    def __init__(self, marker: int) -> None:
        self.marker = marker
        self.keys: list[str] = []

    def placed(self, service: Definition) -> Definition:
        """Return the service, with a number for the port of its sidecar where it declares none."""
        if not is_open(service):
            return service
        self.keys.append(sidecar_key(service))
        connect = service["connect"]
        sidecar = {**connect["sidecar_service"], "port": placeholder(self.marker, len(self.keys) - 1)}
        return {**service, "connect": {**connect, "sidecar_service": sidecar}}

    def packed(self) -> dict[str, Any]:
        """Return what the target has to know."""
        return {"marker": self.marker, "keys": self.keys}


def with_places(services: Iterable[Definition], render: Render) -> tuple[dict[str, str], Places | None]:
    """Return the texts of files, and the places in them; no place where every sidecar of these services has a port."""
    if not any(map(is_open, services)):
        return render(lambda service: service), None
    marker = _FIRST_MARKER
    while True:
        places = Places(marker)
        texts = render(places.placed)
        # A number of the user's could be the same.
        if sum(text.count(str(marker)) for text in texts.values()) == len(places.keys):
            return texts, places
        marker += 1
