# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent has, what it ought to have, and the findings between the two.

An agent with ACLs answers 200 and leaves out what the token may not see, so an absence proves nothing by itself: the path of
one service says 404 when it is absent and 403 when it is only hidden (agents since 1.3).

Private to the collection: may change at any time.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, NamedTuple
from urllib.parse import quote

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, AgentApi, NotFound
from ansible_collections.registrar.consul.plugins.module_utils._definition.compare import check_differences, service_differences
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, in_namespace, owner_of, place_of
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, error


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
        seen = Seen(dict(self._api.get("/v1/agent/services")), dict(self._api.get("/v1/agent/checks")))
        for namespace in self._namespaces:
            for kind, found in (("services", seen.services), ("checks", seen.checks)):
                answer = self._api.get("/v1/agent/" + kind, {"ns": namespace})
                found.update({in_namespace(namespace, identifier): item for identifier, item in answer.items()})
        return seen

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
        remaining = sorted(keys)
        # One that is really absent settles it for nearly every token: absent ones come first after a half reload.
        return {key for key in remaining if self.is_hidden(key)}


def differences(seen: Seen, wanted: Expected, before: Expected, elsewhere: Expected, hidden: Iterable[str] = ()) -> list[Finding]:
    """Where the agent is not as the definitions say; empty when it is.

    before are the definitions until now: what they alone had must be gone. elsewhere are those of other people's files.
    """
    unseen = set(hidden)
    found: list[Finding] = []
    for key, service in sorted(wanted.services.items()):
        if key in unseen:
            continue
        if key not in seen.services:
            found.append(error("service " + key, "agent-lacks-service", "is not registered on the agent."))
            continue
        for field, reason in service_differences(service, seen.services[key], before.services.get(key)):
            found.append(_differs("service " + key, field, reason))
    found.extend(_check_findings(seen, wanted, unseen))
    found.extend(_leftovers(seen, wanted, before, elsewhere))
    return found


def lost(seen: Seen, earlier: Seen, wanted: Expected, removed: Expected) -> list[Finding]:
    """Services and checks of others that the agent had earlier, and that are gone: the mark of a half reload."""
    missing = earlier.services.keys() - seen.services.keys()
    services = sorted(missing - wanted.services.keys() - removed.services.keys())
    checks = sorted(
        check_id
        for check_id, check in earlier.checks.items()
        if check_id not in seen.checks
        and check_id not in wanted.checks
        and check_id not in removed.checks
        and check.get("ServiceID") not in missing
    )
    return [
        *(error("service " + key, "agent-lost-service", "was registered before the reload and is gone.") for key in services),
        *(error("check " + key, "agent-lost-check", "was registered before the reload and is gone.") for key in checks),
    ]


def without(all_of: Expected, kept: Expected) -> Expected:
    """What the first has and the second has not."""
    return Expected(
        {key: value for key, value in all_of.services.items() if key not in kept.services},
        {key: value for key, value in all_of.checks.items() if key not in kept.checks},
    )


def _check_findings(seen: Seen, wanted: Expected, unseen: set[str]) -> Iterator[Finding]:
    for key, check in sorted(wanted.checks.items()):
        service, place = owner_of(check), place_of(check)
        # Without its service it is reported already, or cannot be seen either.
        if service in unseen or (service and service not in seen.services and service in wanted.services):
            continue
        if key not in seen.checks:
            yield error(place, "agent-lacks-check", "is not registered on the agent.")
            continue
        for field, reason in check_differences(check, seen.checks[key]):
            yield _differs(place, field, reason)


def _leftovers(seen: Seen, wanted: Expected, before: Expected, elsewhere: Expected) -> Iterator[Finding]:
    gone = without(without(before, wanted), elsewhere)
    for key in sorted(gone.services.keys() & seen.services.keys()):
        yield error("service " + key, "agent-still-has-service", "was removed, and is still registered on the agent.")
    for key in sorted(gone.checks.keys() & seen.checks.keys()):
        if owner_of(gone.checks[key]) not in gone.services:
            yield error(place_of(gone.checks[key]), "agent-still-has-check", "was removed, and is still registered on the agent.")


def _differs(place: str, field: str, reason: str) -> Finding:
    return error("%s → %s" % (place, field), "agent-differs", reason + ".")
