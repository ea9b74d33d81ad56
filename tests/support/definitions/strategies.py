# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for definitions, derived from the schema: a new field is in them without being named here.

What they generate is harmless to run on an agent: checks look at closed ports of loopback and run /bin/true.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST, contains

Json = dict[str, Any]

PORTION = 60
HOSTILE = [
    *("", " ", "*", "a b", "über", "日本", "🦊", "e\u0301", "\u202e", "\u0000", "\t\n", "\u007f", "\ufeff"),
    *('"', "'", "\\", "${x}", "%s", "{{ x }}", "#", "//", "null", "true", "1", "007", "1e3", "-", "~", "<&>", "\u2028", "x" * 200),
]
URLS = ["http://127.0.0.1:1/health", "https://[::1]:1/", "HTTP://127.0.0.1:1/%2f?q=ü#x", "http://localhost:1"]
ENDPOINTS = ["127.0.0.1:1", "[::1]:1", "localhost:1", "127.0.0.1:0"]
LONG_ENOUGH = [
    "1s",
    "+10s",
    "1m30s",
    "1.5h",
    "0.5m",
    "2m0.5s",
    "90000ms",
    "60000000us",
    "60000000µs",
    "60000000μs",
    ".5h",
    "1.h",
    "2562047h",
]
DURATIONS = [*LONG_ENOUGH, "0", "0s", "-5s", "+0", "-0", "1ns", "500ms", "0.000000001s"]

# Text that has to mean something to the agent, by the name of the field.
_MEANINGFUL = {
    "http": URLS,
    "tcp": ENDPOINTS,
    "udp": ENDPOINTS,
    "h2ping": ENDPOINTS,
    "grpc": [*ENDPOINTS, "127.0.0.1:1/web", "127.0.0.1:1/a/b"],
    "destination_partition": ["default"],
}


@dataclass(frozen=True)
class Scope:
    """For which agent definitions are generated."""

    version: Version = NEWEST
    edition: str = "community"

    def knows(self, field: Field) -> bool:
        """Whether these agents take the field. They run on Linux."""
        if field.annotation("x-platform") == "windows":
            return False
        return not contains(field.missing, self.version) and (field.edition != "enterprise" or self.edition == "enterprise")

    def choices(self, field: Field) -> list[str]:
        since = field.annotation("x-enum-since", {})
        return [value for value in field.annotation("enum") if value not in since or parse_version(since[value]) <= self.version]


def examples(strategy: st.SearchStrategy[Any], count: int, number: int) -> list[Any]:
    """Return so many examples, always the same ones for a number.

    They are drawn in portions, since Hypothesis makes many examples of one run out of earlier ones.
    """
    portions = [min(PORTION, count - drawn) for drawn in range(0, count, PORTION)]
    return [example for index, portion in enumerate(portions) for example in _portion(strategy, portion, number * 1000 + index)]


def _portion(strategy: st.SearchStrategy[Any], count: int, number: int) -> list[Any]:
    found: list[Any] = []

    @seed(number)
    @settings(
        max_examples=count,
        derandomize=False,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


def texts() -> st.SearchStrategy[str]:
    """Any text that JSON can hold, hostile ones more often."""
    characters = st.characters(exclude_categories=["Cs"])
    return st.one_of(st.sampled_from(["web", "db", "a-1"]), st.sampled_from(HOSTILE), st.text(characters, max_size=12))


def names() -> st.SearchStrategy[str]:
    """Text that is not empty."""
    return st.one_of(st.from_regex(r"[a-z][a-z0-9-]{0,14}", fullmatch=True), texts().filter(bool))


def json_values(*, nulls: bool = False) -> st.SearchStrategy[Any]:
    """User data of any shape."""
    numbers = st.one_of(st.integers(-(2**53), 2**53), st.floats(-1e6, 1e6, allow_nan=False))
    leaves = st.one_of(st.none() if nulls else st.nothing(), st.booleans(), numbers, texts())
    return st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts(), inner, max_size=3)), max_leaves=5
    )


def values(field: Field, scope: Scope) -> st.SearchStrategy[Any]:
    """Values of a field that the schema and the rules allow, where they do not depend on what stands beside it."""
    place = field.path.rpartition(".")[2].partition("[")[0]
    if field.properties:
        return _COMPOSITES.get(place, plain_objects)(field, scope)
    makers: dict[str, Callable[[Field, Scope], st.SearchStrategy[Any]]] = {
        "object": _mappings,
        "array": _lists,
        "string": _strings,
        "integer": _integers,
        "number": lambda _field, _scope: st.floats(0, 2, allow_nan=False),
        "boolean": lambda _field, _scope: st.booleans(),
    }
    return makers[field.type](field, scope)


@st.composite
def plain_objects(draw: st.DrawFn, field: Field, scope: Scope, leave_out: frozenset[str] = frozenset()) -> Json:
    """Objects with any of the field's keys, regardless of what rules say about their combination."""
    known = {key: child for key, child in field.properties.items() if scope.knows(child) and key not in leave_out | _NEVER}
    required = [key for key in field.required if key in known]
    wanted = draw(st.lists(st.sampled_from(sorted(known)), unique=True, max_size=7)) if known else []
    return {key: draw(values(known[key], scope)) for key in dict.fromkeys([*required, *wanted])}


def _mappings(field: Field, scope: Scope) -> st.SearchStrategy[Json]:
    if field.values is None:
        return st.dictionaries(texts(), json_values(nulls="upstreams" in field.path), max_size=3)
    return st.dictionaries(_keys(field), values(field.values, scope), max_size=3)


def _keys(field: Field) -> st.SearchStrategy[str]:
    if field.name == "meta":
        return st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True).filter(lambda key: not key.startswith("consul-"))
    return texts().filter(lambda key: not key.startswith(("lan_", "wan_")))


def _lists(field: Field, scope: Scope) -> st.SearchStrategy[list[Any]]:
    if field.name in ("args", "command"):
        return st.lists(texts(), max_size=2).map(lambda arguments: ["/bin/true", *arguments])
    assert field.items is not None
    items = st.lists(values(field.items, scope), max_size=3, unique_by=_UNIQUE.get(field.name))
    return items.map(_with_one_default) if field.name in _NAMED_PORTS else items


def _with_one_default(named: list[Json]) -> list[Json]:
    """Named ports of which the first is the default: agents want exactly one."""
    return [{**{key: value for key, value in port.items() if key != "default"}, "default": not index} for index, port in enumerate(named)]


def _strings(field: Field, scope: Scope) -> st.SearchStrategy[str]:
    if field.annotation("enum"):
        return st.sampled_from(scope.choices(field))
    if field.annotation("x-rule") == "duration":
        return st.sampled_from(DURATIONS)
    if field.name in _MEANINGFUL:
        return st.sampled_from(_MEANINGFUL[field.name])
    if field.annotation("pattern"):
        return st.from_regex(field.annotation("pattern").replace("$", r"\Z"))
    return names() if field.annotation("minLength") else texts()


def _integers(field: Field, scope: Scope) -> st.SearchStrategy[int]:
    low, high = field.annotation("minimum", 0), field.annotation("maximum", 1000)
    return st.one_of(st.integers(low, high), st.sampled_from([low, low + 1, high]))


def ports() -> st.SearchStrategy[int]:
    return st.one_of(st.integers(1, 65535), st.sampled_from([1, 80, 65535]))


@st.composite
def checks(draw: st.DrawFn, field: Field, scope: Scope) -> Json:
    """Checks of one type each, with what that type needs."""
    types = {name: child.annotation("x-check-type") for name, child in field.properties.items() if scope.knows(child)}
    kind = draw(st.sampled_from(sorted(name for name, how in types.items() if how and name not in _NEVER)))
    check = draw(plain_objects(field, scope, frozenset(name for name, how in types.items() if how) | {"interval"}))
    check[kind] = draw(st.sampled_from(LONG_ENOUGH) if kind == "ttl" else values(field.properties[kind], scope).filter(bool))
    if types[kind] == "interval":
        check["interval"] = draw(st.sampled_from(LONG_ENOUGH))
    elif draw(st.booleans()):
        check["interval"] = draw(st.sampled_from(["0s", "-1s"] if kind == "ttl" else DURATIONS))
    if check.get("failures_before_warning", 0) > check.get("failures_before_critical", 0):
        check["failures_before_critical"] = check["failures_before_warning"]
    return check


@st.composite
def node_checks(draw: st.DrawFn, scope: Scope) -> Json:
    """Checks that stand outside a service."""
    check = draw(checks(node_check_field(), scope))
    return {**check, "name": draw(names()), "service_id": ""}


@st.composite
def services(draw: st.DrawFn, scope: Scope, field: Field | None = None) -> Json:
    """Services of every kind that the agent registers as they are written."""
    field = field or service_field()
    kinds = scope.choices(field.properties["kind"]) if scope.knows(field.properties["kind"]) else []
    kind = draw(st.sampled_from(["", *kinds]))
    service = draw(plain_objects(field, scope, frozenset({"kind", "connect", "proxy", "ports", "socket_path", "proxy_destination"})))
    if kind or (kinds and draw(st.booleans())):
        service["kind"] = kind
    proxy = field.properties["proxy"]
    if kind.endswith("-gateway"):
        below = frozenset(name for name, child in proxy.properties.items() if child.annotation("x-not-on-gateways"))
        service["proxy"] = draw(plain_objects(proxy, scope, below))
    elif kind:
        service["proxy"] = {**draw(plain_objects(proxy, scope)), "destination_service_name": draw(names().filter(_is_destination))}
    if kind:
        service["port"] = draw(ports())
    elif scope.knows(field.properties["connect"]):
        _join_mesh(draw, field.properties["connect"], scope, service)
    _reach(draw, field, scope, service)
    return _shuffled(draw, _with_unique_check_ids(service))


def _join_mesh(draw: st.DrawFn, connect: Field, scope: Scope, service: Json) -> None:
    how = draw(st.sampled_from(["", "", "none", "native", "sidecar_service"]))
    if how == "none":
        service["connect"] = draw(st.sampled_from([{}, {"native": False}]))
    elif how and scope.knows(connect.properties[how]) and _is_destination(service["name"]):
        service["port"] = draw(ports())
        service["connect"] = {how: True if how == "native" else draw(sidecars(connect.properties[how], scope))}


def _reach(draw: st.DrawFn, field: Field, scope: Scope, service: Json) -> None:
    """Say in one of the newer ways how the service is reached, where nothing needs its port."""
    if "kind" in service or "connect" in service:
        return
    way = draw(st.sampled_from(["", "ports", "socket_path"]))
    if way and scope.knows(field.properties[way]):
        for key in ("port", "address"):
            service.pop(key, None)
        service[way] = draw(values(field.properties[way], scope))


@st.composite
def sidecars(draw: st.DrawFn, field: Field, scope: Scope) -> Json:
    sidecar = draw(plain_objects(field, scope, frozenset({"kind", "connect", "ports", "socket_path", "proxy_destination"})))
    if draw(st.booleans()):
        sidecar["kind"] = draw(st.sampled_from(["", "connect-proxy"]))
    return _with_unique_check_ids(sidecar)


@st.composite
def _upstreams(draw: st.DrawFn, field: Field, scope: Scope) -> Json:
    below = frozenset({"local_bind_port", "local_bind_socket_path", "datacenter", "destination_peer"})
    upstream = {**draw(plain_objects(field, scope, below)), "destination_name": draw(names().filter(_is_destination))}
    way = draw(st.sampled_from(["local_bind_port", "local_bind_socket_path"]))
    if way == "local_bind_port" or not scope.knows(field.properties[way]):
        upstream["local_bind_port"] = draw(ports())
    else:
        upstream[way] = draw(names())
    place = draw(st.sampled_from(["", "datacenter", "destination_peer"]))
    if place and scope.knows(field.properties[place]):
        upstream[place] = draw(texts())
    return upstream


def _is_destination(name: str) -> bool:
    return name.strip() not in ("", "*")


@st.composite
def _ai(draw: st.DrawFn, field: Field, scope: Scope) -> Json:
    """Blocks of one role each."""
    role, block = draw(st.sampled_from([("inference-model", "inference_model"), ("mcp-server", "mcp_server"), ("ai-agent", "agent")]))
    return {"role": role, block: draw(values(field.properties[block], scope))}


def _named_ports(field: Field, scope: Scope) -> st.SearchStrategy[Json]:
    """Named ports with names that all agents take."""
    return st.builds(lambda port, name: {**port, "name": name}, plain_objects(field, scope), st.from_regex(r"[a-z]{1,8}", fullmatch=True))


def _localities(field: Field, scope: Scope) -> st.SearchStrategy[Json]:
    return plain_objects(field, scope).map(lambda locality: {**locality, "region": "r"})


def _with_unique_check_ids(service: Json) -> Json:
    """Leave out ids that another check of the service has."""
    seen: set[str] = set()
    for check in [*service.get("checks", []), *([service["check"]] if "check" in service else [])]:
        if check.get("id") in seen:
            del check["id"]
        seen.add(check.get("id", ""))
    return service


def _shuffled(draw: st.DrawFn, value: Json) -> Json:
    return {key: value[key] for key in draw(st.permutations(list(value)))}


def _bind(upstream: Json) -> Any:
    return upstream.get("local_bind_socket_path") or (upstream.get("local_bind_address") or "127.0.0.1", upstream.get("local_bind_port"))


# What must differ between the items of a list.
_UNIQUE: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "upstreams": (lambda upstream: upstream["destination_name"], _bind),
    "paths": (lambda path: path["path"], lambda path: path["listener_port"]),
    "ports": (lambda port: port["name"],),
    "local_service_ports": (lambda port: port["name"],),
}
_NAMED_PORTS = frozenset({"ports", "local_service_ports"})
# A reload waits a minute for checks that copy the state of another node.
_NEVER = frozenset({"alias_node"})
# The objects whose parts depend on each other, by the last step of their path.
_COMPOSITES: dict[str, Callable[[Field, Scope], st.SearchStrategy[Json]]] = {
    "check": checks,
    "checks": checks,
    "upstreams": _upstreams,
    "locality": _localities,
    "ports": _named_ports,
    "local_service_ports": _named_ports,
    "ai": _ai,
}
