# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of sidecars: which declare none, what an agent would give these, and what is taken.

Seen on 1.8.7, 1.12.9, 1.21.4 and 1.22.7: a sidecar without a port gets the lowest one of a range that no service has which was
loaded before it. A reload unloads everything first, so the ports follow from the files and their order alone. One that is written
in a file loaded later is given all the same, and both have it then. A sidecar with a socket gets a port as well.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from .expect import default_port, in_namespace
from .identity import service_id, sidecar_of
from .parse import Definitions

# Where an agent has no other range, in every version that knows sidecars.
DEFAULT_RANGE = (21000, 21255)


def sidecar_key(service: dict[str, Any]) -> str:
    """The key (see expect.py) of a service's sidecar, which it need not have."""
    found = sidecar_of(service)
    return in_namespace(service.get("namespace"), found[0]) if found else ""


def declared_port(service: dict[str, Any]) -> int:
    """The port that a service's sidecar declares, 0 without one."""
    found = sidecar_of(service)
    return _number(found[1].get("port")) if found else 0


def is_open(service: dict[str, Any]) -> bool:
    """Whether a service has a sidecar which listens on a port that it does not declare."""
    found = sidecar_of(service)
    return found is not None and not any(found[1].get(key) for key in ("port", "ports", "socket_path"))


def listens_at(service: dict[str, Any]) -> str:
    """The address of a service's sidecar, empty for the node's."""
    found = sidecar_of(service)
    return str((found[1].get("address") if found else None) or service.get("address") or "")


def given_by_agents(files: Iterable[Definitions], ports: tuple[int, int]) -> dict[str, int]:
    """The port of each sidecar on an agent that loads these files in this order, and gives ports of this range."""
    low, high = ports
    taken: dict[str, int] = {}
    found: dict[str, int] = {}
    for definitions in files:
        for service in definitions.services:
            taken[in_namespace(service.get("namespace"), service_id(service))] = _number(default_port(service))
            key = sidecar_key(service)
            if not key:
                continue
            port = declared_port(service) or _lowest(low, high, taken, key)
            if port < 1:
                # The agent stops here.
                return found
            taken[key] = found[key] = port
    return found


def _lowest(low: int, high: int, taken: Mapping[str, int], key: str) -> int:
    if low < 1:
        return 0
    if low <= taken.get(key, 0) <= high:
        # Declared twice: it keeps what it got first.
        return taken[key]
    others = set(taken.values())
    return next((port for port in range(low, high + 1) if port not in others), 0)


def ports_in(value: Any) -> Iterator[int]:
    """All numbers that are called a port in definitions: listeners of all kinds, and what they lead to."""
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(child, int) and key.lower().endswith("port"):
                yield child
            else:
                yield from ports_in(child)
    elif isinstance(value, list):
        for item in value:
            yield from ports_in(item)


def _number(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
