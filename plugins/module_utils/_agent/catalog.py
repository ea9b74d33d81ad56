# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""See whether the servers have taken into the catalog what an agent has registered: with ACLs they may refuse it for ever.

The token of the API has shown the services on the agent, so it has service:read for their names, and an answer about the node
proves node:read: what is missing then is absent. But ``/v1/catalog/node`` (seen on 1.8.7) judges a service by its id where
its name is meant, so that one that is missing there is asked for by name before it counts.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Iterable, Mapping, NamedTuple
from urllib.parse import quote

from .._definition.expect import Expected
from .._findings import Finding, error
from .api import AgentApi, ApiError

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
# A reload that meets the agent's regular sync makes it wait 15 to 30 seconds before it tells the servers of anything, and 15 more for
# each time that a cluster is twice as large as 128 nodes; a change that comes while the agent tells them of the one before waits for
# the next regular sync, a minute or two (seen on 1.16.7 and 1.21, read in agent/ae of 1.2 to 1.22).
LATEST_SYNC = 120.0
# A refusal that is heard may still be about what was there before.
_LAST_CHANCE = 2.0
_LACKS = "is registered on the agent, but the catalog does not have it so."
_HINT = (
    "The token in its definition, or else the agent's default token, needs service:write for the name. If it has, the agent's log "
    "says what keeps it from telling the servers."
)
_COMPARED = ("Port", "Address", "Meta", "Tags")


class Doubt(Exception):
    """The catalog cannot be seen. The message says why and what helps."""


class Record(NamedTuple):
    """What is changed of a service, as the agent has it."""

    namespace: str
    name: str
    identifier: str
    fields: dict[str, Any]


def awaited(wanted: Expected, before: Expected, services: Mapping[str, Any], token: str | None) -> dict[str, Record]:
    """The changed services by key, as the agent reports them; none where nothing speaks for ACLs: then the catalog is not asked."""
    changed = {key: service for key, service in wanted.services.items() if key in services and service != before.services.get(key)}
    if not token and not any(service.get("token") for service in changed.values()):
        return {}
    return {key: _record(service, services[key]) for key, service in changed.items()}


def missing_in_catalog(
    api: AgentApi, node: str | None, records: Mapping[str, Record], end: float, refused: Callable[[], bool]
) -> list[Finding]:
    """Wait until the catalog has these services, or the time (monotonic) is up; what it lacks then.

    refused tells whether the agent has said that the servers do not take one of them: then the wait is nearly over.
    Raises Doubt when it cannot be seen.
    """
    if not node:
        raise Doubt("the name of the agent's node is not known. A token with agent:read shows it.")
    remaining, pause = dict(sorted(records.items())), FIRST_PAUSE
    try:
        while True:
            found = _of_node(api, node, remaining.values())
            remaining = {
                key: record for key, record in remaining.items() if not _is(found.get((record.namespace, record.identifier)), record)
            }
            # Asked by name one after the other: nearly always the first one is absent still, and the rest can wait.
            for key, record in list(remaining.items()):
                if not _has_by_name(api, node, record):
                    break
                del remaining[key]
            if not remaining:
                return []
            if refused():
                end = min(end, time.monotonic() + _LAST_CHANCE)
            if time.monotonic() >= end:
                return [
                    error("service " + key, "catalog-lacks-service", _LACKS, _HINT)
                    for key, record in remaining.items()
                    if not _has_by_name(api, node, record)
                ]
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)
    except ApiError as problem:
        raise Doubt(str(problem)) from None


def knows_node(api: AgentApi, node: str, own: str | None) -> bool | None:
    """Whether the catalog has a node of this name; None where it cannot be seen, which is so when it does not show the agent's own."""
    try:
        if _has_node(api, node):
            return True
        return False if own and _has_node(api, own) else None
    except ApiError:
        return None


def _has_node(api: AgentApi, node: str) -> bool:
    return isinstance(api.get("/v1/catalog/node/" + quote(node, safe="")), dict)


def _record(service: Mapping[str, Any], reported: Mapping[str, Any]) -> Record:
    fields = _fields(reported)
    if reported.get("Ports"):
        # Agents report the default of named ports as the port; the catalog does so in some answers only, and old servers nowhere.
        del fields["Port"]
    return Record(service.get("namespace") or "", reported["Service"], service["id"], fields)


def _is(found: Mapping[str, Any] | None, record: Record, prefix: str = "") -> bool:
    """Whether a service of the catalog, the names of whose fields may have a prefix, is as the agent has it."""
    if found is None:
        return False
    fields = _fields(found, prefix)
    return all(fields.get(field) == value for field, value in record.fields.items())


def _fields(reported: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    fields = {field: reported.get(prefix + field) or None for field in _COMPARED}
    if reported.get(prefix + "EnableTagOverride"):
        # Then the catalog's tags are others' to change.
        del fields["Tags"]
    return fields


def _of_node(api: AgentApi, node: str, records: Iterable[Record]) -> dict[tuple[str, str], Any]:
    """The services of the node by namespace and id."""
    found: dict[tuple[str, str], Any] = {}
    for namespace in sorted({record.namespace for record in records}):
        answer = api.get("/v1/catalog/node/" + quote(node, safe=""), consistent(namespace))
        if not isinstance(answer, dict):
            raise Doubt("it does not show the node %s. A token with node:read for it is needed." % node)
        found.update({(namespace, identifier): service for identifier, service in (answer.get("Services") or {}).items()})
    return found


def _has_by_name(api: AgentApi, node: str, record: Record) -> bool:
    answer = api.get("/v1/catalog/service/" + quote(record.name, safe=""), consistent(record.namespace))
    return any(
        service.get("Node") == node and service.get("ServiceID") == record.identifier and _is(service, record, "Service")
        for service in answer or ()
    )


def consistent(namespace: str) -> dict[str, str]:
    """The query of a request to the catalog: a server that lags behind would not know yet what the leader has taken."""
    return {"consistent": "", **({"ns": namespace} if namespace else {})}
