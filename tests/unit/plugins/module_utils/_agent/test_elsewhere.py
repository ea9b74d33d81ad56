# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are other ones, and in which order an agent reads them all."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, ApiError, NotFound
from ansible_collections.registrar.consul.plugins.module_utils._agent.elsewhere import (
    Content,
    Registrations,
    elsewhere,
    files_beyond,
    in_order,
)
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import definitions_in


def test_links_into_the_directory_are_its_own_files_and_the_rest_keeps_its_order(tmp_path: Path) -> None:
    directory, other = tmp_path / "consul.d", tmp_path / "other.d"
    directory.mkdir()
    other.mkdir()
    (tmp_path / "by-another-name").symlink_to(directory)
    for path in (directory / "ours.json", other / "first.json", tmp_path / "last.json"):
        path.write_text("{}")
    (other / "link.json").symlink_to(directory / "ours.json")
    (other / "out.json").symlink_to(tmp_path / "last.json")
    paths = [
        str(other / "first.json"),
        str(other / "link.json"),
        str(tmp_path / "by-another-name" / "ours.json"),
        str(tmp_path / "last.json"),
        str(other / "out.json"),
    ]

    others = files_beyond(str(directory), paths)
    ours = Content(str(directory / "ours.json"), {}, definitions_in({}, False))

    assert [file.path for file in others] == [paths[0], *paths[3:]]
    assert [content.place for content in in_order(str(directory), paths, [ours], others)] == [paths[0], ours.place, *paths[3:]]


class Api:
    """Shows one service, and denies that there is nothing behind another."""

    def __init__(self, failure: ApiError | None = None) -> None:
        self.failure = failure
        self.asked: list[str] = []

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        self.asked.append(path)
        if self.failure is not None:
            raise self.failure
        if path in ("/v1/agent/services", "/v1/agent/checks"):
            return {"elsewhere": {}} if query else {"web": {}}
        raise AclDenied(path) if path.endswith("/hidden") else NotFound(path)


def facts(api: Any, *, data_dir: str | None = None, forgetful: bool = False, process: bool = True, given: bool = False) -> Any:
    found = object() if process else None
    return SimpleNamespace(api=api, data_dir=data_dir, is_forgetful=forgetful, process=found, address_given=given)


@pytest.mark.parametrize("complete", [True, False])
def test_what_is_kept_on_disk_tells_which_services_came_through_the_api(tmp_path: Path, complete: bool) -> None:
    api = Api()
    (tmp_path / "services").mkdir()
    for name in ("kept", "a/b"):
        (tmp_path / "services" / name.replace("/", "")).write_text(json.dumps({"Service": {"ID": name}}))
    known = Registrations(facts(api, data_dir=str(tmp_path)), complete)
    absent = False if complete else None
    assert [known.knows(key) for key in ("kept", "team/kept", "a/b", "team/a/b", "b", "web")] == [True, True, True, True, absent, absent]
    assert Registrations(facts(api, forgetful=True), complete).knows("web") is absent
    assert api.asked == []


@pytest.mark.parametrize("known_by", [{"process": True}, {"process": False, "given": True}])
def test_else_the_api_tells(known_by: dict[str, bool]) -> None:
    api = Api()
    known = Registrations(facts(api, **known_by), True)
    assert [known.knows(key) for key in ("web", "gone", "hidden")] == [True, False, None]
    assert api.asked.count("/v1/agent/services") == 1
    assert [known.knows("team/" + name) for name in ("elsewhere", "web")] == [True, False]


@pytest.mark.parametrize(
    ("api", "known_by"), [(Api(ApiError("500")), {"process": True}), (None, {"process": True}), (Api(), {"process": False, "given": False})]
)
def test_where_nothing_tells_nobody_knows(api: Any, known_by: dict[str, bool]) -> None:
    assert Registrations(facts(api, **known_by), True).knows("web") is None


def test_a_file_that_cannot_be_read_is_known_by_its_name_alone(tmp_path: Path) -> None:
    (tmp_path / "consul.d").mkdir()
    (tmp_path / "broken.json").write_text("{")
    found = files_beyond(str(tmp_path / "consul.d"), [str(tmp_path / "broken.json"), "/nonexistent/none.json"])
    assert [(file.document, file.content.document) for file in found] == [(None, {}), (None, {})]


@pytest.mark.parametrize(("content", "process", "gone"), [("{}", True, False), ("{", True, None), ("{}", False, None)])
def test_what_is_absent_is_known_only_with_all_files(tmp_path: Path, content: str, process: bool, gone: bool | None) -> None:
    """And those of an agent without a process are not known at all."""
    (tmp_path / "consul.d").mkdir()
    (tmp_path / "other.json").write_text(content)
    known = facts(None, process=process, forgetful=True)
    if process:
        known.process = SimpleNamespace(sources=[str(tmp_path / "other.json")])
    known.agents = SimpleNamespace(path_of=lambda _process, path: path)
    found = elsewhere(known, str(tmp_path / "consul.d"))
    assert (found.paths, [file.path for file in found.files]) == (([str(tmp_path / "other.json")],) * 2 if process else ([], []))
    assert found.registrations.knows("web") is gone
