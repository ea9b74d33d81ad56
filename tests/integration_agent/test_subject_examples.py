# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of Consul's own pages on service definitions and proxies is registered as it is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.registered import assert_registered
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook

SUBJECT = Path(__file__).resolve().parents[1] / "fixtures" / "subject"
EXAMPLES = sorted(SUBJECT.glob("*.yml"))


@pytest.fixture(scope="module")
def agent() -> Iterator[ConsulAgent]:
    with ConsulAgent(mode="server", enable_local_script_checks=True) as running:
        yield running


def role(agent: ConsulAgent, services: list[dict[str, Any]]) -> list[dict[str, Any]]:
    variables = {"consul_services_config_dir": str(agent.config_dir), "consul_services_definitions": services}
    return [{"hosts": "localhost", "gather_facts": False, "roles": [{"role": "registrar.consul.consul_services", "vars": variables}]}]


def some(path: Path) -> Any:
    """The one with everything in it is enough for every day."""
    return path if path.stem == "all_fields" else pytest.param(path, marks=pytest.mark.slow)


@pytest.mark.parametrize("example", [some(path) for path in EXAMPLES], ids=lambda path: path.stem)
def test_an_example_is_registered_as_it_is_written(agent: ConsulAgent, example: Path, tmp_path: Path) -> None:
    services = yaml.safe_load(example.read_text(encoding="utf-8"))

    result = run_playbook(tmp_path, role(agent, services)).ok()

    assert result.changed == 1, result.describe()
    assert_registered(agent, services)
    assert len(agent.services()) == len(services) + sum("sidecar_service" in service.get("connect", {}) for service in services)


def test_the_hcl_twin_is_understood_by_the_agent_and_by_us(tmp_path: Path) -> None:
    services = yaml.safe_load((SUBJECT / "two_instances.yml").read_text(encoding="utf-8"))
    with ConsulAgent(enable_local_script_checks=True) as agent:
        (agent.config_dir / "two.hcl").write_bytes((SUBJECT / "two_instances.hcl").read_bytes())
        agent.reload()
        assert_registered(agent, services)

        taken = run_playbook(tmp_path, role(agent, services[:1]))

        assert taken.rc != 0
        assert 'the service id "red0"' in taken.failed[0].said
        assert_registered(agent, services)
