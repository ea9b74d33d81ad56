# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent has from other places than one config-dir: its other directories and files, and its HTTP API."""

from __future__ import annotations

import itertools
import os
from functools import cached_property
from typing import Any, Iterable, NamedTuple

from .._definition.parse import Definitions, Unparsable, definitions_in, document_in, is_hcl
from .facts import AgentFacts
from .persisted import Persisted, persisted_in
from .settings import source_files


class Content(NamedTuple):
    """One file that the agent reads: its path, what it says, and the definitions in that."""

    place: str
    document: dict[str, Any]
    definitions: Definitions


class OtherFile(NamedTuple):
    """A file that the agent reads from another place; without a document it could not be read."""

    path: str
    document: dict[str, Any] | None

    @property
    def definitions(self) -> Definitions:
        """The services and checks in it."""
        return definitions_in(self.document or {}, is_hcl(self.path))

    @property
    def content(self) -> Content:
        """What it says, if that is known."""
        return Content(self.path, self.document or {}, self.definitions)


class _Outside:
    """Tells which of an agent's files are not in one directory, whatever the agent calls it: in a container it has another path."""

    def __init__(self, config_dir: str) -> None:
        self._here = os.stat(config_dir)
        # One directory may have thousands of files.
        self._known: dict[str, bool] = {}

    def has(self, path: str) -> bool:
        """Whether the file is neither in the directory, nor a link into it."""
        linked = os.path.islink(path) and self.is_here(os.path.dirname(os.path.realpath(path)))
        return not linked and not self.is_here(os.path.dirname(path))

    def is_here(self, folder: str) -> bool:
        """Whether this is the directory."""
        if folder not in self._known:
            try:
                self._known[folder] = os.path.samestat(os.stat(folder), self._here)
            except OSError:
                self._known[folder] = False
        return self._known[folder]


def paths_read(facts: AgentFacts) -> list[str]:
    """All files that the agent reads, in its order; none without one. Raises AgentProcessError."""
    return list(source_files(facts.process, facts.agents)) if facts.process is not None else []


def files_beyond(config_dir: str, paths: Iterable[str]) -> list[OtherFile]:
    """Read those of an agent's files (see paths_read) that are not in this directory, not through a link either."""
    outside = _Outside(config_dir)
    return [_read(path) for path in paths if outside.has(path)]


def in_order(config_dir: str, paths: Iterable[str], here: list[Content], others: list[OtherFile]) -> list[Content]:
    """The contents of all files in the order in which the agent reads them; of two that set one thing the last one is right.

    others are those of files_beyond for the same paths.
    """
    outside = _Outside(config_dir)
    before = itertools.takewhile(lambda path: not outside.is_here(os.path.dirname(path)), paths)
    first = sum(map(outside.has, before))
    beyond = [file.content for file in others]
    return [*beyond[:first], *here, *beyond[first:]]


class Registrations:
    """Which services an agent will still have from its HTTP API when it has loaded its files anew."""

    def __init__(self, facts: AgentFacts, complete: bool) -> None:
        """complete tells whether all files of the agent are known."""
        self._facts = facts
        self._complete = complete
        # By the namespace that was looked at besides the default one.
        self._seen: dict[str, Any] = {}

    def knows(self, service: str) -> bool | None:
        """Whether the agent has the service (a key of _definition/expect.py), which no file declares; None where that cannot be known."""
        absent = False if self._complete else None
        if self._persisted is not None:
            return self._persisted.file_of(self._persisted.services, service) is not None or absent
        return absent if self._facts.is_forgetful else self._registered(service)

    @cached_property
    def _persisted(self) -> Persisted | None:
        return persisted_in(self._facts.data_dir)

    def _registered(self, service: str) -> bool | None:
        """What the API says: there, or absent for certain. Under ACLs a service can be hidden, and the path of one service tells."""
        from .api import ApiError
        from .view import AgentView

        api = self._facts.api if self._facts.process is not None or self._facts.address_given else None
        if api is None:
            return None
        namespace = service.partition("/")[0] if "/" in service else ""
        view = AgentView(api, [namespace])
        try:
            if namespace not in self._seen:
                self._seen[namespace] = view.look().services
            return service in self._seen[namespace] or (None if view.is_hidden(service) else False)
        except ApiError:
            return None


class Elsewhere(NamedTuple):
    """All paths that an agent reads, those of its files that are not in the directory, and what came through its API."""

    paths: list[str]
    files: list[OtherFile]
    registrations: Registrations


def elsewhere(facts: AgentFacts, config_dir: str) -> Elsewhere:
    """Look around. Raises AgentProcessError where several agents read the directory."""
    paths = paths_read(facts)
    files = files_beyond(config_dir, paths)
    complete = facts.process is not None and all(file.document is not None for file in files)
    return Elsewhere(paths, files, Registrations(facts, complete))


def _read(path: str) -> OtherFile:
    """Whether the agent can read it is its own affair: it says so itself."""
    try:
        with open(path, "rb") as stream:
            return OtherFile(path, document_in(path, stream.read()))
    except (OSError, Unparsable):
        return OtherFile(path, None)
