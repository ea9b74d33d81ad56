# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons not to have an agent reload, found before it is told.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterator, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._definition.compare import service_differences
from ansible_collections.registrar.consul.plugins.module_utils._definition.durations import parse_duration
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import CHECK_TYPES, expected, squashed
from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import checks_of, service_id
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, error
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared

_PASSIVE = ("ttl", "aliasservice", "aliasnode")
# 1.0 had checks with script.
_KINDS = (*(key for key, _type in CHECK_TYPES), "script")


def half_loads(place: str, declared: Declared, scripts_enabled: bool | None) -> Iterator[Finding]:
    """What other people's files hold that ``consul validate`` passes, and at which an agent stops in the middle of a reload,
    after it has unloaded everything (all versions up to 1.10; a missing name, and checks of sidecars, in all)."""
    for found in declared.foreign:
        file = os.path.join(place, found.name)
        for service in found.definitions.services:
            name = service_id(service)
            if not service.get("name"):
                yield _stops(file, "a service without a name", name)
                continue
            for wanted in expected([service]).services.values():
                for _place, check in checks_of(wanted):
                    reason = _check_problem(check, scripts_enabled)
                    if reason:
                        yield _stops(file, "a check %s" % reason, wanted["id"])
        for check in found.definitions.checks:
            plain = squashed(check)
            reason = _check_problem(plain, scripts_enabled)
            if reason or not (check.get("id") or check.get("name")):
                yield _stops(file, "a check %s" % (reason or "with neither name nor id"), str(check.get("id") or check.get("name") or ""))


def unknown_nodes(declared: Declared, knows: Callable[[str], bool | None]) -> Iterator[Finding]:
    """Checks that copy the state of a node which the catalog does not know: the agents of AgentFacts.ends_by_unknown_node end by one.

    knows says whether the catalog has a node of this name, None where that cannot be seen.
    """
    for where, node in declared.alias_nodes:
        if knows(node) is False:
            message = "copies the state of the node %s, which the catalog does not know. This agent would end with a panic." % node
            yield error(where, "alias-node-unknown", message, "Correct alias_node, or let that node join first.")


def taken_over(declared: Declared, registered: Mapping[str, Any], persisted: Mapping[str, str] | None) -> Iterator[Finding]:
    """New ids of ours that belong to services registered through the HTTP API: the agent would delete its copy of those.

    registered are the services that the agent has, persisted those that it keeps in data_dir; None where that cannot be known. Then
    one that is as the file says counts as loaded from it.
    """
    wanted = declared.wanted.services
    new = wanted.keys() - declared.before.services.keys() - declared.elsewhere.services.keys()
    if persisted is None:
        owned = {key for key in new & registered.keys() if any(service_differences(wanted[key], registered[key]))}
    else:
        owned = new & persisted.keys()
    for key in sorted(owned):
        hint = "Choose another id, deregister that service first, or set take_over: true."
        message = "this id belongs to a service that was registered through the HTTP API; a reload would replace it for good."
        yield error("service " + key, "id-of-api-service", message, hint)


def _check_problem(check: Mapping[str, Any], scripts_enabled: bool | None) -> str:
    kinds = [key for key in _KINDS if check.get(key)]
    active = [kind for kind in kinds if kind not in _PASSIVE]
    has_ttl, has_interval = _positive(check.get("ttl")), _positive(check.get("interval"))
    if active and not has_interval:
        return "without an interval"
    has_alias = "aliasservice" in kinds or "aliasnode" in kinds
    if (has_ttl and (has_interval or has_alias)) or (has_alias and active):
        return "of two kinds that exclude each other"
    if not kinds or (kinds == ["ttl"] and not has_ttl):
        return "of no kind"
    if "args" in active and scripts_enabled is False:
        return "with a script, which this agent does not run,"
    return ""


def _positive(duration: Any) -> bool:
    try:
        return parse_duration(duration or "0") > 0
    except (ValueError, TypeError, AttributeError):
        # The agent refuses it as a whole, and loses nothing.
        return True


def _stops(file: str, what: str, identifier: str) -> Finding:
    message = "holds %s%s. A reload would stop there, after everything was unloaded." % (what, identifier and " (%s)" % identifier)
    return error(file, "half-load", message, "Put it right first; the agent was not told to reload.")
