# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write, reload, verify and put back in one task."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import said, write_set
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook, tasks_play

WEB = {"name": "web", "port": 80}


def task(agent: ConsulAgent, services: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    return {"registrar.consul.service_definitions": {"config_dir": str(agent.config_dir), "services": services, **options}}


def play(agent: ConsulAgent, workdir: Path, *tasks: dict[str, Any], **keywords: Any) -> PlaybookResult:
    return run_playbook(workdir, tasks_play(*tasks), **keywords)


def test_one_task_registers_and_its_second_run_asks_nobody(agent: ConsulAgent, tmp_path: Path) -> None:
    first = play(agent, tmp_path, task(agent, [WEB])).ok().only().result

    assert agent.services()["web"]["Port"] == 80
    assert (first["changed"], first["pending"], first["pending_reason"]) == (True, False, "")
    assert first["reload"]["agent"]["pid"] == agent.pid
    assert {key: first["reload"][key] for key in ("verified", "verified_by", "method", "services", "rolled_back")} == {
        "verified": True,
        "verified_by": "api",
        "method": "signal",
        "services": 1,
        "rolled_back": False,
    }

    second = play(agent, tmp_path, task(agent, [WEB])).ok().only().result

    assert (second["changed"], "reload" in second) == (False, False)
    assert agent.log().count("Caught signal") + agent.log().count("caught signal") <= 1


def test_check_mode_forecasts_both_halves(agent: ConsulAgent, tmp_path: Path) -> None:
    forecast = play(agent, tmp_path, task(agent, [WEB]), check=True).ok().only().result

    assert [change["action"] for change in forecast["changes"]] == ["created"]
    assert (forecast["changed"], forecast["reload"]["method"]) == (True, "signal")
    assert forecast["reload"]["reason"] == "the agent would be told to reload: the set default: services-default.json created"
    assert list(agent.config_dir.iterdir()) == []
    assert agent.services() == {}


def test_what_the_agent_refuses_is_put_back_in_the_same_run(agent: ConsulAgent, tmp_path: Path) -> None:
    play(agent, tmp_path, task(agent, [WEB])).ok()
    # What the judge of the definitions cannot see: a file of others at which the agent stops half-way.
    agent.write("zzz.json", {"service": {"port": 1}})

    refused = play(agent, tmp_path, task(agent, [dict(WEB, port=81)])).failed[0]

    assert refused.msg == "The agent was not told to reload. The files are as they were before: services-default.json."
    assert "a service without a name" in refused.said
    assert refused.result["reload"]["rolled_back"]
    assert agent.services()["web"]["Port"] == 80
    (agent.config_dir / "zzz.json").unlink()
    assert play(agent, tmp_path, task(agent, [WEB])).ok().changed == 0


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"http_token_file": "/no/such"}, "agent-options"),
        ({"http_addr": "http://127.0.0.1:x"}, "agent-options"),
        ({"http_addr": "https://x", "ca_cert": "/no"}, "agent-options"),
        ({"reload_timeout": 0}, "timeout-too-short"),
    ],
)
def test_with_options_that_no_agent_could_be_told_with_nothing_is_written(
    agent: ConsulAgent, tmp_path: Path, options: dict[str, Any], rule: str
) -> None:
    refused = play(agent, tmp_path, task(agent, [WEB], **options)).failed[0]

    assert [error["rule"] for error in refused.result["errors"]] == [rule]
    assert not list(agent.config_dir.glob("*.json"))


def test_a_set_whose_state_is_lost_is_not_left_behind_without_a_word(agent: ConsulAgent, tmp_path: Path) -> None:
    play(agent, tmp_path, task(agent, [WEB])).ok()
    shutil.rmtree(agent.config_dir / ".registrar")

    refused = play(agent, tmp_path, task(agent, [])).failed[0]
    assert [error["rule"] for error in refused.result["errors"]] == ["file-not-ours"]
    removed = play(agent, tmp_path, task(agent, [], state="absent", adopt=True)).ok().only().result
    assert (removed["changes"], removed["paths"]) == ([{"action": "removed", "file": "services-default.json"}], [])
    assert agent.services() == {}


def test_an_earlier_change_that_was_never_loaded_is_loaded(agent: ConsulAgent, tmp_path: Path) -> None:
    write_set(agent.config_dir, [{"name": "earlier"}])

    result = play(agent, tmp_path, task(agent, [WEB], set="other")).ok().only().result

    assert set(agent.services()) == {"earlier", "web"}
    assert (result["pending"], result["reload"]["services"]) == (False, 2)


def test_later_leaves_the_agent_alone(agent: ConsulAgent, tmp_path: Path) -> None:
    single = {"registrar.consul.service_definition": {"config_dir": str(agent.config_dir), "reload": "later", **WEB}}

    written = play(agent, tmp_path, single).ok().only().result

    assert (written["pending"], "reload" in written) == (True, False), said(written)
    assert agent.services() == {}

    single["registrar.consul.service_definition"]["reload"] = "now"
    assert play(agent, tmp_path, single).ok().only().result["reload"]["verified"]
    assert set(agent.services()) == {"web"}
