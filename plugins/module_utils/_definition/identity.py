# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ids under which an agent registers what a definition says.

Seen on 1.0.8 to 1.10.12: a service without id takes its name; a sidecar is `<service id>-sidecar-proxy`;
a check without id is `service:<service id>`, with `:<n>` behind it where the service has several checks,
counted from 1 over `checks` first and then `check`.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, NamedTuple

from .parse import Definitions

Mapping = Dict[str, Any]

SERVICE, CHECK = "service", "check"

SIDECAR_SUFFIX = "-sidecar-proxy"


class Id(NamedTuple):
    """An id that must be unique on the node, within its namespace where there are namespaces."""

    kind: str
    namespace: str
    name: str


# Which of two ids that differ in case only is a matter of chance (seen on 1.8.7, 1.12.9, 1.21.4 and 1.22.7).
ONE_IN_THE_CATALOG = "the agent would register both, and the catalog would have one of them only"


def as_in_the_catalog(identity: Id) -> Id:
    """Return the same for ids that differ in case only: the catalog keeps one of them."""
    return identity._replace(name=identity.name.lower())


def service_id(service: Mapping) -> str:
    """Return the id of a service, empty when it has neither id nor name."""
    for key in ("id", "name"):
        value = service.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def sidecar_of(service: Mapping) -> tuple[str, Mapping] | None:
    """Return id and definition of the sidecar that a service declares, None without one."""
    connect = service.get("connect")
    sidecar = connect.get("sidecar_service") if isinstance(connect, dict) else None
    if not isinstance(sidecar, dict):
        return None
    return service_id(service) + SIDECAR_SUFFIX, sidecar


def checks_of(service: Mapping) -> list[tuple[tuple[Any, ...], Mapping]]:
    """Return place and definition of each check of a service, in the agent's order."""
    found: list[tuple[tuple[Any, ...], Mapping]] = []
    several = service.get("checks")
    if isinstance(several, list):
        found.extend((("checks", index), check) for index, check in enumerate(several) if isinstance(check, dict))
    if isinstance(service.get("check"), dict):
        found.append((("check",), service["check"]))
    return found


def check_ids(service: Mapping, identifier: str) -> list[tuple[tuple[Any, ...], str]]:
    """Return place and id of each check of the service with this id."""
    checks = checks_of(service)
    ids = []
    for number, (place, check) in enumerate(checks, 1):
        own = check.get("id")
        generated = "service:" + identifier + (":%d" % number if len(checks) > 1 else "")
        ids.append((place, own if isinstance(own, str) and own else generated))
    return ids


def sidecar_check_ids(sidecar: Mapping, identifier: str) -> list[tuple[tuple[Any, ...], str]]:
    """Return place and id of each check of a sidecar, the agent's default ones where it declares none."""
    if checks_of(sidecar):
        return check_ids(sidecar, identifier)
    # Is the port open, is the service alive.
    return [((), "service:%s:%d" % (identifier, number)) for number in (1, 2)]


def ids_of(definitions: Definitions) -> Iterator[Id]:
    """Yield the ids of all services, sidecars and checks that an agent would register."""
    for service in definitions.services:
        identifier, namespace = service_id(service), _namespace(service)
        if not identifier:
            continue
        yield Id(SERVICE, namespace, identifier)
        for _place, check in check_ids(service, identifier):
            yield Id(CHECK, namespace, check)
        sidecar = sidecar_of(service)
        if sidecar is not None:
            yield Id(SERVICE, namespace, sidecar[0])
            for _place, check in sidecar_check_ids(sidecar[1], sidecar[0]):
                yield Id(CHECK, namespace, check)
    for node_check in definitions.checks:
        # A check of its own is called by its id, else by its name, like a service.
        if service_id(node_check):
            yield Id(CHECK, _namespace(node_check), service_id(node_check))


def _namespace(definition: Mapping) -> str:
    namespace = definition.get("namespace")
    return namespace if isinstance(namespace, str) and namespace else "default"
