# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides for moving over: from what they say is there, by what they say is done, to what they say comes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import Block, blocks
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

GUIDES = REPOSITORY / "docs" / "docsite" / "rst"
StartAgent = Callable[..., ConsulAgent]


def told(guide: str, language: str) -> list[str]:
    """The blocks of a guide in one language."""
    found: list[Block] = [block for block in blocks(GUIDES / f"{guide}.rst") if block.language == language]
    return [block.text for block in found]


def definitions(agent: ConsulAgent) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that the agent was told; not the states of the checks."""
    checks = agent.checks()
    for check in checks.values():
        del check["Status"], check["Output"]
    return agent.services(), checks


def adopted(workdir: Path, agent: ConsulAgent) -> str:
    """What the playbook of the guides writes."""
    variables = {"consul_adopt_config_dir": str(agent.config_dir), "consul_adopt_dest": str(workdir / "host_vars")}
    run_playbook(workdir, "registrar.consul.adopt", extra_vars=variables).ok()
    return (workdir / "host_vars" / "localhost.yml").read_text(encoding="utf-8")


def take_over(workdir: Path, agent: ConsulAgent, plays: Any, **variables: Any) -> PlaybookResult:
    """Run a play of a guide on this agent. The second run has nothing left to do."""
    given = {"consul_services_config_dir": str(agent.config_dir), "consul_services_http_addr": agent.http_addr, **variables}
    plays = [{"gather_facts": False, **play} for play in plays]
    result = run_playbook(workdir, plays, extra_vars=given).ok()
    assert run_playbook(workdir, plays, extra_vars=given).ok().changed == 0
    return result


def files(agent: ConsulAgent) -> list[str]:
    return sorted(path.name for path in agent.config_dir.iterdir() if path.is_file())


@pytest.mark.slow
def test_from_the_ansible_consul_role(tmp_path: Path, agent: ConsulAgent) -> None:
    for content in told("guide_migrate_role", "json"):
        agent.write(f"service_{json.loads(content)['service']['name']}.json", content)
    agent.reload()
    before = definitions(agent)

    take_over(tmp_path, agent, yaml.safe_load(told("guide_migrate_role", "yaml")[0]))

    assert files(agent) == ["services-default.json"]
    assert definitions(agent) == before


@pytest.mark.slow
def test_from_the_module_that_registers_through_the_api(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    agent.register(json.loads(told("guide_migrate_api", "json")[0]))
    before = definitions(agent)
    listed, checks, play = told("guide_migrate_api", "yaml")

    assert listed in adopted(tmp_path / "adopt", agent)
    agent.put("/v1/agent/check/register", {"ID": "mem", "Name": "Memory", "TTL": "1h", "Notes": "by an agent of its own"})
    assert checks.partition("\n")[2] in adopted(tmp_path / "adopt", agent)
    agent.put("/v1/agent/check/deregister/mem")
    take_over(tmp_path / "role", agent, yaml.safe_load(play))

    assert definitions(agent) == before
    assert list((agent.data_dir / "services").iterdir()) == []
    agent.restart()
    assert definitions(agent) == before


@pytest.mark.slow
def test_from_hand_written_files_and_templates(tmp_path: Path, agent: ConsulAgent) -> None:
    agent.write("web.json", told("guide_migrate_templates", "json")[0])
    agent.write("queue.hcl", told("guide_migrate_templates", "hcl")[0])
    agent.reload()
    before = definitions(agent)
    listed = re.sub(r"^# Only checked.*\n", "", told("guide_migrate_templates", "yaml+jinja")[0])
    (secrets,) = told("guide_migrate_templates", "text")

    written = adopted(tmp_path / "adopt", agent)
    assert listed in written
    variables = {**yaml.safe_load(written), **yaml.safe_load(secrets), "consul_services_adopt": True}
    take_over(tmp_path / "role", agent, [{"hosts": "all", "roles": ["registrar.consul.consul_services"]}], **variables)

    assert files(agent) == ["services-default.json"]
    assert definitions(agent) == before


def test_what_is_in_the_way_is_said_as_the_guide_says(tmp_path: Path, agent: ConsulAgent) -> None:
    agent.write("web.json", {"service": {"name": "web", "port": 1}})
    agent.reload()
    play = {"hosts": "all", "gather_facts": False, "roles": ["registrar.consul.consul_services"]}
    variables = {
        "consul_services_config_dir": str(agent.config_dir),
        "consul_services_adopt": True,
        "consul_services_definitions": [{"name": "web", "port": 2}],
    }

    refused = run_playbook(tmp_path, play, extra_vars=variables)

    assert refused.rc == 2
    said = " ".join(told("guide_migration", "text")[0].split()).replace("/etc/consul.d", str(agent.config_dir))
    assert said in refused.failed[0].said
    assert files(agent) == ["web.json"]
