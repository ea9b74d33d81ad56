# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts have to agree on: protocol, port and kind of a service, owner of a set."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .._findings import quoted
from .._rules.access import mappings_at, number, text, texts_at
from .._rules.fleet import GATEWAY_KINDS, PORTS_DIFFER, PROTOCOL_UNCLEAR, PROTOCOLS, SET_OWNER
from .elsewhere import Elsewhere
from .faults import Fault, Spot, fault
from .hosts import Host
from .model import Fleet, Key, Proxy, Service

# What proxies speak when nobody says anything.
_TCP = "tcp"
# Below this many hosts nobody can say which port is the usual one.
_FEWEST_HOSTS = 3

Group = dict[str, list[Spot]]


def agreement_faults(fleet: Fleet, elsewhere: Elsewhere) -> Iterator[Fault]:
    """Yield the faults of hosts that do not agree."""
    yield from _protocol_faults(fleet, elsewhere)
    yield from _port_faults(fleet.services)
    yield from _kind_faults(fleet)
    yield from _owner_faults(fleet.hosts)


def minority(groups: Mapping[str, Sequence[Spot]]) -> list[Spot]:
    """Return the places that are not as most are; all of them where there is no most."""
    largest = max(map(len, groups.values()))
    usual = [value for value, spots in groups.items() if len(spots) == largest]
    return [spot for value, spots in groups.items() if [value] != usual for spot in spots]


def _counts(groups: Mapping[str, Sequence[Spot]]) -> str:
    """Return `http (3), tcp (1)`, the most frequent first."""
    order = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return ", ".join(f"{value} ({len(spots)})" for value, spots in order)


def _protocol_faults(fleet: Fleet, elsewhere: Elsewhere) -> Iterator[Fault]:
    proxies: dict[Key, list[tuple[Host, Proxy]]] = defaultdict(list)
    for host, proxy in fleet.proxies:
        proxies[proxy.key].append((host, proxy))
    for key, found in proxies.items():
        groups: Group = defaultdict(list)
        for host, proxy in found:
            groups[proxy.protocol].append(proxy.spot(host, "proxy", "config", "protocol"))
        silent = groups.pop("", [])
        name = quoted(found[0][1].name)
        if len(groups) > 1:
            hint = "Write one protocol everywhere, or none: service-defaults say it once for all."
            yield fault(PROTOCOLS, minority(groups), f"the proxies of {name} have different protocols: {_counts(groups)}", hint)
        elif groups and silent and _TCP not in groups:
            (said,) = groups
            yield from _silent_faults(name, said, silent, elsewhere.protocol(key, found[0][0].datacenter))


def _silent_faults(name: str, said: str, silent: list[Spot], central: str) -> Iterator[Fault]:
    hint = f"Write protocol: {said} there too, or take it out everywhere and say it in service-defaults."
    if central and central != said:
        what = f"the proxies of {name} have different protocols: {said} where it is written, {central} by central configuration here"
        yield fault(PROTOCOLS, silent, what, hint)
    elif not central:
        yield fault(PROTOCOL_UNCLEAR, silent, f"other proxies of {name} have the protocol {said}, and nothing is said here", hint)


def _port_faults(services: Iterable[tuple[Host, Service]]) -> Iterator[Fault]:
    instances: dict[tuple[Key, str], dict[str, list[tuple[Host, Service]]]] = defaultdict(lambda: defaultdict(list))
    taken: dict[str, dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
    for host, service in services:
        if not service.kind and _ports(service):
            instances[service.key, host.datacenter][host.name].append((host, service))
            taken[host.name][_ports(service)].add(service.key)
    for (key, _datacenter), hosts in instances.items():
        # Several instances on one host cannot have one port.
        alone = [found[0] for found in hosts.values() if len(found) == 1]
        ports = Counter(_ports(service) for _host, service in alone)
        usual, count = ports.most_common(1)[0] if ports else ("", 0)
        if len(alone) < _FEWEST_HOSTS or len(ports) == 1 or count * 3 < len(alone) * 2:
            continue
        looks = {_look(service) for _host, service in alone if _ports(service) == usual}
        for host, service in alone:
            # Another version or role of the service says so in its tags or meta.
            without_reason = _look(service) in looks and not taken[host.name][usual] - {key}
            if _ports(service) != usual and without_reason:
                what = f"{quoted(service.name)} has {_ports(service)} here, and {usual} on {count} of {len(alone)} hosts"
                hint = "Correct it. If it is meant, say why with a tag or meta."
                yield fault(PORTS_DIFFER, [service.spot(host, "ports" if service.definition.get("ports") else "port")], what, hint)


def _ports(service: Service) -> str:
    named = [f"{text(port, 'name')} {number(port, 'port')}" for _index, port in mappings_at(service.definition, "ports")]
    port = number(service.definition, "port")
    return f"ports {', '.join(named)}" if named else f"port {port}" if port else ""


def _look(service: Service) -> str:
    tags = sorted(tag for _index, tag in texts_at(service.definition, "tags"))
    return json.dumps([tags, service.definition.get("meta")], sort_keys=True, default=str)


def _kind_faults(fleet: Fleet) -> Iterator[Fault]:
    found: dict[Key, Group] = defaultdict(lambda: defaultdict(list))
    for host, service in fleet.services:
        found[service.key][service.kind or "no gateway"].append(service.spot(host, "kind") if service.kind else service.spot(host))
    for key, groups in found.items():
        if len(groups) > 1 and any(kind.endswith("-gateway") for kind in groups):
            hint = "Give gateways of different kinds different names."
            yield fault(GATEWAY_KINDS, minority(groups), f"{quoted(fleet.names[key])} is of different kinds: {_counts(groups)}", hint)


def _owner_faults(hosts: Iterable[Host]) -> Iterator[Fault]:
    for setting in ("owner", "group"):
        sets: dict[str, Group] = defaultdict(lambda: defaultdict(list))
        for host in hosts:
            # Where none is said, it is that of the directory, which cannot be seen here.
            if host.declared and host.settings.get(setting):
                name = str(host.settings.get("set", "")) or "default"
                sets[name][str(host.settings[setting])].append(Spot(host.name, f"consul_services_{setting}"))
        for name, groups in sets.items():
            if len(groups) > 1:
                what = f"the files of the set {quoted(name)} have a different {setting} on different hosts: {_counts(groups)}"
                yield fault(SET_OWNER, minority(groups), what, "Write the same everywhere, or give the sets different names.")
