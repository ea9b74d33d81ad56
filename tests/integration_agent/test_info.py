# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""service_definition_info on real directories, with and without an agent."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.handwritten import FILES, PLANTED
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook, tasks_play

StartAgent = Callable[..., ConsulAgent]


def look(workdir: Path, config_dir: Path, *, run: dict[str, Any] | None = None, **options: Any) -> PlaybookResult:
    task = {"name": "Look", "registrar.consul.service_definition_info": {"config_dir": str(config_dir), **options}, "register": "seen"}
    return run_playbook(workdir, tasks_play(task, {"name": "Show", "ansible.builtin.debug": {"var": "seen"}}), **(run or {}))


def info(workdir: Path, config_dir: Path, **options: Any) -> dict[str, Any]:
    return look(workdir, config_dir, **options).ok().task("Look").result


def rules(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(finding["path"], finding["rule"]) for finding in result["findings"]]


def service(agent: ConsulAgent, services: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """A task that writes a set as a user would."""
    return {"registrar.consul.service_definitions": {"config_dir": str(agent.config_dir), "services": services, **options}}


def write(workdir: Path, *tasks: dict[str, Any]) -> None:
    run_playbook(workdir, tasks_play(*tasks)).ok()


def snapshot(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Everything below a folder, with what any change to it would change."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
    return found


def test_without_agent_and_without_state_the_files_are_judged_as_when_writing(tmp_path: Path) -> None:
    folder = tmp_path / "consul.d"
    folder.mkdir(mode=0o750)
    services = [{"name": "web", "checks": [{"http": "http://127.0.0.1/"}]}, {"name": "web", "prot": 1}]
    (folder / "web.json").write_text(json.dumps({"services": services}), encoding="utf-8")
    (folder / "consul.hcl").write_text('log_level = "INFO"\n', encoding="utf-8")
    before = snapshot(folder)
    writing = {
        "name": "Write",
        "registrar.consul.service_definitions": {"config_dir": str(folder), "services": services, "consul_version": "1.8.7"},
    }

    result = info(tmp_path / "run", folder, consul_version="1.8.7", run={"check": True})
    refused = run_playbook(tmp_path / "run", tasks_play(writing)).task("Write").result["errors"]

    assert snapshot(folder) == before
    assert result["changed"] is False
    assert result["healthy"] is False
    assert result["findings"][0]["path"] == "web.json → services[0] (web) → checks[0].interval"
    assert [{**finding, "path": finding["path"][len("web.json → ") :]} for finding in result["findings"]] == [
        {**error, "file": "web.json", "message": error["message"].replace("by services", "by web.json → services")} for error in refused
    ]
    assert [(file["name"], file["owner"], file["format"], file["settings"]) for file in result["files"]] == [
        ("consul.hcl", "foreign", "hcl", True),
        ("web.json", "foreign", "json", False),
    ]
    assert result["agent"]["state"] == "absent"
    assert result["pending"] is False


@pytest.mark.slow
def test_whose_the_files_are_and_what_became_of_them(tmp_path: Path, agent: ConsulAgent) -> None:
    write(
        tmp_path / "write",
        service(agent, [{"name": "web"}], set="front", reload="later"),
        service(agent, [{"name": "db"}, {"name": "cache"}], set="back", layout="per_service", reload="later"),
        {"registrar.consul.service_definition": {"config_dir": str(agent.config_dir), "name": "single", "reload": "later"}},
    )
    agent.write("by-hand.hcl", 'service { name = "by-hand" }\n')
    agent.reload()
    (agent.config_dir / "service-cache.json").unlink()
    edited = agent.config_dir / "services-front.json"
    edited.write_text(edited.read_text(encoding="utf-8").replace("web", "wob"), encoding="utf-8")

    result = info(tmp_path / "look", agent.config_dir)

    assert {file["name"]: (file["owner"], file["edited"]) for file in result["files"]} == {
        "by-hand.hcl": ("foreign", False),
        "service-db.json": ("set:back", False),
        "service-single.json": ("file:service-single.json", False),
        "services-front.json": ("set:front", True),
    }
    assert result["pending"] is True
    assert set(rules(result)) >= {
        ("services-front.json", "file-edited"),
        ("service-cache.json", "file-deleted"),
        ("directory", "change-unverified"),
        ("services-front.json → services[0] (wob)", "agent-lacks-service"),
    }
    assert result["drift"]["missing"] == [{"file": "services-front.json", "service": "wob", "check": ""}]


def test_drift_in_both_directions_and_what_is_none(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server", config={"services": [{"name": "from-base"}]})
    agent.write("web.json", {"services": [{"name": "web", "port": 1, "check": {"id": "alive", "ttl": "1h"}}, {"name": "gone"}]})
    agent.write("old.json", {"service": {"name": "old"}})
    agent.register({"Name": "api"})
    agent.put("/v1/agent/check/register", {"Name": "api-check", "TTL": "1h"})
    agent.reload()
    agent.put("/v1/agent/service/maintenance/web?enable=true")
    agent.put("/v1/agent/service/deregister/gone")
    agent.put("/v1/agent/check/deregister/alive")
    (agent.config_dir / "old.json").unlink()
    agent.write("web.json", {"services": [{"name": "web", "port": 2, "check": {"id": "alive", "ttl": "1h"}}, {"name": "gone"}]})

    result = info(tmp_path, agent.config_dir)

    assert result["drift"] == {
        "missing": [{"file": "web.json", "service": "gone", "check": ""}, {"file": "web.json", "service": "web", "check": "alive"}],
        "different": [{"file": "web.json", "service": "web", "check": "", "field": "port", "reason": "2 in the file, 1 on the agent"}],
        "unexpected": [{"service": "old", "check": ""}],
    }
    assert {found["id"]: found["origin"] for found in result["agent"]["services"]} == {
        "api": "api",
        "from-base": "elsewhere",
        "old": "removed",
    }
    assert [(found["id"], found["origin"]) for found in result["agent"]["checks"]] == [("api-check", "api")]
    assert rules(result) == [
        ("web.json → services[1] (gone)", "agent-lacks-service"),
        ("web.json → services[0] (web) → port", "agent-differs"),
        ("web.json → services[0] (web) → check alive", "agent-lacks-check"),
        ("service old", "agent-still-has-service"),
    ]


def test_the_directory_itself_can_be_the_trouble(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent()
    agent.write("web.json", {"service": {"name": "web"}})
    agent.reload()
    folder = agent.config_dir
    (folder / ".#web.json").symlink_to("somebody@somewhere")
    (folder / "empty.json").touch()
    os.mkfifo(folder / "pipe.json")
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(folder / "s.json"))
        (folder / "loop.hcl").symlink_to("loop.hcl")
        (folder / "broken.hcl").write_text("service {\n", encoding="utf-8")
        (folder / "sub.json").mkdir()
        (folder / "notes.txt").write_text("{", encoding="utf-8")

        result = info(tmp_path, folder)

    assert rules(result) == [
        (".#web.json", "directory-broken"),
        ("broken.hcl", "directory-broken"),
        ("empty.json", "file-empty"),
        ("loop.hcl", "directory-broken"),
        ("pipe.json", "directory-broken"),
        ("s.json", "directory-broken"),
    ]
    assert result["files"][2]["problems"] == ["file-empty"]


def test_ids_that_stand_twice_are_found_across_files_and_kinds(tmp_path: Path) -> None:
    folder = tmp_path / "consul.d"
    folder.mkdir()
    contents: dict[str, Any] = {
        "a.json": {"service": {"name": "web", "port": 1, "check": {"id": "c", "ttl": "1h"}, "connect": {"sidecar_service": {}}}},
        "b.json": {"service": {"name": "x", "id": "web-sidecar-proxy", "check": {"ttl": "1h"}}},
        "c.json": {"check": {"id": "c", "ttl": "1h"}},
    }
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")

    result = info(tmp_path / "run", folder, consul_version="1.8.7")

    assert rules(result) == [("b.json → service (web-sidecar-proxy) → id", "service-id-unique"), ("c.json → check → id", "check-id-unique")]
    assert [(entry["kind"], entry["id"], entry["places"]) for entry in result["duplicates"]] == [
        ("check", "c", ["a.json → service (web)", "c.json → check"]),
        ("service", "web-sidecar-proxy", ["a.json → service (web)", "b.json → service (web-sidecar-proxy)"]),
    ]


def test_no_secret_is_shown_registered_or_written_anywhere(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server", enable_local_script_checks=True)
    for name, content in FILES.items():
        agent.write(name, content)
    agent.write(
        "odd-token.json", {"service": {"name": "wrong", "acl_token": PLANTED, "tokn": PLANTED, "check": {"heder": {"X": [PLANTED]}}}}
    )
    agent.write("token-as-a-list.json", {"service": {"name": "shapes", "token": [PLANTED, {"x": PLANTED}]}})
    agent.write("settings.json", {"encrypt": PLANTED, "acl": {"tokens": {"agent": PLANTED}}})
    agent.write("torn.json", '{"service": {"token": "%s' % PLANTED)
    agent.register({"Name": "api", "Checks": [{"HTTP": "http://127.0.0.1/", "Interval": "1h", "Header": {"X-Key": [PLANTED]}}]})

    result = look(tmp_path, agent.config_dir, export=True, run={"verbosity": 5, "environment": {"ANSIBLE_DEBUG": "1"}}).ok()

    assert "tokn" in json.dumps(result.task("Look").result)
    assert PLANTED not in result.stdout + result.stderr
    assert PLANTED not in json.dumps([task.result for task in result.tasks])
    written = [path for path in tmp_path.rglob("*") if path.is_file() and agent.root not in path.parents]
    assert written
    assert [path for path in written if PLANTED.encode() in path.read_bytes()] == []
    assert "survey" not in result.task("Look").result


@pytest.mark.parametrize("with_token", [True, False])
def test_under_acls_nothing_is_claimed_that_was_not_seen(tmp_path: Path, start_agent: StartAgent, with_token: bool) -> None:
    agent = start_agent(acl=True)
    agent.write("web.json", {"service": {"name": "web"}})
    agent.reload()

    result = info(tmp_path, agent.config_dir, **({"http_token": agent.token} if with_token else {}))

    assert result["agent"]["compared"] is with_token
    assert result["drift"]["missing"] == []
    assert rules(result) == ([] if with_token else [("agent", "agent-not-compared")])
    if not with_token:
        assert "the token may not see 1 of 1 services" in result["agent"]["reason"]


@pytest.mark.slow
def test_the_version_decides_and_warnings_can_be_silenced(tmp_path: Path) -> None:
    folder = tmp_path / "consul.d"
    folder.mkdir()
    proxy = {"name": "p", "kind": "connect-proxy", "port": 1, "proxy_destination": "web_1", "tags": ["a b"]}
    (folder / "p.json").write_text(json.dumps({"service": proxy}), encoding="utf-8")

    def seen(**options: Any) -> list[str]:
        return sorted({rule for _path, rule in rules(info(tmp_path / "run", folder, **options))})

    assert "deprecated" in seen(consul_version="1.4.5")
    assert "field-removed" in seen(consul_version="1.8.7")
    assert "dns-tag" in seen(consul_version="1.4.5")
    assert "dns-tag" not in seen(consul_version="1.4.5", silence=["dns-tag", "file-edited"])


@pytest.mark.slow
def test_options_are_checked_before_anything_is_done(tmp_path: Path) -> None:
    missing = look(tmp_path / "a", tmp_path / "nowhere")
    assert missing.rc == 2
    assert missing.task("Look").said.startswith(f"1 error.\n{tmp_path}/nowhere: does not exist.")
    assert "errors" in missing.task("Look").result

    wrong = look(tmp_path / "b", tmp_path, silence=["service-id-unique"])
    assert "silence: service-id-unique: no rule that only warns has this id." in wrong.task("Look").said
    assert "is no option" in look(tmp_path / "c", tmp_path, config_dri="x").task("Look").msg
