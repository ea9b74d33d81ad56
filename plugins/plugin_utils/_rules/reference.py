# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of names that must be those of services on the same node: what an alias check copies, what a proxy stands for.

A set knows its own services only; what it does not find is looked for on the target, in the directory and at the agent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import checks_of, service_id, sidecar_of

from .._findings import Finding, Place, did_you_mean, quoted
from .access import Mapping, mapping_at, number, text
from .mesh import PROXY
from .rule import Rule, warning
from .unique import SIDECAR_PLACE

# Seen on 1.8.7 and 1.21.4, whose answer is critical; the oldest agents said passing.
ALIAS_SERVICE = warning(
    "alias-service-known",
    "a check that copies the state of a service which the node does not have",
    "the check has nothing to copy, and stays critical",
)
DESTINATION_ID = warning(
    "destination-id-known",
    "a proxy for an instance that the node does not have",
    "the proxy stands for nothing on this node",
)
DESTINATION_NAME = warning(
    "destination-name-known",
    "a proxy that passes connections on to a local port, in the name of a service which the node does not have",
    "the mesh sends connections for that name to whatever listens at the port",
)

# To liken a name to all of a thousand services takes a millisecond, and nobody mends more than these at once.
_MOST_LIKENED = 50
_LOCAL = ("", "localhost", "::1")
# Kind of name, the name, the rule that is broken where nothing has it, and where it stands.
Named = tuple[Literal["id", "name"], str, Rule, Place]


class Reference(NamedTuple):
    """A name that a service of the node must have, as its id or as its name, and what is to be said where none has it."""

    kind: Literal["id", "name"]
    name: str
    finding: Finding


def open_references(services: Sequence[tuple[str, Mapping]]) -> Iterator[tuple[int, Reference]]:
    """Yield index and reference for each name that no service of the set has. Each service comes with its label."""
    found = [(index, reference) for index, (_label, service) in enumerate(services) for reference in _references(service)]
    yield from _open(found, [service for _label, service in services])


def open_check_references(services: Sequence[Mapping], checks: Sequence[Mapping]) -> Iterator[tuple[int, Reference]]:
    """The same for checks outside services, beside the services of their set."""
    found = [(index, reference) for index, check in enumerate(checks) for reference in _of_check(check, ())]
    yield from _open(found, services)


def _open(found: Sequence[tuple[int, Named]], services: Sequence[Mapping]) -> Iterator[tuple[int, Reference]]:
    if not found:
        return
    known = {"id": _ids(services), "name": [text(service, "name") for service in services]}
    there = {kind: set(names) for kind, names in known.items()}
    hints: dict[tuple[str, str], str] = {}
    for index, (kind, name, rule, place) in found:
        if name not in there[kind]:
            if (kind, name) not in hints:
                near = did_you_mean(name, known[kind]) if len(hints) < _MOST_LIKENED else None
                hints[kind, name] = f"Did you mean {near}?" if near else f"Write the {kind} of a service that the node has."
            hint = hints[kind, name]
            what = f"no service of the node has the {kind} {quoted(name)}"
            yield index, Reference(kind, name, rule.at(place, what, hint))


def _ids(services: Iterable[Mapping]) -> list[str]:
    ids = [service_id(service) for service in services]
    sidecars = (sidecar_of(service) for service in services)
    return [*ids, *(sidecar[0] for sidecar in sidecars if sidecar)]


def _references(service: Mapping) -> Iterator[Named]:
    yield from _of_checks(service, ())
    sidecar = sidecar_of(service) if "connect" in service else None
    if sidecar:
        yield from _of_checks(sidecar[1], SIDECAR_PLACE)
        identifier = text(mapping_at(sidecar[1], "proxy"), "destination_service_id")
        if identifier:
            yield "id", identifier, DESTINATION_ID, (*SIDECAR_PLACE, "proxy", "destination_service_id")
    if service.get("kind") == PROXY:
        yield from _of_proxy(mapping_at(service, "proxy"))


def _of_checks(holder: Mapping, place: Place) -> Iterator[Named]:
    for where, check in checks_of(holder):
        yield from _of_check(check, (*place, *where))


def _of_check(check: Mapping, place: Place) -> Iterator[Named]:
    if "alias_service" in check and text(check, "alias_service") and not check.get("alias_node"):
        yield "id", text(check, "alias_service"), ALIAS_SERVICE, (*place, "alias_service")


def _of_proxy(proxy: Mapping) -> Iterator[Named]:
    identifier, name = text(proxy, "destination_service_id"), text(proxy, "destination_service_name")
    address = text(proxy, "local_service_address")
    local = number(proxy, "local_service_port") or text(proxy, "local_service_socket_path")
    if identifier:
        yield "id", identifier, DESTINATION_ID, ("proxy", "destination_service_id")
    elif name and name != "*" and local and (address in _LOCAL or address.startswith("127.")):
        yield "name", name, DESTINATION_NAME, ("proxy", "destination_service_name")
