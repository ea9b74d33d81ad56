# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which settings would stop a reload, by the rows that agents decide in tests/integration_agent/test_load_refusals.py and beside them."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.elsewhere import Content
from ansible_collections.registrar.consul.plugins.module_utils._agent.own_settings import Surroundings, refused_settings, surroundings
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import definitions_in

NEWEST = Surroundings(path_of=lambda path: path, version=(1, 22, 7), complete=True, shares_names=True)
HANDLED = {"args": ["true"]}
TLS_FILES = ("ca_file", "ca_path", "cert_file", "key_file")


def stopped(around: Surroundings, *documents: dict[str, Any]) -> list[str]:
    contents = [Content(f"{number}.json", document, definitions_in(document, False)) for number, document in enumerate(documents)]
    found = list(refused_settings(contents, around))
    assert {finding["rule"] for finding in found} <= {"half-load"}
    return [f"{finding['path']}: {finding['message'].partition('. A reload')[0]}" for finding in found]


def watched(**watch: Any) -> list[str]:
    return [problem.partition("watches[0] ")[2] for problem in stopped(NEWEST, {"watches": [watch]})]


@pytest.mark.parametrize(
    "watch",
    [
        {"type": "services", **HANDLED},
        {"type": "services", "filter": "a", "stale": True, "handler": "true"},
        {"type": "key", "key": "a", **HANDLED},
        {"type": "checks", "service": "a", **HANDLED},
        {"type": "checks", "state": "passing", **HANDLED},
        {"type": "service", "service": "a", "tag": ["b"], "passingonly": True, "args": []},
        {"type": "nodes", "handler_type": "http", "http_handler_config": {"path": "http://a/", "timeout": "1s"}},
        {"type": "nodes", "handler_type": "http", "http_handler_config": [{"path": "http://a/"}]},
    ],
)
def test_watches_that_agents_take(watch: dict[str, Any]) -> None:
    assert watched(**watch) == []


@pytest.mark.parametrize(
    ("watch", "problem"),
    [
        (HANDLED, "has no type"),
        ({"type": ["key"], **HANDLED}, "is of a type that no agent takes from its files"),
        ({"type": "x", **HANDLED}, "is of a type that no agent takes from its files"),
        ({"type": "key", **HANDLED}, "has no key"),
        ({"type": "services", "zzz": 1, "yyy": 1, **HANDLED}, "has keys that no agent knows: yyy, zzz"),
        ({"type": "service", "service": "a", "state": "passing", **HANDLED}, "has keys that no agent knows: state"),
        ({"type": "checks", "service": "a", "state": "passing", **HANDLED}, "has both service and state"),
        ({"type": "services"}, "has no handler"),
        ({"type": "services", "handler_type": "x", **HANDLED}, "has a handler_type that no agent knows"),
        ({"type": "services", "handler": "true", **HANDLED}, "has more than one handler"),
        ({"type": "services", "handler_type": "http", **HANDLED}, "has more than one handler"),
        ({"type": "services", "handler_type": "http"}, "has no path in its http_handler_config"),
        ({"type": "services", "handler_type": "http", "http_handler_config": {}}, "has no path in its http_handler_config"),
        (
            {"type": "services", "handler_type": "http", "http_handler_config": [{"path": "a"}] * 2},
            "has no path in its http_handler_config",
        ),
        (
            {"type": "services", "handler_type": "http", "http_handler_config": {"path": "http://a/", "timeout": "x"}},
            "has a timeout in its http_handler_config that is no duration",
        ),
    ],
)
def test_watches_that_they_do_not(watch: dict[str, Any], problem: str) -> None:
    assert watched(**watch) == [problem]


def test_a_watch_is_found_by_its_number_however_its_key_is_written() -> None:
    good = {"type": "nodes", **HANDLED}
    assert stopped(NEWEST, {"ports": {"dns": 1}, "Watches": [good, None, {}]}, {"watches": {}}) == [
        "0.json: watches[2] has no type",
        "1.json: watches[0] has no type",
    ]


def test_files_of_tls_are_there_and_hold_what_they_should(tmp_path: Path) -> None:
    (tmp_path / "good.pem").write_bytes(b"x\n-----BEGIN CERTIFICATE-----\n")
    (tmp_path / "bad.pem").write_bytes(b"x")
    good, bad, none = (str(tmp_path / name) for name in ("good.pem", "bad.pem", "none"))
    (tmp_path / "key.pem").write_bytes(b"-----BEGIN EC PRIVATE KEY-----\n")
    assert stopped(NEWEST, {"ca_file": good, "ca_path": str(tmp_path), "cert_file": good, "key_file": str(tmp_path / "key.pem")}) == []
    for odd, words in ((good, "holds no key"), (str(tmp_path), "is a directory")):
        assert stopped(NEWEST, {"cert_file": good, "key_file": odd}) == [f"0.json: key_file names {odd}, which {words}"]
    assert stopped(NEWEST, {"tls": {"grpc": {"ca_file": bad}}}) == [f"0.json: tls.grpc.ca_file names {bad}, which holds no certificate"]
    assert stopped(NEWEST, {"ca_file": str(tmp_path)}) == [f"0.json: ca_file names {tmp_path}, which is a directory"]
    for keys in (("ca_file", "cert_file", "key_file"), ("ca_path",)):
        missing = stopped(NEWEST, dict.fromkeys(keys, none))
        assert missing == [f"0.json: {key} names {none}, which does not exist" for key in keys]
    assert stopped(NEWEST, {"ca_file": "a\0b"}) == ["0.json: ca_file names a\0b, which does not exist"]
    # Neither half of a pair counts alone, nor what is empty or no path, nor what cannot be looked at from here.
    assert stopped(NEWEST, {"cert_file": none}, {"ca_file": "", "ca_path": 1}) == []
    assert stopped(NEWEST._replace(path_of=None), dict.fromkeys(TLS_FILES, none)) == []


def test_folders_of_authorities_hold_nothing_else(tmp_path: Path) -> None:
    def problem(**more: Any) -> str:
        found = stopped(NEWEST, {"ca_path": str(tmp_path / "folder"), **more})
        return found[0].partition(f"{tmp_path}/folder, which ")[2] if found else ""

    below = tmp_path / "folder" / "below"
    below.mkdir(parents=True)
    assert problem() == "holds no certificate"
    (tmp_path / "good.pem").write_bytes(b"-----BEGIN CERTIFICATE-----")
    (below / "link.pem").symlink_to(tmp_path / "good.pem")
    assert problem() == ""
    for name, words in (("README", "holds no certificate"), ("again", "is a directory"), ("gone", "does not exist")):
        odd = below / name
        odd.write_bytes(b"x") if name == "README" else odd.symlink_to(below if name == "again" else "nowhere")
        assert problem() == f"has below/{name} in it, which {words}"
        assert problem(ca_file=str(tmp_path / "good.pem")) == ""
        odd.unlink()


def test_folders_that_cannot_be_listed_are_the_agents_affair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(_path: str) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "scandir", deny)
    assert stopped(NEWEST, {"ca_path": str(tmp_path)}) == []


def test_versions_of_tls() -> None:
    assert stopped(NEWEST, {"tls_min_version": "tls12", "tls": {"https": [{"TLS_Min_Version": "TLSv1_3"}]}}) == []
    assert stopped(NEWEST, {"tls": {"https": [{"tls_min_version": "tls9"}]}}) == [
        "0.json: tls.https.tls_min_version is no version that agents know"
    ]


def test_of_several_files_the_last_is_right() -> None:
    assert stopped(NEWEST, {"tls_min_version": "x"}, {"tls_min_version": "tls12"}) == []
    assert stopped(NEWEST, {"tls_min_version": "tls12"}, {"tls_min_version": "x"}, {"tls_min_version": None}) == [
        "1.json: tls_min_version is no version that agents know"
    ]


@pytest.mark.parametrize("switch", ["verify_incoming", "verify_outgoing"])
def test_verifying_needs_an_authority(tmp_path: Path, switch: str) -> None:
    (tmp_path / "good.pem").write_bytes(b"-----BEGIN CERTIFICATE-----")
    for settings in ({switch: True}, {"tls": {"https": {switch: True}}}, {switch: True, "ca_file": ""}):
        assert len(stopped(NEWEST, settings)) == 1
        # It may be set where we do not see it.
        assert stopped(NEWEST._replace(complete=False), settings) == []
        assert stopped(NEWEST, {**settings, "auto_encrypt": {"tls": True}}) == []
    assert stopped(NEWEST, {"verify_outgoing": False}) == []
    authority = {"ca_path": str(tmp_path), "cert_file": str(tmp_path / "good.pem"), "key_file": str(tmp_path / "good.key")}
    (tmp_path / "good.key").write_bytes(b"-----BEGIN CERTIFICATE----- -----BEGIN PRIVATE KEY-----")
    assert stopped(NEWEST, {switch: True, **authority}) == []
    assert stopped(NEWEST, {"tls": {"defaults": authority, "https": {switch: True}}}) == []
    for other in ("internal_rpc", "grpc"):
        assert len(stopped(NEWEST, {"tls": {other: {"ca_path": str(tmp_path)}, "https": {switch: True}}})) == 1


@pytest.mark.parametrize("switch", ["verify_incoming_rpc", "verify_incoming_https", "verify_server_hostname"])
def test_what_verifies_in_one_part_may_have_its_files_there(tmp_path: Path, switch: str) -> None:
    (tmp_path / "good.pem").write_bytes(b"-----BEGIN CERTIFICATE----- -----BEGIN PRIVATE KEY-----")
    own = dict.fromkeys(("ca_file", "cert_file", "key_file"), str(tmp_path / "good.pem"))
    assert stopped(NEWEST, {switch: True}) == [f"0.json: {switch} is set, and there is neither ca_file nor ca_path"]
    assert stopped(NEWEST, {switch: True, "tls": {"internal_rpc": own}}) == []


def test_who_comes_is_shown_a_certificate(tmp_path: Path) -> None:
    (tmp_path / "good.pem").write_bytes(b"-----BEGIN CERTIFICATE-----")
    authority = {"ca_file": str(tmp_path / "good.pem")}
    for more in ({}, {"cert_file": str(tmp_path / "good.pem")}):
        assert stopped(NEWEST, {"verify_incoming": True, **authority, **more}) == [
            "0.json: verify_incoming is set, and there are not both of cert_file and key_file"
        ]
    assert stopped(NEWEST, {"verify_outgoing": True, "verify_server_hostname": True, **authority}) == []


def test_recursors_are_addresses_or_can_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(host: str, _port: int) -> None:
        if host != "known":
            raise OSError(host)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    good = ["127.0.0.1", "127.0.0.1:53", "::1", "[::1]:53", "known", "known:53", "{{ GetPrivateIP }}", 7]
    assert stopped(NEWEST, {"recursors": good}) == []
    unknown = ["0.json: recursors names nowhere, which is no address and cannot be looked up"]
    assert stopped(NEWEST, {"recursors": ["127.0.0.1", "nowhere"]}) == unknown
    assert stopped(NEWEST, {"recursors": "nowhere"}) == []
    assert stopped(NEWEST._replace(shares_names=False), {"recursors": ["known to the container alone"]}) == []


@pytest.mark.parametrize("ours", [True, False])
def test_names_mean_the_same_to_agents_in_our_own_root(ours: bool) -> None:
    process = SimpleNamespace(flag_values=lambda _name: [])
    agents = SimpleNamespace(path_of=str, has_our_root=lambda _process: ours)
    facts: Any = SimpleNamespace(process=process, agents=agents, numbers=tuple, sidecar_ports=None)
    assert surroundings(facts, True, ()).shares_names is ours


@pytest.mark.parametrize(
    ("dns", "version", "looks"),
    [(-1, (1, 20, 9), False), (0, (1, 20, 9), False), (1, (1, 20, 9), True), (-1, (1, 21), True), (-1, (), True), ("x", (1, 20), True)],
)
def test_older_agents_without_dns_look_up_no_recursors(
    monkeypatch: pytest.MonkeyPatch, dns: object, version: tuple[int, ...], looks: bool
) -> None:
    def fail(host: str, _port: int) -> None:
        raise OSError(host)

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert bool(stopped(NEWEST._replace(version=version), {"recursors": ["nowhere"], "ports": {"dns": dns}})) is looks


@pytest.mark.parametrize(
    ("interval", "version", "stops"),
    [
        ("4999us", (1, 10), True),
        ("5ms", (1, 10), False),
        ("0s", (1, 10), False),
        ("-1s", (1, 10), False),
        ("1ms", (1, 9, 9), False),
        ("1ms", (), True),
        ("x", (1, 10), False),
        (None, (1, 10), False),
    ],
)
def test_snapshots_may_come_too_often(interval: object, version: tuple[int, ...], stops: bool) -> None:
    found = stopped(NEWEST._replace(version=version), {"raft_snapshot_interval": interval})
    assert found == (["0.json: raft_snapshot_interval is below 5ms, which agents take for a mistake"] if stops else [])


def sidecars(*sidecar: dict[str, Any]) -> dict[str, Any]:
    return {"services": [{"name": f"s{number}", "connect": {"sidecar_service": fields}} for number, fields in enumerate(sidecar)]}


@pytest.mark.parametrize(
    ("ports", "registered", "documents", "found"),
    [
        ((21000, 21001), (), [sidecars({}), sidecars({})], []),
        (
            (21000, 21001),
            (),
            [sidecars({}, {}), sidecars({}), sidecars()],
            ["1.json: 3 sidecars need a port, and the agent has 2 for them"],
        ),
        ((21000, 21001), (21001,), [sidecars({}, {})], ["0.json: 2 sidecars need a port, and the agent has 1 for them"]),
        ((21000, 21001), (), [sidecars({}, {}, {"port": 4000}, {"socket_path": "/x"})], []),
        ((21000, 21001), (), [sidecars({}, {}, {"port": 21000})], ["0.json: 2 sidecars need a port, and the agent has 1 for them"]),
        (
            (21000, 21001),
            (),
            [sidecars({}, {}), {"service": {"name": "a", "port": 21001}}],
            ["0.json: 2 sidecars need a port, and the agent has 1 for them"],
        ),
        ((0, 0), (), [sidecars({})], ["0.json: 1 sidecars need a port, and the agent has 0 for them"]),
        ((0, 5), (), [sidecars({})], ["0.json: 1 sidecars need a port, and the agent has 0 for them"]),
        ((1, 1), (), [sidecars({})], []),
        (None, (), [sidecars({}, {}, {})], []),
    ],
)
def test_sidecars_need_ports(
    ports: tuple[int, int] | None, registered: tuple[int, ...], documents: list[dict[str, Any]], found: list[str]
) -> None:
    assert stopped(NEWEST._replace(sidecar_ports=ports, registered_ports=registered), *documents) == found
