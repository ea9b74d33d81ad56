# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark is to show, each as one ratio and the limit that it has to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.registrar.consul.tests.benchmark import fleet
from ansible_collections.registrar.consul.tests.benchmark.fleet import FleetCost
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage
from ansible_collections.registrar.consul.tests.benchmark.registering import FIRST, UNCHANGED, Costs
from ansible_collections.registrar.consul.tests.benchmark.sides import ApiLoop, OneCopy, Role, RolePerService, RoleUnchecked, TemplateLoop

_CHECKED, _UNCHECKED = "the role", "the role unchecked"


@dataclass(frozen=True)
class Verdict:
    """A ratio on the wall and in processor time, and its limit. Where bigger is better, `at_least` is set."""

    what: str
    limit: float
    wall: float | None
    cpu: float | None
    at_least: bool = False

    def keeps(self, value: float | None) -> bool:
        """Whether a ratio that was measured keeps the limit."""
        return value is not None and (value >= self.limit if self.at_least else value <= self.limit)


@dataclass(frozen=True)
class Measured:
    """All that the verdicts are made from."""

    costs: Costs
    fleets: list[FleetCost]


def verdicts(measured: Measured) -> Iterator[Verdict]:
    """Yield them in the order in which they are shown."""
    yield from _against_copy(measured)
    yield from _against_loops(measured)
    yield from _growth(measured)
    yield from _layouts(measured)
    yield from _fleet(measured)


def _against_copy(measured: Measured) -> Iterator[Verdict]:
    costs = measured.costs
    copy, reload = costs.of(OneCopy.name, 1000, UNCHANGED), costs.reload(OneCopy.name, 1000)
    for side, words in ((Role, _CHECKED), (RoleUnchecked, _UNCHECKED)):
        what = f"1,000 services unchanged, {words}, against one unchanged `copy`"
        yield _ratio(what, 1.0, costs.of(side.name, 1000, UNCHANGED), copy)
    if copy is not None and reload is not None:
        allowed = Usage(2 * copy.wall + reload.wall, 2 * copy.cpu)
        for side, words in ((Role, _CHECKED), (RoleUnchecked, _UNCHECKED)):
            what = f"1,000 services, first run with reload and verification, {words}, against two such copies and the agent's own reload"
            yield _ratio(what, 1.0, costs.of(side.name, 1000, FIRST), allowed)


def _against_loops(measured: Measured) -> Iterator[Verdict]:
    for side, limit in ((TemplateLoop, 60.0), (ApiLoop, 30.0)):
        for state in (FIRST, UNCHANGED):
            slow, fast = (measured.costs.of(name, 100, state) for name in (side.name, Role.name))
            yield _ratio(f"100 services, {state}: {side.name} against the role", limit, slow, fast, at_least=True)


def _growth(measured: Measured) -> Iterator[Verdict]:
    for state in (FIRST, UNCHANGED):
        large, small = (_for_each(measured.costs.of(Role.name, count, state), count) for count in (10000, 1000))
        yield _ratio(f"time for each service, {state}: among 10,000 against among 1,000", 1.0, large, small)


def _ratio(what: str, limit: float, above: Usage | None, below: Usage | None, *, at_least: bool = False) -> Verdict:
    """Return the verdict on a ratio; empty where a side was not measured."""
    if above is None or below is None:
        return Verdict(what, limit, None, None, at_least)
    return Verdict(what, limit, above.wall / below.wall, above.cpu / below.cpu if below.cpu else None, at_least)


def _for_each(usage: Usage | None, count: int) -> Usage | None:
    return None if usage is None else Usage(usage.wall / count, usage.cpu / count)


def _layouts(measured: Measured) -> Iterator[Verdict]:
    slow, fast = (measured.costs.reload(name, 5000) for name in (RolePerService.name, Role.name))
    what = "the agent's reload of 5,000 services: `per_service` against `bundle`"
    yield _ratio(what, 10.0, slow, fast, at_least=True)


def _fleet(measured: Measured) -> Iterator[Verdict]:
    for state in (fleet.FIRST, fleet.UNCHANGED):
        found = {cost.way: cost.controller for cost in measured.fleets if cost.hosts == 50 and cost.state == state}
        copy = found.get(fleet.COPY)
        for way, words in ((fleet.SAME, _CHECKED), (fleet.UNCHECKED, _UNCHECKED)):
            ours = found.get(way)
            cpu = None if ours is None or copy is None else ours.cpu / copy.cpu
            yield Verdict(
                f"the controller's work for 50 hosts with the same 100 services, {state}, {words}, against `copy`", 1.3, None, cpu
            )
