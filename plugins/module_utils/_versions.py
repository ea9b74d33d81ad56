# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Consul versions, as three numbers that can be compared."""

from __future__ import annotations

import re
from typing import Tuple

Version = Tuple[int, int, int]

_VERSION = re.compile(r"^v?(\d+)\.(\d+)(?:\.(\d+))?(?:[-+~].*)?$")


def parse_version(text: str) -> Version:
    """Return the version as three integers; pre-release and build suffixes are ignored.

    Raises ValueError when the text is no version.
    """
    match = _VERSION.match(text.strip())
    if not match:
        raise ValueError("%r is not a Consul version such as 1.8.7" % text)
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)
