# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map: what is on it, how many become few, and that no name can do anything to it."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.dot import NotDrawnError, dot, svg
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.graph import LARGEST, MOST_BROKEN, Edge, Graph, Node, fit
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.mermaid import mermaid
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.ways import BROKEN, OK
from ansible_collections.registrar.consul.tests.support.definitions.fleet import gateway, mesh_service, service, upstream
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import at, judged

SMALL = {
    "web1": at("dc1", [mesh_service("web", 80, [upstream("db", 1, datacenter="dc2", mesh_gateway={"mode": "local"}), upstream("dbs", 2)])]),
    "web2": at("dc1", [mesh_service("web", 80, [])]),
    "db1": at("dc2", [mesh_service("db", 5432, []), service("cron", 1)]),
    "gw1": at("dc1", [gateway("gw", "mesh-gateway", 443)]),
}


def test_the_map_in_mermaid() -> None:
    lines = judged(SMALL)["mermaid"].splitlines()
    assert lines[: lines.index("  classDef service fill:#ddf4ff,stroke:#0969da,color:#0a3069")] == [
        "flowchart LR",
        '  n1("web<br/>on 2 hosts<br/>dc1<br/>sidecar"):::service',
        '  n2("db<br/>on 1 host<br/>dc2<br/>sidecar"):::service',
        '  n3("cron<br/>on 1 host<br/>dc2"):::plain',
        '  n4{{"gw<br/>mesh-gateway<br/>on 1 host<br/>dc1"}}:::gateway',
        '  n5["dbs<br/>not registered"]:::nowhere',
        '  n1 -->|"in dc2<br/>local mesh gateway"| n2',
        '  n1 -.->|"✗ upstream-unregistered"| n5',
    ]
    assert lines[-1] == "  linkStyle 1 stroke:#cf222e,stroke-width:3px"


def test_the_map_in_dot() -> None:
    text = judged(SMALL)["dot"]
    assert '  n1 [label="web\\non 2 hosts\\ndc1\\nsidecar", fillcolor="#ddf4ff"' in text
    assert '  n1 -> n2 [label="in dc2\\nlocal mesh gateway"]\n' in text
    assert '  n1 -> n5 [label="✗ upstream-unregistered", color="#cf222e"' in text


def many(count: int, broken: int = 0) -> dict[str, Any]:
    """Services of ten teams, each calling the next, some of them also one that nobody has."""
    names = [f"team{number % 10}-svc{number}" for number in range(count)]
    return {
        f"h{number}": [
            mesh_service(name, 80, [upstream(names[(number + 1) % count], 1), *([upstream(f"none{number}", 2)] if number < broken else [])])
        ]
        for number, name in enumerate(names)
    }


def test_many_services_are_drawn_as_few_boxes() -> None:
    lines = judged(many(200))["mermaid"].splitlines()
    assert [line for line in lines if "team3" in line] == ['  n4[["team3…<br/>20 services"]]:::service']
    assert sum("-->" in line for line in lines) == 10
    assert '  n1 -->|"20×"| n2' in lines


def test_what_is_broken_stays_a_box_of_its_own() -> None:
    text = judged(many(200, broken=2))["mermaid"]
    assert re.findall(r'"(team\d-svc\d+)<br/>', text) == ["team0-svc0", "team1-svc1"]
    assert text.count("-.->") == 2
    crowded = judged(many(200, broken=MOST_BROKEN + 7))
    assert crowded["mermaid"].count("-.->") == MOST_BROKEN
    assert "and 7 more broken upstreams" in crowded["mermaid"]
    assert "and 7 more broken upstreams" in crowded["dot"]


def test_names_without_anything_in_common_end_in_one_box() -> None:
    nodes = {str(number): Node(f"{chr(97 + number % 26)}{chr(97 + number // 26)}", "service") for number in range(120)}
    edges = [Edge(str(number), str(number + 1), OK) for number in range(119)]
    small = fit(Graph(nodes, edges))
    assert len(small.nodes) == LARGEST
    assert small.nodes["group others"].lines == ("81 services",)


def test_no_name_leaves_its_quotes() -> None:
    evil = 'a"]:::x\n click n1 "javascript:alert(1)" <script>#quot;\\'
    graph = Graph({"a": Node(evil, "service"), "b": Node("b", "nowhere")}, [Edge("a", "b", BROKEN, (evil,))])
    drawn, described = mermaid(graph), dot(graph)
    assert not re.search(r"<script|click n1 \"|javascript:", drawn)
    for line in drawn.splitlines():
        assert line.count('"') in (0, 2)
    assert '"a\\"]:::x� click n1 \\"javascript:alert(1)\\" <script>#quot;\\\\", fillcolor' in described


def test_the_picture_is_what_graphviz_makes_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "dot"
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def becomes(script: str) -> None:
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)

    becomes('echo "<svg $1>"; cat')
    assert svg("digraph ö {}\n") == "<svg -Tsvg>\ndigraph ö {}\n"
    becomes("echo no memory >&2; exit 3")
    with pytest.raises(NotDrawnError, match=r"dot did not draw it \(no memory\)"):
        svg("")


def test_without_graphviz_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotDrawnError, match="is not on the controller"):
        svg("digraph {}")
