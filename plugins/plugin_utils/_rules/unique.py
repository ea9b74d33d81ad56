# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules over several definitions: what is unique on a node must be unique in a set.

The files that others put into the directory are compared on the target, when it is known what is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import (
    ONE_IN_THE_CATALOG,
    check_ids,
    service_id,
    sidecar_check_ids,
    sidecar_of,
)

from .._findings import Finding, Place, dotted, quoted
from .access import Mapping, number, text
from .rule import Rule, rule, warning

_KEPT = "agents take both and keep the last one; where only the case differs they keep both, of which the catalog has one"
DUPLICATE_ID = rule(
    "service-id-unique",
    "two services with one id, or with ids that differ in case only",
    "the agent would register the last one only, without a word",
    stricter=_KEPT,
)
DUPLICATE_CHECK = rule(
    "check-id-unique",
    "two checks with one id, also in two services, or with ids that differ in case only",
    "the agent would give the check to the last service only, and the other would count as healthy for ever",
    stricter=_KEPT,
)
SIDECAR_PORT = rule(
    "sidecar-port-unique",
    "two sidecars that listen at one address and port",
    "the agent would register both, and only one proxy could start",
    stricter="agents do not compare ports",
)

CHECK_SERVICE_LACKING = "the agent would lose this check and all behind it, although consul validate finds nothing"
CHECK_SERVICE = warning(
    "check-service-known",
    "a check of a service that the document does not have",
    "unless another file has the service, the agent would lose this check and all behind it",
)

SIDECAR_PLACE: Place = ("connect", "sidecar_service")


def set_findings(services: Sequence[tuple[str, Mapping]]) -> Iterator[tuple[int, Finding]]:
    """Yield index and finding for whatever stands twice. Each service comes with the label that messages call it."""
    yield from _duplicate_services(services)
    yield from _duplicate_checks(services)
    yield from _shared_sidecar_ports(services)


def node_check_id_findings(services: Sequence[Mapping], checks: Sequence[tuple[str, Mapping]]) -> Iterator[tuple[int, Finding]]:
    """Yield index and finding for checks outside services whose id a check of these services has, or another one of them."""
    taken = _Taken(DUPLICATE_CHECK, "check", "Give each check an id that is unique on the node.")
    for service in services:
        for _place, name in _all_check_ids(service):
            taken.take(name, f"a check of {quoted(service_id(service))}")
    for index, (label, check) in enumerate(checks):
        name = text(check, "id") or text(check, "name")
        finding = taken.finding(name, label, ("id",), agent="the agent would have the last one only") if name else None
        if finding:
            yield index, finding


def bound_check_findings(services: Sequence[Mapping], checks: Sequence[Mapping]) -> Iterator[tuple[int, Finding]]:
    """Yield index and finding for checks outside services that belong to none of these."""
    known = {service_id(service) for service in services}
    known.update(sidecar[0] for sidecar in map(sidecar_of, services) if sidecar)
    for index, check in enumerate(checks):
        owner = text(check, "service_id")
        if owner and owner not in known:
            yield index, CHECK_SERVICE.at(("service_id",), f"the service {quoted(owner)} is not here", "Name a service that the agent has.")


class _Taken:
    """The ids that are taken, and by whom."""

    def __init__(self, rule: Rule, kind: str, hint: str) -> None:
        self._rule, self._kind, self._hint = rule, kind, hint
        self._owners: dict[str, tuple[str, str, str]] = {}

    def take(self, name: str, label: str, where: str = "") -> None:
        self._owners.setdefault(name.lower(), (name, label, where))

    def finding(self, name: str, label: str, place: Place, where: str = "", agent: str | None = None) -> Finding | None:
        """Return the finding for an id that is taken, or take it."""
        if name.lower() not in self._owners:
            self.take(name, label, where)
            return None
        first, owner, there = self._owners[name.lower()]
        whose = there if there and owner == label else f"{owner} → {there}" if there else owner
        case, agent = ("", agent) if first == name else (f" as {quoted(first)}", ONE_IN_THE_CATALOG)
        return self._rule.at(place, f"the {self._kind} id {quoted(name)} is taken{case} by {whose}", self._hint, agent=agent)


def _duplicate_services(services: Sequence[tuple[str, Mapping]]) -> Iterator[tuple[int, Finding]]:
    taken = _Taken(DUPLICATE_ID, "service", "Give each instance an id of its own.")
    for index, (label, service) in enumerate(services):
        identifier = service_id(service)
        named: list[tuple[Place, str]] = [(("id",) if service.get("id") else ("name",), identifier)] if identifier else []
        sidecar = sidecar_of(service)
        if sidecar and identifier:
            named.append((SIDECAR_PLACE, sidecar[0]))
        for place, name in named:
            finding = taken.finding(name, label, place)
            if finding:
                yield index, finding


def _duplicate_checks(services: Sequence[tuple[str, Mapping]]) -> Iterator[tuple[int, Finding]]:
    taken = _Taken(DUPLICATE_CHECK, "check", "Give each check an id that is unique on the node.")
    for index, (label, service) in enumerate(services):
        for place, name in _all_check_ids(service):
            finding = taken.finding(name, label, (*place, "id"), dotted(place))
            if finding:
                yield index, finding


def _all_check_ids(service: Mapping) -> Iterator[tuple[Place, str]]:
    identifier = service_id(service)
    if not identifier:
        return
    yield from check_ids(service, identifier)
    sidecar = sidecar_of(service)
    if sidecar:
        for place, name in sidecar_check_ids(sidecar[1], sidecar[0]):
            yield (*SIDECAR_PLACE, *place), name


def _shared_sidecar_ports(services: Sequence[tuple[str, Mapping]]) -> Iterator[tuple[int, Finding]]:
    seen: dict[tuple[str, int], str] = {}
    for index, (label, service) in enumerate(services):
        sidecar = sidecar_of(service)
        port = number(sidecar[1], "port") if sidecar else 0
        if not sidecar or not port:
            continue
        key = (text(sidecar[1], "address") or text(service, "address"), port)
        if key in seen:
            what = f"port {port} is taken by the sidecar of {seen[key]}"
            yield (
                index,
                SIDECAR_PORT.at((*SIDECAR_PLACE, "port"), what, "Choose another port, or leave it out to have a free one."),
            )
        seen.setdefault(key, label)
