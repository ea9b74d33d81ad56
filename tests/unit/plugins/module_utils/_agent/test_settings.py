# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of an agent's command line and files."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess, Agents
from ansible_collections.registrar.consul.plugins.module_utils._agent.settings import Settings, settings_of


def settings(tmp_path: Path, *arguments: str, files: dict[str, Any] | None = None) -> Settings:
    """Settings of an agent with these arguments and these files in its config-dir."""
    config_dir = tmp_path / "consul.d"
    config_dir.mkdir(exist_ok=True)
    for name, content in (files or {}).items():
        (config_dir / name).write_text(content if isinstance(content, str) else json.dumps(content))
    argv = ["consul", "agent", "-config-dir", str(config_dir), *arguments]
    process = AgentProcess(os.getpid(), 1, argv, "/usr/bin/consul", 0, 0, [], 0.0)
    return settings_of(process, Agents(str(config_dir)))


@pytest.mark.parametrize(
    ("arguments", "files", "address"),
    [
        ([], {}, "http://127.0.0.1:8500"),
        (["-http-port", "8600"], {}, "http://127.0.0.1:8600"),
        (["-http-port=8600"], {"a.json": {"ports": {"http": 1}}}, "http://127.0.0.1:8600"),
        (["-client", "10.0.0.1"], {}, "http://10.0.0.1:8500"),
        ([], {"a.json": {"client_addr": "0.0.0.0"}}, "http://127.0.0.1:8500"),
        ([], {"a.json": {"client_addr": "::"}}, "http://[::1]:8500"),
        ([], {"a.json": {"client_addr": "fe80::1"}}, "http://[fe80::1]:8500"),
        ([], {"a.json": {"client_addr": "127.0.0.1 10.0.0.1"}}, "http://127.0.0.1:8500"),
        ([], {"a.json": {"client_addr": '{{ GetInterfaceIP "eth0" }}'}}, "http://127.0.0.1:8500"),
        ([], {"a.json": {"client_addr": "10.0.0.1", "addresses": {"http": "127.0.0.2"}}}, "http://127.0.0.2:8500"),
        ([], {"a.json": {"addresses": {"http": "unix:///run/consul.sock"}}}, "unix:///run/consul.sock"),
        ([], {"a.json": {"ports": {"http": -1, "https": 8501}}}, "https://127.0.0.1:8501"),
        ([], {"a.json": {"ports": {"http": -1}}, "b.json": {"ports": {"https": 8502}}}, "https://127.0.0.1:8502"),
        ([], {"a.json": {"ports": {"http": -1}}}, None),
        ([], {"a.hcl": "ports { http = 8600 }\nports { https = 1 }"}, "http://127.0.0.1:8600"),
        ([], {"a.hcl": "ports = { http = 8600 }", "b.json": {"Ports": {"http": 8700}}}, "http://127.0.0.1:8700"),
        (["-hcl", "ports { http = 8800 }", "-http-port=1"], {"a.json": {"ports": {"http": 8700}}}, "http://127.0.0.1:8800"),
        (["-http-port=8600"], {"a.json": {"ports": 5}}, "http://127.0.0.1:8600"),
        ([], {"a.json": {"ports": {"http": 8600}}, "b.json": {"ports": ["x"]}}, "http://127.0.0.1:8600"),
        ([], {"a.json": {"addresses": "10.0.0.1"}, "b.json": [1, "ports"]}, "http://127.0.0.1:8500"),
        ([], {"a.json": {"client_addr": " "}}, "http://127.0.0.1:8500"),
        ([], {"a.txt": {"ports": {"http": 8700}}}, "http://127.0.0.1:8500"),
    ],
)
def test_where_the_agent_answers(tmp_path: Path, arguments: list[str], files: dict[str, Any], address: str | None) -> None:
    assert settings(tmp_path, *arguments, files=files).http_address() == address


def test_files_count_in_the_order_of_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "first.json").write_text('{"ports": {"http": 1}}')
    (tmp_path / "last.json").write_text('{"ports": {"http": 3}}')
    files = {"a.json": {"ports": {"http": 2}}}
    argv = ["-config-file", str(tmp_path / "last.json")]
    assert settings(tmp_path, *argv, files=files).http_address() == "http://127.0.0.1:3"


@pytest.mark.parametrize(
    ("arguments", "files", "enabled"),
    [
        ([], {}, False),
        (["-enable-local-script-checks"], {}, True),
        (["-enable-script-checks=true"], {}, True),
        (["-enable-script-checks=T"], {}, True),
        (["-enable-script-checks=false"], {"a.json": {"enable_script_checks": True}}, False),
        ([], {"a.json": {"enable_local_script_checks": True}}, True),
        ([], {"a.json": {"enable_script_checks": False}}, False),
        ([], {"a.json": '{"data_dir": broken'}, None),
        ([], {"a.json": {"data_dir": ["/a"]}}, None),
        ([], {"a.json": '{"data_dir": ' + "[" * 100000}, None),
        (["-config-file", "/nonexistent/base.json"], {}, None),
        (["-hcl", "data_dir {{{"], {}, None),
    ],
)
def test_script_checks(tmp_path: Path, arguments: list[str], files: dict[str, Any], enabled: bool | None) -> None:
    assert settings(tmp_path, *arguments, files=files).scripts_enabled() is enabled


def test_joins_that_block_the_start(tmp_path: Path) -> None:
    files = {"a.json": {"start_join": ["10.0.0.1", "10.0.0.2"]}, "b.json": {"retry_join": ["10.0.0.3"]}}
    assert settings(tmp_path, "-join", "10.0.0.4", "-retry-join", "10.0.0.5", files=files).joins() == 3
    assert settings(tmp_path / "..", files={}).joins() == 0


def test_where_the_agent_keeps_its_data(tmp_path: Path) -> None:
    assert settings(tmp_path, "-data-dir", "/a", files={"a.json": {"data_dir": "/b"}}).values["data_dir"] == "/a"
    assert settings(tmp_path, "-dev").values["dev"] is True


def test_settings_on_the_command_line_count_as_those_of_files(tmp_path: Path) -> None:
    found = settings(tmp_path, "-hcl", 'data_dir = "/a"', files={"a.json": {"data_dir": "/b"}})
    assert (found.complete, found.values) == (True, {"data_dir": "/a"})


def test_files_of_services_are_not_parsed(tmp_path: Path) -> None:
    """A broken file of somebody's services says nothing about the settings."""
    assert settings(tmp_path, files={"a.json": '{"services": ['}).complete


def test_what_cannot_be_listed_or_is_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(tmp_path, "-http-port", "odd").http_address() == "http://127.0.0.1:8500"
    assert settings(tmp_path, "-http-port", "1").http_address() == "http://127.0.0.1:1"
    assert settings(tmp_path, "-http-port", "0").http_address() is None
    assert settings(tmp_path, "-https-port", "2", "-http-port", "-1").http_address() == "https://127.0.0.1:2"

    def deny(_path: str) -> list[str]:
        raise PermissionError

    monkeypatch.setattr(os, "listdir", deny)
    found = settings(tmp_path, "-config-file", "/nonexistent.json", "-data-dir", "/a")
    assert (found.complete, found.values) == (False, {"data_dir": "/a"})


def test_files_that_cannot_be_read_do_not_hide_the_others(tmp_path: Path) -> None:
    found = settings(tmp_path, "-config-file", "/nonexistent.json", files={"a.json": '{"data_dir"', "b.json": {"node_name": "n", "zzz": 1}})
    assert (found.complete, found.values) == (False, {"node_name": "n"})
