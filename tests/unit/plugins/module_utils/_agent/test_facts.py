# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where facts about an agent are taken from, and that none is looked for in vain."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import api as agent_api
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcessError
from ansible_collections.registrar.consul.plugins.module_utils._agent.settings import Settings


class FakeModule:
    """Runs nothing, and says what a binary would."""

    def __init__(self, version: str | None = None) -> None:
        self.version = version
        self.ran: list[list[str]] = []

    def get_bin_path(self, _name: str) -> str | None:
        return "/bin/sh" if self.version else None

    def run_command(self, command: list[str], handle_exceptions: bool = True) -> tuple[int, str, str]:
        self.ran.append(command)
        if self.version == "not for this machine":
            # What Ansible makes of it where nobody else does.
            raise SystemExit if handle_exceptions else OSError(errno.ENOEXEC, "Exec format error")
        return 0, f"Consul {self.version}\nRevision abc\n", ""


def facts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: Any = None, binary: str | None = None, **options: Any) -> AgentFacts:
    """Facts of an agent at a given address that answers like this, or not at all."""

    def get(_api: Any, path: str, _query: Any = None) -> Any:
        assert path == "/v1/agent/self"
        if answer is None:
            raise agent_api.AclDenied("Permission denied")
        return answer

    monkeypatch.setattr(agent_api.AgentApi, "get", get)
    monkeypatch.delenv("CONSUL_HTTP_ADDR", raising=False)
    return AgentFacts(FakeModule(binary), {"config_dir": str(tmp_path), "http_addr": "http://127.0.0.1:1", **options})


@pytest.mark.parametrize(
    ("version", "number", "edition"),
    [
        ("1.8.7", "1.8.7", "community"),
        ("1.10.0+ent", "1.10.0", "enterprise"),
        ("1.17.2+ent.fips1402", "1.17.2", "enterprise"),
        ("1.21.0-dev", "1.21.0-dev", "community"),
    ],
)
def test_the_agent_says_itself_what_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, number: str, edition: str) -> None:
    found = facts(monkeypatch, tmp_path, {"Config": {"Version": version}}, binary="v9.9.9")
    assert found.found_version == (number, edition, "api")
    assert found._module.ran == []


@pytest.mark.parametrize(
    ("binary", "expected"),
    [("v1.4.5", ("1.4.5", "community", "path")), (None, (None, None, None)), ("not for this machine", (None, None, None))],
)
def test_a_binary_has_to_do_where_the_agent_says_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, binary: str | None, expected: tuple[Any, ...]
) -> None:
    found = facts(monkeypatch, tmp_path, None, binary)
    assert found.found_version == expected


def test_a_stopped_agent_is_not_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = facts(monkeypatch, tmp_path, {"Config": {"Version": "1.8.7"}}, http_addr=None)
    assert found.process is None
    assert found.version is None
    assert found.scripts_enabled is None
    assert found.data_dir is None


@pytest.mark.parametrize(
    ("values", "forgetful"),
    [({"dev": True}, True), ({"dev": True, "data_dir": "/x"}, False), ({"data_dir": "/x"}, False), ({}, False), (None, False)],
)
def test_which_agents_forget_what_came_through_their_api(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, values: dict[str, Any] | None, forgetful: bool
) -> None:
    settings = Settings(values, complete=True) if values is not None else None
    monkeypatch.setattr(AgentFacts, "settings", settings)
    assert facts(monkeypatch, tmp_path).is_forgetful is forgetful


@pytest.mark.parametrize(
    ("debug", "enabled"),
    [
        ({"EnableRemoteScriptChecks": False, "EnableLocalScriptChecks": False}, False),
        ({"EnableRemoteScriptChecks": False, "EnableLocalScriptChecks": True}, True),
        ({"EnableRemoteScriptChecks": True}, True),
        ({}, None),
    ],
)
def test_script_checks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, debug: dict[str, bool], enabled: bool | None) -> None:
    assert facts(monkeypatch, tmp_path, {"Config": {}, "DebugConfig": debug}).scripts_enabled is enabled


@pytest.mark.parametrize(
    ("version", "central", "resets"),
    [
        ("1.5.2", True, False),
        ("1.5.3", False, True),
        ("1.7.1", False, True),
        ("1.7.2", False, False),
        ("1.7.8", True, True),
        ("1.7.9", True, False),
        ("1.7.14", True, False),
        ("1.8.0", True, True),
        ("1.8.4", True, True),
        ("1.8.4", False, False),
        ("1.8.5", True, False),
        ("1.10.12", True, False),
    ],
)
def test_versions_whose_reload_makes_checks_critical(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, central: bool, resets: bool
) -> None:
    answer = {"Config": {"Version": version}, "DebugConfig": {"EnableCentralServiceConfig": central}}
    assert facts(monkeypatch, tmp_path, answer).reset_versions() is resets


@pytest.mark.parametrize(("version", "ends"), [("1.7.14", False), ("1.8.0", True), ("1.19.1", True), ("1.19.2", False), ("1.20.0", False)])
def test_versions_that_end_by_an_unknown_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, ends: bool) -> None:
    assert facts(monkeypatch, tmp_path, {"Config": {"Version": version}}).ends_by_unknown_node() is ends


def test_an_unknown_version_is_not_feared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert facts(monkeypatch, tmp_path).reset_versions() is False


def test_where_the_agent_says_nothing_its_own_settings_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = facts(monkeypatch, tmp_path)
    assert (found.scripts_enabled, found.node_name, found.data_dir) == (None, None, None)
    values = {"node_name": "n2", "enable_script_checks": True, "data_dir": "/x"}
    monkeypatch.setattr(found, "settings", Settings(values, complete=True))
    assert (found.scripts_enabled, found.node_name, found.data_dir) == (True, "n2", None)
    monkeypatch.setattr(found, "process", object())
    monkeypatch.setattr(found.agents, "path_of", lambda _process, path: "/root" + path)
    assert found.data_dir == "/root/x"
    monkeypatch.setattr(found, "settings", Settings({}, complete=True))
    assert (found.scripts_enabled, found.node_name, found.data_dir) == (False, None, None)


@pytest.mark.parametrize(
    ("values", "debug", "itself"),
    [
        ({"auto_reload_config": True}, None, True),
        ({"auto_reload_config": False}, None, False),
        ({}, True, True),
        (None, True, True),
        (None, False, False),
        (None, None, False),
    ],
)
def test_whether_it_reads_changed_files_by_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, values: dict[str, Any] | None, debug: bool | None, itself: bool
) -> None:
    found = facts(monkeypatch, tmp_path, {"Config": {}, "DebugConfig": {} if debug is None else {"AutoReloadConfig": debug}})
    monkeypatch.setattr(found, "settings", None if values is None else Settings(values, complete=True))
    assert found.reloads_itself is itself


def test_the_name_of_the_node(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = facts(monkeypatch, tmp_path, {"Config": {"NodeName": "n1"}})
    assert found.node_name == "n1"
    assert found.node_among({"a": {}, "b": {"Node": "n3"}}) == "n3"
    assert found.node_among({"a": {"Node": ""}}) == "n1"


@pytest.mark.parametrize(
    ("debug", "ports"),
    [
        ({"ConnectSidecarMinPort": 1, "ConnectSidecarMaxPort": 2}, (1, 2)),
        ({"ConnectSidecarMinPort": 1}, None),
        ({"ConnectSidecarMaxPort": 2}, None),
        (None, None),
    ],
)
def test_the_ports_for_sidecars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, debug: Any, ports: Any) -> None:
    assert facts(monkeypatch, tmp_path, {"Config": {}, "DebugConfig": debug}).sidecar_ports == ports


@pytest.mark.parametrize(("alive", "same"), [(True, True), (False, False)])
def test_one_that_has_ended_is_looked_for_anew_with_all_that_was_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, alive: bool, same: bool
) -> None:
    found = facts(monkeypatch, tmp_path, {"Config": {"Version": "1.8.7"}})
    first, second = object(), object()
    answers = iter([first, second])
    monkeypatch.setattr(found.agents, "find", lambda **_named: next(answers))
    monkeypatch.setattr(found.agents, "alive", lambda process: alive and process is first)
    assert (found.process, found.version) == (first, "1.8.7")
    assert found.renewed() is (first if same else second)
    assert ("found_version" in vars(found)) is same


def test_where_it_is_not_clear_which_is_in_its_place_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = facts(monkeypatch, tmp_path)

    def find(**_named: Any) -> Any:
        raise AgentProcessError("two")

    monkeypatch.setattr(found.agents, "find", find)
    assert (found.renewed(), found.process) == (None, None)


@pytest.mark.parametrize(
    ("failure", "answers"),
    [(None, True), (agent_api.AclDenied("no"), True), (agent_api.Blocked("no"), True), (agent_api.ApiError("down"), False)],
)
def test_whether_anybody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, failure: Exception | None, answers: bool) -> None:
    def get(_api: Any, path: str, _query: Any = None) -> Any:
        assert path == "/v1/agent/services"
        if failure is not None:
            raise failure
        return {}

    found = facts(monkeypatch, tmp_path)
    monkeypatch.setattr(agent_api.AgentApi, "get", get)
    assert (found.answers, found.silence) == (answers, "" if answers else "down")
    found.patience(17)
    assert found.api.timeout == 17
    nowhere = facts(monkeypatch, tmp_path, http_addr=None)
    monkeypatch.setattr(agent_api.AgentApi, "get", get)
    assert not nowhere.answers
