# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found before an agent is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import persisted_in
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared, declared
from ansible_collections.registrar.consul.plugins.module_utils._reload.obstacles import half_loads, taken_over

HTTP = {"http": "http://127.0.0.1", "interval": "10s"}


def looked_at(tmp_path: Path, files: dict[str, Any]) -> Declared:
    for name, content in files.items():
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    with ConfigDir(str(tmp_path)) as directory:
        return declared(directory, None, None)


def reasons(tmp_path: Path, content: dict[str, Any], scripts: bool | None = None) -> list[str]:
    found = list(half_loads(str(tmp_path), looked_at(tmp_path, {"foreign.json": content}), scripts))
    assert {finding["path"] for finding in found} <= {str(tmp_path / "foreign.json")}
    return [finding["message"].partition(". A reload")[0] for finding in found]


@pytest.mark.parametrize(
    "check",
    [
        HTTP,
        {"ttl": "10s"},
        {"alias_service": "other"},
        {"alias_node": "other", "interval": "10s"},
        {"args": ["/bin/true"], "interval": "10s"},
        {"docker_container_id": "c", "args": ["/bin/true"], "interval": "10s"},
        {"http": "http://127.0.0.1", "tcp": "127.0.0.1:1", "interval": "10s"},
        {"script": "/bin/true", "interval": "10s"},
        {"ttl": "nonsense"},
    ],
)
def test_checks_that_do_not_stop_a_reload_half_way(tmp_path: Path, check: dict[str, Any]) -> None:
    assert reasons(tmp_path, {"service": {"name": "a", "check": check}}) == []


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ({"http": "http://127.0.0.1"}, "without an interval"),
        ({"tcp": "127.0.0.1:1", "interval": "0s"}, "without an interval"),
        ({"grpc": "127.0.0.1:1", "interval": "-1s"}, "without an interval"),
        ({"http": "http://127.0.0.1", "ttl": "10s"}, "without an interval"),
        ({"ttl": "10s", "interval": "10s"}, "of two kinds that exclude each other"),
        ({"ttl": "10s", "alias_service": "b"}, "of two kinds that exclude each other"),
        ({"alias_service": "b", **HTTP}, "of two kinds that exclude each other"),
        ({"ttl": "0s"}, "of no kind"),
        ({"name": "x", "interval": "10s"}, "of no kind"),
    ],
)
def test_checks_that_do(tmp_path: Path, check: dict[str, Any], reason: str) -> None:
    """Seen on 1.4 to 1.10: consul validate passes them."""
    assert reasons(tmp_path, {"service": {"name": "a", "check": check}}) == [f"holds a check {reason} (a)"]
    assert reasons(tmp_path, {"service": {"name": "a", "connect": {"sidecar_service": {"checks": [check]}}}}) == [
        f"holds a check {reason} (a-sidecar-proxy)"
    ]
    assert reasons(tmp_path, {"check": {"id": "own", **check}}) == [f"holds a check {reason} (own)"]


@pytest.mark.parametrize(("scripts", "count"), [(False, 1), (True, 0), (None, 0)])
def test_scripts_that_the_agent_does_not_run(tmp_path: Path, scripts: bool | None, count: int) -> None:
    assert len(reasons(tmp_path, {"service": {"name": "a", "check": {"args": ["x"], "interval": "1s"}}}, scripts)) == count


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"service": {"port": 1}}, "holds a service without a name"),
        ({"services": [{"id": "a", "name": ""}]}, "holds a service without a name (a)"),
        ({"check": {"ttl": "1s"}}, "holds a check with neither name nor id"),
    ],
)
def test_what_has_no_name(tmp_path: Path, content: dict[str, Any], reason: str) -> None:
    assert reasons(tmp_path, content) == [reason]


def state(wanted: list[str], before: list[str] = (), elsewhere: list[str] = ()) -> Declared:  # type: ignore[assignment]
    wanted_part, before_part, elsewhere_part = (
        Expected({key: {"id": key, "name": key} for key in keys}, {}) for keys in (wanted, before, elsewhere)
    )
    return Declared(wanted_part, before_part, elsewhere_part, [], [], 0, [])


@pytest.mark.parametrize(
    ("declared_state", "registered", "persisted", "found"),
    [
        (state(["web"]), {"web": {"Port": 7}}, ["web"], ["service web"]),
        (state(["web"]), {"web": {"Port": 7}}, [], []),  # of a file that somebody removed
        (state(["web"]), {"web": {"Port": 7}}, None, ["service web"]),  # in doubt it is the API's
        (state(["web"]), {"web": {"Service": "web"}}, None, []),  # it has been loaded from the file already
        (state(["web"]), {}, None, []),
        (state(["web"], before=["web"]), {"web": {"Port": 7}}, ["web"], []),
        (state(["web"], elsewhere=["web"]), {"web": {"Port": 7}}, ["web"], []),
    ],
)
def test_ids_of_services_of_the_api(
    declared_state: Declared, registered: dict[str, Any], persisted: list[str] | None, found: list[str]
) -> None:
    kept = None if persisted is None else dict.fromkeys(persisted, "path")
    assert [finding["path"] for finding in taken_over(declared_state, registered, kept)] == found


def test_what_an_agent_keeps(tmp_path: Path) -> None:
    assert persisted_in(None) is None
    assert persisted_in(str(tmp_path / "none")) is None
    found = persisted_in(str(tmp_path))
    assert found is not None
    assert found == ({}, {})
    # Agents since 1.9 have a folder beside the files.
    (tmp_path / "services" / "configs").mkdir(parents=True)
    (tmp_path / "checks").mkdir()
    (tmp_path / "services" / "hash1").write_text('{"Token": "", "Service": {"ID": "web"}}')
    (tmp_path / "checks" / "hash2").write_text('{"Check": {"CheckID": "service:web"}}')
    found = persisted_in(str(tmp_path))
    assert found is not None
    assert (list(found.services), list(found.checks)) == (["web"], ["service:web"])
    (tmp_path / "services" / "hash1").unlink()
    assert (list(found.withdrawn().services), list(found.withdrawn().checks)) == (["web"], [])
    (tmp_path / "services" / "broken").write_text("{")
    assert persisted_in(str(tmp_path)) is None


def test_what_stops_every_reload(tmp_path: Path) -> None:
    (tmp_path / "x.json").symlink_to("nowhere")
    problems = looked_at(tmp_path, {"y.json": "{"}).problems
    assert [(finding["path"], finding["rule"]) for finding in problems] == [
        (str(tmp_path / "x.json"), "directory-broken"),
        (str(tmp_path / "y.json"), "directory-broken"),
    ]


def test_slow_checks_are_noticed(tmp_path: Path) -> None:
    assert not looked_at(tmp_path, {"a.json": {"service": {"name": "a", "check": HTTP}}}).slow
    assert looked_at(tmp_path, {"b.json": {"service": {"name": "b", "checks": [{"alias_node": "n"}]}}}).slow
