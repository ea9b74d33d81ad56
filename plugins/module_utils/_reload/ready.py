# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until an agent may be signalled: SIGHUP ends one that is still starting (all versions).

The handler is set up after the services are loaded, after HTTP answers, and after the joins of start_join. Nothing outside the
process shows it, so what counts is that HTTP answers and that some time has passed since, or that the agent has run for long.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import Callable, NamedTuple

from .._agent.api import AclDenied, ApiError, Blocked, Untrusted
from .._agent.process import AgentProcess
from .._agent.view import AgentView, Seen
from .._clock import now

# Nothing starts for longer than this and does not answer (seen: 40 s with 5,000 files on a loaded machine).
LONGEST_START = 120.0
# Between the first answer and the handler lie milliseconds (died: 2 of 15 signalled at the first answer).
SETTLE = 1.0
# Without HTTP only the age is left.
AGE_WITHOUT_HTTP = 10.0
# memberlist gives up an address that does not answer after 10 s.
SECONDS_PER_JOIN = 15.0
_STARTING, _RUNNING = "==> Starting Consul agent", "Consul agent running!"
_TAIL = 1024 * 1024
_PAUSE = 0.02


class NotReady(Exception):
    """The agent did not get through its start in time; the message says what it was waited for."""


class Ready(NamedTuple):
    """What the agent has, or why that cannot be seen."""

    seen: Seen | None
    why_blind: str


def has_started(process: AgentProcess | None) -> bool:
    """Whether its start is long over."""
    return process is None or _age(process) > LONGEST_START


def wait_ready(
    process: AgentProcess | None, view: AgentView | None, joins: Callable[[], int], gently: bool, limit: float, proc: str = "/proc"
) -> Ready:
    """Wait until the agent may be told to reload. gently: by its API or not at all, which no start minds.

    Raises NotReady when it takes longer than the limit (seconds).
    """
    end = time.monotonic() + limit
    answered_since: float | None = None
    while True:
        state, answers = _look(view)
        started = has_started(process)
        if answers:
            answered_since = answered_since or time.monotonic()
            if gently or started or _says_running(process, proc):
                return state
            settled = time.monotonic() - answered_since >= SETTLE
            if settled and (process is None or _age(process) > SECONDS_PER_JOIN * joins()):
                return state
        elif started or (view is None and process is not None and _age(process) > AGE_WITHOUT_HTTP):
            return state
        if time.monotonic() > end:
            raise NotReady(state.why_blind or "its start is not over")
        time.sleep(_PAUSE)


def _look(view: AgentView | None) -> tuple[Ready, bool]:
    """The state, and whether anybody answered."""
    if view is None:
        return Ready(None, "the agent has no HTTP API that this host can reach"), False
    try:
        return Ready(view.look(), ""), True
    except (AclDenied, Blocked, Untrusted) as refusal:
        return Ready(None, str(refusal)), True
    except ApiError as error:
        return Ready(None, str(error)), False


def _age(process: AgentProcess) -> float:
    return now().uptime - process.started


def _says_running(process: AgentProcess | None, proc: str) -> bool:
    """Whether its output goes to a file, and the file says that the start is over. Only for an agent that answers HTTP: the
    words may be those of an earlier run as long as this one has not begun to speak."""
    if process is None:
        return False
    path, last_start = os.path.join(proc, str(process.pid), "fd", "1"), ""
    with contextlib.suppress(OSError):
        if os.path.isfile(path):
            with open(path, "rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - _TAIL))
                last_start = stream.read().decode("utf-8", "replace").rpartition(_STARTING)[2]
    return _RUNNING in last_start
