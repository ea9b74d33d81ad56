# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs make targets in lanes beside each other: ``run_gates.py a b : c d`` runs a then b, and at the same time c then d.

All of them run, whatever fails. What a target said is shown when it is done, the summary comes last.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

LOGS = Path(".cache/gates")
# Of a target that passed, so much of the output's end is worth seeing.
LINES_OF_SUCCESS = {"pytest": 3, "pytest-all": 3, "engine": 3, "units": 3}


@dataclass(frozen=True)
class Outcome:
    target: str
    passed: bool
    seconds: float
    output: str


def run(target: str) -> Outcome:
    """Make one target, with its output also in a file that can be followed."""
    start = time.monotonic()
    log = LOGS / f"{target}.log"
    # A make below make would be told about job slots that are not ours to use.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    environment["NO_COLOR"] = "1"
    with log.open("wb") as file:
        done = subprocess.run(
            ["make", "--no-print-directory", target],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    return Outcome(target, done.returncode == 0, time.monotonic() - start, log.read_text(encoding="utf-8", errors="replace"))


def report(outcome: Outcome) -> None:
    lines = outcome.output.splitlines()
    if outcome.passed:
        lines = lines[-LINES_OF_SUCCESS[outcome.target] :] if outcome.target in LINES_OF_SUCCESS else []
    for line in lines:
        print(f"  {line}")
    print(summary(outcome), flush=True)


def summary(outcome: Outcome) -> str:
    return f"{'passed' if outcome.passed else 'FAILED'}  {outcome.target:<16} {outcome.seconds:6.0f} s"


def run_lane(lane: list[str], outcomes: list[Outcome], turn: threading.Lock) -> None:
    for target in lane:
        with turn:
            print(f"started {target}  (follow it: tail -f {LOGS / target}.log)", flush=True)
        outcome = run(target)
        with turn:
            outcomes.append(outcome)
            report(outcome)


def main(arguments: list[str]) -> int:
    LOGS.mkdir(parents=True, exist_ok=True)
    lanes = [lane.split() for lane in " ".join(arguments).split(":")]
    start = time.monotonic()
    outcomes: list[Outcome] = []
    turn = threading.Lock()
    threads = [threading.Thread(target=run_lane, args=(lane, outcomes, turn), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("\nSummary")
    for outcome in outcomes:
        print(summary(outcome))
    for outcome in outcomes:
        if outcome.target in ("pytest", "pytest-all"):
            print(outcome.output.rstrip().rpartition("\n")[2].strip("= "))
    failed = [outcome.target for outcome in outcomes if not outcome.passed]
    verdict = f"FAILED: {', '.join(failed)}" if failed else "everything passed"
    print(f"{verdict} ({time.monotonic() - start:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
