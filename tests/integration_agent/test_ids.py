# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids that differ in case only, or are Consul's own: the agent takes them, and the catalog has one in place of the other."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, write

# So long it takes the agent at most to tell the servers of its files.
_SYNCED = 1.5
DOCUMENT = {
    "services": [{"name": "web", "port": 1}, {"name": "web", "id": "Web", "port": 2}, {"name": "db", "check": {"id": "up", "ttl": "1h"}}],
    "checks": [{"id": "UP", "name": "uplink", "ttl": "1h"}],
}


def test_of_ids_that_differ_in_case_the_catalog_has_one(start_agent: Callable[..., ConsulAgent]) -> None:
    agent = start_agent()

    agent.write("all.json", DOCUMENT)
    agent.reload()
    agent.wait_until(lambda: _in_the_catalog(agent, "db") == ["db"], "the services are not in the catalog")

    assert agent.services().keys() == {"web", "Web", "db"}
    assert agent.checks().keys() == {"up", "UP"}
    assert len(_in_the_catalog(agent, "web")) == 1
    assert len([check for check in agent.get("/v1/health/state/any") if check["CheckID"].lower() == "up"]) == 1
    assert [finding.rule for finding in judge_document(DOCUMENT)] == ["service-id-unique", "check-id-unique"]


def test_what_has_an_id_of_consuls_own_is_in_its_place(start_agent: Callable[..., ConsulAgent]) -> None:
    agent = start_agent()
    document = {"services": [{"name": "consul", "port": 99}, {"name": "db"}], "checks": [{"name": "serfHealth", "ttl": "1h"}]}

    agent.write("all.json", document)
    agent.reload()
    agent.wait_until(lambda: _in_the_catalog(agent, "db") == ["db"], "the services are not in the catalog")

    assert [entry["ServicePort"] for entry in agent.get("/v1/catalog/service/consul")] == [99]
    assert [(check["CheckID"], check["Status"]) for check in agent.get("/v1/health/state/any")] == [("serfHealth", "critical")]
    assert agent.get("/v1/health/service/db?passing") == []
    assert [finding.rule for finding in judge_document(document)] == ["service-id-reserved", "check-id-reserved"]


def test_an_id_that_changes_its_case_gets_lost_in_the_catalog(start_agent: Callable[..., ConsulAgent]) -> None:
    """With every second change: the task refuses it."""
    agent = start_agent()
    found = set()
    for identifier in ("web", "Web") * 3:
        agent.write("all.json", {"services": [{"name": "web", "id": identifier}]})
        agent.reload()
        agent.wait_until(lambda: identifier in agent.services(), "has not loaded its files")  # noqa: B023 - called here
        time.sleep(_SYNCED)
        found.add(tuple(_in_the_catalog(agent, "web")))
    assert () in found

    (agent.config_dir / "all.json").unlink()
    write(agent.config_dir, bundle([{"name": "web"}]))
    with pytest.raises(Refused) as refused:
        write(agent.config_dir, bundle([{"name": "web", "id": "Web"}]))
    assert [finding["rule"] for finding in refused.value.findings] == ["service-id-unique"]


def _in_the_catalog(agent: ConsulAgent, name: str) -> list[str]:
    return [entry["ServiceID"] for entry in agent.get(f"/v1/catalog/service/{name}")]
