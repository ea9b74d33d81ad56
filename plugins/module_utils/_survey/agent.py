# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent of a config-dir has, and where that is not what the files say."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from .._agent.absent import not_found
from .._agent.api import AclDenied, ApiError, Blocked
from .._agent.elsewhere import OtherFile
from .._agent.facts import AgentFacts, Version
from .._agent.persisted import Persisted, persisted_in
from .._agent.process import AgentProcess, AgentProcessError
from .._agent.view import AgentView, Seen, compared
from .._definition.expect import Expected, expected, in_namespace, owner_of
from .._definition.identity import CHECK, SERVICE, ids_of
from .._definition.secret import MASK, Secrets
from .._files.scan import DefinitionFile

# Seconds that an agent may take for an answer: with thousands of services some are needed after a reload, such as 10 on a busy host.
_PATIENCE = 30.0
# A service can be absent for a moment while the agent reloads: what seems to be drift is looked at once more.
_SECOND_LOOK = 0.5
# What a check has found, and not what it is.
_STATE = ("Status", "Output")
_MAINTENANCE = ("_node_maintenance", "_service_maintenance:")
# Fields that name a service of the node.
_NAMING = ("alias_service", "destination_service_id", "destination_service_name")


class Place(NamedTuple):
    """Where a service or check is declared: the file, and its number there."""

    file: str
    kind: str
    number: int


class Declarations(NamedTuple):
    """All that the files declare. Of two with one id the agent has the last."""

    all: Expected
    services: dict[str, Place]
    checks: dict[str, Place]


def agent_survey(
    facts: AgentFacts,
    process: AgentProcess | None,
    files: list[DefinitionFile],
    others: list[OtherFile],
    secrets: Secrets,
    unchecked: Iterable[str] = (),
) -> dict[str, Any]:
    """Return the agent's state, the services that no file here declares, and the drift; with `compared` false the reason why not.

    `others` are the files that the agent reads elsewhere, `unchecked` paths of keys that nobody but the users knows.
    """
    found: dict[str, Any] = {
        "state": "running" if process is not None else "absent",
        "pid": process.pid if process is not None else None,
        **Version(None, None, None)._asdict(),
        "scripts": None,
        # Whether there is somebody to ask, who perhaps does not answer.
        "asked": False,
        "compared": False,
        "reason": not_found(facts),
        # Names in the files that the agent may have although the token may not see them; None where it let nobody look.
        "hidden": None,
        "services": [],
        "checks": [],
        "drift": [],
    }
    try:
        found.update(facts.found_version._asdict())
        if process is not None or facts.address_given:
            found.update(asked=True, scripts=facts.scripts_enabled)
            if facts.api is not None:
                _compare(found, facts, files, others, secrets, unchecked)
            else:
                found["reason"] = facts.why_no_api
    except (AclDenied, Blocked) as problem:
        found.update(state="running", reason=str(problem))
    except (ApiError, AgentProcessError) as problem:
        found["reason"] = str(problem)
    return found


def _compare(
    found: dict[str, Any],
    facts: AgentFacts,
    files: list[DefinitionFile],
    others: list[OtherFile],
    secrets: Secrets,
    unchecked: Iterable[str],
) -> None:
    """Raises ApiError when the agent does not let us look."""
    declared = _declarations(files, unchecked)
    named = (service.get("namespace") for service in declared.all.services.values())
    # In files of others anything may stand there.
    facts.patience(_PATIENCE)
    view = AgentView(facts.api, [namespace for namespace in named if isinstance(namespace, str)])
    seen = view.look()
    found["state"] = "running"
    drift = list(_drift(declared, seen))
    if drift:
        time.sleep(_SECOND_LOOK)
        seen = view.look()
        drift = list(_drift(declared, seen))
    owners = {owner_of(check) for key, check in declared.all.checks.items() if key not in seen.checks}
    hidden = view.hidden((declared.services.keys() | owners) - seen.services.keys())
    if hidden - {""}:
        found["reason"] = "the token may not see %d of %d services: it needs service:read" % (len(hidden - {""}), len(declared.services))
    elif hidden:
        found["reason"] = "the token may not see the checks of the node: it needs node:read"
    else:
        found.update(compared=True, reason="")
    found["drift"] = [entry for entry in drift if entry["service"] not in hidden]
    origins = _Origins(facts.data_dir, others, complete=not any(entry.fatal for entry in files))
    found["services"] = list(_undeclared_services(declared, seen, origins, secrets))
    found["checks"] = list(_undeclared_checks(declared, seen, origins, secrets))
    everything = secrets.concealed([[*entry.definitions.services, *entry.definitions.checks] for entry in files])
    found["hidden"] = sorted(view.hidden(set(_named(everything)) - _names(seen, declared)))


def _declarations(files: list[DefinitionFile], unchecked: Iterable[str]) -> Declarations:
    declared = Declarations(Expected({}, {}), {}, {})
    for entry in files:
        for index, service in enumerate(entry.definitions.services):
            services, checks = expected([service], (), unchecked)
            declared.all.services.update(services)
            declared.all.checks.update(checks)
            declared.services.update(dict.fromkeys(services, Place(entry.name, SERVICE, index)))
    # As agents do, which load them when they have all services.
    for entry in files:
        for index, check in enumerate(entry.definitions.checks):
            checks = expected([], [check]).checks
            declared.all.checks.update(checks)
            declared.checks.update(dict.fromkeys(checks, Place(entry.name, CHECK, index)))
    return declared


def _drift(declared: Declarations, seen: Seen) -> Iterator[dict[str, Any]]:
    """Where the agent is not as the files say: nothing else that it has is looked at."""
    for found in compared(seen, declared.all):
        place = (declared.checks.get(found.key) if found.check else None) or declared.services.get(found.service)
        # No agent has a check without an id, which is a finding of its file.
        if place is not None:
            yield {**place._asdict(), **found._asdict()}


def _undeclared_services(declared: Declarations, seen: Seen, origins: _Origins, secrets: Secrets) -> Iterator[dict[str, Any]]:
    """Services that no file here declares: where they come from, and all that is known of them. Files may have checks bound to them."""
    for key in sorted(seen.services.keys() - declared.services.keys()):
        service = seen.services[key]
        own = {name: check for name, check in seen.checks.items() if check.get("ServiceID") == service.get("ID")}
        undeclared = sorted(name for name in own if name not in declared.checks and not name.startswith(_MAINTENANCE))
        yield {
            "key": key,
            "origin": origins.of(SERVICE, key),
            "answer": secrets.concealed(service),
            "checks": [secrets.concealed_at(("check",), origins.check(name, own[name])) for name in undeclared],
            "token": origins.has_token(SERVICE, key),
        }


def _undeclared_checks(declared: Declarations, seen: Seen, origins: _Origins, secrets: Secrets) -> Iterator[dict[str, Any]]:
    """Checks that no file here declares, without those of services that none declares either."""
    for key, check in sorted(seen.checks.items()):
        owner = check.get("ServiceID", "")
        if key not in declared.all.checks and (not owner or owner in declared.services) and not key.startswith(_MAINTENANCE):
            yield {
                "key": key,
                "origin": origins.of(CHECK, key),
                "service": owner,
                "answer": secrets.concealed_at(("check",), origins.check(key, check)),
                "token": origins.has_token(CHECK, key),
            }


def _named(value: Any) -> Iterator[str]:
    """The names of services that definitions refer to."""
    for child in value if isinstance(value, list) else ():
        yield from _named(child)
    for key, child in value.items() if isinstance(value, dict) else ():
        if key in _NAMING and isinstance(child, str) and child not in ("", "*", MASK):
            yield child
        yield from _named(child)


def _names(seen: Seen, declared: Declarations) -> set[str]:
    services = [*seen.services.values(), *declared.all.services.values()]
    return {str(service.get(key)) for service in services for key in ("ID", "Service", "id", "name")}


class _Origins:
    """Tells services that were registered through the HTTP API from those of other files, and from leftovers of removed ones."""

    def __init__(self, data_dir: str | None, others: list[OtherFile], complete: bool) -> None:
        kept = persisted_in(data_dir)
        self._kept = {SERVICE: kept.services, CHECK: kept.checks} if kept is not None else {}
        # Only where all that the agent reads is known the rest is a leftover.
        self._complete = complete and all(file.document is not None for file in others)
        self._elsewhere = {
            (identity.kind, in_namespace(identity.namespace, identity.name)) for file in others for identity in ids_of(file.definitions)
        }

    def of(self, kind: str, key: str) -> str:
        """`api`, `elsewhere` (another file of the agent), `removed` (from the files, and the agent was not told), or `unknown`."""
        if (kind, key) in self._elsewhere:
            return "elsewhere"
        if kind not in self._kept:
            return "unknown"
        if Persisted.file_of(self._kept[kind], key) is not None:
            return "api"
        return "removed" if self._complete else "unknown"

    def check(self, key: str, answer: Mapping[str, Any]) -> dict[str, Any]:
        """What is known of a check. Agents up to 1.10 report its definition nowhere but keep it in data_dir."""
        known = {field: value for field, value in answer.items() if field not in _STATE}
        kept = self._registration(CHECK, key).get("ChkType") or {}
        # Every field is there, and two that the agent fills itself for exposed checks.
        definition = {field: value for field, value in kept.items() if value and not field.startswith("Proxy")}
        return {**known, "Definition": definition} if definition else known

    def has_token(self, kind: str, key: str) -> bool:
        """Whether it was registered with a token of its own."""
        return bool(self._registration(kind, key).get("Token"))

    def _registration(self, kind: str, key: str) -> dict[str, Any]:
        return _json_in(Persisted.file_of(self._kept.get(kind, {}), key))


def _json_in(path: str | None) -> dict[str, Any]:
    try:
        with open(path or os.devnull, encoding="utf-8") as stream:
            value = json.load(stream)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
