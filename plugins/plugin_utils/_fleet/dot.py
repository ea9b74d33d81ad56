# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map as DOT, and as SVG where Graphviz is on the controller.

The picture has a ground of its own, so that it looks the same on a light page and on a dark one.
"""

from __future__ import annotations

import shutil
import subprocess

from .._survey.report import one_line
from .graph import GATEWAY, GROUP, SERVICE, Edge, Graph, Node
from .ways import BROKEN, OK, QUERY

_FONT = "Helvetica,Arial,sans-serif"
_HEAD = f"""digraph fleet {{
  graph [rankdir=LR, bgcolor="#ffffff", pad=0.3, nodesep=0.3, ranksep=0.9, fontname="{_FONT}"]
  node [shape=box, style="filled,rounded", fontname="{_FONT}", fontsize=12, margin="0.15,0.08"]
  edge [color="#57606a", fontcolor="#57606a", fontname="{_FONT}", fontsize=10]
"""
_LOOKS = {
    SERVICE: 'fillcolor="#ddf4ff", color="#0969da", fontcolor="#0a3069"',
    "plain": 'fillcolor="#f6f8fa", color="#57606a", fontcolor="#1f2328"',
    GATEWAY: 'shape=hexagon, style=filled, fillcolor="#fbefff", color="#8250df", fontcolor="#3e1f79"',
    GROUP: 'peripheries=2, fillcolor="#ddf4ff", color="#0969da", fontcolor="#0a3069"',
    QUERY: 'shape=cylinder, style=filled, fillcolor="#f6f8fa", color="#57606a", fontcolor="#1f2328"',
    "nowhere": 'style="filled,rounded,dashed", fillcolor="#ffebe9", color="#cf222e", fontcolor="#82071e"',
}
_ELSEWHERE = 'style="filled,rounded,dashed", fillcolor="#f6f8fa", color="#57606a", fontcolor="#1f2328"'
_BROKEN = 'color="#cf222e", fontcolor="#cf222e", style=dashed, penwidth=2'
_UNCLEAR = 'color="#bf8700", fontcolor="#7d4e00", style=dashed, penwidth=1.5'
# A map that can be read takes a second or two.
_PATIENCE = 120


class NotDrawnError(Exception):
    """There is no SVG. The message says why."""


def dot(graph: Graph) -> str:
    """Return the map in Graphviz's language."""
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes, 1)}
    lines = [f"  {names[node]} [label={_quoted(drawn.name, *drawn.lines)}, {_look(drawn)}]\n" for node, drawn in graph.nodes.items()]
    lines += [f"  {names[edge.start]} -> {names[edge.end]}{_edge(edge)}\n" for edge in graph.edges]
    if graph.left_out:
        lines.append(f'  more [label="and {graph.left_out} more broken upstreams", {_LOOKS["nowhere"]}]\n')
    return f"{_HEAD}{''.join(lines)}}}\n"


def svg(text: str) -> str:
    """Return the picture of a DOT text. Raises NotDrawnError without Graphviz, and when that fails."""
    program = shutil.which("dot")
    if program is None:
        raise NotDrawnError("Graphviz (its program dot) is not on the controller")
    try:
        done = subprocess.run([program, "-Tsvg"], input=text.encode(), capture_output=True, check=False, timeout=_PATIENCE)  # noqa: S603 - found on PATH
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotDrawnError(f"{program} did not draw it ({error})") from None
    if done.returncode != 0:
        raise NotDrawnError(f"{program} did not draw it ({done.stderr.decode('utf-8', 'replace').strip()[:200]})")
    return done.stdout.decode("utf-8")


def _look(node: Node) -> str:
    return _LOOKS["plain"] if node.kind == SERVICE and not node.in_mesh else _LOOKS.get(node.kind, _ELSEWHERE)


def _edge(edge: Edge) -> str:
    mark = {OK: "", BROKEN: "✗ "}.get(edge.state, "? ")
    parts = [f"label={_quoted(mark + edge.lines[0], *edge.lines[1:])}"] if edge.lines else []
    parts += {OK: [], BROKEN: [_BROKEN]}.get(edge.state, [_UNCLEAR])
    return f" [{', '.join(parts)}]" if parts else ""


def _quoted(*lines: str) -> str:
    escaped = (one_line(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
