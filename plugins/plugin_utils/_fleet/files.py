# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that a report leaves on the controller, each whole or as it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


def write_files(folder: Path, contents: Mapping[str, str], *, only_look: bool) -> list[str]:
    """Write files into a folder, which is made where it is missing; return the names of those that differed. Raises OSError."""
    changed = [name for name, text in contents.items() if _content(folder / name) != text]
    if changed and not only_look:
        folder.mkdir(parents=True, exist_ok=True)
        for name in changed:
            _write(folder / name, contents[name])
    return changed


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, ValueError):
        return None


def _write(path: Path, text: str) -> None:
    descriptor, staged = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            # As a file that is opened for writing gets it.
            os.fchmod(descriptor, 0o666 & ~_umask())
            stream.write(text)
        Path(staged).replace(path)
    except BaseException:
        Path(staged).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
