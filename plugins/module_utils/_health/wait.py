# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the checks of an agent until all that are awaited are healthy, or the time is up.

One list of all checks a look: agents (1.8.7 to 1.22.7) do not hold back their answer until something changes there, and to ask for each
check by itself would be a request for each. A change of state or output that comes and goes between two looks is not seen.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Collection, Dict, Mapping, NamedTuple, Optional

from .._agent.api import ApiError
from .awaited import Awaited

# No check runs more often than once a second: with these none of its states is passed over, as long as the agent answers fast.
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 0.5
# What an agent spends on our looks it does not spend on its checks.
_REST, _LONGEST_REST = 4.0, 2.0
# An agent that is restarted is back within this time, if it comes back at all; then it reads the files as they are.
GONE = 15.0
NODE_MAINTENANCE, SERVICE_MAINTENANCE = "_node_maintenance", "_service_maintenance:"
# How the copy of a service's state says that the service is in maintenance (1.8.7 to 1.22.7).
_COPIED_MAINTENANCE = ('Aliased check "Service Maintenance Mode"', 'Aliased check "Node Maintenance Mode"')

# The agent's checks, by key. Raises ApiError.
Look = Callable[[], Dict[str, Any]]


class Ailing(NamedTuple):
    """A check that is not, or not known to be, healthy. An empty status: the agent does not have it, or does not answer."""

    check: Awaited
    identifier: str
    service: str
    status: str
    output: str
    seconds: float  # for how long it has been so
    is_too_fresh: bool = False  # healthy, and not for long enough


class Health(NamedTuple):
    """What came of the wait. trouble: why nothing could be seen at last; gone: no agent runs any more."""

    healthy: bool
    ailing: tuple[Ailing, ...]
    excused: tuple[Ailing, ...]
    waited: float
    trouble: str = ""
    gone: bool = False
    maintenance: tuple[str, ...] = ()
    checks: Mapping[str, Any] = {}


# Is told at each look how it stands, and None when it is over.
Tell = Callable[[Optional[Health]], None]


class Waiting:
    """One wait. who tells which agent it is, None when none runs: another one than before has to show everything anew."""

    def __init__(self, awaited: Mapping[str, Awaited], states: Collection[str], look: Look, who: Callable[[], Any], tell: Tell) -> None:
        self._awaited = awaited
        self._states = states
        self._look = look
        self._who = who
        self._tell = tell
        self._began = {key: check.began for key, check in awaited.items() if check.began is not None}
        self._since: dict[str, _Since] = {}
        self._started = time.monotonic()

    def run(self, limit: float) -> Health:
        """Wait at most so many seconds."""
        try:
            return self._run(limit)
        finally:
            self._tell(None)

    def _run(self, limit: float) -> Health:
        who, present, pause = self._who(), time.monotonic(), FIRST_PAUSE
        while True:
            before, now_running = time.monotonic(), self._who()
            if now_running is not None:
                present = before
            if now_running != who:
                who = now_running
                self._begin_anew()
            health = self._seen()
            if health.healthy and now_running is not None:
                return health
            if self._age() >= limit or time.monotonic() - present > GONE:
                return health._replace(healthy=False, gone=now_running is None)
            self._tell(health)
            rest = max(pause, min(_REST * (time.monotonic() - before), _LONGEST_REST))
            time.sleep(min(rest, max(0.0, limit - self._age())))
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _seen(self) -> Health:
        try:
            checks = self._look()
        except ApiError as error:
            self._begin_anew()
            return Health(False, (), (), self._age(), str(error))
        for key, check in checks.items():
            if key in self._awaited:
                self._note(key, check)
        found = [ailing for ailing in (self._ailing(key, checks.get(key)) for key in self._awaited) if ailing is not None]
        ailing = tuple(one for one in found if not one.check.excused)
        excused = tuple(one for one in found if one.check.excused and one.status)
        return Health(not ailing, ailing, excused, self._age(), maintenance=self._in_maintenance(checks), checks=checks)

    def _begin_anew(self) -> None:
        """What was seen of an agent that has ended says nothing about the next one, and neither does how its checks began."""
        self._since.clear()
        self._began.clear()

    def _note(self, key: str, check: Mapping[str, Any]) -> None:
        shown, since, now = (check.get("Status") or "", check.get("Output") or ""), self._since.get(key), time.monotonic()
        if since is None:
            self._since[key] = _Since(shown, now, now if shown != self._began.get(key, shown) else None)
        elif since.shown != shown:
            # A new output alone is only the sign of another run.
            stays = (since.shown[0] in self._states) == (shown[0] in self._states)
            self._since[key] = _Since(shown, since.moment if stays else now, since.run if stays and since.run is not None else now)

    def _ailing(self, key: str, check: Mapping[str, Any] | None) -> Ailing | None:
        awaited, since = self._awaited[key], self._since.get(key)
        if check is None or since is None:
            # One of others that has gone was taken away by its owner; whether a reload loses any is seen before.
            return Ailing(awaited, key, "", "", "", self._age()) if awaited.changed else None
        now, (status, output) = time.monotonic(), since.shown
        lasted, healthy = now - since.moment, status in self._states
        proved = lasted >= awaited.hold + awaited.proof or (since.run is not None and now - since.run >= awaited.hold)
        if (healthy and proved) or output.startswith(_COPIED_MAINTENANCE):
            return None
        return Ailing(awaited, key, check.get("ServiceID") or "", status, output, lasted, healthy)

    def _in_maintenance(self, checks: Mapping[str, Any]) -> tuple[str, ...]:
        """The services of awaited checks that are in maintenance mode; with an empty name for the node."""
        named = {checks[key].get("ServiceID") for key in self._awaited if key in checks}
        found = {check.get("ServiceID") or "" for key, check in checks.items() if key.rpartition("/")[2].startswith(SERVICE_MAINTENANCE)}
        return tuple(sorted((found & named) | ({""} if NODE_MAINTENANCE in checks else set())))

    def _age(self) -> float:
        return time.monotonic() - self._started


class _Since(NamedTuple):
    """What a check shows, since when (monotonic) it is healthy or not, and when it was first seen to have run since then."""

    shown: tuple[str, str]
    moment: float
    run: float | None
