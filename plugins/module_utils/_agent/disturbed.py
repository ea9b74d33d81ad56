# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is different of services and checks that a reload was not to change.

Compared is all that an agent reports, but for what it changes by its own working: states, outputs, indexes, virtual addresses.
"""

from __future__ import annotations

from typing import Any, Callable, Container, Iterator, Mapping, NamedTuple

from .._definition.expect import in_namespace, is_virtual
from .._definition.secret import Secrets
from .._definition.spelling import USER_KEYS, spelled, squashed
from .view import Seen

_WORKING = frozenset({"CreateIndex", "ModifyIndex", "ContentHash", "Status", "Output"})
# What a check has from its service, where it is reported.
_OF_SERVICE = frozenset({"ServiceName", "ServiceTags"})
# No field of a definition: what agents report of a check that a proxy exposes (1.12.9 and later do, 1.8.7 does not).
_OF_AGENTS = {"exposedport": "exposed_port"}


class Disturbed(NamedTuple):
    """One field that is another one than before. Without a check it is one of the service; secrets are masked."""

    service: str
    check: str
    field: str
    before: Any
    after: Any

    def __str__(self) -> str:
        steps = [kind + name for kind, name in (("service ", self.service), ("check ", self.check)) if name]
        return "%s: %s, before %s" % (" → ".join([*steps, self.field]), _shown(self.after), _shown(self.before))


def disturbed(
    earlier: Seen, now: Seen, services: Container[str], checks: Container[str], tags_kept: Container[str], secrets: Secrets
) -> list[Disturbed]:
    """What is different now, without these services (by key) with all that is theirs, and these checks, which were to change.

    tags_kept are services whose tags the catalog has as before, and the agent will have in a moment.
    """
    found = []
    for key in sorted(earlier.services.keys() & now.services.keys()):
        before, after = _service(earlier.services[key]), _service(now.services[key])
        # Nearly all are the same, and a look at every field of thousands takes its time.
        if before != after and key not in services:
            leave = ("tags",) if key in tags_kept else ()
            found += [Disturbed(key, "", *change) for change in _changes(before, after, secrets.concealed, leave)]
    for key in sorted(earlier.checks.keys() & now.checks.keys()):
        before, after = _check(earlier.checks[key]), _check(now.checks[key])
        identifier = after.get("ServiceID")
        owner = in_namespace(after.get("Namespace"), identifier) if identifier else ""
        if before != after and key not in checks and not (owner and owner in services):
            changes = _changes(before, after, lambda check: secrets.concealed_at(("check",), check))
            found += [Disturbed(owner, key, *change) for change in changes]
    return found


def _service(service: Mapping[str, Any]) -> dict[str, Any]:
    addresses = {name: address for name, address in (service.get("TaggedAddresses") or {}).items() if not is_virtual(name)}
    return {**{field: value for field, value in service.items() if field not in _WORKING}, "TaggedAddresses": addresses}


def _check(check: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in check.items() if field not in _WORKING and field not in _OF_SERVICE}


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any], conceal: Callable[[Any], Any], leave: Container[str] = ()
) -> Iterator[tuple[str, Any, Any]]:
    """Name, earlier and present value of each field that differs."""
    old, new, old_shown, new_shown = (dict(_leaves(squashed(record))) for record in (before, after, conceal(before), conceal(after)))
    for steps in sorted({*old, *new}):
        if steps[0] not in leave and (old.get(steps) or None) != (new.get(steps) or None):
            yield _named(steps), old_shown.get(steps), new_shown.get(steps)


def _leaves(value: Any, steps: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*steps, str(key)))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*steps, "[%d]" % index))
    else:
        yield steps, value


def _named(steps: tuple[str, ...]) -> str:
    """In the file's spelling, users' own keys as they are."""
    name, users = "", False
    for step in steps:
        name += step if step.startswith("[") else "." + (step if users else _OF_AGENTS.get(step) or spelled(step))
        users = users or step in USER_KEYS
    return name[1:]


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "", []) else ", ".join(map(str, value)) if isinstance(value, list) else str(value)
