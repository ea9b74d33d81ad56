# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload tells whoever called it."""

from __future__ import annotations

from typing import Any

from .._findings import Finding


class Result:
    """Filled in as the run goes on, and true as far as it goes when it stops. failure is its message when it did not work."""

    def __init__(self, reason: str = "", errors: list[Finding] | None = None, failure: str | None = None) -> None:
        self.changed = False
        self.method = "none"
        self.services = 0
        self.agent: dict[str, Any] = {"pid": None, "state": "stopped", "version": None}
        self.verified = False
        self.verified_by = "none"
        self.reason = reason
        self.waited = 0.0  # seconds
        self.rolled_back = False
        self.disturbed: list[dict[str, Any]] = []
        self.kept_tags: list[dict[str, Any]] = []
        self.health: dict[str, Any] = {}  # only where it was waited for
        self.errors = errors or []
        self.failure = failure

    def as_dict(self) -> dict[str, Any]:
        """As users register it: all but the message."""
        plain = {name: value for name, value in vars(self).items() if name not in ("failure", "health")}
        return {**plain, **self.health}
