# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last step of a reload where wait_healthy asks for it: what the wait for the checks makes of an outcome."""

from __future__ import annotations

from typing import Any

from .._findings import render
from .._health.report import Hide, findings, listed, reason
from .._health.run import HealthWait
from .outcome import Outcome
from .result import Result


def with_health(outcome: Outcome, wait: HealthWait, result: Result, hide: Hide, module: Any, policy: str) -> Outcome:
    """The outcome when the wait is over: ill where checks are not healthy, unless that is only to be warned of. Fills in the result."""
    health = wait.run(lambda text: module.warn(hide(text)))
    result.health = {"healthy": health.healthy, "unhealthy": listed(health, hide), "waited_healthy": round(health.waited, 3)}
    if health.healthy:
        return outcome
    why, found = hide(reason(health, len(wait.awaited))), findings(health, hide)
    if policy == "warn":
        module.warn(" ".join(["The agent has loaded the files, but %s." % why, *map(render, found)]))
        return outcome
    return outcome._replace(good=False, ill=True, reason=why, findings=tuple(found), gone=health.gone)
