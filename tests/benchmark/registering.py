# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Services on one host, by each way: the first run, a run that has nothing to do, a run after one service has changed."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.registrar.consul.tests.benchmark.definitions import Service, plain, with_one_changed
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage, middle
from ansible_collections.registrar.consul.tests.benchmark.sides import Side
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent

FIRST, UNCHANGED, CHANGED = "first run", "unchanged", "one changed"
STATES = (FIRST, UNCHANGED, CHANGED)
# An agent that reloads thousands of files is busy for minutes.
PATIENCE = 600.0
Say = Callable[[str], None]


@dataclass(frozen=True)
class Case:
    """One way with so many services."""

    side: type[Side]
    count: int
    rounds: int
    states: Sequence[str] = STATES


@dataclass
class Costs:
    """What was measured: for a way, a number of services and a state, the costs above an empty playbook."""

    above_start_up: dict[tuple[str, int, str], list[Usage]] = field(default_factory=dict)
    start_ups: list[Usage] = field(default_factory=list)
    # How long the agent alone takes to load the files and to report what is in them.
    reloads: dict[tuple[str, int], list[Usage]] = field(default_factory=dict)

    def of(self, side: str, count: int, state: str) -> Usage | None:
        """Return the median, None where nothing was measured."""
        found = self.above_start_up.get((side, count, state))
        return middle(found) if found else None

    def reload(self, side: str, count: int) -> Usage | None:
        """Return the median, None where nothing was measured."""
        found = self.reloads.get((side, count))
        return middle(found) if found else None

    def counts(self) -> list[int]:
        return sorted({count for _side, count, _state in self.above_start_up})

    def sides(self) -> list[str]:
        return list(dict.fromkeys(side for side, _count, _state in self.above_start_up))


def measure(cases: Sequence[Case], say: Say) -> Costs:
    """Measure all cases, in turns: one round of each, then the next round."""
    costs = Costs()
    for round_number in range(max(case.rounds for case in cases)):
        for case in cases:
            if round_number < case.rounds:
                say(f"{case.count} services, {case.side.name}, round {round_number + 1} of {case.rounds}")
                _measure_one(case, costs)
    return costs


def _measure_one(case: Case, costs: Costs) -> None:
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder, ConsulAgent(Path(folder) / "agent", mode="server") as agent:
        side = case.side(Path(folder), agent)
        services = plain(case.count)
        # Fills the caches of the operating system; not measured.
        side.start_up()
        start_up = side.start_up()
        costs.start_ups.append(start_up)
        for state in case.states:
            if state == CHANGED:
                services = with_one_changed(services)
            side.declare(services)
            usage = _until_registered(side, services)
            costs.above_start_up.setdefault((side.name, case.count, state), []).append(usage - start_up)
        costs.reloads.setdefault((side.name, case.count), []).append(_reload(agent, services))


def _until_registered(side: Side, wanted: Sequence[Service]) -> Usage:
    """Run the playbook and wait until the agent has what was declared, which it nearly always has by then."""
    usage = side.apply()
    started = time.monotonic()
    _wait(side.agent, wanted)
    return Usage(usage.wall + time.monotonic() - started, usage.cpu, usage.memory)


def _reload(agent: ConsulAgent, wanted: Sequence[Service]) -> Usage:
    """Have the agent load its files again, and wait until it can report what is in them."""
    before, started = _processor_time(agent.pid), time.monotonic()
    agent.reload()
    _wait(agent, wanted)
    return Usage(time.monotonic() - started, _processor_time(agent.pid) - before)


def _wait(agent: ConsulAgent, wanted: Sequence[Service]) -> None:
    ports = {service["id"]: service["port"] for service in wanted}
    agent.wait_until(lambda: _ports(agent.services()) == ports, "does not have what was declared", PATIENCE)


def _ports(services: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    return {identifier: service["Port"] for identifier, service in services.items()}


def _processor_time(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
