# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mark by which an agent shows what it has read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import load_journal
from ansible_collections.registrar.consul.plugins.module_utils._reload.marker import FILE, KEY, generation_in, generation_of, mark
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, write


def marked(config_dir: Path) -> str | None:
    with ConfigDir(str(config_dir)) as directory:
        generation = mark(directory, "because", lambda *_names: None)
        assert generation_in(directory) == generation
        if generation is not None:
            journal = load_journal(directory)
            assert journal is not None
            assert FILE in journal.files
    return generation


def test_where_nothing_of_ours_is_nothing_is_marked(tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text("{}")
    assert marked(tmp_path) is None
    assert not (tmp_path / FILE).exists()


def test_each_mark_is_another_one_and_written_like_the_other_files(tmp_path: Path) -> None:
    write(tmp_path, bundle([{"name": "web"}]))
    first, second = marked(tmp_path), marked(tmp_path)
    assert first
    assert second
    assert len(first) == len(second) == 16
    assert first != second
    assert json.loads((tmp_path / FILE).read_text()) == {"node_meta": {KEY: second}}
    assert (tmp_path / FILE).stat().st_mode == (tmp_path / "services-web.json").stat().st_mode


@pytest.mark.parametrize("content", ["", "[]", '{"node_meta": {}}', '{"node_meta": null}'])
def test_what_is_no_mark_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with ConfigDir(str(tmp_path)) as directory:
        assert generation_in(directory) is None


@pytest.mark.parametrize(
    ("answer", "generation"), [({"Meta": {KEY: "a"}}, "a"), ({"Meta": None}, None), ({}, None), (AclDenied("Permission denied"), None)]
)
def test_what_the_agent_shows(answer: Any, generation: str | None) -> None:
    class Api:
        def get(self, path: str, _query: Any = None) -> Any:
            assert path == "/v1/agent/self"
            if isinstance(answer, Exception):
                raise answer
            return answer

    api: Any = Api()
    assert generation_of(api) == generation
