# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which missing services an agent has removed by itself."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import expected
from ansible_collections.registrar.consul.plugins.module_utils._reload.reaped import leaving_out, reaped

REAPS: dict[str, Any] = {"ttl": "1s", "deregister_critical_service_after": "1m"}
WANTED = expected(
    [
        {"name": "web", "check": REAPS, "connect": {"sidecar_service": {}}},
        {"name": "db", "check": {"ttl": "1s"}},
        {"name": "api", "check": REAPS},
    ],
    [{"name": "bound", "service_id": "other", **REAPS}, {"name": "node", **REAPS}],
)


def test_only_those_go_whose_checks_ask_for_it() -> None:
    assert reaped(WANTED, Seen({"api": {}}, {})) == ["other", "web", "web-sidecar-proxy"]
    assert reaped(WANTED, Seen({key: {} for key in ("api", "web", "web-sidecar-proxy", "other")}, {})) == []
    assert reaped(WANTED, None) == []


def test_what_is_wanted_without_them() -> None:
    left = leaving_out(WANTED, ["other", "web"])
    assert set(left.services) == {"db", "api", "web-sidecar-proxy"}
    assert {check["checkid"] for check in left.checks.values() if check["serviceid"] != "web-sidecar-proxy"} == {
        "service:db",
        "service:api",
        "node",
    }
