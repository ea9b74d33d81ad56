# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of named ports: those of a service, and those at which its proxy reaches it.

Those of a service were seen on 1.22.7. What is said of 2.0 and 2.1 was read: agents of these versions were not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import sidecar_of
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version

from .._findings import Finding, Place
from .access import Mapping, is_blank, mapping_at, mappings_at, number, text
from .mesh import PROXY
from .rule import HALF_LOADED, REFUSED, rule, warning
from .service import DNS_LABEL, WRITE_LABEL

EXCLUDE_PORT = rule(
    "ports-exclude-port",
    "ports together with port",
    REFUSED,
    words="Cannot set both Port and Ports; seen on 1.22.7, in sidecars another one",
)
UNIQUE = rule("ports-unique", "two named ports of one name", REFUSED, words='Ports.Name "http" has to be unique; seen on 1.22.7')
DEFAULT = rule(
    "ports-default",
    "named ports of which none, or more than one, is the default",
    REFUSED,
    words="One of the Ports must be marked as Default; Only one port can be marked as default; seen on 1.22.7",
)
NAME = rule("ports-name", "a named port whose name is blank", REFUSED, words="Ports.Name cannot be empty; seen on 1.22.7")
NUMBER = rule(
    "ports-number",
    "a named port outside 1 to 65535",
    REFUSED,
    stricter="agents register any number above 0 as a port",
    words="Ports.Port must be greater than zero; seen on 1.22.7",
)
# Agents before take these names, and only say that DNS cannot serve them.
CHARACTERS = rule(
    "ports-name-characters",
    "a named port with a dot, a colon, a slash or a space in its name",
    REFUSED,
    since="2.1.0",
    words="not known; the documentation of 2.1 says that registrations with such names are rejected",
)
KIND = rule(
    "ports-kind",
    "named ports of a proxy or gateway",
    REFUSED,
    stricter="what Enterprise agents do with them on gateways since 2.0 is not known",
    words="Ports cannot be set for a connect-proxy; in a sidecar, which gets a port of the agent, "
    "Both port and ports cannot be set; seen on 1.22.7",
)
ENTERPRISE = rule(
    "ports-enterprise",
    "named ports of a service with a sidecar, or of a proxy, for agents of the Community edition",
    "the agent would refuse the service",
    since="2.0.0",
    words="named service ports in the service mesh require Consul Enterprise; read in agent/agent_ce.go of 2.0",
)
SIDECAR = warning(
    "ports-sidecar",
    "named ports of a service whose sidecar has no local_service_port",
    "the agent does not tell the proxy at which port the service is",
    since="1.22.0",
    until="2.0.0",
)
DNS = warning("dns-port", "a named port that DNS cannot serve", "the port cannot be found through DNS by its name")

_BAD_CHARACTERS = re.compile(r"[.:/\s]")
_BEFORE_CHARACTERS = ((None, parse_version("2.1.0")),)
_IN_PROXIES = ((None, parse_version("2.0.0")),)


def ports_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of the named ports of one service, or of the sidecar at a place inside one."""
    yield from _list_findings(service, "ports", place)
    # Whether agents look at those of a proxy in the same way was not to be seen.
    yield from _list_findings(mapping_at(service, "proxy"), "local_service_ports", (*place, "proxy"))
    if not service.get("ports"):
        return
    there = (*place, "ports")
    if number(service, "port"):
        yield EXCLUDE_PORT.at(there, "excludes port", "Keep one of them.")
    kind = text(service, "kind")
    if place:
        yield KIND.at(there, "has no place in a sidecar", _ELSEWHERE, _IN_PROXIES, agent=HALF_LOADED)
    elif kind == PROXY:
        yield KIND.at(there, f"has no place on a {kind}", _ELSEWHERE, _IN_PROXIES)
    elif kind.endswith("-gateway"):
        yield KIND.at(there, f"has no place on a gateway such as {kind}", "Write port.")
    sidecar = sidecar_of(service)
    if sidecar and not number(mapping_at(sidecar[1], "proxy"), "local_service_port"):
        hint = "Add the port that the proxy is to use."
        yield SIDECAR.at((*place, "connect", "sidecar_service", "proxy", "local_service_port"), "is missing", hint)


def community_findings(service: Mapping) -> Iterator[Finding]:
    """Yield the findings that agents of the Community edition alone have."""
    hint = "Write port, leave the mesh, or set edition: enterprise."
    sidecar = sidecar_of(service)
    if service.get("ports") and (sidecar or text(service, "kind") == PROXY):
        yield ENTERPRISE.at(("ports",), "needs Consul Enterprise in the mesh", hint)
    if sidecar and sidecar[1].get("ports"):
        yield ENTERPRISE.at(("connect", "sidecar_service", "ports"), "needs Consul Enterprise in the mesh", hint)


_ELSEWHERE = "Write port here, and the named ports at the service that the proxy stands for."


def _list_findings(holder: Mapping, key: str, place: Place) -> Iterator[Finding]:
    names: set[str] = set()
    defaults = 0
    for index, entry in mappings_at(holder, key):
        name, there = text(entry, "name"), (*place, key, index)
        if name in names:
            yield UNIQUE.at((*there, "name"), "stands twice", "Give each port a name of its own.")
        names.add(name)
        yield from _name_findings(name, (*there, "name"))
        defaults += entry.get("default") is True
        if defaults > 1 and entry.get("default") is True:
            yield DEFAULT.at((*there, "default"), "is the second default", "Mark one port as the default.")
    if names and not defaults:
        yield DEFAULT.at((*place, key), "has no default", "Add default: true to one of the ports.")


def _name_findings(name: str, place: Place) -> Iterator[Finding]:
    if name and is_blank(name):
        yield NAME.at(place, "is blank", "Write the name of the port.")
    elif name and not DNS_LABEL.match(name):
        refused = bool(_BAD_CHARACTERS.search(name))
        if refused:
            yield CHARACTERS.at(place, "has a dot, a colon, a slash or a space", WRITE_LABEL)
        yield DNS.at(place, "is no DNS label", WRITE_LABEL, _BEFORE_CHARACTERS if refused else None)
