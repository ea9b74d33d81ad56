# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is found before an agent is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.loading import Agent, partial_loads
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted, persisted_in
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned, save_manifest
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared, declared
from ansible_collections.registrar.consul.plugins.module_utils._reload.obstacles import doubles, obstacles, taken_over, unknown_services

NOBODY = Expected({}, {})
HTTP = {"http": "http://127.0.0.1", "interval": "10s"}


def looked_at(tmp_path: Path, files: dict[str, Any]) -> Declared:
    for name, content in files.items():
        (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    with ConfigDir(str(tmp_path)) as directory:
        return declared(directory, None, None)


def reasons(tmp_path: Path, content: dict[str, Any], scripts: bool | None = None) -> list[str]:
    found = list(partial_loads(looked_at(tmp_path, {"foreign.json": content}).of_others, Agent(scripts)))
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


@pytest.mark.parametrize(
    ("addresses", "version", "found"),
    [
        ({"lan_ipv4": {"address": "10.0.0.1"}, "lan_ipv6": {"address": "::1"}, "other": {"address": "x"}}, (1, 7), 0),
        ({"lan_ipv4": {"address": "::1"}, "wan_ipv4": {"address": "x"}, "lan_ipv6": {"address": "10.0.0.1"}}, (1, 7), 3),
        ({"lan_ipv4": {"address": "::ffff:10.0.0.1"}}, (1, 7), 0),
        ({"lan_ipv4": {}}, (), 1),
        ({"lan_ipv4": {"address": "::1"}}, (1, 6, 10), 0),
        ({"lan_ipv4": "::1"}, (1, 7), 0),
        ("odd", (1, 7), 0),
    ],
)
def test_addresses_of_another_family(tmp_path: Path, addresses: Any, version: tuple[int, ...], found: int) -> None:
    looked = looked_at(tmp_path, {"foreign.json": {"service": {"name": "a", "tagged_addresses": addresses}}})
    assert len(list(partial_loads(looked.of_others, Agent(None, version)))) == found


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        ({"ttl": "1s", "output_max_size": -1}, "with a negative output_max_size"),
        ({"ttl": "1s", "output_max_size": 0}, ""),
        ({"ttl": "1s", "output_max_size": True}, ""),
        (
            {"ttl": "1s", "failures_before_warning": 3, "failures_before_critical": 2},
            "with failures_before_warning above failures_before_critical",
        ),
        ({"ttl": "1s", "failures_before_warning": 2, "failures_before_critical": 2}, ""),
        ({"os_service": "x", "interval": "1s"}, "with os_service, which only agents on Windows run,"),
        ({"os_service": "x", "http": "http://a/", "interval": "1s"}, ""),
    ],
)
def test_numbers_and_kinds_that_no_agent_here_takes(tmp_path: Path, check: dict[str, Any], reason: str) -> None:
    assert reasons(tmp_path, {"service": {"name": "a", "check": check}}) == ([f"holds a check {reason} (a)"] if reason else [])


def test_what_is_null_has_no_name(tmp_path: Path) -> None:
    assert reasons(tmp_path, {"Services": [None], "checks": [None, {"name": "c", "ttl": "1s"}]}) == [
        "holds a service without a name",
        "holds a check with neither name nor id",
    ]
    assert reasons(tmp_path, {"service": {"name": "a", "checks": [None]}}) == ["holds a check of no kind (a)"]


def state(wanted: Sequence[str], before: Sequence[str] = (), told: Sequence[str] = (), elsewhere: Sequence[str] = ()) -> Declared:
    parts = (Expected({key: {"id": key, "name": key} for key in keys}, {}) for keys in (wanted, before, told, elsewhere))
    return Declared(*parts, [], 0, [], [], [], [], [])  # type: ignore[arg-type]


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
        (state(["web"], told=["web"]), {"web": {"Port": 7}}, None, []),
    ],
)
def test_ids_of_services_of_the_api(
    declared_state: Declared, registered: dict[str, Any], persisted: list[str] | None, found: list[str]
) -> None:
    kept = None if persisted is None else Persisted(dict.fromkeys(persisted, "path"), {})
    assert [finding["path"] for finding in taken_over(declared_state, Seen(registered, {}), kept)] == found


@pytest.mark.parametrize(
    ("wanted", "kept", "found"),
    [
        (([], [{"name": "disk", "ttl": "1s"}]), ([], ["disk"]), ["check disk"]),
        (([], [{"name": "disk", "ttl": "1s"}]), ([], []), []),
        (([{"name": "web", "check": {"id": "c", "ttl": "1s"}}], []), ([], ["c"]), ["check c"]),
        # It goes with its service.
        (([{"name": "web", "check": {"id": "c", "ttl": "1s"}}], []), (["web"], ["c"]), ["service web"]),
    ],
)
def test_ids_of_checks_of_the_api(wanted: Any, kept: Any, found: list[str]) -> None:
    declared_state = state([])._replace(wanted=expected(*wanted))
    persisted = Persisted(dict.fromkeys(kept[0], "path"), dict.fromkeys(kept[1], "path"))
    assert [finding["path"] for finding in taken_over(declared_state, Seen({}, {}), persisted)] == found
    # Where data_dir may not be read, one that is as the file says counts as loaded from it.
    seen = Seen({}, {"disk": {"Name": "disk", "ServiceID": ""}})
    assert list(taken_over(state([])._replace(wanted=expected([], [{"name": "disk", "ttl": "1s"}])), seen, None)) == []


@pytest.mark.parametrize(
    ("owner", "stops"),
    [("wanted", False), ("before", False), ("told", False), ("elsewhere", False), ("api", True), ("", False), (None, False)],
)
def test_ports_of_what_came_through_the_api_are_taken_for_sidecars(tmp_path: Path, owner: str | None, stops: bool) -> None:
    """Those of services in files are free again once the agent has unloaded them."""
    sidecar = {"service": {"name": "a", "connect": {"sidecar_service": {}}}}
    looked = looked_at(tmp_path, {"foreign.json": sidecar})._replace(wanted=NOBODY, before=NOBODY, told=NOBODY, elsewhere=NOBODY)
    if owner in ("wanted", "before", "told", "elsewhere"):
        looked = looked._replace(**{owner: Expected({"b": {"id": "b"}}, {})})
    seen = Seen({"b": {"Port": 21000}, "c": {}} if owner else {"b": {"Port": 0}}, {}) if owner is not None else None
    facts: Any = SimpleNamespace(
        process=None, scripts_enabled=None, numbers=tuple, sidecar_ports=(21000, 21000), api=None, data_dir=None, is_forgetful=False
    )
    found = obstacles(looked, seen, facts, None, take_over=True)
    assert [finding["rule"] for finding in found] == (["half-load"] if stops else [])


def in_two_places(tmp_path: Path, ours: dict[str, Any], foreign: dict[str, Any], other: Any) -> tuple[Declared, Path]:
    """A directory with a file of ours and one of others, and a file that the agent reads besides."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "ours.json").write_text(json.dumps(ours))
    (here / "foreign.json").write_text(json.dumps(foreign))
    (tmp_path / "other.json").write_text(other if isinstance(other, str) else json.dumps(other))
    with ConfigDir(str(here)) as directory:
        directory.create_state()
        save_manifest(directory, {"ours.json": Owned("set:default", "", [])})
        return declared(directory, None, None, [str(tmp_path / "other.json"), str(here / "foreign.json")]), tmp_path


def test_ids_that_another_file_of_the_agent_has(tmp_path: Path) -> None:
    web = {"name": "web", "check": {"ttl": "1s"}, "connect": {"sidecar_service": {}}}
    looked, root = in_two_places(
        tmp_path,
        {"services": [web, {"name": "db"}], "checks": [{"name": "disk", "ttl": "1s"}]},
        {"check": {"id": "disk", "ttl": "1s"}},
        {"service": {"name": "web", "check": {"ttl": "1s"}}},
    )
    found = [(finding["path"], finding["rule"], finding["message"]) for finding in doubles(looked)]
    taken = "this id is taken by {}, which the same agent reads; it would register only one of them.".format
    assert found == [
        ("service web", "service-id-unique", taken(root / "other.json")),
        ("check disk", "check-id-unique", taken(root / "here" / "foreign.json")),
    ]


@pytest.mark.parametrize(("known", "stops"), [(False, True), (True, False), (None, False)])
def test_checks_of_services_that_the_agent_will_not_have(tmp_path: Path, known: bool | None, stops: bool) -> None:
    sidecar = {"name": "web", "connect": {"sidecar_service": {}}}
    bound = [{"name": name, "service_id": name, "ttl": "1s"} for name in ("web", "web-sidecar-proxy", "db", "queue", "nobody")]
    looked, root = in_two_places(
        tmp_path, {"services": [sidecar]}, {"service": {"name": "db"}, "checks": bound}, {"service": {"name": "queue"}}
    )
    asked: list[str] = []

    def knows(service: str) -> bool | None:
        asked.append(service)
        return known

    found = list(unknown_services(looked, knows))
    assert asked == ["nobody"]
    assert [(finding["path"], finding["rule"]) for finding in found] == (
        [(str(root / "here" / "foreign.json"), "check-service-known")] if stops else []
    )


def test_checks_in_files_that_cannot_be_read_are_not_known(tmp_path: Path) -> None:
    looked, _root = in_two_places(tmp_path, {}, {"check": {"name": "c", "service_id": ["odd"], "ttl": "1s"}}, "{")
    assert list(unknown_services(looked, lambda _service: False)) == []
    assert [file.document for file in looked.others] == [None]


@pytest.mark.parametrize(("other", "process", "stops"), [("{}", True, True), ("{", True, False), ("{}", False, False)])
def test_a_service_is_missing_only_where_all_files_of_the_agent_are_known(tmp_path: Path, other: str, process: bool, stops: bool) -> None:
    looked, _root = in_two_places(tmp_path, {}, {"check": {"name": "c", "service_id": "nobody", "ttl": "1s"}}, other)
    facts: Any = SimpleNamespace(
        process=SimpleNamespace(flag_values=lambda _name: []) if process else None,
        agents=SimpleNamespace(path_of=str, has_our_root=bool),
        scripts_enabled=None,
        numbers=tuple,
        sidecar_ports=None,
        api=None,
        data_dir=None,
        is_forgetful=True,
    )
    found = obstacles(looked, None, facts, None, take_over=True)
    assert [finding["rule"] for finding in found] == (["check-service-known"] if stops else [])


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
    # Agents pass over both.
    (tmp_path / "services" / "broken").write_text("{")
    (tmp_path / "services" / "hash1.tmp").write_text('{"Service": {"ID": "new"}}')
    assert persisted_in(str(tmp_path)) == ({}, {"service:web": str(tmp_path / "checks" / "hash2")})
    (tmp_path / "services" / "hash3").write_text("{}")
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


@pytest.mark.parametrize(
    ("catalog", "version_ends", "stops"),
    [({"own": {}}, True, True), ({"own": {}, "n": {}}, True, False), ({}, True, False), ({"own": {}}, False, False), (None, True, False)],
)
def test_checks_of_nodes_that_the_catalog_does_not_know(
    tmp_path: Path, catalog: dict[str, Any] | None, version_ends: bool, stops: bool
) -> None:
    looked = looked_at(tmp_path, {"foreign.json": {"service": {"name": "a", "check": {"alias_node": "n"}}}})
    api = None if catalog is None else SimpleNamespace(get=lambda path: catalog.get(path.rpartition("/")[2]))
    facts: Any = SimpleNamespace(
        process=None,
        address_given=False,
        scripts_enabled=None,
        numbers=tuple,
        sidecar_ports=None,
        api=api,
        node_name="own",
        data_dir=None,
        is_forgetful=True,
        ends_by_unknown_node=lambda: version_ends,
    )
    found = obstacles(looked, None, facts, None, take_over=True)
    assert [finding["rule"] for finding in found] == (["alias-node-unknown"] if stops else [])
