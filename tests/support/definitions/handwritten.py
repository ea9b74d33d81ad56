# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A config-dir as people write it over the years, in both formats, with settings of the agent in between; and what came through its API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent

# Stands wherever a secret does, so that one look tells whether any of them got out.
PLANTED = "planted-7f3e9c1a-secret"

_FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "handwritten"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(_FOLDER.iterdir())}
# Sidecars not counted.
DEFINITIONS = 32
# Checks outside services, which ten of the files hold.
CHECKS = 13
# Files that hold nothing but settings.
SETTINGS = {"consul.hcl"}

REGISTERED: list[dict[str, Any]] = [
    {
        "ID": "billing-1",
        "Name": "billing",
        "Port": 9100,
        "Tags": ["api"],
        "Meta": {"team": "money"},
        "Checks": [
            {"HTTP": "http://127.0.0.1:9100/", "Interval": "10s", "Header": {"X-Key": [PLANTED]}, "DeregisterCriticalServiceAfter": "90m"},
            {"CheckID": "billing-alive", "TTL": "30s"},
        ],
    },
    {"Name": "plain", "Port": 9200, "Weights": {"Passing": 2, "Warning": 1}},
]
REGISTERED_CHECKS: list[dict[str, Any]] = [
    {"ID": "load", "Name": "Load", "TTL": "1h", "Notes": "by an agent of its own"},
    {"Name": "db by hand", "ServiceID": "db", "HTTP": "http://127.0.0.1:1/", "Interval": "1h", "Header": {"X-Key": [PLANTED]}},
]


def write_by_hand(agent: ConsulAgent) -> None:
    """Put all of it onto an agent in server mode, which has to allow script checks, and have it loaded."""
    for name, content in FILES.items():
        agent.write(name, content)
    for service in REGISTERED:
        agent.register(service)
    agent.reload()
    for check in REGISTERED_CHECKS:
        agent.put("/v1/agent/check/register", check)


def secrets_named(names: list[str]) -> dict[str, str]:
    """What somebody would put into a vault for an exported list."""
    values = {"header.Authorization[0]": f"Bearer {PLANTED}", "header.Accept[0]": "text/plain", "header.X-Probe[0]": "consul"}
    return {name: next((value for end, value in values.items() if name.endswith(end)), PLANTED) for name in names}
