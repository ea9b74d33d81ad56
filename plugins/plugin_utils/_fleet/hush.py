# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a fleet, without the secrets of its definitions: one host may name what is secret with another.

Names of services are no secrets: agents tell them to everybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK, SHORTEST

from .._findings import quoted
from .graph import Graph


class Hush:
    """Knows the secret texts of all hosts."""

    def __init__(self, secrets: Iterable[str], names: Iterable[str]) -> None:
        long = {text for text in {*secrets} - {*names} if len(text) >= SHORTEST}
        shown = {form for text in long for form in (text, quoted(text)[1:-1])}
        self._secret = re.compile("|".join(map(re.escape, sorted(shown, key=len, reverse=True)))) if shown else None

    def data(self, value: Any) -> Any:
        """Return data with the secrets in its texts masked."""
        if self._secret is None:
            return value
        if isinstance(value, str):
            return self._secret.sub(MASK, value)
        if isinstance(value, dict):
            return {key: self.data(item) for key, item in value.items()}
        return [self.data(item) for item in value] if isinstance(value, (list, tuple)) else value

    def graph(self, graph: Graph) -> Graph:
        """The same for a map."""
        if self._secret is None:
            return graph
        nodes = {key: replace(node, name=self.data(node.name), lines=tuple(self.data(node.lines))) for key, node in graph.nodes.items()}
        return replace(graph, nodes=nodes, edges=[replace(edge, lines=tuple(self.data(edge.lines))) for edge in graph.edges])
