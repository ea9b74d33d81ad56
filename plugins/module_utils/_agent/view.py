# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent has, what it ought to have, and the findings between the two.

An agent with ACLs answers 200 and leaves out what the token may not see, so an absence proves nothing by itself: the path of
one service says 404 when it is absent and 403 when it is only hidden (agents since 1.3).
"""

from __future__ import annotations

from typing import Any, Container, Iterable, Iterator, NamedTuple
from urllib.parse import quote

from .._definition.compare import Differences, check_differences, service_differences
from .._definition.expect import Expected, in_namespace, owner_of, place_of
from .._findings import Finding, error
from .api import AclDenied, AgentApi, NotFound, entries


class Seen(NamedTuple):
    """Services and checks as the agent reports them, by the keys of _definition/expect.py."""

    services: dict[str, Any]
    checks: dict[str, Any]


class AgentView:
    """Looks at the agent through its HTTP API: two requests a look, and two more for each further namespace."""

    def __init__(self, api: AgentApi, namespaces: Iterable[str] = ()) -> None:
        self._api = api
        self._namespaces = sorted(set(namespaces) - {"", "default"})

    def look(self) -> Seen:
        """All that the token may see. Raises ApiError."""
        return Seen(self._all("services"), self.checks())

    def checks(self) -> dict[str, Any]:
        """Half a look, where the services do not matter. Raises ApiError."""
        return self._all("checks")

    def _all(self, kind: str) -> dict[str, Any]:
        found = entries(self._api, "/v1/agent/" + kind)
        for namespace in self._namespaces:
            answer = entries(self._api, "/v1/agent/" + kind, namespace)
            found.update({in_namespace(namespace, identifier): item for identifier, item in answer.items()})
        return found

    def is_hidden(self, key: str) -> bool:
        """Whether the service exists although the token may not see it. Raises ApiError when the agent does not say.

        An empty key stands for the node and its checks: what shows the node shows them, and an agent is always a member of its own
        cluster.
        """
        if not key:
            return not self._api.get("/v1/agent/members")
        namespace, _slash, identifier = key.partition("/")
        if namespace not in self._namespaces:
            namespace, identifier = "", key
        try:
            self._api.get("/v1/agent/service/" + quote(identifier, safe=""), {"ns": namespace} if namespace else None)
        except AclDenied:
            return True
        except NotFound:
            pass
        return False

    def hidden(self, keys: Iterable[str]) -> set[str]:
        """Those of these services, missing in a look, that the token may not see. Raises ApiError."""
        return {key for key in sorted(keys) if self.is_hidden(key)}


class Difference(NamedTuple):
    """One place where the agent is not as a definition says. Without a field the whole service or check is missing."""

    key: str  # of the service, or of the check
    service: str  # the key of the service; empty for a check of the node
    check: str = ""  # the id of the check; empty where it is the service itself
    field: str = ""
    reason: str = ""

    @property
    def rule(self) -> str:
        """The id of the rule that is broken."""
        return "agent-differs" if self.field else "agent-lacks-check" if self.check else "agent-lacks-service"

    @property
    def message(self) -> str:
        """What is wrong, as a sentence."""
        return self.reason + "." if self.field else "is not registered on the agent."

    def as_finding(self) -> Finding:
        """For messages that name services and checks by their ids."""
        if not self.check:
            place = "service " + self.key
        else:
            place = "service %s → check %s" % (self.service, self.check) if self.service else "check " + self.key
        return error("%s → %s" % (place, self.field) if self.field else place, self.rule, self.message)


def compared(seen: Seen, wanted: Expected, before: Expected | None = None, hidden: Container[str] = ()) -> Iterator[Difference]:
    """Where the agent is not as the definitions say.

    before are the definitions until now: what they had and is still there was not taken away. hidden are services that may not be seen.
    """
    earlier = before.services if before is not None else {}
    for key, service in sorted(wanted.services.items()):
        if key in hidden:
            continue
        if key not in seen.services:
            yield Difference(key, key)
            continue
        for field, reason in _listed(service_differences(service, seen.services[key], earlier.get(key))):
            yield Difference(key, key, "", field, reason)
    for key, check in sorted(wanted.checks.items()):
        owner = owner_of(check)
        # Without its service it is reported already, or cannot be seen either.
        if owner in hidden or (owner and owner not in seen.services and owner in wanted.services):
            continue
        if key not in seen.checks:
            yield Difference(key, owner, check["checkid"])
            continue
        for field, reason in _listed(check_differences(check, seen.checks[key])):
            yield Difference(key, owner, check["checkid"], field, reason)


def _listed(found: Differences) -> list[tuple[str, str]]:
    try:
        return list(found)
    except (AttributeError, TypeError, ValueError):
        # Of a file that somebody has edited, or a definition that was before: what no agent can have.
        return [("definition", "values of a kind that no agent takes in the file")]


def differences(seen: Seen, wanted: Expected, before: Expected, elsewhere: Expected, hidden: Container[str] = ()) -> list[Finding]:
    """Where the agent is not as the definitions say, and what it should have no more; empty when it is as it has to be.

    before are the definitions until now: what they alone had must be gone. elsewhere are those of other people's files.
    """
    gone = without(without(before, wanted), elsewhere)
    services = sorted(gone.services.keys() & seen.services.keys())
    checks = [gone.checks[key] for key in sorted(gone.checks.keys() & seen.checks.keys())]
    still = "was removed, and is still registered on the agent."
    return [
        *(found.as_finding() for found in compared(seen, wanted, before, hidden)),
        *(error("service " + key, "agent-still-has-service", still) for key in services),
        *(error(place_of(check), "agent-still-has-check", still) for check in checks if owner_of(check) not in gone.services),
    ]


def lost(seen: Seen, earlier: Seen, wanted: Expected, removed: Expected) -> list[Finding]:
    """Services and checks of others that the agent had earlier, and that are gone: the mark of a half reload."""
    missing = earlier.services.keys() - seen.services.keys()
    services = missing - wanted.services.keys() - removed.services.keys()
    gone = earlier.checks.keys() - seen.checks.keys() - wanted.checks.keys() - removed.checks.keys()
    checks = {key for key in gone if earlier.checks[key].get("ServiceID") not in missing}
    return [
        error("%s %s" % (kind, key), "agent-lost-" + kind, "was registered before the reload and is gone.")
        for kind, keys in (("service", services), ("check", checks))
        for key in sorted(keys)
    ]


def without(all_of: Expected, kept: Expected) -> Expected:
    """What the first has and the second has not."""
    return Expected(*({key: value for key, value in ours.items() if key not in theirs} for ours, theirs in zip(all_of, kept)))
