# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts of definition files, and the names of the files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id

_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
# File names may have 255 bytes; prefix, extension and the names of temporary copies need some of them.
_LONGEST_STEM = 180


def render_json(services: Iterable[dict[str, Any]], checks: Iterable[dict[str, Any]] = ()) -> str:
    """Return the text of a file: sorted keys, services and checks sorted by id, one final newline, the same for the same input."""
    return json.dumps(document(services, checks), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def document(services: Iterable[dict[str, Any]], checks: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return what a file says: only keys with something below them, unless there is nothing at all."""
    ordered = {"services": sorted(services, key=service_id), "checks": sorted(checks, key=service_id)}
    return {key: entries for key, entries in ordered.items() if entries} or {"services": []}


def bundle_name(set_name: str, extension: str = "json") -> str:
    """Return the name of the one file that holds a set."""
    return f"services-{safe_stem(set_name)}.{extension}"


def service_file_name(identifier: str, extension: str = "json") -> str:
    """Return the name of the file that holds one service."""
    return f"service-{safe_stem(identifier)}.{extension}"


def check_file_name(identifier: str, extension: str = "json") -> str:
    """Return the name of the file that holds one check outside a service."""
    return f"check-{safe_stem(identifier)}.{extension}"


def safe_stem(text: str) -> str:
    """Return a file name stem for any text: no separator, no leading dot, different for different texts.

    Characters other than letters, digits, - and _ are written as % and two hexadecimal digits for each UTF-8 byte;
    a longer result is cut, and the SHA-256 of the text follows after a ~.
    """
    stem = "".join(char if char in _SAFE else "".join(f"%{byte:02X}" for byte in char.encode("utf-8")) for char in text)
    if len(stem) <= _LONGEST_STEM:
        return stem
    return f"{stem[: _LONGEST_STEM - 65]}~{hashlib.sha256(text.encode('utf-8')).hexdigest()}"
