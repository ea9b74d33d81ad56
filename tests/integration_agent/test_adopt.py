# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a directory as people have it, and what came through the HTTP API, to lists for the role: the agent notices nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.handwritten import (
    CHECKS,
    DEFINITIONS,
    FILES,
    PLANTED,
    REGISTERED,
    REGISTERED_CHECKS,
    SETTINGS,
    secrets_named,
    write_by_hand,
)
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

StartAgent = Callable[..., ConsulAgent]


def adopt(workdir: Path, agent: ConsulAgent, **options: Any) -> tuple[PlaybookResult, Path]:
    """Run the playbook, and return where its list is."""
    variables = {"consul_adopt_config_dir": str(agent.config_dir), "consul_adopt_dest": str(workdir / "adopted")}
    result = run_playbook(workdir / "adopt", "registrar.consul.adopt", extra_vars=variables, **options)
    return result, workdir / "adopted" / "localhost.yml"


def role(agent: ConsulAgent, adopted: Path, secrets: dict[str, str], **variables: Any) -> list[dict[str, Any]]:
    """The play of a team that has committed the list, and put its secrets into a vault."""
    given = {
        "consul_services_config_dir": str(agent.config_dir),
        "consul_services_adopt": True,
        "consul_services_take_over": True,
        **variables,
    }
    return [
        {
            "hosts": "all",
            "gather_facts": False,
            "vars": {"consul_services_secrets": secrets},
            "vars_files": [str(adopted)],
            "roles": [{"role": "registrar.consul.consul_services", "vars": given}],
        }
    ]


def definitions(agent: ConsulAgent) -> tuple[dict[str, Any], dict[str, Any]]:
    """All that the agent was told; not the states of the checks, nor the addresses that the servers of later versions assign."""
    states, assigned = ("Status", "Output"), "consul-virtual"
    services, checks = agent.services(), agent.checks()
    for service in services.values():
        tagged = {name: address for name, address in service.pop("TaggedAddresses", {}).items() if name != assigned}
        service.update({"TaggedAddresses": tagged} if tagged else {})
    for name in {str(check.get("ID", check["Name"])) for check in REGISTERED_CHECKS} & checks.keys():
        # Agents tell the type of a check outside a service that came through the API, and of none from a file.
        checks[name].update(Type="", Interval="", Timeout="")
    return services, {name: {key: value for key, value in check.items() if key not in states} for name, check in checks.items()}


def settled(agent: ConsulAgent) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same, once agents since 1.16 have merged what they are centrally configured to do, a moment after they loaded it."""
    seen = [definitions(agent)]

    def is_settled() -> bool:
        time.sleep(0.5)
        seen.append(definitions(agent))
        return seen[-2] == seen[-1]

    agent.wait_until(is_settled, "does not come to rest")
    return seen[-1]


def names(agent: ConsulAgent) -> set[str]:
    return {path.name for path in agent.config_dir.iterdir() if path.is_file()}


def assert_nowhere(secret: str, result: PlaybookResult, paths: list[Path]) -> None:
    """Raise AssertionError when a secret stands in what was shown, registered or written."""
    assert secret not in result.stdout + result.stderr
    assert secret not in json.dumps([task.result for task in result.tasks])
    assert [path for path in paths if path.is_file() and secret.encode() in path.read_bytes()] == []


def exported_secrets(adopted: Path) -> dict[str, str]:
    """The names in the comment at the end of the list."""
    stub = adopted.read_text(encoding="utf-8").partition("# consul_services_secrets:\n")[2]
    return secrets_named([yaml.safe_load(line[1:].rpartition(": from ")[0]) for line in stub.splitlines()])


@pytest.mark.slow
def test_the_agent_notices_nothing_of_a_move(tmp_path: Path, start_agent: StartAgent, record_property: Callable[..., None]) -> None:
    agent = start_agent(mode="server", enable_local_script_checks=True)
    write_by_hand(agent)
    for check in ("mem", "load"):
        agent.put(f"/v1/agent/check/warn/{check}?note=kept")
    before = settled(agent)

    result, adopted = adopt(tmp_path, agent, verbosity=4)

    text = adopted.read_text(encoding="utf-8")
    assert "Left out" not in text
    assert "token: '{{ consul_services_secrets[\"db/token\"] }}'" in text
    assert_nowhere(PLANTED, result.ok(), [path for path in tmp_path.rglob("*") if agent.root not in path.parents])
    assert definitions(agent) == before
    assert names(agent) == set(FILES)

    play = role(agent, adopted, exported_secrets(adopted))
    written = run_playbook(tmp_path / "role", play).ok().task("Write the service definitions")

    assert len(written.result["services"]) == DEFINITIONS + len(REGISTERED)
    assert len(written.result["checks"]) == CHECKS + len(REGISTERED_CHECKS)
    assert {change["file"] for change in written.result["changes"] if change["action"] == "retired"} == FILES.keys() - SETTINGS
    assert names(agent) == {"services-default.json", *SETTINGS}
    assert settled(agent) == before
    assert {(agent.checks()[check]["Status"], agent.checks()[check]["Output"]) for check in ("mem", "load")} == {("warning", "kept")}
    agent.restart()
    assert settled(agent) == before
    assert run_playbook(tmp_path / "role", play).ok().changed == 0
    declared = f"{DEFINITIONS} services and {CHECKS} checks outside services in {len(FILES)} files"
    moved = f"{declared}, and {len(REGISTERED)} services and {len(REGISTERED_CHECKS)} checks of the API,"
    record_property("counted", f"{moved} moved over, {len(before[0])} services and {len(before[1])} checks of the agent the same after it")


def test_what_cannot_be_taken_over_is_left_out_with_the_reason(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    agent.write("good.json", {"service": {"name": "good"}})
    agent.write("agent.json", {"log_level": "INFO", "service": {"name": "with-settings"}})
    agent.write("node.json", {"service": {"name": "with-check"}, "checks": [{"id": "disk", "ttl": "10s"}]})
    agent.write("settings-and-check.json", {"log_level": "INFO", "check": {"id": "cpu", "ttl": "10s"}})
    agent.put("/v1/agent/check/register", {"Name": "api", "TTL": "1h"})
    agent.write("twice-a.json", {"service": {"name": "twice"}})
    agent.write("twice-b.json", {"service": {"name": "twice"}})
    agent.write("ours.hcl", 'log_level = "INFO"\n')
    agent.reload()
    agent.write("broken.json", "{")

    result, adopted = adopt(tmp_path, agent)

    said = result.ok().task("Say what was left out").result["msg"]
    assert [line.partition(":")[0] for line in said] == [
        "agent.json",
        "broken.json",
        "settings-and-check.json",
        "twice-b.json",
    ]
    listed = yaml.safe_load(adopted.read_text(encoding="utf-8"))
    assert [service["name"] for service in listed["consul_services_definitions"]] == ["good", "with-check", "twice"]
    assert listed["consul_services_checks"] == [{"id": "disk", "ttl": "10s"}, {"name": "api", "ttl": "1h"}]


def test_a_file_with_anything_else_in_it_stays_and_is_named(tmp_path: Path, agent: ConsulAgent) -> None:
    agent.write("same.json", {"service": {"name": "same", "check": {"ttl": "60s"}}})
    agent.write("other.json", {"service": {"name": "other", "port": 1, "token": PLANTED}})
    agent.write("partly.hcl", 'services { name = "declared" }\nservices { name = "undeclared" }\n')
    agent.reload()
    services = [{"name": "same", "checks": [{"ttl": "1m"}]}, {"name": "other", "port": 2, "token": "new"}, {"name": "declared"}]
    adopted = tmp_path / "list.yml"
    adopted.write_text(yaml.safe_dump({"consul_services_definitions": services}), encoding="utf-8")

    refused = run_playbook(tmp_path / "role", role(agent, adopted, {})).task("Write the service definitions")

    assert refused.status == "failed"
    assert {error["rule"] for error in refused.result["errors"]} == {"file-not-retired"}
    assert "other is declared with another port, token" in refused.said
    assert "undeclared is not declared here" in refused.said
    assert PLANTED not in refused.said
    assert names(agent) == {"same.json", "other.json", "partly.hcl"}


def test_a_refused_move_brings_the_old_files_back(tmp_path: Path, agent: ConsulAgent) -> None:
    agent.write("mine.json", {"service": {"name": "mine", "port": 1}})
    agent.reload()
    before = agent.services()
    # What consul validate does not find: the agent would unload everything, and stop here.
    sidecar = {"check": {"http": "http://127.0.0.1/"}}
    agent.write("other-team.json", {"service": {"name": "theirs", "port": 1, "connect": {"sidecar_service": sidecar}}})
    adopted = tmp_path / "list.yml"
    adopted.write_text(yaml.safe_dump({"consul_services_definitions": [{"name": "mine", "port": 1}]}), encoding="utf-8")

    result = run_playbook(tmp_path / "role", role(agent, adopted, {}))

    assert [change["action"] for change in result.task("Write the service definitions").result["changes"]] == ["created", "retired"]
    assert result.failed[0].task.endswith("Write the service definitions")
    assert names(agent) == {"mine.json", "other-team.json"}
    assert json.loads((agent.config_dir / "mine.json").read_text(encoding="utf-8")) == {"service": {"name": "mine", "port": 1}}
    assert agent.services() == before
