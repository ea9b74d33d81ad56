# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds generated definitions against a real agent, seed after seed, until there is a disagreement or the time is up.

``fuzz.py --minutes 10 --seed 1``; without minutes it goes on until it is interrupted. A seed always gives the same definitions.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

# The test is no part of a package: its folder, and the one that makes the collection importable, have to be named.
TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "integration_agent")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    options = parser.parse_args()
    from support.paths import ensure_tree

    sys.path.insert(0, str(ensure_tree()))
    from test_differential import differential

    end = time.monotonic() + options.minutes * 60
    seed = options.seed
    while time.monotonic() < end:
        tally = differential(seed, valid=150, odd=450)
        print(f"seed {seed}: {tally}", flush=True)
        if tally.disagreements:
            print("\n".join(tally.disagreements))
            return 1
        seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
