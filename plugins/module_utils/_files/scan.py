# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent reads from a config-dir: which files, and in which order.

Seen on 1.0.8 to 1.10.12: names end in exactly .json or .hcl, hidden ones included; a link's target decides by its name; folders
are not entered; what cannot be read makes the agent refuse the whole reload, and the next start.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from typing import Any, Container, Iterator, NamedTuple, Tuple

from .._definition.parse import (
    Definitions,
    Unparsable,
    definitions_in,
    document_in,
    is_hcl,
)
from . import durable
from .config_dir import EXTENSIONS, ConfigDir

# User ids and group ids, each as ranges, first and last.
Powers = Tuple[Tuple[Tuple[int, int], ...], Tuple[Tuple[int, int], ...]]


class Reader(NamedTuple):
    """Whom the agent runs as, and so what it can read.

    powers are the owners and groups of the files that it may read whatever their mode: to root in a container this is nothing
    outside the container's own users. None leaves it to the user id.
    """

    uid: int
    gid: int
    groups: list[int]
    powers: Powers | None = None

    def can_read(self, mode: int, uid: int, gid: int) -> bool:
        """Whether the permission bits, or its powers over them, let the agent read a file of this owner."""
        if self._overrides(uid, gid):
            return True
        if self.uid == uid:
            return bool(mode & stat.S_IRUSR)
        if gid == self.gid or gid in self.groups:
            return bool(mode & stat.S_IRGRP)
        return bool(mode & stat.S_IROTH)

    def _overrides(self, uid: int, gid: int) -> bool:
        if self.powers is None:
            return self.uid == 0
        return all(any(first <= number <= last for first, last in ranges) for number, ranges in zip((uid, gid), self.powers))


class DefinitionFile(NamedTuple):
    """One file as the agent sees it.

    `target` is where a link leads. `problem` says why the agent gets nothing from the file; with `fatal` it gets nothing from any
    file, since it refuses the reload. `closed`: this task could not read it, and the agent perhaps can.
    `document` is all that the file says, as it is written there, and `content` its bytes.
    """

    name: str
    definitions: Definitions
    target: str | None = None
    problem: str | None = None
    fatal: bool = False
    document: dict[str, Any] | None = None
    content: durable.Content | None = None
    closed: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing at all stands in it, which agents pass over."""
        return self.content is not None and not self.content.data


def scan(directory: ConfigDir, leave_out: Container[str] = (), agent: Reader | None = None) -> Iterator[DefinitionFile]:
    """Yield the files that an agent would load, and everything that would stop it, in its order."""
    for name in directory.names():
        if name not in leave_out:
            found = _look(directory, name, agent)
            if found is not None:
                yield found


def _look(directory: ConfigDir, name: str, agent: Reader | None) -> DefinitionFile | None:
    try:
        status = os.stat(name, dir_fd=directory.fd, follow_symlinks=False)
    except FileNotFoundError:
        # Gone since the directory was listed.
        return None
    except OSError as problem:
        return _closed(name, problem) if name.endswith(EXTENSIONS) else None
    target = None
    if stat.S_ISLNK(status.st_mode):
        try:
            status = os.stat(name, dir_fd=directory.fd)
        except OSError as problem:
            return _stopping(name, _link_problem(problem))
        target = os.path.realpath(directory.place(name))
    if stat.S_ISDIR(status.st_mode) or not (target or name).endswith(EXTENSIONS):
        return None
    if not stat.S_ISREG(status.st_mode):
        return _stopping(name, "is %s" % durable.kind_of(status.st_mode), target)
    if agent is not None and not (agent.can_read(status.st_mode, status.st_uid, status.st_gid) or _has_acl(directory.place(name))):
        return _stopping(name, "cannot be read by the agent, which runs as the user with id %d" % agent.uid, target)
    return _read(directory, name, target)


def _has_acl(path: str) -> bool:
    """Whether more than the mode decides who may read a file: nothing is in the way then before the agent says so."""
    with contextlib.suppress(OSError, AttributeError):
        return "system.posix_acl_access" in os.listxattr(path)
    return False


def _read(directory: ConfigDir, name: str, target: str | None) -> DefinitionFile | None:
    try:
        content = durable.read_regular(directory.fd, target or name)
    except (OSError, durable.NotRegular) as problem:
        return _closed(name, problem, target)
    if content is None:
        return None
    if not content.data:
        return DefinitionFile(name, Definitions([], []), target, "is empty", content=content)
    try:
        document = document_in(target or name, content.data)
    except Unparsable as problem:
        return _stopping(name, "cannot be parsed (%s)" % problem, target, content)
    return DefinitionFile(name, definitions_in(document, is_hcl(target or name)), target, document=document, content=content)


def _stopping(name: str, problem: str, target: str | None = None, content: durable.Content | None = None) -> DefinitionFile:
    return DefinitionFile(name, Definitions([], []), target, problem, fatal=True, content=content)


def _closed(name: str, problem: Exception, target: str | None = None) -> DefinitionFile:
    return _stopping(name, "cannot be read (%s)" % getattr(problem, "strerror", problem), target)._replace(closed=True)


def _link_problem(problem: OSError) -> str:
    if problem.errno == errno.ELOOP:
        return "is a symbolic link that leads back to itself"
    if problem.errno in (errno.ENOENT, errno.ENOTDIR):
        return "is a symbolic link to nothing"
    return "is a symbolic link that cannot be followed (%s)" % problem.strerror
