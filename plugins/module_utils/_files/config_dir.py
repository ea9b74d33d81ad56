# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A config-dir, opened once: every access goes through its descriptor, so a path that is swapped meanwhile changes nothing.

Our own state is in its sub-directory `.registrar` (0700), which agents never enter.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from typing import Any, NamedTuple

from .._findings import Finding, Refused, error, warning
from . import durable

STATE = ".registrar"
STAGE = "stage"
BACKUP = "backup"
EXTENSIONS = (".json", ".hcl")
_ONE_USER = "Run all tasks on this directory as one user (become_user)."


class FileState(NamedTuple):
    """A file as it was or has to be: the digest of its content, its permission bits and its owner."""

    digest: str
    mode: int
    uid: int
    gid: int


def digest_of(data: bytes) -> str:
    """Return the digest by which contents are compared and kept."""
    return hashlib.sha256(data).hexdigest()


def state_of(content: durable.Content) -> FileState:
    """Return the state of a file that was read."""
    status = content.stat
    return FileState(digest_of(content.data), stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid)


def bad_name(name: str) -> str | None:
    """Return why a file of this name may not be written, None when it may."""
    if "/" in name or "\0" in name or name in (".", ".."):
        return "leads out of the directory"
    if name.startswith("."):
        return "begins with a dot"
    if not name.endswith(EXTENSIONS):
        return "ends neither in .json nor in .hcl, so that the agent would not read it"
    return None


def is_missing(path: str) -> bool:
    """Whether there is nothing at a path. What else speaks against it as a directory is said when it is opened."""
    try:
        os.stat(path)
    except (FileNotFoundError, ValueError):
        return True
    except OSError:
        pass
    return False


class ConfigDir:
    """An open config-dir. Use it as a context manager."""

    def __init__(self, path: str, look_only: bool = False) -> None:
        """Open the directory, and its state if there is any. Raises Refused when that cannot be done.

        With look_only nothing is ever changed, whoever owns the state, and one that cannot be opened is a warning in `unseen`.
        """
        self.path = os.path.abspath(path)
        self.unseen: list[Finding] = []
        self._look_only = look_only
        self.fd = self._open_root()
        self._state: int | None = None
        self._parts: dict[str, int] = {}
        try:
            self._open_state()
        except BaseException:
            self.close()
            raise

    # The files that the agent reads

    def names(self) -> list[str]:
        """Return the names of everything in the directory, in the order in which an agent goes through them."""
        return sorted((name for name in os.listdir(self.fd) if name != STATE), key=os.fsencode)

    def read(self, name: str) -> durable.Content | None:
        """Return a regular file, None when there is none. Raises Refused when the name is something else or unreadable."""
        return self._regular(self.fd, name)

    def look(self, name: str) -> tuple[FileState | None, bytes | None]:
        """Return the state and the content of a regular file. Raises Refused like read."""
        content = self.read(name)
        return (None, None) if content is None else (state_of(content), content.data)

    def place(self, name: str) -> str:
        """Return the full path of a file."""
        return os.path.join(self.path, name)

    # Our own state

    @property
    def has_state(self) -> bool:
        """Whether anything was ever written here by us."""
        return self._state is not None

    def create_state(self) -> None:
        """Make the state directory if it is missing."""
        if self._state is None:
            with contextlib.suppress(FileExistsError):
                os.mkdir(STATE, 0o700, dir_fd=self.fd)
            os.fsync(self.fd)
            self._open_state()

    @property
    def state(self) -> int:
        """The descriptor of the state directory, which exists (see has_state and create_state)."""
        if self._state is None:
            raise RuntimeError("create_state comes first")
        return self._state

    def part(self, name: str) -> int:
        """Return the descriptor of a part of the state directory, which is made if it is missing."""
        if name not in self._parts:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=self.state)
            self._parts[name] = self._open_private(self.state, name, os.path.join(self.path, STATE, name))
        return self._parts[name]

    def read_state(self, name: str) -> bytes | None:
        """Return a state file, None when there is none. Raises Refused when it cannot be read."""
        content = None if self._state is None else self._regular(self._state, name, STATE)
        return None if content is None else content.data

    def backup(self, digest: str) -> bytes | None:
        """Return a kept content, None when it is missing or is no longer what it was."""
        try:
            content = durable.read_regular(self.part(BACKUP), digest)
        except durable.NotRegular:
            return None
        return content.data if content is not None and digest_of(content.data) == digest else None

    def _regular(self, parent: int, name: str, below: str = "") -> durable.Content | None:
        place = os.path.join(self.path, below, name)
        try:
            return durable.read_regular(parent, name)
        except durable.NotRegular as what:
            hint = "Remove it; nothing was written through it."
            raise Refused(error(place, "not-a-file", f"is {what}, not a file.", hint)) from None
        except OSError as problem:
            raise Refused(system_refused(place, problem, "cannot be read")) from problem

    # Opening and closing

    def _open_root(self) -> int:
        try:
            return os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileNotFoundError, ValueError):
            hint = "Create it, or set config_dir to the directory that the agent was started with."
            raise Refused(error(self.path, "config-dir-missing", "does not exist.", hint)) from None
        except OSError as problem:
            raise Refused(system_refused(self.path, problem, "cannot be opened")) from problem

    def _open_state(self) -> None:
        try:
            self._state = self._open_private(self.fd, STATE, self.place(STATE))
        except FileNotFoundError:
            self._state = None
        except Refused as refused:
            if not self._look_only:
                raise
            self.unseen = [warning(found["path"], found["rule"], found["message"], found["hint"]) for found in refused.findings]

    def _open_private(self, parent: int, name: str, place: str) -> int:
        """Open a directory of ours; whoever else could write to it could make us write anything anywhere."""
        try:
            descriptor = durable.open_directory(parent, name)
        except FileNotFoundError:
            raise
        except PermissionError:
            raise Refused(error(place, "state-not-ours", "cannot be opened by the user of this task.", _ONE_USER)) from None
        except NotADirectoryError:
            raise Refused(error(place, "state-not-ours", "is no directory.", "Remove it, after a look at who put it there.")) from None
        except OSError as problem:
            raise Refused(system_refused(place, problem, "cannot be opened")) from problem
        if self._look_only:
            return descriptor
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid():
            os.close(descriptor)
            message = "belongs to the user with id %d, and this task runs as %d." % (status.st_uid, os.geteuid())
            raise Refused(error(place, "state-not-ours", message, _ONE_USER))
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.fchmod(descriptor, 0o700)
        return descriptor

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in (*self._parts.values(), self._state, self.fd):
            if descriptor is not None and descriptor >= 0:
                os.close(descriptor)
        self._parts, self._state, self.fd = {}, None, -1

    def __enter__(self) -> ConfigDir:
        return self

    def __exit__(self, *_exception: Any) -> None:
        self.close()


def system_refused(place: str, problem: OSError, what: str = "cannot be read or written") -> Finding:
    """Return a finding for an operation that the system refused."""
    return error(place, "system-refused", f"{what} ({problem.strerror}).", remedy(problem))


def remedy(problem: OSError) -> str:
    """Return what to do about an operation that the system refused."""
    if isinstance(problem, PermissionError):
        return "Run the task as a user who may, such as root (become: true)."
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room on the file system, and run the play again."
    if problem.errno == errno.EROFS:
        return "Mount the file system for writing, and run the play again."
    return ""
