# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of the files of a directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcessError, Agents
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.module_utils._options import info_spec
from ansible_collections.registrar.consul.plugins.module_utils._survey.run import Survey
from ansible_collections.registrar.consul.tests.support.runs.target import Module, bundle, write


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CONSUL_HTTP_ADDR", raising=False)
    monkeypatch.setattr(Agents, "find", lambda _agents, **_named: None)


def survey(config_dir: Path) -> dict[str, Any]:
    params = {name: spec.get("default") for name, spec in info_spec().items()}
    return Survey(Module({**params, "config_dir": str(config_dir)})).run()


def only(config_dir: Path) -> dict[str, Any]:
    (file,) = survey(config_dir)["files"]
    return file


def put(path: Path, document: Any, mode: int = 0o640) -> None:
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(mode)


def test_a_file_of_others(tmp_path: Path) -> None:
    put(tmp_path / "web.json", {"service": {"name": "web", "token": "planted"}})
    file = only(tmp_path)
    assert file.pop("document")["service"]["name"] == "web"
    assert file == {
        "name": "web.json",
        "owner": None,
        "target": None,
        "hcl": False,
        "problem": None,
        "empty": False,
        "fatal": False,
        "settings": False,
        "mode": "0640",
        "edited": False,
        "exposed": False,
    }


def test_secrets_that_everybody_may_read_are_exposed(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    put(tmp_path / "web.json", {"service": {"name": "web", "token": "planted"}}, 0o644)
    assert only(tmp_path)["exposed"] is True
    put(tmp_path / "web.json", {"service": {"name": "web"}}, 0o644)
    assert only(tmp_path)["exposed"] is False
    put(tmp_path / "web.json", {"service": {"name": "web", "token": "planted"}}, 0o644)
    tmp_path.chmod(0o750)
    assert only(tmp_path)["exposed"] is False


@pytest.mark.parametrize("text", ["{", ""])
def test_what_cannot_be_read_has_no_document(tmp_path: Path, text: str) -> None:
    put(tmp_path / "broken.json", text)
    file = only(tmp_path)
    assert "document" not in file
    assert file["problem"]
    assert file["exposed"] is False


def test_ours_are_known_and_what_was_done_to_them(tmp_path: Path) -> None:
    write(tmp_path, {**bundle([{"name": "web"}]), **bundle([{"name": "api"}], "services-api.json")})
    seen = survey(tmp_path)
    assert [(file["name"], file["owner"], file["edited"]) for file in seen["files"]] == [
        ("services-api.json", "set:web", False),
        ("services-web.json", "set:web", False),
    ]
    assert seen["journal"]["files"] == ["services-api.json", "services-web.json"]
    assert seen["journal"]["unfinished"] is False
    put(tmp_path / "services-web.json", {"services": []})
    (tmp_path / "services-api.json").unlink()
    seen = survey(tmp_path)
    assert [(file["name"], file["edited"]) for file in seen["files"]] == [("services-web.json", True)]
    assert seen["deleted"] == [{"name": "services-api.json", "owner": "set:web"}]


def test_state_that_cannot_be_read_is_told_and_the_files_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, bundle([{"name": "web"}]))
    (tmp_path / ".registrar/journal.json").write_text("{")
    (tmp_path / ".registrar/manifest.json").write_text("{")
    seen = survey(tmp_path)
    assert len(seen["findings"]) == 2
    assert [file["name"] for file in seen["files"]] == ["services-web.json"]
    assert seen["journal"] is None


def test_several_agents_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(_agents: Agents, **_named: Any) -> None:
        raise AgentProcessError("2 consul agents read it.")

    monkeypatch.setattr(Agents, "find", find)
    (finding,) = survey(tmp_path)["findings"]
    assert (finding["rule"], finding["severity"], finding["message"]) == ("agent-unclear", "warning", "2 consul agents read it.")


def test_a_directory_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        survey(tmp_path / "missing")
