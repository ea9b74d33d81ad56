# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids that differ in case only: two for the agent, and one for the catalog."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent

DOCUMENT = {
    "services": [{"name": "web", "port": 1}, {"name": "web", "id": "Web", "port": 2}, {"name": "db", "check": {"id": "up", "ttl": "1h"}}],
    "checks": [{"id": "UP", "name": "uplink", "ttl": "1h"}],
}


def test_the_catalog_has_one_of_them(start_agent: Callable[..., ConsulAgent]) -> None:
    agent = start_agent()

    agent.write("all.json", DOCUMENT)
    agent.reload()
    agent.wait_until(lambda: _in_the_catalog(agent, "db") == ["db"], "the services are not in the catalog")

    assert agent.services().keys() == {"web", "Web", "db"}
    assert agent.checks().keys() == {"up", "UP"}
    assert len(_in_the_catalog(agent, "web")) == 1
    assert len([check for check in agent.get("/v1/health/state/any") if check["CheckID"].lower() == "up"]) == 1
    assert [finding.rule for finding in judge_document(DOCUMENT)] == ["service-id-unique", "check-id-unique"]


def _in_the_catalog(agent: ConsulAgent, name: str) -> list[str]:
    return [entry["ServiceID"] for entry in agent.get(f"/v1/catalog/service/{name}")]
