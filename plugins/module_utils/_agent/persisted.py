# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent keeps in its data_dir of registrations through its HTTP API: the only place that tells them from those of files."""

from __future__ import annotations

import json
import os
from typing import Mapping, NamedTuple


class Persisted(NamedTuple):
    """The files by the id of their service or check."""

    services: dict[str, str]
    checks: dict[str, str]

    def withdrawn(self) -> Persisted:
        """Those that have been deregistered since: the agent deletes their files, which a failed reload does not."""
        return Persisted(*({key: path for key, path in kept.items() if not os.path.exists(path)} for kept in self))

    @staticmethod
    def file_of(kept: Mapping[str, str], key: str) -> str | None:
        """That of a key (see _definition/expect.py), in one of the two: a namespace is before the id, which may have slashes itself."""
        return kept.get(key) or kept.get(key.partition("/")[2])


def persisted_in(data_dir: str | None) -> Persisted | None:
    """Look into the data_dir; None where we may not, or there is none."""
    if not data_dir or not os.path.isdir(data_dir):
        return None
    try:
        return Persisted(
            _ids(os.path.join(data_dir, "services"), "Service", "ID"),
            _ids(os.path.join(data_dir, "checks"), "Check", "CheckID"),
        )
    except (OSError, KeyError, TypeError):
        return None


def _ids(folder: str, kind: str, field: str) -> dict[str, str]:
    found: dict[str, str] = {}
    # The folder comes with the first registration.
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        path = os.path.join(folder, name)
        # What an agent has not written to its end no agent reads (seen on 1.8.7 to 1.22.7).
        if name.endswith("tmp"):
            continue
        try:
            with open(path, encoding="utf-8", errors="replace") as stream:
                found[json.load(stream)[kind][field]] = path
        except (FileNotFoundError, IsADirectoryError, json.JSONDecodeError):
            # Deregistered at this moment, what the central configuration says about services of the mesh (1.9 to 1.21), or broken.
            continue
    return found
