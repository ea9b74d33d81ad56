# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks outside services that belong to one: will the agent have that service?

All versions (1.0.8 to 1.22.7) stop at the first check whose service they do not have, after they have unloaded all checks.
"""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, NamedTuple

from .._agent.elsewhere import Elsewhere
from .._definition.expect import expected, keys_of, owner_of
from .._definition.parse import Definitions
from .._findings import Finding, error, warning
from .candidate import Candidate

RULE = "check-service-known"
_CONSEQUENCE = "the agent would lose this check and all behind it, although consul validate finds nothing"


class _Bound(NamedTuple):
    """A check that belongs to a service: the file, its id, and the key of the service."""

    file: str
    check: str
    service: str


def bound_checks(candidate: Candidate, around: Elsewhere) -> Iterator[Finding]:
    """Yield what speaks against checks whose service would not be there after the changes."""
    staying = {found.name: found.definitions for found in candidate.staying}
    present = {key for definitions in (*candidate.coming.values(), *staying.values()) for key in _services(definitions)}
    present.update(key for file in around.files for key in _services(file.definitions))
    leaving = {key: name for name, definitions in candidate.before.items() for key in _services(definitions) if key not in present}
    for found in (*_bound(candidate.coming), *_bound(staying)):
        if found.service in present:
            continue
        owned = candidate.manifest.get(found.file)
        ours = found.file in candidate.coming or (owned is not None and owned.owner == candidate.owner)
        if found.service in leaving:
            yield _left_alone(candidate, found, leaving[found.service], ours)
        elif ours:
            yield from _unknown(candidate, found, around.registrations.knows(found.service))


def _services(definitions: Definitions) -> Iterable[str]:
    return keys_of(definitions.services, ()).services


def _bound(files: Mapping[str, Definitions]) -> Iterator[_Bound]:
    for name, definitions in files.items():
        for check in expected([], definitions.checks).checks.values():
            if check["serviceid"]:
                yield _Bound(name, check["checkid"], owner_of(check))


def _left_alone(candidate: Candidate, found: _Bound, file: str, ours: bool) -> Finding:
    if ours:
        message = 'the check "%s" stays, and its service "%s" leaves %s; %s.' % (found.check, found.service, file, _CONSEQUENCE)
        hint = "Take the check out together with its service. Where the service is to move, let the check move with it."
        return error(found.file, RULE, message, hint)
    message = 'the check "%s" there, %s, belongs to the service "%s", which leaves %s; with the next reload %s.' % (
        found.check,
        candidate.whose(found.file),
        found.service,
        file,
        _CONSEQUENCE,
    )
    # It may be on its way to another set: its task can only come after this one.
    hint = "Declare the service elsewhere before the agent reloads, or remove the check first."
    return warning(candidate.directory.place(found.file), RULE, message, hint)


def _unknown(candidate: Candidate, found: _Bound, known: bool | None) -> Iterator[Finding]:
    if known:
        return
    if known is None:
        message = 'the check "%s" belongs to the service "%s", which no file here declares; whether the agent has it cannot be known.'
        yield warning(found.file, RULE, message % (found.check, found.service), "Without it the agent would not load the check.")
        return
    message = 'the check "%s" belongs to the service "%s", which neither a file of the agent declares nor its HTTP API has; %s.'
    hint = "Declare the service, correct service_id, or leave it out for a check of the node."
    yield error(found.file, RULE, message % (found.check, found.service, _CONSEQUENCE), hint)
