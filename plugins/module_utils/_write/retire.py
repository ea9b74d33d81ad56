# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take over from files of others: a file whose services and checks are all declared alike elsewhere is not needed any more.

It goes in the same commit in which the new file comes, so that no id ever stands twice, and it comes back with a rollback.
"""

from __future__ import annotations

import os
from typing import Any, Container, Iterable, Iterator, Mapping, NamedTuple

from .._definition.compare import same
from .._definition.durations import same_duration
from .._definition.expect import expected, in_namespace
from .._definition.identity import service_id
from .._definition.parse import Definitions
from .._definition.spelling import DURATIONS, USER_KEYS, squash, squashed
from .._files.config_dir import ConfigDir, state_of
from .._files.plan import Plan
from .._files.scan import DefinitionFile
from .._files.transaction import Change
from .._findings import Finding, error

Definition = Mapping[str, Any]


class _Ours(NamedTuple):
    """What is declared here, by key."""

    services: dict[str, Definition]
    checks: dict[str, Definition]

    def has_any(self, found: Definitions) -> bool:
        """Whether something in a file is declared here, too."""
        return any(_key(service) in self.services for service in found.services) or any(
            _key(check) in self.checks for check in found.checks
        )


def retire(
    directory: ConfigDir, foreign: Iterable[DefinitionFile], services: Iterable[Definition], checks: Iterable[Definition] = ()
) -> Plan:
    """Plan that those files of others go whose services, and checks outside services, are ours now; findings say why others stay.

    Raises Refused.
    """
    ours = _Ours({_key(service): service for service in services}, {_key(check): check for check in checks})
    result = Plan([], [], [])
    for found in foreign:
        if not ours.has_any(found.definitions):
            continue
        reasons = list(_reasons(found, ours))
        if reasons:
            result.findings.append(_kept(directory, found, reasons))
            continue
        content = directory.read(found.name)
        if content is not None and found.content is not None and content.data == found.content.data:
            result.changes.append(Change(found.name, "retired", state_of(content), content.data, None, None, None))
    return result


def _reasons(found: DefinitionFile, ours: _Ours) -> Iterator[str]:
    """Why the file is still needed, or cannot be removed."""
    if found.target is not None:
        yield "it is a link"
    if os.fsencode(found.name).decode("utf-8", "ignore") != found.name:
        # Ansible takes no result that has it, and would call all that was done a failure.
        yield "its name is not UTF-8"
    if found.definitions.settings:
        yield "it holds settings of the agent"
    for service in found.definitions.services:
        name = service_id(service) or "a service without a name"
        yield from _difference(name, service, ours.services.get(_key(service)), with_checks=True)
    for check in found.definitions.checks:
        name = "the check %s" % service_id(check) if service_id(check) else "a check without a name"
        yield from _difference(name, check, ours.checks.get(_key(check)), with_checks=False)


def _difference(name: str, theirs: Definition, declared: Definition | None, with_checks: bool) -> Iterator[str]:
    """The fields in which an agent would see a difference, by their names in files; never a value, since it may be secret."""
    if declared is None:
        yield "%s is not declared here" % name
        return
    # Compared by the key under which they were found, and as the agent registers them.
    fields = _unlike(theirs, declared, ("id", "check", "checks") if with_checks else ("id",))
    if with_checks and not _alike("checks", _checks(theirs), _checks(declared)):
        fields.append("check")
    if fields:
        yield "%s is declared with another %s" % (name, ", ".join(sorted(fields)))


def _unlike(theirs: Definition, ours: Definition, otherwise: Container[str]) -> list[str]:
    spelled = {squash(key): key for key in (*theirs, *ours)}
    left, right = squashed(theirs), squashed(ours)
    return [spelled[key] for key in {**left, **right} if key not in otherwise and not _alike(key, left.get(key), right.get(key))]


def _checks(service: Definition) -> dict[str, Any]:
    """The checks by their ids, with the names that the agent gives them: whether these are written or not comes to the same."""
    return {
        key: dict(check, definition={field: value for field, value in check["definition"].items() if field not in ("id", "name")})
        for key, check in expected([service]).checks.items()
    }


def _alike(name: str, left: Any, right: Any) -> bool:
    """Whether two values of a field come to the same on an agent: absent, null, empty, false and zero do, outside of the user's maps."""
    if name in USER_KEYS:
        return same(left or {}, right or {})
    if not left and not right:
        return True
    if isinstance(left, dict) and isinstance(right, dict):
        return all(_alike(key, left.get(key), right.get(key)) for key in {**left, **right})
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(_alike(name, one, other) for one, other in zip(left, right))
    return same(left, right) or (name in DURATIONS and same_duration(left, right))


def _key(definition: Definition) -> str:
    return in_namespace(definition.get("namespace"), service_id(dict(definition)))


def _kept(directory: ConfigDir, found: DefinitionFile, reasons: list[str]) -> Finding:
    message = "has definitions that are declared here, and cannot be taken over: %s." % "; ".join(reasons)
    hint = "Declare all of its services and checks as they stand there, or take those that are declared here out of it."
    return error(directory.place(found.name), "file-not-retired", message, hint)
