# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that somebody has set in the catalog and not on the agent (``enable_tag_override``): see them, and put them back.

An agent takes them over with its regular sync, every minute or two. A reload makes it forget them: it has the tags of its files again,
and tells the servers so at once (seen on 1.8.7, 1.12.9, 1.21.4 and 1.22.7). A restart keeps them, since agents ask the servers first then.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import Any, Callable, Container, Iterable, Mapping, NamedTuple
from urllib.parse import quote

from .._definition.expect import in_namespace, is_virtual
from .api import AgentApi, ApiError, NotFound
from .catalog import Doubt, consistent
from .view import Seen

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 1.0
_NO_ACLS = "ACL support disabled"


class Tagged(NamedTuple):
    """A service whose tags in the catalog are to stay. agent is what the agent had of it when they were noted, as a fingerprint."""

    namespace: str
    name: str
    tags: list[str]
    agent: str


class Rest(NamedTuple):
    """What did not come to its end in time: tags that the catalog does not have, and tags that only the catalog has."""

    missing: list[str]
    not_on_agent: list[str]


class NodeInCatalog:
    """One node as the servers know it."""

    def __init__(self, api: AgentApi, node: str) -> None:
        self._api = api
        self._name = node
        self._node: dict[str, Any] = {}

    def services(self, namespaces: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Its services by the keys of _definition/expect.py. Raises Doubt where they cannot be seen."""
        found: dict[str, dict[str, Any]] = {}
        for namespace in sorted({*namespaces, ""} - {"default"}):
            try:
                services = self._ask(namespace)
            except ApiError as problem:
                raise Doubt(str(problem)) from None
            found.update({in_namespace(namespace, service["ID"]): service for service in services})
        return found

    def may_not_write(self, services: Iterable[Mapping[str, Any]]) -> set[str]:
        """The names for which the token lacks service:write. Raises Doubt when it cannot be known.

        A proxy needs the right for the service that it stands for, too (seen on 1.8.7 to 1.22.7). For the node itself none is needed
        as long as it stays as it is. Agents that cannot be asked (up to 1.6, read) may say no later.
        """
        asked = sorted({(service.get("Namespace") or "", name) for service in services for name in rights_for(service)})
        question = [
            {"Resource": "service", "Access": "write", "Segment": name, **({"Namespace": space} if space else {})} for space, name in asked
        ]
        try:
            answers = self._api.send("POST", "/v1/internal/acl/authorize", question)
        except NotFound:
            return set()
        except ApiError as problem:
            if _NO_ACLS in str(problem):
                return set()
            raise Doubt(str(problem)) from None
        return {answer["Segment"] for answer in answers if not answer.get("Allow")}

    def register(self, service: Mapping[str, Any], tags: list[str]) -> None:
        """Give a service of the last look these tags, and leave all the rest of it, its checks and the node as they are.

        Raises an ApiError.
        """
        node = self._node
        content = {
            "Node": node["Node"],
            "ID": node.get("ID"),
            "Address": node["Address"],
            "Datacenter": node.get("Datacenter"),
            "TaggedAddresses": node.get("TaggedAddresses"),
            "NodeMeta": node.get("Meta"),
            "SkipNodeUpdate": True,
            "Service": {**service, "Tags": tags},
            **{field: service[field] for field in ("Namespace", "Partition") if service.get(field)},
        }
        self._api.send("PUT", "/v1/catalog/register", {key: value for key, value in content.items() if value is not None})

    def _ask(self, namespace: str) -> list[dict[str, Any]]:
        query = consistent(namespace)
        try:
            # /v1/catalog/node hides services from tokens that may see them, where id and name differ (seen on 1.8.7 to 1.22.7).
            answer = self._api.get("/v1/catalog/node-services/" + quote(self._name, safe=""), query)
        except NotFound:
            answer = self._api.get("/v1/catalog/node/" + quote(self._name, safe=""), query)
        if not isinstance(answer, dict) or not answer.get("Node"):
            raise Doubt("the catalog does not show the node %s. A token with node:read for it is needed." % self._name)
        self._node = answer["Node"]
        services = answer.get("Services") or []
        return list(services.values() if isinstance(services, dict) else services)


def overridable(service: Mapping[str, Any]) -> bool:
    """Whether the tags of a service, as an agent or the catalog reports it, are the catalog's to change."""
    return bool(service.get("EnableTagOverride"))


def tags_of(service: Mapping[str, Any]) -> list[str]:
    """The tags of a service as an agent or the catalog reports it."""
    return list(service.get("Tags") or [])


def rights_for(service: Mapping[str, Any]) -> list[str]:
    """The names for which service:write is needed to register a service of the catalog."""
    destination = (service.get("Proxy") or {}).get("DestinationServiceName")
    return [service["Service"], *([destination] if destination and service.get("Kind") else [])]


def fingerprint(service: Mapping[str, Any]) -> str:
    """All that an agent tells the servers of a service, for comparing."""
    addresses = {key: value for key, value in (service.get("TaggedAddresses") or {}).items() if not is_virtual(key)}
    told = json.dumps({**service, "TaggedAddresses": addresses}, sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def put_back(
    node: NodeInCatalog, look: Callable[[], Seen], kept: Mapping[str, Tagged], anew: Callable[[Seen], Container[str]], end: float
) -> Rest:
    """Give the catalog these tags again as soon as the agent has told the servers its own, until they stay, or the time (monotonic) is up.

    anew are services with new checks: an agent tells the servers of each change of a check's state together with the service, so that
    their tags are safe only when it has them itself. Raises Doubt, and an ApiError.
    """
    remaining, told, pause = dict(kept), set(), FIRST_PAUSE
    namespaces = {tagged.namespace for tagged in kept.values()}
    while True:
        # First the agent: it does not answer while it tells the servers of changes.
        seen = look()
        services, watched = node.services(namespaces), anew(seen)
        wrong = set()
        for key, wanted in sorted(remaining.items()):
            state = _state(seen.services.get(key), services.get(key), wanted)
            if state == _OVERWRITTEN:
                node.register(services[key], wanted.tags)
                told.add(key)
            # An agent that has nothing to tell the servers leaves the catalog as it is until it takes the tags over.
            elif state == _DONE or (
                state == _IN_CATALOG and key not in watched and (key in told or fingerprint(seen.services[key]) == wanted.agent)
            ):
                del remaining[key]
            if state in (_OVERWRITTEN, _ABSENT):
                wrong.add(key)
        if not remaining:
            return Rest([], [])
        if time.monotonic() >= end:
            return Rest(sorted(wrong), sorted(remaining.keys() - wrong))
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


_DONE, _OVERWRITTEN, _IN_CATALOG, _ABSENT = "done", "overwritten", "in the catalog", "absent"


def _state(on_agent: Mapping[str, Any] | None, in_catalog: Mapping[str, Any] | None, wanted: Tagged) -> str:
    if on_agent is None or not overridable(on_agent):
        # Its owner has taken it away, or wants the agent's tags from now on.
        return _DONE
    if in_catalog is None:
        return _ABSENT
    tags, own = tags_of(in_catalog), tags_of(on_agent)
    if tags == wanted.tags:
        return _DONE if own == wanted.tags else _IN_CATALOG
    # Other tags than the agent's are what somebody has set since.
    return _OVERWRITTEN if tags == own else _DONE
