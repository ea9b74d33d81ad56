# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the words of an agent that was started for trial; that real ones say them is tested elsewhere."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions, parse
from ansible_collections.registrar.consul.plugins.module_utils._write import trial as trial_file
from ansible_collections.registrar.consul.plugins.module_utils._write.trial import trial

WEB = parse("web.json", b'{"service": {"name": "web", "id": "web-1"}}')


class Process:
    """Runs until it is told to end."""

    def __init__(self, runs: bool) -> None:
        self.runs = runs

    def poll(self) -> int | None:
        return None if self.runs else 0

    def terminate(self) -> None:
        self.runs = False


def tried(
    tmp_path: Path, code: int = 0, output: str = "", errors: str = "", runs: bool = False, coming: Definitions = WEB, **seen: Any
) -> list[tuple[str, str, str]]:
    """The findings for a service beside one that stays, of an agent that ends like this; seen gets what it was started with."""
    process = Process(runs)

    def run_command(command: list[str], before_communicate_callback: Any) -> tuple[int, str, str]:
        assert command[0] == "consul"
        folder = Path(command[command.index("-config-dir") + 1])
        assert [path.stat().st_mode & 0o7777 for path in (folder, folder.parent)] == [0o700, 0o700]
        seen.get("documents", {}).update({path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()})
        seen.get("settings", {}).update(json.loads(Path(command[command.index("-config-file") + 1]).read_text(encoding="utf-8")))
        before_communicate_callback(process)
        return code, output, errors

    staying = [SimpleNamespace(name="db.json", definitions=parse("db.json", b'{"service": {"name": "db"}}'))]
    candidate: Any = SimpleNamespace(
        directory=SimpleNamespace(path="/etc/consul.d"),
        staying=staying,
        coming={"web.json": coming},
        secrets=lambda: {"planted"},
    )
    found = trial(candidate, ["consul"], run_command, str(tmp_path), seen.get("scripts", False))
    assert not process.runs
    assert list(tmp_path.iterdir()) == []
    return [(finding["severity"], finding["path"], finding["message"]) for finding in found]


@pytest.mark.parametrize(
    ("output", "errors", "words"),
    [
        ("==> Error starting agent: no name\n", "", "Error starting agent: no name"),
        ("", "    2026 [ERROR] agent: error starting: bad planted\nmore\n", "error starting: bad ********"),
        (f"==> Error {'x' * 3000}\n", "", f"Error {'x' * 1994}"),
        (f"==> Error {'x' * 1990}planted\n", "", f"Error {'x' * 1990}****"),
        ("x [ERROR] one\n", "==> Error two\nx [INFO] three\n", "one Error two"),
    ],
)
def test_the_words_of_a_refusal(tmp_path: Path, output: str, errors: str, words: str) -> None:
    refused = ("error", "/etc/consul.d", f"an agent refuses to load the directory as it would be: {words}")
    assert tried(tmp_path, 1, output, errors) == [refused]


@pytest.mark.parametrize(("code", "output"), [(1, "nothing to see"), (2, "==> Error of another kind"), (-9, "")])
def test_another_end_is_no_verdict(tmp_path: Path, code: int, output: str) -> None:
    ((severity, _path, message),) = tried(tmp_path, code, output)
    assert severity == "warning"
    assert message.startswith(f"the trial agent did not come to a verdict (status {code}). {'Error' if code == 2 else ''}")


def test_what_the_agent_would_not_have_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgentApi, "get", lambda _api, path: {"db": {}} if path == "/v1/agent/services" else None)
    assert tried(tmp_path, runs=True) == [("error", "/etc/consul.d", "an agent would not register web-1.")]
    monkeypatch.setattr(AgentApi, "get", lambda _api, _path: {"db": {}, "web-1": {}})
    assert tried(tmp_path, runs=True) == []


def started_with(tmp_path: Path, coming: Definitions) -> dict[str, Any]:
    """What the agent is given in place of the definitions that come."""
    documents: dict[str, Any] = {}
    tried(tmp_path, coming=coming, documents=documents)
    assert list(documents) == ["000000.json", "000001.json"] or list(documents) == ["000001.json", "000000.json"]
    assert documents["000000.json"] == {"services": [{"name": "db"}], "checks": []}
    web: dict[str, Any] = documents["000001.json"]
    return web


@pytest.mark.parametrize(
    ("check", "given"),
    [
        ({"http": "h", "interval": "10s"}, {"http": "h", "interval": "87600h"}),
        ({"http": "h", "interval": "1ns"}, {"http": "h", "interval": "87600h"}),
        # What is wrong stays: the agent is to find it.
        ({"http": "h", "interval": "0s"}, {"http": "h", "interval": "0s"}),
        ({"http": "h", "interval": "x"}, {"http": "h", "interval": "x"}),
        ({"http": "h", "interval": 1}, {"http": "h", "interval": 1}),
        ({"ttl": "1s"}, {"ttl": "1s"}),
    ],
)
def test_no_check_runs(tmp_path: Path, check: dict[str, Any], given: dict[str, Any]) -> None:
    sidecar = {"check": check, "checks": [check]}
    service = {"name": "web", "check": check, "checks": [check, 1], "connect": {"sidecar_service": sidecar}}
    document = started_with(tmp_path, Definitions([service], [{"name": "own", **check}]))
    (web,) = document["services"]
    assert (web["check"], web["checks"]) == (given, [given, 1])
    assert web["connect"]["sidecar_service"] == {"check": given, "checks": [given]}
    assert document["checks"] == [{"name": "own", **given}]
    assert service["check"] == check


def test_a_sidecar_gets_no_checks_of_the_agents_own(tmp_path: Path) -> None:
    (web,) = started_with(tmp_path, Definitions([{"name": "web", "connect": {"sidecar_service": {}}}], []))["services"]
    assert web["connect"] == {"sidecar_service": {"check": {"ttl": "87600h"}}}
    (web,) = started_with(tmp_path, Definitions([{"name": "web", "connect": {"sidecar_service": {"checks": [{"ttl": "1s"}]}}}], []))[
        "services"
    ]
    assert web["connect"] == {"sidecar_service": {"checks": [{"ttl": "1s"}]}}
    assert started_with(tmp_path, Definitions([{"name": "web", "connect": None}], []))["services"] == [{"name": "web", "connect": None}]


def test_a_check_of_a_service_that_comes_from_elsewhere_is_tried_without_it(tmp_path: Path) -> None:
    checks = [{"name": "x", "service_id": name, "ttl": "1s"} for name in ("db", ["wrong"], "elsewhere")]
    assert started_with(tmp_path, Definitions([], checks))["checks"] == [*checks[:2], {"name": "x", "ttl": "1s"}]


@pytest.mark.parametrize("scripts", [True, False])
def test_the_agent_meets_nobody(tmp_path: Path, scripts: bool) -> None:
    settings: dict[str, Any] = {}
    tried(tmp_path, settings=settings, scripts=scripts)
    ports = settings["ports"]
    assert (settings["bind_addr"], settings["disable_update_check"], settings["leave_on_terminate"]) == ("127.0.0.1", True, False)
    assert settings["enable_local_script_checks"] is scripts
    assert settings["addresses"]["http"].startswith(f"unix://{tmp_path}/trial-")
    assert (ports["dns"], ports["grpc"], ports["https"], ports["serf_wan"]) == (-1, -1, -1, -1)
    assert ports["serf_lan"] > 0


def test_an_answer_that_takes_its_time_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(_api: AgentApi, _path: str) -> dict[str, Any]:
        time.sleep(0.05)
        return {"db": {}, "web-1": {}}

    monkeypatch.setattr(AgentApi, "get", get)
    assert tried(tmp_path, runs=True) == []


def test_one_that_is_not_ready_in_time_has_refused_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_file, "_PATIENCE", 0.0)
    ((severity, _path, message),) = tried(tmp_path, 1, "x [ERROR] agent.anti_entropy: failed to sync\n", runs=True)
    assert (severity, message.partition(".")[0]) == ("warning", "the trial agent did not come to a verdict (status 1)")


@pytest.mark.parametrize(("room", "inside"), [(1, True), (0, False)])
def test_a_socket_has_a_short_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, inside: bool) -> None:
    monkeypatch.setattr(trial_file, "_LONGEST_SOCKET", len(str(tmp_path)) + 20 + room)
    settings: dict[str, Any] = {}
    tried(tmp_path, settings=settings)
    assert settings["data_dir"].startswith(f"{tmp_path}/") is inside
