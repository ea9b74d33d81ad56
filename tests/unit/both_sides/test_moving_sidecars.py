# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars of others that a change would move, and ports that would stand twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.module_utils._write import moving_sidecars
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import set_request
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.tests.support.runs.target import contents, text_of, write


def meshed(name: str, **sidecar: Any) -> dict[str, Any]:
    return {"name": name, "port": 80, "connect": {"sidecar_service": sidecar}}


def run(folder: Path, services: list[dict[str, Any]], name: str = "m", *, silence: str = "", **options: Any) -> list[dict[str, str]]:
    """Write a set, and return the warnings about sidecars."""
    payload = set_request(services, name, "bundle", Terms(None)).payload
    found: list[dict[str, str]] = write(folder, **payload, reload="never", silence=["version-unknown", silence], **options)["rule_warnings"]
    return found


def foreign(folder: Path, name: str, *services: dict[str, Any]) -> None:
    (folder / name).write_text(json.dumps({"services": services}), encoding="utf-8")


def rules(findings: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(Path(found["path"]).name, found["rule"]) for found in findings]


def test_one_that_goes_before_it_moves_a_sidecar_of_others(tmp_path: Path) -> None:
    foreign(tmp_path, "zoo.json", meshed("zoo"), meshed("zoo2", port=9000))
    run(tmp_path, [meshed("web", port=21000)])

    (found,) = run(tmp_path, [], check_mode=True)

    assert (found["path"], found["rule"]) == (str(tmp_path / "zoo.json"), "sidecar-port-moves")
    assert "which this collection did not write, moves from port 21001 to 21000" in found["message"]
    assert run(tmp_path, [], silence="sidecar-port-moves") == []


def test_ports_are_given_from_the_range_that_the_agent_is_set_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moving_sidecars, "sidecar_range", lambda _facts: (30000, 30010))
    foreign(tmp_path, "zoo.json", meshed("zoo"))
    run(tmp_path, [meshed("web", port=30000)], silence="sidecar-port-moves")
    (found,) = run(tmp_path, [])
    assert "moves from port 30001 to 30000" in found["message"]


def test_one_that_comes_before_it_moves_none_unless_somebody_says_so(tmp_path: Path) -> None:
    foreign(tmp_path, "zoo.json", meshed("zoo"))
    assert run(tmp_path, [meshed("web")]) == []
    assert rules(run(tmp_path, [meshed("web", port=21000)])) == [("zoo.json", "sidecar-port-moves")]


def test_what_an_earlier_version_wrote_for_another_set_is_told_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, {"services-z.json": text_of([meshed("zoo")])}, owner="set:z", reload="never")
    run(tmp_path, [meshed("web", port=21000)], silence="sidecar-port-moves")
    (found,) = run(tmp_path, [])
    assert "of the set z, moves" in found["message"]
    assert found["hint"] == "Let its task run first: it writes the port."


def test_what_comes_with_the_change_itself_is_no_surprise(tmp_path: Path) -> None:
    write(tmp_path, {"services-m.json": text_of([meshed("zoo")])}, owner="set:m", reload="never")
    moved = write(tmp_path, {"services-m.json": text_of([meshed("web", port=21000), meshed("zoo")])}, owner="set:m", reload="never")
    assert not moved.get("rule_warnings")


def test_a_sidecar_at_a_socket_does_not_care(tmp_path: Path) -> None:
    foreign(tmp_path, "zoo.json", meshed("zoo", socket_path="/run/zoo.sock"))
    assert run(tmp_path, [meshed("web", port=21000)]) == []


def test_a_port_that_we_chose_is_not_given_twice(tmp_path: Path) -> None:
    run(tmp_path, [meshed("web")])
    before = contents(tmp_path)
    with pytest.raises(Refused) as refused:
        run(tmp_path, [meshed("db", port=21255)], "other")
    (found,) = refused.value.findings
    assert (found["path"], found["rule"]) == (str(tmp_path / "services-other.json"), "sidecar-port-unique")
    assert found["hint"] == "Write another port for one of them."
    assert contents(tmp_path) == before
    # Another address is another place.
    assert run(tmp_path, [meshed("db", port=21255, address="10.0.0.1")], "other") == []


def test_what_others_wrote_twice_is_theirs(tmp_path: Path) -> None:
    foreign(tmp_path, "a.json", meshed("alone", port=8999), meshed("a", port=9000))
    assert rules(run(tmp_path, [meshed("web", port=9000)])) == [("services-m.json", "sidecar-port-shared")]
    # Said once: it is not this change that brings it about.
    assert run(tmp_path, [meshed("web", port=9000), {"name": "more"}]) == []


def test_what_others_put_on_a_port_that_we_chose_is_said_with_every_change(tmp_path: Path) -> None:
    run(tmp_path, [meshed("web")])
    foreign(tmp_path, "a.json", meshed("a", port=21255))
    assert rules(run(tmp_path, [meshed("web"), {"name": "more"}])) == [("services-m.json", "sidecar-port-shared")]
