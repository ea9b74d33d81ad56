# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of others that go because their services are all ours now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.plan import Plan
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import scan
from ansible_collections.registrar.consul.plugins.module_utils._write.retire import retire


def look(folder: Path, files: dict[str, Any], ours: list[dict[str, Any]], checks: Sequence[dict[str, Any]] = ()) -> Plan:
    for name, content in files.items():
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    with ConfigDir(str(folder)) as directory:
        return retire(directory, scan(directory), ours, checks)


WEB = {"name": "web", "port": 80, "token": "t", "meta": {"a": ""}, "check": {"http": "http://a/", "interval": "60s"}}
DISK = {"name": "disk", "args": ["df"], "interval": "60s"}


@pytest.mark.parametrize(
    "theirs",
    [
        WEB,
        {**WEB, "id": "web", "tags": None, "address": "", "enable_tag_override": False},
        {**WEB, "check": None, "checks": [{"http": "http://a/", "interval": "1m", "notes": "", "timeout": None}]},
        {**WEB, "check": {"id": "service:web", "name": "Service 'web' check", "http": "http://a/", "interval": "1m0s"}},
        {"Name": "web", **{key: value for key, value in WEB.items() if key != "name"}},
    ],
)
def test_what_an_agent_sees_no_difference_in_goes(tmp_path: Path, theirs: dict[str, Any]) -> None:
    found = look(tmp_path, {"old.json": {"service": theirs}}, [WEB])
    assert [(change.name, change.action, change.new) for change in found.changes] == [("old.json", "retired", None)]
    assert found.findings == []


def test_items_of_lists_are_compared_as_they_mean(tmp_path: Path) -> None:
    upstream = {"destination_name": "db", "local_bind_port": 1}
    ours, theirs = ({"name": "web", "proxy": {"upstreams": [entry]}} for entry in (upstream, {**upstream, "datacenter": ""}))
    assert [change.name for change in look(tmp_path, {"old.json": {"service": theirs}}, [ours]).changes] == ["old.json"]


@pytest.mark.parametrize(
    ("difference", "field"),
    [
        ({"port": 81}, "port"),
        ({"token": "other"}, "token"),
        ({"tags": ["60s"]}, "tags"),
        ({"meta": {}}, "meta"),
        ({"check": {"http": "http://a/", "interval": "61s"}}, "check"),
        ({"check": {"id": "own", "http": "http://a/", "interval": "60s"}}, "check"),
        ({"checks": [{"ttl": "1s"}]}, "check"),
        ({"enable_tag_override": True}, "enable_tag_override"),
        ({"connect": {"sidecar_service": {}}}, "check, connect"),
        ({"weights": {"passing": True}}, "weights"),
    ],
)
def test_any_difference_keeps_the_file_and_is_named_without_its_value(tmp_path: Path, difference: dict[str, Any], field: str) -> None:
    found = look(tmp_path, {"old.json": {"service": {**WEB, **difference}}}, [WEB])
    assert found.changes == []
    assert [finding["rule"] for finding in found.findings] == ["file-not-retired"]
    assert found.findings[0]["message"] == (
        f"has definitions that are declared here, and cannot be taken over: web is declared with another {field}."
    )


def test_files_without_services_of_ours_are_nobodys_business(tmp_path: Path) -> None:
    assert look(tmp_path, {"other.json": {"service": {"name": "db"}}, "empty.json": "", "broken.json": "{"}, [WEB]) == Plan([], [], [])


def test_a_file_that_holds_more_stays(tmp_path: Path) -> None:
    files = {
        "a.json": {"services": [WEB, {"name": "more"}]},
        "b.json": {"service": WEB, "check": {"id": "disk", "ttl": "1s"}, "checks": [{"ttl": "1s"}]},
        "c.json": {"service": WEB, "log_level": "INFO"},
    }
    found = look(tmp_path, files, [WEB])
    (tmp_path / "d.json").symlink_to(tmp_path / "a.json")
    linked = look(tmp_path, {}, [WEB, {"name": "more"}])

    assert found.changes == []
    reasons = [finding["message"].partition("over: ")[2] for finding in found.findings]
    assert reasons == [
        "more is not declared here.",
        "a check without a name is not declared here; the check disk is not declared here.",
        "it holds settings of the agent.",
    ]
    assert linked.findings[-1]["message"].endswith("over: it is a link.")


def test_a_file_whose_name_cannot_be_told_stays(tmp_path: Path) -> None:
    found = look(tmp_path, {"é.json": {"service": WEB}, "\udcff.json": {"service": WEB}}, [WEB])
    assert [change.name for change in found.changes] == ["é.json"]
    assert [finding["message"].rpartition(": ")[2] for finding in found.findings] == ["its name is not UTF-8."]


@pytest.mark.parametrize(
    "theirs",
    [
        {"check": DISK},
        {"checks": [{**DISK, "id": "disk", "interval": "1m", "service_id": None, "timeout": ""}]},
        {"Checks": [{"Name": "disk", "ScriptArgs": ["df"], "Interval": "60s"}], "service": WEB},
    ],
)
def test_a_file_goes_with_its_checks_outside_services(tmp_path: Path, theirs: dict[str, Any]) -> None:
    found = look(tmp_path, {"old.json": theirs}, [WEB], [DISK])
    assert [(change.name, change.action) for change in found.changes] == [("old.json", "retired")]


@pytest.mark.parametrize(
    ("difference", "field"),
    [({"interval": "61s"}, "interval"), ({"service_id": "web"}, "service_id"), ({"token": "t"}, "token"), ({"notes": "n"}, "notes")],
)
def test_a_check_that_is_not_alike_keeps_the_file(tmp_path: Path, difference: dict[str, Any], field: str) -> None:
    found = look(tmp_path, {"old.json": {"check": {**DISK, **difference}}}, [], [DISK])
    assert found.changes == []
    assert found.findings[0]["message"].endswith(f"over: the check disk is declared with another {field}.")
    named = look(tmp_path, {"old.json": {"check": {**DISK, "id": "disk", "name": "Disk"}}}, [], [DISK])
    assert named.findings[0]["message"].endswith("over: the check disk is declared with another name.")


def test_instances_in_other_namespaces_are_other_services(tmp_path: Path) -> None:
    assert look(tmp_path, {"a.json": {"service": {**WEB, "namespace": "team"}}}, [WEB]) == Plan([], [], [])


def test_hcl_blocks_are_compared_as_what_they_mean(tmp_path: Path) -> None:
    text = 'service {\n  name = "q"\n  checks {\n    ttl = "60s"\n  }\n  meta {\n    a = "b"\n  }\n}\n'
    found = look(tmp_path, {"q.hcl": text}, [{"name": "q", "checks": [{"ttl": "1m"}], "meta": {"a": "b"}}])
    assert [change.name for change in found.changes] == ["q.hcl"]


def test_a_file_that_was_written_or_removed_since_it_was_read_stays(tmp_path: Path) -> None:
    for text in ('{"service": {"name": "web", "port": 81}}', None):
        (tmp_path / "old.json").write_text(json.dumps({"service": WEB}), encoding="utf-8")
        with ConfigDir(str(tmp_path)) as directory:
            found = list(scan(directory))
            (tmp_path / "old.json").unlink()
            if text is not None:
                (tmp_path / "old.json").write_text(text, encoding="utf-8")
            assert retire(directory, found, [WEB]) == Plan([], [], [])


def test_only_durations_are_compared_as_such(tmp_path: Path) -> None:
    found = look(tmp_path, {"old.json": {"service": {"name": "web", "tags": ["1m"]}}}, [{"name": "web", "tags": ["60s"]}])
    assert (found.changes, len(found.findings)) == ([], 1)
    ours, other = ({"name": "web", "check": {"http": "http://a/", "interval": text}} for text in ("odd", "other"))
    assert look(tmp_path, {"old.json": {"service": ours}}, [ours]).findings == []
    assert len(look(tmp_path, {"old.json": {"service": other}}, [ours]).findings) == 1
