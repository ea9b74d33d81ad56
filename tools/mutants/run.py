# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes one place of the code at a time and says which changes no test notices: ``run.py --seed 3 --count 60``.

The quick tests of a room come first; only what they let pass is shown to mypy, to all others without agents, and then to those with
agents, and not to all of them. So a survivor may still be noticed by another test of "make test", and the score is at least what is said.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from changes import Change, change, places
from equivalent import EQUIVALENT, NOT_CHANGED
from rooms import ROOMS, Room

REPOSITORY = Path(__file__).resolve().parents[2]
COUNT = 42
COPIES = 2
# A change that makes tests wait for ever is noticed. Quick tests of a room take 20 seconds, all of them one minute, slow ones three.
QUICK_SECONDS, ALL_SECONDS, SLOW_SECONDS = 180, 360, 900
_FAILED = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - |$)", re.MULTILINE)


class Broken(Exception):
    """Tests that fail without a change."""


@dataclass(frozen=True)
class Outcome:
    room: str
    change: Change
    noticed_by: str


class Copy:
    """A copy of the tree, for one change at a time."""

    def __init__(self, number: int) -> None:
        root = REPOSITORY / f".cache/trees/mutants-{number}"
        made = subprocess.run([REPOSITORY / "tools/tree.sh", root], check=True, capture_output=True, text=True)
        self.tree = Path(made.stdout.strip())
        self._writes = 0

    def noticed_by(self, room: Room, changed: Change) -> str:
        """Return the first test that notices a change, or nothing. Raises Broken when one fails without it, too."""
        file = self.tree / changed.file
        code = file.read_text(encoding="utf-8")
        quick = room.quick_tests(self.tree, changed.file)
        self._write(file, changed.code)
        try:
            failed = self.first_failure(quick, QUICK_SECONDS) or self._wrong_types() or self.first_failure(other_tests(quick), ALL_SECONDS)
            slowly = "" if failed else self.first_failure(room.slow_tests(), SLOW_SECONDS)
        finally:
            self._write(file, code)
        if "::" in slowly and self.first_failure([slowly], SLOW_SECONDS):
            raise Broken(slowly)
        return failed or slowly

    def _wrong_types(self) -> str:
        """Return the gate beside the tests if that notices something. Tests have run before: they make the tree that it looks at."""
        done = subprocess.run([REPOSITORY / ".cache/venv/bin/mypy"], check=False, cwd=self.tree, capture_output=True)
        return "mypy" if done.returncode else ""

    def first_failure(self, tests: Sequence[str], limit: int) -> str:
        """Return the first test that fails, the whole when it takes longer than the limit, or nothing."""
        command = [REPOSITORY / ".cache/venv/bin/pytest", "-q", "-x", "-p", "no:cacheprovider", "--tb=no", *tests]
        try:
            done = subprocess.run(command, check=False, cwd=self.tree, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return f"nothing within {limit} s"
        if done.returncode == 0:
            return ""
        found = _FAILED.search(done.stdout)
        return found.group(1) if found else "pytest itself"

    def _write(self, file: Path, code: str) -> None:
        """Give the file a time that it never had: Python tells by size and seconds whether it has compiled it already."""
        file.write_text(code, encoding="utf-8")
        self._writes += 1
        then = time.time() - 100_000 + self._writes
        os.utime(file, (then, then))


def other_tests(quick: Sequence[str]) -> list[str]:
    """Return pytest's arguments for all tests without agents but these."""
    return ["tests/unit/plugins", "tests/unit/both_sides", *(f"--ignore={file}" for file in quick)]


def draw(rooms: Sequence[str], count: int, seed: int) -> list[tuple[str, Change]]:
    """Return changes, of each room as many as of the others. None is known as equivalent."""
    chance, drawn = random.Random(seed), []
    known = {(entry.file, entry.was, entry.now) for entry in EQUIVALENT}
    for number, name in enumerate(rooms):
        sources = {file: (REPOSITORY / file).read_text(encoding="utf-8") for file in ROOMS[name].sources(REPOSITORY)}
        all_places = [(file, place) for file, code in sources.items() for place in places(code)]
        chance.shuffle(all_places)
        wanted = count // len(rooms) + (number < count % len(rooms))
        changes = (change(file, sources[file], place) for file, place in all_places)
        allowed = (made for made in changes if (made.file, made.was, made.now) not in known and not made.was.startswith(NOT_CHANGED))
        drawn += [(name, made) for made, _number in zip(allowed, range(wanted), strict=False)]
    chance.shuffle(drawn)
    return drawn


def try_all(drawn: Sequence[tuple[str, Change]]) -> list[Outcome]:
    """Try each change on one of the copies, and say at once what came of it."""
    copies: SimpleQueue[Copy] = SimpleQueue()
    with ThreadPoolExecutor(COPIES) as pool:
        for copy in pool.map(Copy, range(COPIES)):
            copies.put(copy)

        def attempt(item: tuple[str, Change]) -> Outcome:
            copy = copies.get()
            try:
                outcome = Outcome(*item, copy.noticed_by(ROOMS[item[0]], item[1]))
            finally:
                copies.put(copy)
            print(told(outcome), flush=True)
            return outcome

        demand_green(copies, {name for name, _change in drawn}, pool)
        return list(pool.map(attempt, drawn))


def demand_green(copies: SimpleQueue[Copy], rooms: set[str], pool: ThreadPoolExecutor) -> None:
    """Raise Broken when the quick tests fail as it is: they would seem to notice everything."""

    def attempt(tests: list[str]) -> str:
        copy = copies.get()
        try:
            return copy.first_failure(tests, QUICK_SECONDS * 2)
        finally:
            copies.put(copy)

    files = sorted({file for name in rooms for file in ROOMS[name].quick_tests(REPOSITORY, "")})
    for failed in pool.map(attempt, (files[::2], files[1::2])):
        if failed:
            raise Broken(failed)


def told(outcome: Outcome) -> str:
    place = f"{outcome.change.file}:{outcome.change.line}"
    if outcome.noticed_by:
        return f"noticed   {place}  by {outcome.noticed_by}"
    return f"SURVIVED  {place}\n    - {outcome.change.was}\n    + {outcome.change.now}"


def summary(outcomes: Sequence[Outcome], rooms: Sequence[str]) -> str:
    lines = [""]
    for name in rooms:
        here = [bool(outcome.noticed_by) for outcome in outcomes if outcome.room == name]
        if here:
            lines.append(f"{name:<14} {sum(here):3} of {len(here):3}  {100 * sum(here) // len(here):3} %")
    survivors = [told(outcome) for outcome in outcomes if not outcome.noticed_by]
    lines += ["", *survivors, "", f"{len(outcomes) - len(survivors)} of {len(outcomes)} mutants noticed"]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--rooms", nargs="+", choices=ROOMS, default=list(ROOMS))
    options = parser.parse_args()
    try:
        outcomes = try_all(draw(options.rooms, options.count, options.seed))
    except Broken as broken:
        print(f"{broken} fails without any change: mend that first", file=sys.stderr)
        return 1
    print(summary(outcomes, options.rooms))
    return 0


if __name__ == "__main__":
    sys.exit(main())
