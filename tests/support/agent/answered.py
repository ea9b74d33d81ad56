# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent answers for its services, whichever version it is."""

from __future__ import annotations

from typing import Any


def settled(answer: Any) -> Any:
    """Return an answer of the API without what later agents add to it, some of it a moment after the registration.

    A sidecar with a socket gets a port, which no definition may have (seen on 1.16.7), and upstreams get the proxy's mesh gateway
    mode (seen on 1.12.9).
    """
    if isinstance(answer, list):
        return [settled(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    found = {key: settled(item) for key, item in answer.items()}
    if found.get("SocketPath"):
        found["Port"] = 0
    if found.get("MeshGateway"):
        for upstream in found.get("Upstreams") or []:
            if upstream.get("MeshGateway") == found["MeshGateway"]:
                upstream["MeshGateway"] = {}
    return found
