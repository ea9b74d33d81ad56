# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host has no result: the words of what went wrong there, rather than those of who missed the result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._findings import render

_NOT_THERE = "the host could not be reached, or the task did not run there"
# The last words name the cause: a traceback ends with it, and a shell says nothing else.
_LINES, _LENGTH = 3, 500
# What ssh says when all is over.
_PARTING = ("Shared connection to ", "Connection to ")


def why_unseen(found: Mapping[str, Any]) -> str:
    """Return why a task gave no result of its module, by what is registered of it."""
    words = _last_words(found.get("module_stderr")) or _last_words(found.get("module_stdout"))
    if not words:
        return "; ".join(map(render, found.get("errors") or ())) or str(found.get("msg") or _NOT_THERE)
    status = f" (exit status {found['rc']})" if found.get("rc") is not None else ""
    return f"the module gave no result{status}: {words}"


def _last_words(output: Any) -> str:
    lines = [line.strip() for line in str(output or "").splitlines() if line.strip() and not line.startswith(_PARTING)]
    text = " / ".join(lines[-_LINES:])
    return text if len(text) <= _LENGTH else "…" + text[-_LENGTH:]
