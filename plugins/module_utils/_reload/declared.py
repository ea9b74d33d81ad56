# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a config-dir declares: our services now and as last verified, everybody else's, and what would stop a reload."""

from __future__ import annotations

import os
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from .._agent.elsewhere import Content, OtherFile, files_beyond, in_order
from .._agent.process import AgentProcess
from .._definition.expect import Expected, expected, keys_of, owner_of
from .._definition.identity import checks_of, sidecar_of
from .._definition.parse import (
    Definitions,
    Unparsable,
    definitions_in,
    document_in,
    is_hcl,
    parse,
)
from .._definition.spelling import squashed
from .._files.config_dir import ConfigDir
from .._files.journal import Journal
from .._files.manifest import load_manifest, unchecked_in
from .._files.scan import DefinitionFile, Reader, scan
from .._files.transaction import Change, told_contents, verified_contents
from .._findings import Finding, error


class Planned(NamedTuple):
    """What check mode does not write: why the agent would be told, and the changes to the files."""

    reason: str
    changes: Sequence[Change]


class Bound(NamedTuple):
    """A check outside a service that belongs to one: where it stands, its id, and the key of the service."""

    place: str
    check: str
    service: str


class Declared(NamedTuple):
    """The content of a config-dir, sorted, and what the agent reads from other places."""

    wanted: Expected
    before: Expected
    # What ours said in between: the agent was told to load it, and nobody saw whether it did.
    told: Expected
    elsewhere: Expected
    problems: list[Finding]
    total: int  # services, and checks outside services, in all files: limits grow with it
    alias_nodes: list[tuple[str, str]]  # where a check copies the state of a node, and of which
    bound: list[Bound]
    others: list[OtherFile]
    # All files that the agent reads, in its order, and those of them that are not ours.
    everything: list[Content]
    of_others: list[Content]

    @property
    def slow(self) -> bool:
        """Whether a check copies the state of a node: agents ponder over it for up to a minute."""
        return bool(self.alias_nodes)

    @property
    def namespaces(self) -> list[str]:
        """The namespaces that our services and checks are in."""
        everything = [entry for declared in (self.wanted, self.before) for part in declared for entry in part.values()]
        # Of another kind it is where somebody has edited a file.
        return sorted({entry["namespace"] for entry in everything if isinstance(entry.get("namespace"), str) and entry["namespace"]})


def declared(
    directory: ConfigDir,
    journal: Journal | None,
    process: AgentProcess | None,
    other_files: Iterable[str] = (),
    planned: Sequence[Change] = (),
) -> Declared:
    """Read the directory, with the eyes of the agent where one runs, and what else it reads (see paths_read). Raises Refused.

    planned are changes that count as made.
    """
    reader = Reader(*process.reads_as) if process else None
    until_now = load_manifest(directory)
    changing = {change.name: change.owned for change in planned}
    ours = {name: owned for name, owned in {**until_now, **changing}.items() if owned is not None}
    earlier = [entry.owned_before for entry in journal.files.values()] if journal is not None else ()
    unchecked = unchecked_in(until_now.values(), ours.values(), earlier)
    paths = list(other_files)
    others = files_beyond(directory.path, paths)
    now: dict[str, Expected] = {}
    here: list[Content] = []
    problems: list[Finding] = []
    coming = [_coming(change.name, change.new) for change in planned if change.new is not None]
    for found in sorted([*scan(directory, changing, reader), *coming], key=lambda file: os.fsencode(file.name)):
        if found.fatal:
            problems.append(_problem(directory, found))
        if found.name in ours:
            now[found.name] = expected(found.definitions.services, found.definitions.checks, unchecked)
        here.append(Content(directory.place(found.name), found.document or {}, found.definitions))
    everything = in_order(directory.path, paths, here, others)
    of_others = [content for content in here if os.path.basename(content.place) not in ours] + [file.content for file in others]
    return Declared(
        wanted=_joined(now),
        before=_joined({**now, **_as_verified(directory, journal, unchecked, {change.name: change.old for change in planned})}),
        told=_told(directory, journal),
        elsewhere=_joined({content.place: _keys(content.place, content.definitions) for content in of_others}),
        problems=problems,
        total=sum(len(content.definitions.services) + len(content.definitions.checks) for content in here),
        alias_nodes=[*_alias_nodes(now.values()), *_alias_nodes_of_others(of_others)],
        bound=[found for content in everything for found in _bound(content.place, content.definitions)],
        others=others,
        everything=everything,
        of_others=of_others,
    )


def _coming(name: str, data: bytes) -> DefinitionFile:
    document = document_in(name, data)
    return DefinitionFile(name, definitions_in(document, is_hcl(name)), document=document)


def _as_verified(
    directory: ConfigDir, journal: Journal | None, unchecked: list[str], changing: Mapping[str, bytes | None]
) -> dict[str, Expected]:
    """What those of our files that have changed since, or would change, held when the agent was last known to have loaded them."""
    contents = verified_contents(directory, journal) if journal is not None else {}
    found = {}
    for name, data in {**changing, **contents}.items():
        try:
            earlier = parse(name, data or b"")
            found[name] = expected(earlier.services, earlier.checks, unchecked)
        except Unparsable:
            # It was somebody else's before it was adopted, and broken: the agent had nothing of it.
            found[name] = Expected({}, {})
    return found


def _told(directory: ConfigDir, journal: Journal | None) -> Expected:
    found = Expected({}, {})
    for name, data in told_contents(directory, journal) if journal is not None else ():
        for part, keys in zip(found, _keys(directory.place(name), parse(name, data))):
            part.update(keys)
    return found


def _keys(place: str, definitions: Definitions) -> Expected:
    return keys_of(definitions.services, definitions.checks, place)


def _bound(place: str, definitions: Definitions) -> Iterator[Bound]:
    for check in expected([], definitions.checks).checks.values():
        if check["serviceid"]:
            yield Bound(place, check["checkid"], owner_of(check))


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
            node = check["definition"].get("aliasnode")
            if node and isinstance(node, str):
                yield "check " + key, node


def _alias_nodes_of_others(contents: Iterable[Content]) -> Iterator[tuple[str, str]]:
    for content in contents:
        for check in map(squashed, _all_checks(content.definitions)):
            if check.get("aliasnode") and isinstance(check["aliasnode"], str):
                yield content.place, check["aliasnode"]


def _all_checks(definitions: Definitions) -> Iterator[Mapping[str, Any]]:
    yield from definitions.checks
    for service in definitions.services:
        sidecar = sidecar_of(service)
        for holder in (service, sidecar[1] if sidecar else {}):
            yield from (check for _place, check in checks_of(holder))


def _problem(directory: ConfigDir, found: DefinitionFile) -> Finding:
    hint = "Put it right or remove it: until then the agent refuses every reload, and would not start again."
    return error(directory.place(found.name), "directory-broken", "%s." % found.problem, hint)
