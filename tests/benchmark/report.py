# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that a run of the benchmark writes."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ansible_collections.registrar.consul.tests.benchmark import fleet
from ansible_collections.registrar.consul.tests.benchmark.fleet import FleetCost
from ansible_collections.registrar.consul.tests.benchmark.growth import Growth
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage
from ansible_collections.registrar.consul.tests.benchmark.parts import Part, Sizes
from ansible_collections.registrar.consul.tests.benchmark.registering import STATES, Costs
from ansible_collections.registrar.consul.tests.benchmark.tables import megabytes, micro, seconds, table, times
from ansible_collections.registrar.consul.tests.benchmark.verdicts import Measured, Verdict, verdicts
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version

PROSE = Path(__file__).with_name("prose.md")
NOTHING = "–"


@dataclass(frozen=True)
class Results:
    """Everything that one run has measured."""

    floor: Mapping[str, Usage]
    costs: Costs
    parts: Sequence[Part]
    sizes: Sequence[Sizes]
    module_size: int
    growth: Sequence[Growth]
    fleets: Sequence[FleetCost]
    machine: str


def page(results: Results) -> str:
    """Return the page: the prose, with the tables where it names them."""
    tables = {
        "machine": results.machine,
        "verdicts": _verdicts(results),
        "registering": "\n\n".join(_registering(results.costs)),
        "reloads": _reloads(results.costs),
        "parts": _parts(results.parts),
        "sizes": _sizes(results),
        "growth": _growth(results.growth),
        "fleets": _fleets(results.fleets),
        "floor": _floor(results.floor),
    }
    text = PROSE.read_text(encoding="utf-8")
    for name, content in tables.items():
        text = text.replace(f"{{{{ {name} }}}}", content)
    return text


def machine(minutes: float) -> str:
    """Return what a run was made on, and how busy it was: to be asked when the run ends, not when its page is written."""
    cores, memory = os.cpu_count(), os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    consul = ".".join(map(str, consul_version(consul_binary())))
    busy = f"{os.getloadavg()[2]:.1f}"
    return (
        f"{cores} processors, {memory / 2**30:.0f} GiB, Linux {platform.release().partition('-')[0]}; Python {platform.python_version()}, "
        f"ansible-core {version('ansible-core')}, jsonschema {version('jsonschema')}, Consul {consul}. "
        f"The run took {minutes:.0f} minutes; on average {busy} processes wanted a processor in its last quarter of an hour."
    )


def _verdicts(results: Results) -> str:
    head = ["what", "limit", "wall", "processor time", "kept"]
    return table(head, [_verdict(found) for found in verdicts(Measured(results.costs, list(results.fleets), results.module_size))])


def _verdict(found: Verdict) -> list[str]:
    values = [found.wall, found.cpu]
    shown = [NOTHING if value is None else times(value) for value in values]
    limit = f"{'≥' if found.at_least else '≤'}\N{NO-BREAK SPACE}{times(found.limit) if found.limit < 10 else f'{found.limit:.0f}'}"
    measured = [found.keeps(value) for value in values if value is not None]
    kept = NOTHING if not measured else "yes" if all(measured) else "one of two" if any(measured) else "no"
    return [found.what, limit, *shown, kept]


def _registering(costs: Costs) -> Iterator[str]:
    counts = costs.counts()
    for state in STATES:
        rows = []
        for side in costs.sides():
            found = [costs.of(side, count, state) for count in counts]
            rows.append([side, *(NOTHING if one is None else f"{seconds(one.wall)} ({seconds(one.cpu)})" for one in found)])
        yield f"### {state.capitalize()}\n\n" + table(["", *(f"{count:,}" for count in counts)], rows)


def _reloads(costs: Costs) -> str:
    counts = sorted({count for _side, count in costs.reloads})
    sides = list(dict.fromkeys(side for side, _count in costs.reloads))
    rows = []
    for side in sides:
        found = [costs.reload(side, count) for count in counts]
        rows.append([side, *(NOTHING if one is None else f"{seconds(one.wall)} ({seconds(one.cpu)})" for one in found)])
    return table(["", *(f"{count:,}" for count in counts)], rows)


def _parts(parts: Sequence[Part]) -> str:
    kinds = list(dict.fromkeys(kind for part in parts for kind in part.costs))
    rows = [[f"{part.where}: {part.what}", *(micro(part.costs.get(kind)) for kind in kinds)] for part in parts]
    return table(["µs for each definition", *kinds], rows)


def _sizes(results: Results) -> str:
    rows = [[f"{size.services:,}", f"{size.file:,}", f"{size.payload:,}"] for size in results.sizes]
    return (
        table(["services", "bytes in the file", "bytes sent"], rows)
        + f"\n\nThe module itself, with all that it imports, is {results.module_size:,} bytes; Ansible sends it with every task."
    )


def _growth(found: Sequence[Growth]) -> str:
    head = ["services", "first run", "ms for each", "unchanged", "ms for each", "controller, MB", "target, MB", "target, s"]
    rows = [
        [
            f"{one.services:,}",
            f"{seconds(one.first.wall)} ({seconds(one.first.cpu)})",
            f"{one.first.cpu / one.services * 1e3:.2f}",
            f"{seconds(one.unchanged.wall)} ({seconds(one.unchanged.cpu)})",
            f"{one.unchanged.cpu / one.services * 1e3:.2f}",
            megabytes(one.first.memory),
            megabytes(one.target.memory),
            seconds(one.target.cpu),
        ]
        for one in found
    ]
    return table(head, rows)


def _fleets(found: Sequence[FleetCost]) -> str:
    head = ["", "hosts", "services", "", "wall, s", "controller, s", "ms for each host", "targets, s", "ms for each module"]
    rows = [
        [
            one.way,
            str(one.hosts),
            str(one.services),
            one.state,
            seconds(one.controller.wall),
            seconds(one.controller.cpu),
            f"{one.controller.cpu / one.hosts * 1e3:.0f}",
            seconds(one.targets_cpu),
            f"{one.targets_cpu / one.modules * 1e3:.0f}" if one.modules else NOTHING,
        ]
        for one in sorted(found, key=lambda one: (one.hosts, fleet.ALL_WAYS.index(one.way)))
    ]
    return table(head, rows)


def _floor(found: Mapping[str, Usage]) -> str:
    return table(["", "wall, s", "processor time, s"], [[name, seconds(one.wall), seconds(one.cpu)] for name, one in found.items()])
