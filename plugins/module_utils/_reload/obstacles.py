# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reasons not to have an agent reload, found before it is told."""

from __future__ import annotations

import functools
from typing import Callable, Iterator

from .._agent.catalog import knows_node
from .._agent.elsewhere import Registrations
from .._agent.facts import AgentFacts
from .._agent.loading import Agent, partial_loads
from .._agent.own_settings import Surroundings, refused_settings, surroundings
from .._agent.persisted import Persisted
from .._agent.view import Seen
from .._definition.compare import check_differences, service_differences
from .._definition.expect import owner_of
from .._findings import Finding, error
from .declared import Declared


def obstacles(state: Declared, seen: Seen | None, facts: AgentFacts, persisted: Persisted | None, take_over: bool) -> list[Finding]:
    """All of them: empty when the agent may be told. seen is what it has, None where that cannot be seen; persisted likewise."""
    complete = facts.process is not None and not state.problems and all(file.document is not None for file in state.others)
    return [
        *state.problems,
        *partial_loads(state.of_others, Agent(facts.scripts_enabled, facts.numbers())),
        *refused_settings(state.everything, _surroundings(state, seen, facts, complete)),
        *_unknown_nodes(state, facts),
        *doubles(state),
        *unknown_services(state, Registrations(facts, complete).knows),
        *(taken_over(state, seen, persisted) if not take_over and seen is not None else ()),
    ]


def _unknown_nodes(declared: Declared, facts: AgentFacts) -> Iterator[Finding]:
    """Checks that copy the state of a node which the catalog does not know: the agents of AgentFacts.ends_by_unknown_node end by one."""
    if facts.api is None or not declared.alias_nodes or not facts.ends_by_unknown_node():
        return
    knows = functools.lru_cache(maxsize=None)(lambda node: knows_node(facts.api, node, facts.node_name))
    for where, node in declared.alias_nodes:
        if knows(node) is False:
            message = "copies the state of the node %s, which the catalog does not know. This agent would end with a panic." % node
            yield error(where, "alias-node-unknown", message, "Correct alias_node, or let that node join first.")


def unknown_services(declared: Declared, knows: Callable[[str], bool | None]) -> Iterator[Finding]:
    """Checks outside services whose service the agent will not have: it stops at the first of them (1.0.8 to 1.22.7).

    knows says whether a service that no file declares is there otherwise, None where that cannot be known.
    """
    for found in declared.bound:
        if found.service in declared.wanted.services or found.service in declared.elsewhere.services or knows(found.service) is not False:
            continue
        message = (
            'holds a check (%s) of the service "%s", which neither a file of the agent declares nor its HTTP API has. A reload would '
            "stop there, after all checks were unloaded." % (found.check, found.service)
        )
        hint = "Declare the service, correct service_id, or remove the check; the agent was not told to reload."
        yield error(found.place, "check-service-known", message, hint)


def doubles(declared: Declared) -> Iterator[Finding]:
    """Ids of ours that another file of the agent has, too: it registers only one of them, without a word."""
    services = declared.wanted.services.keys() & declared.elsewhere.services.keys()
    ours = declared.wanted.checks
    checks = {key for key in ours.keys() & declared.elsewhere.checks.keys() if owner_of(ours[key]) not in services}
    for kind, keys, others in zip(("service", "check"), (services, checks), declared.elsewhere):
        for key in sorted(keys):
            message = "this id is taken by %s, which the same agent reads; it would register only one of them." % others[key]["place"]
            yield error("%s %s" % (kind, key), "%s-id-unique" % kind, message, "Give one of them another id, or remove it there.")


def taken_over(declared: Declared, registered: Seen, persisted: Persisted | None) -> Iterator[Finding]:
    """New ids of ours that belong to what was registered through the HTTP API: the agent would delete its copy of it.

    registered is what the agent has, persisted what it keeps in data_dir; None where that cannot be known. Then one that is as the
    file says counts as loaded from it.
    """
    taken: set[str] = set()
    for part, kind, differences in ((0, "service", service_differences), (1, "check", check_differences)):
        wanted = declared.wanted[part]
        new = wanted.keys() - declared.before[part].keys() - declared.told[part].keys() - declared.elsewhere[part].keys()
        if persisted is None:
            owned = {key for key in new & registered[part].keys() if any(differences(wanted[key], registered[part][key]))}
        else:
            owned = new & persisted[part].keys()
        # A service takes its checks with it.
        named = {key for key in owned if not (part and owner_of(wanted[key]) in taken)}
        taken |= owned
        for key in sorted(named):
            message = "this id belongs to a %s that was registered through the HTTP API; a reload would replace it for good." % kind
            hint = "Choose another id, deregister that %s first, or set take_over: true." % kind
            yield error("%s %s" % (kind, key), "id-of-api-%s" % kind, message, hint)


def _surroundings(state: Declared, seen: Seen | None, facts: AgentFacts, complete: bool) -> Surroundings:
    services = seen.services if seen is not None else {}
    of_files = {key for declared in (state.wanted, state.before, state.told, state.elsewhere) for key in declared.services}
    ports = (service["Port"] for key, service in services.items() if key not in of_files and service.get("Port"))
    return surroundings(facts, complete, ports)
