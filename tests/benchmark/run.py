# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the benchmark and writes its page: ``run.py <page> <measured>``, in a tree that ANSIBLE_COLLECTIONS_PATH names.

What was measured is kept in the second file, from which ``run.py <page> <measured> --no-measuring`` writes the page again.
BENCH_SIZES, BENCH_GROWTH, BENCH_HOSTS, BENCH_FLEET, BENCH_LOOPS and BENCH_ROUNDS make it smaller or larger.
"""

from __future__ import annotations

import os
import pickle
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])

from ansible_collections.registrar.consul.tests.benchmark import fleet, floor, growth, parts, registering
from ansible_collections.registrar.consul.tests.benchmark.registering import FIRST, UNCHANGED, Case
from ansible_collections.registrar.consul.tests.benchmark.report import Results, machine, page
from ansible_collections.registrar.consul.tests.benchmark.sides import (
    ApiLoop,
    CopyLoop,
    OneCopy,
    Role,
    RoleInTwoSteps,
    RolePerService,
    RoleUnchecked,
    TemplateLoop,
)

# Services on one host; the last number of BENCH_GROWTH is tried with the role and one copy, too.
SIZES = "1 10 100 1000 5000"
GROWTH = "1000 2000 5000 10000"
HOSTS = "1 10 50"
FLEET = 200
# A loop takes most of a second for each service.
LOOPS = 100
ROUNDS = 3


def main(destination: Path, measured: Path, again: bool) -> None:
    if not again:
        # Before anything else is done with it: half an hour is in there.
        measured.write_bytes(pickle.dumps(measure()))
    text = page(pickle.loads(measured.read_bytes()))
    destination.write_text(text, encoding="utf-8")
    print(text)


def measure() -> Results:
    started = time.monotonic()
    rounds, hosts = _number("BENCH_ROUNDS", ROUNDS), _numbers("BENCH_HOSTS", HOSTS)
    results = Results(
        floor=floor.measure(rounds, say),
        parts=parts.measure(say),
        sizes=parts.sizes(),
        module_size=parts.module_size(),
        growth=growth.measure(_numbers("BENCH_GROWTH", GROWTH), say),
        fleets=[
            *fleet.measure(hosts, 100, fleet.WAYS, say),
            *fleet.measure(hosts[-1:], 100, fleet.PROFILE, say),
            *_large_fleet(),
        ],
        costs=registering.measure(_cases(rounds), say),
        machine="",
    )
    return replace(results, machine=machine((time.monotonic() - started) / 60))


def _large_fleet() -> list[fleet.FleetCost]:
    count = _number("BENCH_FLEET", FLEET)
    return fleet.measure([count], 10, [fleet.DIFFERENT], say) if count else []


def _cases(rounds: int) -> list[Case]:
    ApiLoop.packages = Path(os.environ["BENCH_PACKAGES"])
    loops, cases = _number("BENCH_LOOPS", LOOPS), []
    for count in _numbers("BENCH_SIZES", SIZES):
        few = rounds if count <= 1000 else 1
        cases += [Case(side, count, few) for side in (Role, RoleInTwoSteps, RoleUnchecked, RolePerService, OneCopy)]
        if count <= 10:
            cases += [Case(side, count, rounds if count == 1 else 1) for side in (TemplateLoop, CopyLoop, ApiLoop)]
        elif count <= loops:
            cases += [Case(side, count, 1, (FIRST, UNCHANGED)) for side in (TemplateLoop, CopyLoop, ApiLoop)]
    largest = max(_numbers("BENCH_GROWTH", GROWTH))
    return [*cases, *(Case(side, largest, 1, (FIRST, UNCHANGED)) for side in (Role, OneCopy))]


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def _numbers(name: str, default: str) -> list[int]:
    return sorted({int(word) for word in (os.environ.get(name) or default).split()})


def say(what: str) -> None:
    """Tell on the error output what is under way."""
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "--no-measuring" in sys.argv)
