# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where upstreams lead: every way from one service to another, and whether anybody is at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .._findings import did_you_mean, quoted
from .._rules.fleet import GATEWAY_MISSING, GATEWAY_UNSEEN, NOT_IN_MESH, QUERY_MISSING, UNREGISTERED, UPSTREAM_PORT, UPSTREAM_UNSEEN
from .._rules.rule import Rule
from .elsewhere import NO, Answer, Elsewhere
from .faults import Fault, Spot, fault
from .hosts import DATACENTER, Host
from .model import MESH_GATEWAY, TERMINATING_GATEWAY, Fleet, Key, Proxy, Upstream

FLEET, ELSEWHERE, QUERY, NOWHERE, UNSEEN = "fleet", "elsewhere", "query", "nowhere", "unseen"
OK, BROKEN, UNCLEAR = "ok", "broken", "unclear"

_VOUCH = "If it exists, name it in consul_fleet_external."
_LOOK = f"Let consul_fleet_catalog name an agent. {_VOUCH}"


class Way(NamedTuple):
    """Where an upstream leads. `end` is what is there; a way that is not OK breaks a rule."""

    state: str
    end: str
    rule: Rule | None = None
    place: str = "destination_name"
    what: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One upstream of a proxy on a host, and where it leads."""

    host: Host
    proxy: Proxy
    upstream: Upstream
    way: Way

    @property
    def datacenter(self) -> str:
        return self.upstream.datacenter or self.host.datacenter


class Ways:
    """Looks where upstreams lead; each combination once."""

    def __init__(self, fleet: Fleet, elsewhere: Elsewhere) -> None:
        self.fleet = fleet
        self.elsewhere = elsewhere
        self._known: dict[tuple[str, Upstream], Way] = {}

    def calls(self) -> Iterator[Call]:
        for host, proxy in self.fleet.proxies:
            for upstream in proxy.upstreams:
                key = (host.datacenter, upstream)
                if key not in self._known:
                    self._known[key] = self._way(upstream, host.datacenter)
                yield Call(host, proxy, upstream, self._known[key])

    def _way(self, upstream: Upstream, own: str) -> Way:
        if self.elsewhere.vouched_for(upstream.name):
            end = QUERY if upstream.is_query else ELSEWHERE
            return Way(OK, FLEET if self.fleet.registered(upstream.key, upstream.datacenter or own) else end)
        if upstream.peer:
            what = f"{quoted(upstream.name)} is with the peer {quoted(upstream.peer)}, whose services cannot be seen from here"
            return Way(UNCLEAR, UNSEEN, UPSTREAM_UNSEEN, what=what, hint=_VOUCH)
        datacenter = upstream.datacenter or own
        if upstream.is_query:
            return self._to_query(upstream, datacenter)
        if not self.fleet.registered(upstream.key, datacenter):
            return self._out_of_the_fleet(upstream, datacenter)
        return self._into_the_fleet(upstream, datacenter)

    def _to_query(self, upstream: Upstream, datacenter: str) -> Way:
        answer = self.elsewhere.query(upstream.name, datacenter)
        if answer.said:
            return Way(OK, QUERY)
        if answer.said is None:
            what = f"whether there is a prepared query {quoted(upstream.name)} cannot be seen: {answer.why}"
            return Way(UNCLEAR, QUERY, UPSTREAM_UNSEEN, what=what, hint=_LOOK)
        what = f"the catalog has no prepared query {quoted(upstream.name)}"
        return Way(BROKEN, NOWHERE, QUERY_MISSING, what=what, hint="Create it, or correct the name.")

    def _out_of_the_fleet(self, upstream: Upstream, datacenter: str) -> Way:
        answer = self.elsewhere.registered(upstream.key, datacenter, _by_name(self.fleet.registered, upstream.key, datacenter))
        if answer.said:
            return self._into_the_mesh(upstream, datacenter, ELSEWHERE)
        what = f"no host registers {quoted(upstream.name)}{_within(datacenter)}"
        hint = self._other_names(upstream)
        if answer.said is None:
            return Way(UNCLEAR, UNSEEN, UPSTREAM_UNSEEN, what=f"{what}, and {answer.why}", hint=_joined(hint, _remedy(answer)))
        return Way(BROKEN, NOWHERE, UNREGISTERED, what=what, hint=hint or "Register it, or correct the name.")

    def _into_the_fleet(self, upstream: Upstream, datacenter: str) -> Way:
        ports = self.fleet.ports(upstream.key, datacenter)
        if upstream.port and upstream.port not in ports:
            known = ", ".join(sorted(ports))
            what = f"{quoted(upstream.name)} has no port {quoted(upstream.port)}"
            near = did_you_mean(upstream.port, sorted(ports))
            hint = f"Did you mean {near}?" if near else f"Its ports: {known}." if known else "Its definition names no ports."
            return Way(BROKEN, FLEET, UPSTREAM_PORT, "destination_port", what, hint)
        if self.fleet.offered(upstream.key, datacenter):
            return Way(OK, FLEET)
        return self._into_the_mesh(upstream, datacenter, FLEET)

    def _into_the_mesh(self, upstream: Upstream, datacenter: str, end: str) -> Way:
        in_fleet = _by_name(self.fleet.offered, upstream.key, datacenter)
        by_gateway = self.fleet.has_kind(TERMINATING_GATEWAY, datacenter)
        answer = self.elsewhere.offered(upstream.key, datacenter, in_fleet, by_gateway)
        if answer.said:
            return Way(OK, end)
        what = f"{quoted(upstream.name)} is registered, but nothing takes connections of the mesh for it"
        hint = "Add connect.sidecar_service to its definition, or connect.native."
        if answer.said is None:
            return Way(UNCLEAR, end, UPSTREAM_UNSEEN, what=f"{what} on any host, and {answer.why}", hint=_joined(hint, _remedy(answer)))
        return Way(BROKEN, end, NOT_IN_MESH, what=what, hint=hint)

    def _other_names(self, upstream: Upstream) -> str:
        others = self.fleet.datacenters(upstream.key)
        if others:
            return f"It is registered in {', '.join(others)}: say so with datacenter."
        names = {key.name: name for key, name in self.fleet.names.items()}
        near = did_you_mean(upstream.name, sorted(names))
        return f"Did you mean {names[near]}?" if near else ""


def _by_name(look: Callable[[Key, str], bool], like: Key, datacenter: str) -> Callable[[str], bool]:
    """Return the question for other names in the same place, to which central configuration may lead."""
    return lambda name: look(like._replace(name=name.lower()), datacenter)


def way_faults(calls: Iterable[Call]) -> Iterator[Fault]:
    """Yield the fault of every way that is not as it should be."""
    for call in calls:
        if call.way.rule:
            spot = call.proxy.spot(call.host, *call.upstream.place, call.way.place)
            yield fault(call.way.rule, [spot], call.way.what, call.way.hint)


def gateway_faults(fleet: Fleet, elsewhere: Elsewhere) -> Iterator[Fault]:
    """Yield the faults of modes that need a mesh gateway."""
    known: dict[str, Answer] = {}

    def has_gateway(datacenter: str) -> Answer:
        if datacenter not in known:
            known[datacenter] = Answer(True) if fleet.has_kind(MESH_GATEWAY, datacenter) else elsewhere.has_mesh_gateway(datacenter)
        return known[datacenter]

    for host, proxy in fleet.proxies:
        own = host.datacenter or elsewhere.datacenter
        leaving = [upstream for upstream in proxy.upstreams if upstream.peer or upstream.datacenter not in ("", own)]
        for upstream in leaving:
            mode = upstream.mode or proxy.mode
            # The gateway of the peer's side is not ours to look for.
            needs = mode == "local" or (mode == "remote" and not upstream.peer)
            if needs:
                place = (*upstream.place, "mesh_gateway", "mode") if upstream.mode else ("proxy", "mesh_gateway", "mode")
                datacenter = own if mode == "local" else upstream.datacenter
                # It may be the host's own: then no gateway is needed at all.
                answer = has_gateway(datacenter) if own else _at_least_unclear(has_gateway(datacenter))
                yield from _gateway_fault(proxy.spot(host, *place), mode, datacenter, answer)
        if proxy.mode == "local" and not leaving and has_gateway(own) == NO:
            what = f"no host runs a mesh gateway{_within(own)}; no upstream needs one so far"
            yield fault(GATEWAY_UNSEEN, [proxy.spot(host, "proxy", "mesh_gateway", "mode")], what, "Leave the mode out, or run a gateway.")


def _at_least_unclear(answer: Answer) -> Answer:
    return answer if answer.said else Answer(None, f"the datacenter of the host is not known: say it with {DATACENTER}")


def _gateway_fault(spot: Spot, mode: str, datacenter: str, answer: Answer) -> Iterator[Fault]:
    what = f"no host runs a mesh gateway{_within(datacenter)}, and {mode} needs one there"
    if answer.said is None:
        hint = "Let consul_fleet_catalog name an agent, or vouch for it: name mesh-gateway in consul_fleet_external."
        yield fault(GATEWAY_UNSEEN, [spot], f"{what}; {answer.why}", hint)
    elif not answer.said:
        yield fault(GATEWAY_MISSING, [spot], what, "Run one, or choose another mode.")


def _within(datacenter: str) -> str:
    return f" in {datacenter}" if datacenter else ""


def _remedy(answer: Answer) -> str:
    return _LOOK if "not known here" in answer.why else _VOUCH


def _joined(*texts: str) -> str:
    return " ".join(filter(None, texts))
