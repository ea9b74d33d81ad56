# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map as Mermaid text, which Git hosts and documentation sites draw by themselves.

Fills carry colours of text with them, so that a box can be read on a light page and on a dark one.
"""

from __future__ import annotations

from .._survey.report import one_line
from .graph import GATEWAY, GROUP, SERVICE, Edge, Graph, Node
from .ways import BROKEN, OK, QUERY

_SHAPES = {GATEWAY: ("{{", "}}"), GROUP: ("[[", "]]"), QUERY: ("[(", ")]"), SERVICE: ("(", ")")}
_CLASSES = (
    ("service", "fill:#ddf4ff,stroke:#0969da,color:#0a3069"),
    ("plain", "fill:#f6f8fa,stroke:#57606a,color:#1f2328"),
    ("gateway", "fill:#fbefff,stroke:#8250df,color:#3e1f79"),
    ("elsewhere", "fill:#f6f8fa,stroke:#57606a,color:#1f2328,stroke-dasharray:5 4"),
    ("nowhere", "fill:#ffebe9,stroke:#cf222e,color:#82071e,stroke-dasharray:5 4"),
)
_ARROWS = {OK: "-->", BROKEN: "-.->"}
_BROKEN_LINE, _UNCLEAR_LINE = "stroke:#cf222e,stroke-width:3px", "stroke:#bf8700,stroke-width:2px"


def mermaid(graph: Graph) -> str:
    """Return the map as a Mermaid flowchart."""
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes, 1)}
    lines = ["flowchart LR"]
    for node, drawn in graph.nodes.items():
        opening, closing = _SHAPES.get(drawn.kind, ("[", "]"))
        text = "<br/>".join(_escaped(line) for line in (drawn.name, *drawn.lines))
        lines.append(f'  {names[node]}{opening}"{text}"{closing}:::{_class(drawn)}')
    lines += [f"  {names[edge.start]} {_arrow(edge)} {names[edge.end]}" for edge in graph.edges]
    if graph.left_out:
        lines.append(f'  more["and {graph.left_out} more broken upstreams"]:::nowhere')
    lines += [f"  classDef {name} {style}" for name, style in _CLASSES]
    for state, style in ((BROKEN, _BROKEN_LINE), ("unclear", _UNCLEAR_LINE)):
        numbers = [str(number) for number, edge in enumerate(graph.edges) if edge.state == state]
        lines += [f"  linkStyle {','.join(numbers)} {style}"] if numbers else []
    return "\n".join(lines) + "\n"


def _arrow(edge: Edge) -> str:
    arrow = _ARROWS.get(edge.state, "-.->")
    words = "<br/>".join(_escaped(line) for line in edge.lines)
    mark = "✗ " if edge.state == BROKEN else "? " if edge.state != OK else ""
    return f'{arrow}|"{mark}{words}"|' if words else arrow


def _class(node: Node) -> str:
    if node.kind == SERVICE:
        return "service" if node.in_mesh else "plain"
    return {GATEWAY: "gateway", GROUP: "service", "nowhere": "nowhere"}.get(node.kind, "elsewhere")


def _escaped(text: str) -> str:
    """Return text that Mermaid shows as it is: everything that may mean something becomes a number."""
    return "".join(char if char.isalnum() or char in " -_./…,()✗×?�" else f"#{ord(char)};" for char in one_line(text))
