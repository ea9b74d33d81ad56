# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark is to show, each as one ratio and the limit that it has to keep."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.registrar.consul.tests.benchmark import fleet
from ansible_collections.registrar.consul.tests.benchmark.fleet import FleetCost
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage
from ansible_collections.registrar.consul.tests.benchmark.registering import FIRST, UNCHANGED, Costs
from ansible_collections.registrar.consul.tests.benchmark.sides import (
    ApiLoop,
    OneCopy,
    Role,
    RoleInTwoSteps,
    RolePerService,
    RoleUnchecked,
    TemplateLoop,
)

# Bytes; the two modules of the earlier way together were 565,000.
SENT = 330_000
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
    module_size: int


def verdicts(measured: Measured) -> Iterator[Verdict]:
    """Yield them in the order in which they are shown."""
    yield from _against_copy(measured)
    yield from _against_loops(measured)
    yield from _growth(measured)
    yield from _layouts(measured)
    yield from _fleet(measured)
    sent = measured.module_size / SENT
    yield Verdict(f"bytes sent to a target for a first run, against {SENT:,}", 1.0, sent, sent)


def _against_copy(measured: Measured) -> Iterator[Verdict]:
    costs = measured.costs
    for count, first, unchanged in ((1, 0.9, 0.8), (10, 0.9, 0.8), (100, 0.9, 0.8), (1000, 1.0, 1.0)):
        few = f"{count:,} service{'s' if count > 1 else ''}"
        what = f"{few}, first run with reload and verification, the role, against one `copy` with a handler that reloads"
        yield _ratio(what, first, costs.of(Role.name, count, FIRST), costs.of(OneCopy.name, count, FIRST))
        what = f"{few} unchanged, the role, against one unchanged `copy`"
        yield _ratio(what, unchanged, costs.of(Role.name, count, UNCHANGED), costs.of(OneCopy.name, count, UNCHANGED))
    what = "1,000 services unchanged, the role unchecked, against one unchanged `copy`"
    yield _ratio(what, 0.8, costs.of(RoleUnchecked.name, 1000, UNCHANGED), costs.of(OneCopy.name, 1000, UNCHANGED))
    what = "100 services, first run, the role, against the role in two steps"
    yield _ratio(what, 1.0, costs.of(Role.name, 100, FIRST), costs.of(RoleInTwoSteps.name, 100, FIRST))


def _against_loops(measured: Measured) -> Iterator[Verdict]:
    for side, limit in ((TemplateLoop, 60.0), (ApiLoop, 45.0)):
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
                f"the controller's work for 50 hosts with the same 100 services, {state}, {words}, against `copy`", 1.0, None, cpu
            )
