# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars of others that a change would move, and ports that two sidecars would have: foreseen from the files."""

from __future__ import annotations

import os
from typing import Iterable, Iterator, Mapping, NamedTuple

from .._agent.elsewhere import Content, Elsewhere, in_order
from .._agent.facts import AgentFacts
from .._definition.expect import in_namespace
from .._definition.identity import service_id
from .._definition.parse import Definitions
from .._definition.sidecars import (
    DEFAULT_RANGE,
    declared_port,
    given_by_agents,
    is_open,
    listens_at,
    sidecar_key,
)
from .._findings import Finding, error, warning
from .candidate import Candidate
from .choosing_ports import sidecar_range


class _Sidecar(NamedTuple):
    """A sidecar: the file it stands in, the key of its service, the address that it listens at, and whether it declares its port."""

    place: str
    service: str
    address: str
    declared: bool


class _Directory(NamedTuple):
    """All that an agent reads at one time: the sidecars in it, and their ports."""

    sidecars: dict[str, _Sidecar]
    ports: dict[str, int]

    def listeners(self) -> dict[tuple[str, int], list[str]]:
        """The keys of the sidecars at each address and port."""
        found: dict[tuple[str, int], list[str]] = {}
        for key, sidecar in self.sidecars.items():
            if self.ports.get(key):
                found.setdefault((sidecar.address, self.ports[key]), []).append(key)
        return found


def moving_sidecars(candidate: Candidate, facts: AgentFacts, around: Elsewhere) -> Iterator[Finding]:
    """Yield what the changes do to the ports of sidecars that are not in them, and where two would have one port."""
    staying = [Content(candidate.directory.place(found.name), {}, found.definitions) for found in candidate.staying]
    old = {candidate.directory.place(name): definitions for name, definitions in candidate.before.items()}
    new = {candidate.directory.place(name): definitions for name, definitions in candidate.coming.items()}
    beyond = [file.content for file in around.files]
    parts = [*old.values(), *new.values(), *(content.definitions for content in (*staying, *beyond))]
    services = [service for part in parts for service in part.services if sidecar_key(service)]
    if not services:
        return
    ports = DEFAULT_RANGE if all(map(declared_port, services)) else sidecar_range(facts)

    def directory(changing: Mapping[str, Definitions]) -> _Directory:
        here = [*staying, *(Content(place, {}, definitions) for place, definitions in changing.items())]
        here.sort(key=lambda content: os.fsencode(content.place))
        contents = in_order(candidate.directory.path, around.paths, here, around.files)
        return _Directory(_sidecars(contents), given_by_agents((content.definitions for content in contents), ports))

    before, after = directory(old), directory(new)
    yield from _moved(candidate, before, after, set(new))
    yield from _shared(candidate, before, after, set(new))


def _sidecars(contents: Iterable[Content]) -> dict[str, _Sidecar]:
    """Those that listen on a port: one with a socket gets a port from the agent, and has no use for it."""
    found = {}
    for content in contents:
        for service in content.definitions.services:
            declared = bool(declared_port(service))
            if declared or is_open(service):
                owner = in_namespace(service.get("namespace"), service_id(service))
                found[sidecar_key(service)] = _Sidecar(content.place, owner, listens_at(service), declared)
    return found


def _moved(candidate: Candidate, before: _Directory, after: _Directory, ours: set[str]) -> Iterator[Finding]:
    for key, sidecar in after.sidecars.items():
        old, new = before.ports.get(key), after.ports.get(key)
        if sidecar.declared or sidecar.place in ours or not old or not new or old == new:
            continue
        folder, name = os.path.split(sidecar.place)
        name = name if folder == candidate.directory.path else ""
        message = 'the sidecar of the service "%s" there, %s, moves from port %d to %d when the agent reloads: %s.' % (
            sidecar.service,
            candidate.whose(name),
            old,
            new,
            "agents give ports in the order in which they load sidecars that declare none",
        )
        to_keep = "Write port: %d into its sidecar_service to keep it." % old
        hint = "Let its task run first: it writes the port." if name in candidate.manifest else to_keep
        yield warning(sidecar.place, "sidecar-port-moves", message, hint)


def _shared(candidate: Candidate, before: _Directory, after: _Directory, ours: set[str]) -> Iterator[Finding]:
    """Ports that two sidecars would have: an error where the change brings it about and one of them has its port from us, and nobody's
    business where somebody wrote both, and it was so before."""
    known = before.listeners()
    owned = {**candidate.manifest, **{change.name: change.owned for change in candidate.changes}}
    chosen = {key for entry in owned.values() if entry is not None for key in entry.ports or {}}
    for (address, port), keys in after.listeners().items():
        mine = next((key for key in keys if after.sidecars[key].place in ours), None)
        is_new, is_chosen = not set(keys) <= set(known.get((address, port), ())), bool(chosen.intersection(keys))
        if len(keys) < 2 or mine is None or not (is_new or is_chosen):
            continue
        others = [key for key in keys if key != mine]
        other = next((key for key in others if not after.sidecars[key].declared), others[0])
        message = 'the sidecar of the service "%s" would listen at port %d, and so would that of "%s" in %s; only one could start.' % (
            after.sidecars[mine].service,
            port,
            after.sidecars[other].service,
            after.sidecars[other].place,
        )
        hint = _way_out(after.sidecars[other], before.ports.get(other))
        if is_new and is_chosen:
            yield error(after.sidecars[mine].place, "sidecar-port-unique", message, hint)
        else:
            yield warning(after.sidecars[mine].place, "sidecar-port-shared", message, hint)


def _way_out(other: _Sidecar, had: int | None) -> str:
    if other.declared:
        return "Write another port for one of them."
    port = "port: %d" % had if had else "a port"
    return "Write %s into the sidecar_service there first: without one it gets what is free when its file is loaded." % port
