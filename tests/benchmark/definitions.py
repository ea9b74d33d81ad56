# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services that are registered, all alike but for their id, name and port."""

from __future__ import annotations

from typing import Any

Service = dict[str, Any]


def plain(count: int, prefix: str = "web") -> list[Service]:
    """Services without checks: with thousands of checks the agent's own work would drown everything else."""
    return [_plain(f"{prefix}-{number}", number) for number in range(count)]


def typical(count: int) -> list[Service]:
    """Services with a dozen fields and two checks."""
    return [_typical(f"web-{number}", number) for number in range(count)]


def with_one_changed(services: list[Service]) -> list[Service]:
    """The same services, the first of them on another port."""
    first = services[0]
    return [{**first, "port": first["port"] + 1}, *services[1:]]


_UPSTREAM = {"destination_name": "db", "local_bind_port": 9000}


def _plain(name: str, number: int) -> Service:
    return {
        "id": name,
        "name": name,
        "port": 10000 + number % 50000,
        "tags": ["primary", "v1"],
        "meta": {"team": "shop", "version": "1.2.3"},
    }


def _typical(name: str, number: int) -> Service:
    return {
        **_plain(name, number),
        "address": "10.1.2.3",
        "enable_tag_override": False,
        "weights": {"passing": 10, "warning": 1},
        "tagged_addresses": {"wan": {"address": "192.0.2.1", "port": 80}},
        # With a port, since an agent has 256 of its own to give away.
        "connect": {"sidecar_service": {"port": 30000 + number % 30000, "proxy": {"upstreams": [_UPSTREAM]}}},
        "checks": [
            {"name": "alive", "http": f"http://127.0.0.1:{10000 + number % 50000}/health", "interval": "10s", "timeout": "2s"},
            {"name": "reachable", "tcp": "127.0.0.1:80", "interval": "30s", "deregister_critical_service_after": "1h"},
        ],
    }
