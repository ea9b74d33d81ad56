# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent reads from a config-dir: which files, in which order, and the services and checks in them.

Seen on 1.0.8 to 1.10.12: names end in exactly .json or .hcl, hidden ones included; a link's target decides by its name; folders
are not entered; what cannot be read makes the agent refuse the whole reload, and the next start.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import Any, Container, Iterator, NamedTuple

from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import LIST_FIELDS, USER_KEY_FIELDS
from ansible_collections.registrar.consul.plugins.module_utils._files import durable
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import EXTENSIONS, ConfigDir

# Old spellings of check fields, in lower case, that agents read in files besides the plain ones (all versions).
OLD_SPELLINGS = {
    "serviceid": "service_id",
    "scriptargs": "args",
    "dockercontainerid": "docker_container_id",
    "tlsskipverify": "tls_skip_verify",
    "deregistercriticalserviceafter": "deregister_critical_service_after",
}
DEFINITION_KEYS = ("service", "services", "check", "checks")


class Unparsable(Exception):
    """The agent could not parse the file; the message has the line and the reason, and no value."""


class Reader(NamedTuple):
    """Whom the agent runs as, and so what it can read."""

    uid: int
    gid: int
    groups: list[int]

    def can_read(self, mode: int, uid: int, gid: int) -> bool:
        """Whether the permission bits let the agent read a file of this owner."""
        if self.uid == 0:
            return True
        if self.uid == uid:
            return bool(mode & stat.S_IRUSR)
        if gid == self.gid or gid in self.groups:
            return bool(mode & stat.S_IRGRP)
        return bool(mode & stat.S_IROTH)


class Definitions(NamedTuple):
    """The services and the checks of their own in one file, with field names as in the documentation.

    `settings` tells whether the file configures anything else about the agent.
    """

    services: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    settings: bool = False


class DefinitionFile(NamedTuple):
    """One file as the agent sees it.

    `target` is where a link leads. `problem` says why the agent gets nothing from the file; with `fatal` it gets nothing from any
    file, since it refuses the reload. `document` is all that the file says, as it is written there, and `content` its bytes.
    """

    name: str
    definitions: Definitions
    target: str | None = None
    problem: str | None = None
    fatal: bool = False
    document: dict[str, Any] | None = None
    content: durable.Content | None = None


def scan(directory: ConfigDir, leave_out: Container[str] = (), agent: Reader | None = None) -> Iterator[DefinitionFile]:
    """Yield the files that an agent would load, and everything that would stop it, in its order."""
    for name in directory.names():
        if name not in leave_out:
            found = _look(directory, name, agent)
            if found is not None:
                yield found


def parse(name: str, data: bytes) -> Definitions:
    """Return the definitions in a file of this name. Raises Unparsable where the agent could not read it either."""
    return definitions_in(document_in(name, data), is_hcl(name))


def is_hcl(name: str) -> bool:
    """Whether an agent reads a file of this name as HCL."""
    return not name.endswith(".json")


def document_in(name: str, data: bytes) -> dict[str, Any]:
    """Return what a file of this name says, as it is written there. Raises Unparsable."""
    text = data.decode("utf-8", "replace")
    if not data:
        return {}
    return (_hcl(text) if is_hcl(name) else _json(text)) or {}


def definitions_in(document: dict[str, Any], hcl: bool = False) -> Definitions:
    """Return the definitions as the agent understands them."""
    top = {key.lower(): item for key, item in document.items()}
    services, service, checks, check = (_objects(top.get(key), hcl) for key in ("services", "service", "checks", "check"))
    # In the agent's order: those of the plural first.
    return Definitions(services + service, checks + check, any(key not in DEFINITION_KEYS for key in top))


def _look(directory: ConfigDir, name: str, agent: Reader | None) -> DefinitionFile | None:
    try:
        status = os.stat(name, dir_fd=directory.fd, follow_symlinks=False)
    except FileNotFoundError:
        # Gone since the directory was listed.
        return None
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
    if agent is not None and not agent.can_read(status.st_mode, status.st_uid, status.st_gid):
        return _stopping(name, "cannot be read by the agent, which runs as the user with id %d" % agent.uid, target)
    return _read(directory, name, target)


def _read(directory: ConfigDir, name: str, target: str | None) -> DefinitionFile | None:
    try:
        content = durable.read_regular(directory.fd, target or name)
    except (OSError, durable.NotRegular) as problem:
        return _stopping(name, "cannot be read (%s)" % getattr(problem, "strerror", problem), target)
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


def _link_problem(problem: OSError) -> str:
    if problem.errno == errno.ELOOP:
        return "is a symbolic link that leads back to itself"
    if problem.errno in (errno.ENOENT, errno.ENOTDIR):
        return "is a symbolic link to nothing"
    return "is a symbolic link that cannot be followed (%s)" % problem.strerror


def _json(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise Unparsable("nested too deeply") from None
    except ValueError as problem:
        reason = getattr(problem, "msg", str(problem))
        raise Unparsable("line %d: %s" % (getattr(problem, "lineno", 1), reason)) from None
    if value is not None and not isinstance(value, dict):
        raise Unparsable("not an object")
    return value


def _hcl(text: str) -> dict[str, Any]:
    # Imported here: most directories have no such file.
    from ansible_collections.registrar.consul.plugins.module_utils._definition.hcl import HclError, read_hcl

    try:
        return read_hcl(text)
    except HclError as problem:
        raise Unparsable(str(problem)) from None


def _no_constant(name: str) -> None:
    raise ValueError("%s is no JSON value" % name)


def _objects(value: Any, hcl: bool) -> list[dict[str, Any]]:
    """An object, a list of objects or nothing, as a list of objects with plain field names."""
    items = value if isinstance(value, list) else [value]
    return [_plain(item, hcl) for item in items if isinstance(item, dict)]


def _plain(value: Any, hcl: bool) -> Any:
    """Agents match field names whatever their case; the keys of users stay as they are."""
    if isinstance(value, list):
        return [_plain(item, hcl) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {}
    for key, child in value.items():
        name = OLD_SPELLINGS.get(key.lower(), key.lower())
        meant = _as_meant(name, child, hcl)
        plain[name] = meant if name in USER_KEY_FIELDS else _plain(meant, hcl)
    return plain


def _as_meant(name: str, child: Any, hcl: bool) -> Any:
    """A block that is not repeated is a list of one in HCL; a list of one mapping is the mapping, in both formats (1.0 on)."""
    if name in LIST_FIELDS:
        return [child] if hcl and isinstance(child, dict) else child
    if isinstance(child, list) and len(child) == 1 and isinstance(child[0], dict):
        return child[0]
    return child
