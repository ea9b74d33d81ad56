# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real consul is asked before anything changes: by consul validate, or by a trial agent."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary
from ansible_collections.registrar.consul.tests.support.runs import target
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, contents, write

WEB = {"name": "web", "port": 80}
UNKNOWN_KEY = {"name": "bad", "misspelt": 1}
# In a sidecar no version of validate looks at checks.
NO_INTERVAL = {"name": "bad", "port": 1, "connect": {"sidecar_service": {"check": {"http": "http://127.0.0.1:1/"}}}}
SECRET = {"name": "bad", "token": "planted-token", "check": {"ttl": "planted-token"}}


@pytest.fixture(autouse=True)
def with_consul(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = target.Module.get_bin_path
    monkeypatch.setattr(target.Module, "get_bin_path", staticmethod(lambda name: str(consul_binary()) if name == "consul" else plain(name)))


@pytest.fixture
def preflight(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    config_dir, work = tmp_path / "consul.d", tmp_path / "work"
    config_dir.mkdir()
    work.mkdir()

    def run(files: dict[str, str | None], how: str = "validate", **options: Any) -> dict[str, Any]:
        try:
            return write(config_dir, files, preflight=how, tmpdir=work, **options)
        finally:
            assert list(work.iterdir()) == [], "the new contents were left behind"

    return run


@pytest.mark.parametrize("how", ["validate", "trial"])
def test_good_definitions_pass(preflight: Callable[..., dict[str, Any]], tmp_path: Path, how: str) -> None:
    (tmp_path / "consul.d/foreign.hcl").write_text('service { name = "db" port = 1 }', encoding="utf-8")

    result = preflight(bundle([WEB, {"name": "api", "port": 1, "connect": {"sidecar_service": {}}}]), how)

    assert result["changed"]
    assert result["rule_warnings"] == []


@pytest.mark.parametrize("how", ["validate", "trial"])
def test_what_makes_agents_refuse_a_reload_is_found(preflight: Callable[..., dict[str, Any]], tmp_path: Path, how: str) -> None:
    with pytest.raises(Refused, match=r"consul validate refuses the new definitions: .*misspelt") as refused:
        preflight(bundle([UNKNOWN_KEY]), how)

    assert str(tmp_path / "consul.d/services-web.json") in str(refused.value), "named as it would be, not as it was staged"
    assert contents(tmp_path / "consul.d") == {}


def test_validate_does_not_find_what_makes_agents_stop_half_way(preflight: Callable[..., dict[str, Any]]) -> None:
    assert preflight(bundle([NO_INTERVAL]))["changed"]


def test_a_trial_does(preflight: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"an agent refuses to load the directory as it would be: .*Interval must be > 0"):
        preflight(bundle([NO_INTERVAL]), "trial")

    assert contents(tmp_path / "consul.d") == {}


def test_a_trial_knows_whether_scripts_may_run(preflight: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts

    script = {"name": "web", "check": {"args": ["/bin/true"], "interval": "10s"}}
    monkeypatch.setattr(AgentFacts, "scripts_enabled", False)

    with pytest.raises(Refused, match="Scripts are disabled on this agent"):
        preflight(bundle([script]), "trial")


def test_a_trial_runs_no_check_and_ends(preflight: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    checks = [{"args": ["/bin/sh", "-c", f"touch {marks}/$$"], "interval": "1ns"} for _number in range(20)]

    assert preflight(bundle([{"name": "web", "checks": checks}]), "trial")["changed"]

    assert list(marks.iterdir()) == []
    assert not [process for process in processes() if str(tmp_path) in process]


def processes() -> list[str]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found.append(Path("/proc", name, "cmdline").read_text(encoding="utf-8", errors="replace"))
            except OSError:
                continue
    return found


def test_a_directory_that_was_broken_before_is_named_as_such(preflight: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    (tmp_path / "consul.d/foreign.json").write_text(json.dumps({"service": UNKNOWN_KEY}), encoding="utf-8")

    with pytest.raises(Refused, match=r"consul validate refuses what is there already, .*this task changed nothing"):
        preflight(bundle([WEB]))


def test_what_is_put_right_is_no_obstacle(preflight: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    write(tmp_path / "consul.d", bundle([UNKNOWN_KEY]))

    assert preflight(bundle([WEB]))["changed"]


def test_settings_that_need_the_agents_command_line_do_not_stop_definitions(
    preflight: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    (tmp_path / "consul.d/consul.json").write_text('{"bootstrap_expect": 3}', encoding="utf-8")

    result = preflight(bundle([WEB]))

    assert [finding["rule"] for finding in result["rule_warnings"]] == ["preflight-settings"]
    assert result["changed"]
    with pytest.raises(Refused, match="consul validate refuses the new definitions"):
        preflight(bundle([UNKNOWN_KEY]))
    # The trial agent gets no settings.
    with pytest.raises(Refused, match=r"an agent refuses to load the directory as it would be: .*Interval must be > 0"):
        preflight(bundle([NO_INTERVAL]), "trial")


def test_consuls_words_are_scrubbed(preflight: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(Refused, match="consul validate refuses") as refused:
        preflight(bundle([SECRET]))

    assert "planted-token" not in str(refused.value)


def test_check_mode_asks_as_well(preflight: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(Refused, match="misspelt"):
        preflight(bundle([UNKNOWN_KEY]), check_mode=True)
    assert preflight(bundle([WEB]), "trial", check_mode=True)["changed"]
    assert list((tmp_path / "consul.d").iterdir()) == []


def test_without_a_consul_a_trial_is_missed(preflight: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target.Module, "get_bin_path", staticmethod(lambda _name: None))

    assert [finding["rule"] for finding in preflight(bundle([WEB]), "trial")["rule_warnings"]] == ["preflight-missing"]
    assert preflight(bundle([dict(WEB, port=81)]))["rule_warnings"] == []
