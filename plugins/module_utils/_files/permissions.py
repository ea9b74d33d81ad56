# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Owner, group and mode of the files: what the task says, else what lets the agent read them and nobody else."""

from __future__ import annotations

import contextlib
import functools
import grp
import os
import pwd
import re
from typing import Any, Callable, Mapping, NamedTuple

from .._findings import Refused, error
from .config_dir import ConfigDir, FileState
from .scan import Reader

_SYMBOLIC = re.compile(r"([ugo])=([rwx]*)\Z")
_SHIFT = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}


class Ownership(NamedTuple):
    """What the task says; None leaves it to us."""

    uid: int | None
    gid: int | None
    mode: int


def wanted_ownership(options: Mapping[str, Any]) -> Ownership:
    """Return what the options owner, group and mode say. Raises Refused for a user, group or mode that is none."""
    return Ownership(
        _id("owner", options.get("owner"), lambda name: pwd.getpwnam(name).pw_uid),
        _id("group", options.get("group"), lambda name: grp.getgrnam(name).gr_gid),
        _mode(options["mode"]),
    )


class Owners:
    """Decides for each file; who runs the agent is found out only when it matters."""

    def __init__(self, directory: ConfigDir, wanted: Ownership, find_agent: Callable[[], Reader | None]) -> None:
        self._directory = directory
        self._wanted = wanted
        self._find_agent = find_agent

    def fits(self, state: FileState) -> bool:
        """Whether a file has what the task says."""
        uid, gid, mode = self._wanted
        return state.mode == mode and uid in (None, state.uid) and gid in (None, state.gid)

    def state(self, digest: str, ours: FileState | None) -> FileState:
        """Return what a file with this content has to be; one that is ours already keeps its owner if the agent can read it."""
        uid, gid = self._wanted.uid, self._wanted.gid
        if uid is None or gid is None:
            kept = (ours.uid, ours.gid) if ours is not None and self._readable(ours) else self._defaults
            uid = kept[0] if uid is None else uid
            gid = kept[1] if gid is None else gid
        return FileState(digest, self._wanted.mode, uid, gid)

    def _readable(self, state: FileState) -> bool:
        agent = self._find_agent()
        return agent is None or agent.can_read(self._wanted.mode, state.uid, state.gid)

    @functools.cached_property
    def _defaults(self) -> tuple[int, int]:
        status = os.fstat(self._directory.fd)
        agent = self._find_agent()
        group = agent.gid if agent is not None else _packaged_group(status.st_gid)
        if os.geteuid() == 0:
            return status.st_uid, group
        # Others than root can give a file only to groups of their own.
        groups = [os.getegid(), *os.getgroups()]
        return os.geteuid(), next((gid for gid in (group, status.st_gid) if gid in groups), os.getegid())


def _packaged_group(otherwise: int) -> int:
    """The group of the user that packages of Consul make and run the agent as."""
    try:
        return pwd.getpwnam("consul").pw_gid
    except KeyError:
        return otherwise


def _id(option: str, value: str | None, find: Callable[[str], int]) -> int | None:
    if value is None:
        return None
    with contextlib.suppress(KeyError, ValueError):
        return find(value)
    # Numbers have 32 bits, and the last one means "as it is" to the system.
    if re.match(r"[0-9]{1,10}\Z", value) and int(value) < 2**32 - 1:
        return int(value)
    raise Refused(error(option, "no-such-account", "there is no %s of this name on the target." % option, "Create it first."))


def _mode(value: Any) -> int:
    """Return `0640`, 0640 or `u=rw,g=r,o=` as permission bits."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = oct(value)
    text = str(value)
    if re.match(r"^(0o?)?[0-7]{3}$", text):
        return int(text, 8)
    parts = [_SYMBOLIC.match(part) for part in text.split(",")]
    if all(parts):
        named = {part.group(1): part.group(2) for part in parts if part}
        return sum(_BITS[bit] << _SHIFT[who] for who, bits in named.items() for bit in set(bits))
    hint = 'Write four octal digits in quotes, such as "0640", or u=rw,g=r,o=.'
    raise Refused(error("mode", "mode", "is no file mode that fits a definition file.", hint))
