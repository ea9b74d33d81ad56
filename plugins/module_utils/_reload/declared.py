# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a config-dir declares: our services now and as last verified, everybody else's, and what would stop a reload.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import os
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected, keys_of, squashed
from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import checks_of, sidecar_of
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions, Unparsable, parse
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import Journal
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import load_manifest
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import DefinitionFile, Reader, scan
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified_contents
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, error


class Declared(NamedTuple):
    """The content of a config-dir, sorted."""

    wanted: Expected
    before: Expected
    elsewhere: Expected
    foreign: list[DefinitionFile]
    problems: list[Finding]
    total: int  # services in all files, for limits that grow with it
    alias_nodes: list[tuple[str, str]]  # where a check copies the state of a node, and of which

    @property
    def slow(self) -> bool:
        """Whether a check copies the state of a node: agents ponder over it for up to a minute."""
        return bool(self.alias_nodes)

    @property
    def namespaces(self) -> list[str]:
        """The namespaces that our services are in."""
        everything = [*self.wanted.services.values(), *self.before.services.values()]
        return sorted({service["namespace"] for service in everything if service.get("namespace")})


def declared(directory: ConfigDir, journal: Journal | None, process: AgentProcess | None, other_files: Iterable[str] = ()) -> Declared:
    """Read the directory, with the eyes of the agent where one runs, and what else it reads (see source_files). Raises Refused."""
    reader = Reader(*process.reads_as) if process else None
    ours = load_manifest(directory)
    now: dict[str, Expected] = {}
    foreign: list[DefinitionFile] = []
    total = 0
    problems: list[Finding] = []
    for found in scan(directory, agent=reader):
        if found.fatal:
            problems.append(_problem(directory, found))
        if found.name in ours:
            now[found.name] = expected(found.definitions.services)
        else:
            foreign.append(found)
        total += len(found.definitions.services)
    return Declared(
        wanted=_joined(now),
        before=_joined({**now, **_as_verified(directory, journal)}),
        elsewhere=_joined({**_beyond(directory, other_files), **{found.name: _keys(found.definitions) for found in foreign}}),
        foreign=foreign,
        problems=problems,
        total=total,
        alias_nodes=[*_alias_nodes(now.values()), *_foreign_alias_nodes(directory, foreign)],
    )


def _as_verified(directory: ConfigDir, journal: Journal | None) -> dict[str, Expected]:
    """What those of our files that have changed since held when the agent was last known to have loaded them."""
    contents = verified_contents(directory, journal) if journal is not None else {}
    found = {}
    for name, data in contents.items():
        try:
            found[name] = expected(parse(name, data).services if data else [])
        except Unparsable:
            # It was somebody else's before it was adopted, and broken: the agent had nothing of it.
            found[name] = Expected({}, {})
    return found


def _beyond(directory: ConfigDir, files: Iterable[str]) -> dict[str, Expected]:
    """What the agent reads from other places. Whether it can is its own affair: it says so itself."""
    found = {}
    for path in files:
        if directory.holds(path):
            continue
        try:
            with open(path, "rb") as stream:
                found[path] = _keys(parse(path, stream.read()))
        except (OSError, Unparsable):
            continue
    return found


def _keys(definitions: Definitions) -> Expected:
    return keys_of(definitions.services, definitions.checks)


def _joined(files: dict[str, Expected]) -> Expected:
    """In the agent's order: of two with one id it has the last."""
    joined = Expected({}, {})
    for name in sorted(files, key=os.fsencode):
        joined.services.update(files[name].services)
        joined.checks.update(files[name].checks)
    return joined


def _alias_nodes(files: Iterable[Expected]) -> Iterator[tuple[str, str]]:
    for found in files:
        for key, check in found.checks.items():
            if check["definition"].get("aliasnode"):
                yield "check " + key, check["definition"]["aliasnode"]


def _foreign_alias_nodes(directory: ConfigDir, files: Iterable[DefinitionFile]) -> Iterator[tuple[str, str]]:
    for found in files:
        for check in map(squashed, _all_checks(found.definitions)):
            if check.get("aliasnode"):
                yield directory.place(found.name), check["aliasnode"]


def _all_checks(definitions: Definitions) -> Iterator[Mapping[str, Any]]:
    yield from definitions.checks
    for service in definitions.services:
        sidecar = sidecar_of(service)
        for holder in (service, sidecar[1] if sidecar else {}):
            yield from (check for _place, check in checks_of(holder))


def _problem(directory: ConfigDir, found: DefinitionFile) -> Finding:
    hint = "Put it right or remove it: until then the agent refuses every reload, and would not start again."
    return error(directory.place(found.name), "directory-broken", "%s." % found.problem, hint)
