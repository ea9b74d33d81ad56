# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The map of a fleet: services and gateways as nodes, upstreams as edges, and a smaller map where there are many."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .._rules.mesh import PROXY
from .model import Fleet, Key
from .ways import ELSEWHERE, FLEET, OK, QUERY, Call

SERVICE, GATEWAY, GROUP = "service", "gateway", "group"
# More nodes than this nobody can follow: then services that belong together are drawn as one.
LARGEST = 40
# Of these each would be drawn by itself, as they are what one looks for.
MOST_BROKEN = 30


@dataclass(slots=True)
class Node:
    """What is drawn as a box. `kind` is service, gateway, group, or the end of a way that is not in the fleet."""

    name: str
    kind: str
    lines: tuple[str, ...] = ()
    in_mesh: bool = True


@dataclass(slots=True)
class Edge:
    """An upstream, or several that look the same; `lines` are what distinguishes it."""

    start: str
    end: str
    state: str
    lines: tuple[str, ...] = ()
    count: int = 1


@dataclass(slots=True)
class Graph:
    """Nodes by what identifies them, and edges."""

    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    left_out: int = 0


def graph_of(fleet: Fleet, calls: Iterable[Call]) -> Graph:
    """Return the whole map."""
    graph = Graph()
    counts = _counts(fleet)
    for key, kind in counts.kinds.items():
        where = fleet.datacenters(key) if counts.several_datacenters else []
        lines = (
            *([kind] if kind else []),
            _instances(counts.instances[key], len(counts.hosts[key])),
            *where,
            *sorted(counts.offers.get(key, ())),
        )
        graph.nodes[_node(key)] = Node(fleet.names[key], GATEWAY if kind else SERVICE, lines, bool(kind) or key in counts.offers)
    edges: dict[tuple[str, str, str, tuple[str, ...]], Edge] = {}
    for call in calls:
        start, end = _node(call.proxy.key), _end(call)
        graph.nodes.setdefault(start, Node(call.proxy.name, ELSEWHERE, ("not in the fleet",)))
        graph.nodes.setdefault(end, Node(call.upstream.name, call.way.end, _END_LINES.get(call.way.end, ())))
        edge = Edge(start, end, call.way.state, tuple(_edge_lines(call)))
        edges.setdefault((start, end, edge.state, edge.lines), edge)
    graph.edges = list(edges.values())
    return graph


_END_LINES = {
    ELSEWHERE: ("registered elsewhere",),
    QUERY: ("prepared query",),
    "nowhere": ("not registered",),
    "unseen": ("cannot be seen",),
}


def fit(graph: Graph) -> Graph:
    """Return a map that can be read: this one, or one in which services with the beginning of their names in common are one box.

    What is at either end of a broken way stays a box of its own.
    """
    if len(graph.nodes) <= LARGEST:
        return graph
    broken = [edge for edge in graph.edges if edge.state != OK]
    shown = broken[:MOST_BROKEN]
    single = {node for edge in shown for node in (edge.start, edge.end)}
    places = {node: node for node in single}
    groups = _groups([node for node in graph.nodes if node not in single], graph)
    result = Graph({node: graph.nodes[node] for node in graph.nodes if node in single}, left_out=len(broken) - len(shown))
    for title, members in groups.items():
        if len(members) == 1:
            result.nodes[members[0]] = graph.nodes[members[0]]
            places[members[0]] = members[0]
            continue
        name = f"group {title}"
        result.nodes[name] = Node(title, GROUP, (f"{len(members)} services",))
        places.update(dict.fromkeys(members, name))
    result.edges = [*_joined((edge for edge in graph.edges if edge.state == OK), places.__getitem__), *shown]
    return result


def _joined(edges: Iterable[Edge], place: Callable[[str], str]) -> Iterator[Edge]:
    found = Counter((place(edge.start), place(edge.end)) for edge in edges)
    for (start, end), count in found.items():
        if start != end:
            yield Edge(start, end, OK, (f"{count}×",) if count > 1 else (), count)


def _groups(nodes: list[str], graph: Graph) -> dict[str, list[str]]:
    """Return the nodes by the beginnings of their names; the smallest groups become one where there would be too many."""
    groups: dict[str, list[str]] = defaultdict(list)
    for node in nodes:
        kind = graph.nodes[node].kind
        groups["gateways" if kind == GATEWAY else _beginning(graph.nodes[node].name)].append(node)
    order = sorted(groups, key=lambda title: (-len(groups[title]), title))
    kept = order if len(order) <= LARGEST else order[: LARGEST - 1]
    rest = [node for title in order[len(kept) :] for node in groups[title]]
    return {**{title: groups[title] for title in sorted(kept)}, **({"others": rest} if rest else {})}


def _beginning(name: str) -> str:
    """Return what stands before the first separator, or in a name without any before its number."""
    first, separator, _rest = re.sub(r"[_.]", "-", name).partition("-")
    return f"{first if separator else name.rstrip('0123456789')}…"


@dataclass(slots=True)
class _Counts:
    kinds: dict[Key, str]
    instances: Counter[Key]
    hosts: dict[Key, set[str]]
    offers: dict[Key, set[str]]
    several_datacenters: bool


def _counts(fleet: Fleet) -> _Counts:
    counts = _Counts({}, Counter(), defaultdict(set), defaultdict(set), len({host.datacenter for host in fleet.hosts}) > 1)
    for host, service in fleet.services:
        if service.kind != PROXY:
            counts.kinds.setdefault(service.key, service.kind)
            counts.instances[service.key] += 1
            counts.hosts[service.key].add(host.name)
            if service.native:
                counts.offers[service.key].add("native")
    for _host, proxy in fleet.proxies:
        counts.offers[proxy.key].add("sidecar" if proxy.is_sidecar else "proxy")
    return counts


def _instances(instances: int, hosts: int) -> str:
    on = "1 host" if hosts == 1 else f"{hosts} hosts"
    return f"on {on}" if instances == hosts else f"{instances} instances on {on}"


def _node(key: Key) -> str:
    return "/".join(key)


def _end(call: Call) -> str:
    if call.way.end == FLEET:
        return _node(call.upstream.key)
    return f"{call.way.end} {_node(call.upstream.key)} {call.upstream.peer or call.upstream.datacenter}"


def _edge_lines(call: Call) -> Iterator[str]:
    if call.way.rule:
        yield call.way.rule.id
    upstream = call.upstream
    if upstream.peer:
        yield f"peer {upstream.peer}"
    elif upstream.datacenter and upstream.datacenter != call.host.datacenter:
        yield f"in {upstream.datacenter}"
    mode = upstream.mode or call.proxy.mode
    if mode in ("local", "remote") and (upstream.peer or upstream.datacenter):
        yield f"{mode} mesh gateway"
