# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other agents of the datacenter, as far as it matters which versions they are."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from .api import AgentApi, ApiError

# The first agents and servers that know named ports. What they get of a service from a newer agent has port 0 (seen on a server of 1.21.4).
KNOWS_PORTS = (1, 22)
# Members that have left or failed are listed for a while.
_ALIVE = 1
_SHOWN = 5


def older_than_ports(api: AgentApi) -> list[str]:
    """The members of the datacenter that do not know named ports, with their versions; none where they may not be seen."""
    try:
        answer = api.get("/v1/agent/members")
    except ApiError:
        return []
    older = []
    for member in answer or []:
        build = re.match(r"(\d+)\.(\d+)[^:]*", (member.get("Tags") or {}).get("build") or "")
        if build and member.get("Status", _ALIVE) == _ALIVE and tuple(map(int, build.groups())) < KNOWS_PORTS:
            older.append("%s (%s)" % (member.get("Name"), build.group()))
    return sorted(older)


def ports_warning(services: Iterable[Mapping[str, Any]], older: list[str]) -> str:
    """What to say of services with named ports that older members cannot read; empty when there is nothing to say."""
    names = sorted({str(service.get("id")) for service in services if service.get("ports")})
    if not names or not older:
        return ""
    return "Agents and servers before Consul 1.22 see port 0 where a service has named ports only: %s. The datacenter has %s." % (
        _listed(names),
        _listed(older),
    )


def _listed(names: list[str]) -> str:
    further = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (" and %d more" % further if further > 0 else "")
