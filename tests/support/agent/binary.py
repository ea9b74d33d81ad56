# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The consul binary for tests, demo and benchmark: ``$CONSUL``, the one on ``PATH``, else Debian's in the cache."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY


@cache
def consul_binary() -> Path:
    """Path of a consul that runs, fetched when there is none.

    Raises RuntimeError, with the remedy, when none can be had.
    """
    named = os.environ.get("CONSUL")
    if named:
        if not os.access(named, os.X_OK):
            raise RuntimeError(f"CONSUL={named} is not an executable file. Point it at a consul binary, or unset it.")
        return Path(named).resolve()
    on_path = shutil.which("consul")
    if on_path:
        return Path(on_path).resolve()
    return _fetched()


@cache
def consul_version(binary: Path) -> tuple[int, int, int]:
    """The version that the binary states, as three numbers."""
    output = subprocess.run([binary, "version"], check=True, capture_output=True, text=True).stdout
    match = re.search(r"v?(\d+)\.(\d+)\.(\d+)", output)
    if match is None:
        raise RuntimeError(f"{binary} version says {output!r}: no version in it")
    major, minor, patch = (int(part) for part in match.groups())
    return major, minor, patch


def _fetched() -> Path:
    done = subprocess.run([REPOSITORY / "tools" / "fetch_consul.sh"], check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip())
    return Path(done.stdout.strip())
