# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write, reload, verify and put back in one task."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import said, warnings_of, write_set
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


def test_check_mode_foresees_why_the_agent_would_not_be_told(agent: ConsulAgent, tmp_path: Path) -> None:
    play(agent, tmp_path, task(agent, [WEB])).ok()
    agent.register({"Name": "taken", "Port": 1})
    services = [dict(WEB, port=81), {"name": "taken", "port": 5}]

    forecast = play(agent, tmp_path, task(agent, services), check=True).failed[0]

    assert [(error["path"], error["rule"]) for error in forecast.result["errors"]] == [("service taken", "id-of-api-service")]
    assert forecast.result["errors"] == play(agent, tmp_path, task(agent, services)).failed[0].result["errors"]
    allowed = play(agent, tmp_path, task(agent, services, take_over=True), check=True).ok().only().result
    assert (allowed["changed"], allowed["reload"]["services"]) == (True, 2)
    assert (agent.services()["web"]["Port"], agent.services()["taken"]["Port"]) == (80, 1)


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
    "options", [{"http_token_file": "/no/such"}, {"http_addr": "http://127.0.0.1:x"}, {"http_addr": "https://x", "ca_cert": "/no"}]
)
def test_with_what_the_agent_cannot_be_asked_nothing_is_written(agent: ConsulAgent, tmp_path: Path, options: dict[str, str]) -> None:
    refused = play(agent, tmp_path, task(agent, [WEB], **options)).failed[0]

    assert [error["rule"] for error in refused.result["errors"]] == ["agent-options"]
    assert not list(agent.config_dir.glob("*.json"))


def test_a_set_whose_state_is_lost_is_not_left_behind_without_a_word(agent: ConsulAgent, tmp_path: Path) -> None:
    play(agent, tmp_path, task(agent, [WEB])).ok()
    shutil.rmtree(agent.config_dir / ".registrar")

    refused = play(agent, tmp_path, task(agent, [])).failed[0]
    assert [error["rule"] for error in refused.result["errors"]] == ["file-not-ours"]
    removed = play(agent, tmp_path, task(agent, [], state="absent", adopt=True)).ok().only().result
    assert (removed["changes"], removed["paths"]) == ([{"action": "removed", "file": "services-default.json"}], [])
    assert agent.services() == {}


def test_files_that_stay_when_the_agent_does_not_answer_are_named(agent: ConsulAgent, tmp_path: Path) -> None:
    stay = " The files stay changed: services-default.json. The next run has the agent load them; it reads them, too, when it starts."

    refused = play(agent, tmp_path, task(agent, [WEB], http_addr="127.0.0.1:1", reload_timeout=1)).failed[0]

    assert refused.result["msg"].endswith(stay)
    assert play(agent, tmp_path, task(agent, [WEB])).ok().only().result["reload"]["verified"]


def test_values_that_no_run_can_use_are_refused_before_anything_changes(agent: ConsulAgent, tmp_path: Path) -> None:
    unusable: list[dict[str, Any]] = [{"config_dir": ""}, {"reload_timeout": 0}, {"reload_timeout": -1}]
    tasks = [task(agent, [WEB], **options) for options in unusable]
    tasks += [{"registrar.consul.agent_reload": {"config_dir": str(agent.config_dir), "timeout": 0}}]

    refused = play(agent, tmp_path, *({**each, "ignore_errors": True} for each in tasks)).ok().tasks

    assert [result.result["errors"][0]["path"] for result in refused] == ["config_dir", "reload_timeout", "reload_timeout", "timeout"]
    assert {result.msg for result in refused} == {"1 error, and nothing was changed."}
    assert list(agent.config_dir.iterdir()) == []
    # Longer than sockets can wait.
    assert play(agent, tmp_path, task(agent, [WEB], reload_timeout=10**12)).ok().only().result["reload"]["verified"]


def test_an_earlier_change_that_was_never_loaded_is_loaded(agent: ConsulAgent, tmp_path: Path) -> None:
    write_set(agent.config_dir, [{"name": "earlier"}])

    result = play(agent, tmp_path, task(agent, [WEB], set="other")).ok().only().result

    assert set(agent.services()) == {"earlier", "web"}
    assert (result["pending"], result["reload"]["services"]) == (False, 2)


def test_what_goes_since_somebody_has_deleted_the_file_of_another_set_is_said(agent: ConsulAgent, tmp_path: Path) -> None:
    play(agent, tmp_path, task(agent, [WEB], set="other"), task(agent, [{"name": "own"}])).ok()
    deleted = agent.config_dir / "services-other.json"
    deleted.unlink()

    warned = warnings_of(play(agent, tmp_path, task(agent, [{"name": "own", "port": 1}])).ok().only().result)

    assert [text for text in warned if "registered through its API" in text or "deleted" in text] == [
        f"{deleted}, of the set other, was deleted by hand, and so the agent loses by this reload what it declared: web. "
        "The next run of the set other writes it again."
    ]
    assert set(agent.services()) == {"own"}


def test_never_forgets_only_what_is_its_own(agent: ConsulAgent, tmp_path: Path) -> None:
    own = [task(agent, [{"name": "own"}], set="own", reload=reload) for reload in ("later", "never")]

    play(agent, tmp_path, own[0], task(agent, [WEB], reload="later"), own[1]).ok()
    result = play(agent, tmp_path, task(agent, [WEB])).ok().only().result

    assert result["reload"]["verified"]
    assert set(agent.services()) == {"own", "web"}

    # What goes back then is what waited, and nothing that somebody else was to tell of.
    agent.write("zzz.json", {"service": {"port": 1}})
    changes = [
        task(agent, [dict(WEB, port=81)], reload="later", preflight="none"),
        task(agent, [], set="own", reload="never", preflight="none"),
    ]
    refused = play(agent, tmp_path, *changes, {"registrar.consul.agent_reload": {"config_dir": str(agent.config_dir)}}).failed[0]
    assert refused.msg == "The agent was not told to reload. The files are as they were before: services-default.json."
    assert not (agent.config_dir / "services-own.json").exists()


def test_later_leaves_the_agent_alone(agent: ConsulAgent, tmp_path: Path) -> None:
    single = {"registrar.consul.service_definition": {"config_dir": str(agent.config_dir), "reload": "later", **WEB}}

    written = play(agent, tmp_path, single).ok().only().result

    assert (written["pending"], "reload" in written) == (True, False), said(written)
    assert agent.services() == {}

    single["registrar.consul.service_definition"]["reload"] = "now"
    assert play(agent, tmp_path, single).ok().only().result["reload"]["verified"]
    assert set(agent.services()) == {"web"}
