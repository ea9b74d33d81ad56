# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""File operations relative to an open directory: nothing is followed, nothing blocks, nothing is half there."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import NamedTuple

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TEMPORARY = ".new"
_KINDS = (
    (stat.S_ISLNK, "a symbolic link"),
    (stat.S_ISDIR, "a directory"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
)


class Content(NamedTuple):
    """A regular file: its bytes, and what stat says of it."""

    data: bytes
    stat: os.stat_result


class NotRegular(Exception):
    """What has this name is no regular file; the message says what it is instead."""


def read_regular(directory: int, name: str) -> Content | None:
    """Return the file's content, None when there is none. Raises NotRegular and OSError."""
    try:
        # Looked at before it is opened: opening a pipe or a device already does something to it.
        _demand_regular(os.stat(name, dir_fd=directory, follow_symlinks=False))
        descriptor = os.open(name, _READ, dir_fd=directory)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        status = os.fstat(descriptor)
        _demand_regular(status)
        return Content(stream.read(), status)


def write_new(directory: int, name: str, data: bytes, mode: int = 0o600, owner: tuple[int, int] | None = None) -> None:
    """Create a file that only its owner can open until it is complete. Not yet durable: see sync_file."""
    descriptor = os.open(name, _NEW, 0o600, dir_fd=directory)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        status = os.fstat(descriptor)
        if owner is not None and owner != (status.st_uid, status.st_gid):
            os.fchown(descriptor, *owner)
        if mode != 0o600:
            os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def replace(directory: int, name: str, data: bytes) -> None:
    """Put this content under the name, durably: after a crash there is the old content or the new one."""
    temporary = name + _TEMPORARY
    remove(directory, temporary)
    write_new(directory, temporary, data)
    sync_file(directory, temporary)
    os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    os.fsync(directory)


def sync_file(directory: int, name: str) -> None:
    """Wait until the file's content has reached the disk."""
    descriptor = os.open(name, _READ, dir_fd=directory)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(directory: int, name: str) -> None:
    """Remove a file; none is fine as well."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=directory)


def open_directory(parent: int, name: str) -> int:
    """Open a directory below another one. Raises FileNotFoundError, and NotADirectoryError also for a link."""
    return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)


def kind_of(mode: int) -> str:
    """Return what a file that is not regular is, in words."""
    return next((words for test, words in _KINDS if test(mode)), "a device")


def _demand_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(kind_of(status.st_mode))
