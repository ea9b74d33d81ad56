# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is registered elsewhere: in the catalog that one agent shows, and by the names that somebody vouches for.

Every answer is yes, no, or that it cannot be seen, with the reason. Seen on 1.8.7 and 1.21.4, with ACLs and without:

- A token that may not read a service gets answers without it, and never learns that something is missing; but the discovery chain of
  a name is refused to it. So a no counts only where the chain was shown.
- The chain of a name that nobody has is shown like any other; it leads to other names where central configuration says so.
- `explain` of a prepared query is 404 where there is none, and 403 where there is one that the token may not read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import quote

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import (
    AclDenied,
    AgentApi,
    ApiError,
    NotFound,
    ServerError,
    mapping,
)

from .._rules.access import mapping_at, text
from .._rules.mesh import DEFAULT
from .model import MESH_GATEWAY, Key

_NEEDED = 'It needs service_prefix "" read, and node_prefix "" read.'
# Servers are registered under it, in every datacenter.
_ALWAYS_THERE = "consul"


class Answer(NamedTuple):
    """Yes, no, or None for what cannot be seen; then `why` says why."""

    said: bool | None
    why: str = ""


YES, NO = Answer(True), Answer(False)


class NothingSeenError(Exception):
    """The agent shows no catalog. The message says why and what helps."""


@dataclass(frozen=True, slots=True)
class Central:
    """What Consul's central configuration makes of a name: its protocol, and the names to which it leads instead."""

    protocol: str
    leads_to: tuple[str, ...]


class Catalog:
    """The catalog as an agent shows it. Everything is asked for once, and only when something depends on it."""

    def __init__(self, api: AgentApi) -> None:
        self._api = api
        self._kept: dict[tuple[str, tuple[tuple[str, str], ...]], Any] = {}
        self.datacenter, self.version = self._own()
        if _ALWAYS_THERE not in self._shown("", Key(DEFAULT, DEFAULT, "")):
            raise NothingSeenError(f"{api.where.address} shows no services. Give http_token a token that may see them. {_NEEDED}")

    def registered(self, key: Key, datacenter: str, in_fleet: Callable[[str], bool]) -> Answer:
        """Tell whether the catalog has a service, or central configuration leads from its name to one that is there."""

        def look() -> Answer:
            if key.name in self._shown(datacenter, key):
                return YES
            central = self.central(key, datacenter)
            there = (name for name in central.leads_to if in_fleet(name) or name.lower() in self._shown(datacenter, key))
            return YES if any(there) else NO

        return self._answer(look)

    def offered(self, key: Key, datacenter: str, in_fleet: Callable[[str], bool]) -> Answer:
        """Tell whether something takes connections of the mesh for a service: a proxy, itself, a terminating gateway."""

        def look() -> Answer:
            def takes_connections(name: str) -> bool:
                return in_fleet(name) or bool(self._get(list, f"/v1/catalog/connect/{quote(name, safe='')}", datacenter, key))

            if takes_connections(key.name):
                return YES
            return YES if any(map(takes_connections, self.central(key, datacenter).leads_to)) else NO

        return self._answer(look)

    def query(self, name: str, datacenter: str) -> Answer:
        """Tell whether a prepared query of this name or id exists, or a template that fits it."""

        def look() -> Answer:
            try:
                self._get(dict, f"/v1/query/{quote(name, safe='')}/explain", datacenter, None)
            except NotFound:
                return NO
            except AclDenied:
                pass
            return YES

        return self._answer(look)

    def has_mesh_gateway(self, datacenter: str) -> Answer:
        """Tell whether one is registered. A token that may read a service of that name is taken to see all gateways."""
        nobody = Key(DEFAULT, DEFAULT, "")

        def look() -> Answer:
            for name in sorted(self._shown(datacenter, nobody)):
                instances = self._get(list, f"/v1/catalog/service/{quote(name, safe='')}", datacenter, nobody)
                if any(text(instance, "ServiceKind") == MESH_GATEWAY for instance in instances if isinstance(instance, dict)):
                    return YES
            self.central(nobody._replace(name=MESH_GATEWAY), datacenter)
            return NO

        return self._answer(look)

    def protocol(self, key: Key, datacenter: str) -> str:
        """Return the protocol of a service by central configuration, empty where it cannot be seen."""
        try:
            return self.central(key, datacenter).protocol
        except ApiError:
            return ""

    def central(self, key: Key, datacenter: str) -> Central:
        """Raises AclDenied where the token may not read the service, and other ApiErrors."""
        try:
            answer = self._get(dict, f"/v1/discovery-chain/{quote(key.name, safe='')}", datacenter, key)
        except NotFound:
            # Agents before 1.6.
            return Central("", ())
        chain = mapping_at(answer, "Chain")
        targets = mapping_at(chain, "Targets")
        names = {text(mapping_at(targets, target), "Service") for target in targets}
        return Central(text(chain, "Protocol"), tuple(sorted(name for name in names if name.lower() not in ("", key.name))))

    def _shown(self, datacenter: str, key: Key) -> set[str]:
        return {name.lower() for name in self._get(dict, "/v1/catalog/services", datacenter, key)}

    def _own(self) -> tuple[str, str]:
        """Return datacenter and version of the agent, empty where the token may not see them."""
        try:
            config = mapping_at(mapping(self._api, "/v1/agent/self"), "Config")
        except AclDenied:
            return "", ""
        return text(config, "Datacenter"), text(config, "Version")

    def _answer(self, look: Callable[[], Answer]) -> Answer:
        try:
            return look()
        except AclDenied:
            return Answer(None, "the token may not read it in the catalog")
        except ApiError as problem:
            return Answer(None, f"the agent said: {str(problem).rstrip('.')}")

    def _get(self, kind: type[dict[str, Any]] | type[list[Any]], path: str, datacenter: str, key: Key | None) -> Any:
        """Raises ServerError for an answer of another kind, too: whatever else is there may answer with any JSON."""
        query = {"dc": datacenter} if datacenter and datacenter != self.datacenter else {}
        if key and key.namespace != DEFAULT:
            query["ns"] = key.namespace
        if key and key.partition != DEFAULT:
            query["partition"] = key.partition
        place = (path, tuple(query.items()))
        if place not in self._kept:
            try:
                answer = self._api.get(path, query)
                # Go has null for a list without entries.
                self._kept[place] = kind() if answer is None else answer
                if not isinstance(self._kept[place], kind):
                    raise ServerError(f"{self._api.where.address} answered {path} otherwise than consul agents do")
            except ApiError as problem:
                self._kept[place] = problem
        kept = self._kept[place]
        if isinstance(kept, ApiError):
            raise kept
        return kept


class Elsewhere:
    """What is known beyond the definitions.

    With `external`, even an empty list, somebody says that fleet, catalog and these names are all that there is. `unread` is why
    definitions of the fleet may be missing: then nothing is certain to be absent.
    """

    def __init__(self, catalog: Catalog | None = None, external: Sequence[str] | None = None, unread: str = "") -> None:
        self.catalog = catalog
        self._patterns = tuple(name.lower() for name in external or ())
        self._closed = external is not None
        self._unread = unread

    @property
    def datacenter(self) -> str:
        return self.catalog.datacenter if self.catalog else ""

    def vouched_for(self, name: str) -> bool:
        return any(fnmatchcase(name.lower(), pattern) for pattern in self._patterns)

    def registered(self, key: Key, datacenter: str, in_fleet: Callable[[str], bool]) -> Answer:
        return self._judged(self.catalog.registered(key, datacenter, in_fleet) if self.catalog else None)

    def offered(self, key: Key, datacenter: str, in_fleet: Callable[[str], bool], by_gateway: bool) -> Answer:
        """`by_gateway`: the fleet has a terminating gateway, which may offer any service."""
        if self.catalog is None and by_gateway:
            return Answer(None, "whether a terminating gateway offers it is said in Consul's central configuration")
        return self._judged(self.catalog.offered(key, datacenter, in_fleet) if self.catalog else None)

    def query(self, name: str, datacenter: str) -> Answer:
        if self.catalog is None:
            return Answer(None, "prepared queries are only in the catalog")
        return self.catalog.query(name, datacenter)

    def has_mesh_gateway(self, datacenter: str) -> Answer:
        if self.vouched_for(MESH_GATEWAY):
            return YES
        return self._judged(self.catalog.has_mesh_gateway(datacenter) if self.catalog else None)

    def protocol(self, key: Key, datacenter: str) -> str:
        return self.catalog.protocol(key, datacenter) if self.catalog else ""

    def _judged(self, answer: Answer | None) -> Answer:
        if answer is not None and answer.said is not False:
            return answer
        if self._unread:
            return Answer(None, self._unread)
        if answer is None and not self._closed:
            return Answer(None, "what is registered elsewhere is not known here")
        return NO
