# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for definitions with something odd in them: most are refused, some turn out to be fine.

Like the valid ones, they are harmless to run on an agent.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, camel_case, node_check_field, service_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import (
    Json,
    Scope,
    checks,
    names,
    node_checks,
    services,
    texts,
    values,
)

BAD_DURATIONS = [
    *("", " ", "10", "1d", "10S", "1m 30s", " 5s", "5s ", "5s\n", "s", ".s", "-", "+", "--1s", "1e3s", "1_0s", "٣s", "1h-5m", "0x1s"),
    *("99999999999h", "9223372036854775807ns", "9223372036854775808ns", "-9223372036854775809ns", "0.1ns", "2562048h", "-5s", "0", "0s"),
]
NUMBERS = [-1, 0, 1, 65535, 65536, 2**31, 2**53 + 1, 2**63, 10**30, -(2**63) - 1, 80.0, 80.5, 1e3, 1e300, True]
ADDRESSES = [
    *("0.0.0.0", "::", "[::]", "0:0:0:0:0:0:0:0", "0.0.0.0 ", "00.0.0.0", "::0", "::ffff:0.0.0.0", "0"),
    *("10.0.0.1", "010.0.0.1", "10.0.0.1/8", "10.0.0", " 10.0.0.1", "10.0.0.1%eth0", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "[::1]"),
    *("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8:9", "::1::", "::g", "255.255.255.256", "١.0.0.1", "localhost", ""),
]
META_KEYS = ["", "a b", "a.b", "ü", "consul-x", "Consul-x", "consul-", "consul-wan-federation", "k" * 128, "k" * 129, "-", "_", "a\n"]
META_VALUES = ["v" * 512, "v" * 513, "é" * 256, "é" * 257, "", None, 1, True]
ODD_VALUES = [None, True, False, 0, 1, -1, 1.5, "", "x", "1", "true", [], {}, [None], ["x"], [[]], [{}], {"x": 1}, [1, 2], ["a", "b"]]


@dataclass(frozen=True)
class Mutant:
    """Services with something odd in them, and what was done to them."""

    kind: str
    services: list[Any]


@dataclass(frozen=True)
class Spot:
    """One value inside a definition: its field, and where it can be replaced."""

    field: Field
    holder: Any
    key: Any

    @property
    def value(self) -> Any:
        return self.holder[self.key]


def spots(field: Field, value: Any) -> Iterator[Spot]:
    """Yield every place of a definition that the schema describes."""
    if isinstance(value, dict):
        for key in list(value):
            child = field.properties.get(key) or field.values
            if child is not None:
                yield Spot(child, value, key)
                yield from spots(child, value[key])
    elif isinstance(value, list) and field.items is not None:
        for index in range(len(value)):
            yield Spot(field.items, value, index)
            yield from spots(field.items, value[index])


def objects(root: Field, value: Any) -> list[tuple[Field, Json]]:
    """Return every object of a definition that has fixed keys."""
    found = [(root, value)] if isinstance(value, dict) else []
    return found + [(spot.field, spot.value) for spot in spots(root, value) if isinstance(spot.value, dict) and spot.field.properties]


@st.composite
def mutants(draw: st.DrawFn, scope: Scope) -> Mutant:
    """One or two services, mutated once or twice."""
    size = draw(st.sampled_from([1, 1, 1, 2]))
    group: list[Any] = [_furnished(draw, scope, copy.deepcopy(draw(services(scope)))) for _index in range(size)]
    kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=1, max_size=2))
    for kind in kinds:
        before = copy.deepcopy(group)
        _MUTATIONS[kind](draw, scope, group)
        if group == before:
            _check(draw, scope, group)
    return Mutant("+".join(kinds), group)


def _furnished(draw: st.DrawFn, scope: Scope, service: Json) -> Json:
    """Give a service what there is most to say about: checks, upstreams, exposed paths."""
    field = service_field()
    if "check" not in service and "checks" not in service:
        service["checks"] = [draw(checks(field.properties["check"], scope))]
    for holder in (service, _sidecar(service)):
        proxy = holder.get("proxy")
        if isinstance(proxy, dict) and scope.knows(field.properties["proxy"]):
            for name in ("upstreams", "expose"):
                if name == "expose" or not str(holder.get("kind")).endswith("-gateway"):
                    proxy.setdefault(name, draw(values(field.properties["proxy"].properties[name], scope)))
    return service


def _any_spot(draw: st.DrawFn, group: list[Any], wanted: Callable[[Spot], bool] = lambda spot: True) -> Spot | None:
    found = [spot for service in group for spot in spots(service_field(), service) if wanted(spot)]
    return draw(st.sampled_from(found)) if found else None


def _sidecar(service: Json) -> Json:
    """Return the sidecar of a service that may be mutated already, or the service itself."""
    connect = service.get("connect")
    sidecar = connect.get("sidecar_service") if isinstance(connect, dict) else None
    return sidecar if isinstance(sidecar, dict) else service


def _any_object(draw: st.DrawFn, group: list[Any]) -> tuple[Field, Json]:
    return draw(st.sampled_from(_all_objects(group) or [(service_field(), {})]))


def _all_objects(group: list[Any]) -> list[tuple[Field, Json]]:
    return [found for service in group for found in objects(service_field(), service)]


def _wrong_type(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group)
    if spot:
        spot.holder[spot.key] = draw(st.sampled_from(ODD_VALUES) if draw(st.booleans()) else st.just([spot.value]))


def _unknown_key(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    field, value = _any_object(draw, group)
    known = draw(st.sampled_from(sorted(field.properties)))
    key = draw(st.one_of(texts(), st.sampled_from([known + "s", known[:-1], known.replace("_", "-"), "_" + known])))
    value[key] = draw(st.sampled_from(["x", 1, True, None, {}, []]))


def _respelled_key(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group, lambda spot: bool(spot.field.name))
    if spot:
        name = spot.field.name
        spellings = [name.upper(), name.capitalize(), name.title(), camel_case(name), spot.field.api_name or name, name.replace("_", "")]
        value = spot.value if draw(st.booleans()) else spot.holder.pop(spot.key)
        spot.holder[draw(st.sampled_from(spellings))] = value


def _missing_key(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    _field, value = _any_object(draw, group)
    if value:
        del value[draw(st.sampled_from(sorted(value)))]


def _further_key(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """Any field of the schema, also one that this agent does not know, or that does not go with the others."""
    field, value = _any_object(draw, group)
    key = draw(st.sampled_from(sorted(field.properties)))
    if key != "alias_node":
        value[key] = draw(values(field.properties[key], Scope(edition="enterprise")))


def _number(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group, lambda spot: spot.field.type == "integer")
    if spot:
        spot.holder[spot.key] = draw(st.sampled_from(NUMBERS))


def _duration(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group, lambda spot: spot.field.annotation("x-rule") == "duration")
    if spot:
        spot.holder[spot.key] = draw(st.sampled_from(BAD_DURATIONS))


def _choice(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group, lambda spot: bool(spot.field.annotation("enum")))
    if spot:
        every = spot.field.annotation("enum")
        spot.holder[spot.key] = draw(st.one_of(st.sampled_from([*every, *(word.title() for word in every), " ", "x"]), texts()))


def _kind(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    service = draw(st.sampled_from(group))
    service["kind"] = draw(st.sampled_from(service_field().properties["kind"].annotation("enum")))


def _twice(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """The same item twice in a list, changed in one place perhaps."""
    spot = _any_spot(draw, group, lambda spot: isinstance(spot.value, list) and bool(spot.value))
    if spot:
        item = copy.deepcopy(draw(st.sampled_from(spot.value)))
        if isinstance(item, dict) and item and draw(st.booleans()):
            del item[draw(st.sampled_from(sorted(item)))]
        spot.value.append(item)


def _same_service(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    service = copy.deepcopy(draw(st.sampled_from(group)))
    if draw(st.booleans()):
        service["id"] = draw(names())
    group.append(service)


def _merged(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """Two objects of one kind in one: checks of two types, for example."""
    field, value = _any_object(draw, group)
    others = [other for found, other in _all_objects(group) if found is field]
    value.update(copy.deepcopy(draw(st.sampled_from(others))) if others else {})


def _grafted(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """A block where it does not belong, or does not go with the kind."""
    service = draw(st.sampled_from(group))
    donor = copy.deepcopy(draw(services(scope)))
    target = draw(st.sampled_from([service, _sidecar(service)]))
    for key in draw(st.lists(st.sampled_from(["proxy", "connect", "check", "checks", "kind", "port", "address"]), min_size=1, max_size=2)):
        if key in donor:
            target[key] = donor[key]


def _meta(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    service = draw(st.sampled_from(group))
    size = draw(st.sampled_from([1, 2, 64, 65]))
    meta = {f"k{index}": "v" for index in range(size - 1)}
    meta[draw(st.sampled_from(META_KEYS) | texts())] = draw(st.sampled_from(META_VALUES) | texts())
    draw(st.sampled_from([service, _sidecar(service)]))["meta"] = meta


def _address(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    service = draw(st.sampled_from(group))
    service = draw(st.sampled_from([service, _sidecar(service)]))
    name = draw(st.sampled_from(["lan", "wan", "lan_ipv4", "wan_ipv4", "lan_ipv6", "wan_ipv6", "LAN_IPV4", "virtual"]))
    if draw(st.booleans()):
        service["address"] = draw(st.sampled_from(ADDRESSES))
    else:
        service["tagged_addresses"] = {
            name: draw(st.sampled_from([{"address": draw(st.sampled_from(ADDRESSES)), "port": 1}, {"port": 1}, {}]))
        }


def _config(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """User data that agents change, or that breaks them."""
    spot = _any_spot(draw, group, lambda spot: spot.field.opaque and isinstance(spot.value, dict))
    if spot:
        odd = st.sampled_from(
            [None, 2**53 + 1, 10**30, 10**400, 1e308, [], ["x"], [{"a": [1]}], [[1]], [{"a": 1}, {"b": None}], {"a": None}]
        )
        spot.value[draw(texts())] = draw(odd)


def _check(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """A check with something more, something less, or another interval."""
    field = service_field().properties["check"]
    found = [value for of, value in _all_objects(group) if of.properties.keys() == field.properties.keys()]
    if not found:
        group[0]["check"] = {}
        return
    check = draw(st.sampled_from(found))
    how = draw(st.sampled_from(["less", "less", "interval", "zero", "more"]))
    if how == "less" and check:
        del check[draw(st.sampled_from(sorted(check)))]
    elif how == "interval":
        check["interval"] = draw(st.sampled_from(["10s", "0s", "-1s"]))
    elif how == "zero":
        check[draw(st.sampled_from(["ttl", "interval", "timeout"]))] = draw(st.sampled_from(["0s", "-1s", "500ms"]))
    else:
        key = draw(st.sampled_from(["ttl", "http", "tcp", "alias_service", "args", "output_max_size"]))
        check[key] = -1 if key == "output_max_size" else draw(values(field.properties[key], scope))


def _mesh(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    """What is refused in a proxy by the agent, and in a sidecar by the catalog only."""
    service = draw(st.sampled_from(group))
    if not service.get("kind") and "connect" not in service:
        service.update(port=80, connect={"sidecar_service": {}})
    target = draw(st.sampled_from([service, _sidecar(service)]))
    upstream = {"destination_name": "db", "local_bind_port": 5000}
    odd_upstreams = [
        [upstream, upstream],
        [{"destination_name": "db"}],
        [{"local_bind_port": 1}],
        [upstream, {**upstream, "destination_name": "x"}],
    ]
    proxy = {**(target["proxy"] if isinstance(target.get("proxy"), dict) else {})}
    what = draw(st.sampled_from(["native", "kind", "upstreams", "destination", "both", "port"]))
    if what == "native":
        target["connect"] = {"native": True}
    elif what == "kind":
        target["kind"] = draw(st.sampled_from(["mesh-gateway", "ingress-gateway", "connect-proxy"]))
    elif what == "upstreams":
        target["proxy"] = {**proxy, "upstreams": copy.deepcopy(draw(st.sampled_from(odd_upstreams)))}
    elif what == "destination":
        target["proxy"] = {**proxy, "destination_service_name": draw(st.sampled_from(["", " ", "*", "web"]))}
    elif what == "both":
        service["connect"] = {"native": True, "sidecar_service": {}}
    else:
        target.pop("port", None)


def _text(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group, lambda spot: isinstance(spot.value, str) and not spot.field.annotation("x-check-type"))
    if spot:
        spot.holder[spot.key] = draw(texts())


def _lost_endpoint(draw: st.DrawFn, scope: Scope, group: list[Any]) -> None:
    spot = _any_spot(draw, group, lambda spot: bool(spot.field.annotation("x-check-type")))
    if spot:
        empty: list[Any] = [None, [], {}] if spot.field.type == "array" else [None, "", " "]
        spot.holder[spot.key] = draw(st.sampled_from(empty))


@st.composite
def odd_documents(draw: st.DrawFn, scope: Scope) -> Json:
    """A whole file: a service, and checks outside it, of which one is perhaps odd."""
    found: list[Json] = copy.deepcopy(draw(st.lists(node_checks(scope), min_size=1, max_size=2)))
    check = draw(st.sampled_from(found))
    match draw(st.sampled_from(["fine", "nameless", "twice", "foreign", "of the service", "less", "more", "null"])):
        case "nameless":
            check.update(name="", id=draw(st.sampled_from(["", "x"])))
        case "twice":
            found.append(copy.deepcopy(check))
        case "foreign":
            check["service_id"] = "nobody"
        case "of the service":
            check.update(service_id="web", id=draw(st.sampled_from(["service:web", "x"])))
        case "less":
            del check[draw(st.sampled_from(sorted(check)))]
        case "more":
            key = draw(st.sampled_from(sorted(node_check_field().properties.keys() - {"alias_node"})))
            check[key] = draw(values(node_check_field().properties[key], Scope()))
        case "null":
            check[draw(st.sampled_from(sorted(check)))] = None
    return {"service": {"name": "web", "check": {"ttl": "1h"}}, "checks": found}


_MUTATIONS: dict[str, Callable[[st.DrawFn, Scope, list[Any]], None]] = {
    "wrong type": _wrong_type,
    "unknown key": _unknown_key,
    "respelled key": _respelled_key,
    "missing key": _missing_key,
    "further key": _further_key,
    "number": _number,
    "duration": _duration,
    "choice": _choice,
    "kind": _kind,
    "item twice": _twice,
    "service twice": _same_service,
    "merged": _merged,
    "grafted": _grafted,
    "meta": _meta,
    "address": _address,
    "config": _config,
    "check": _check,
    "mesh": _mesh,
    "text": _text,
    "empty check": _lost_endpoint,
}
# Some have much more to do than others.
_KINDS = [*sorted(_MUTATIONS), "check", "check", "mesh", "mesh", "mesh"]
