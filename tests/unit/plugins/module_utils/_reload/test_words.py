# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read when a reload did not work."""

from __future__ import annotations

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import error
from ansible_collections.registrar.consul.plugins.module_utils._reload.outcome import Outcome
from ansible_collections.registrar.consul.plugins.module_utils._reload.words import disturbance, put_back, still_wrong, why

LOADED = Outcome.proved("api")._replace(good=False)
NAMES = [f"f{number}.json" for number in range(12)]


@pytest.mark.parametrize(
    ("outcome", "address", "words"),
    [
        (Outcome.failed("it ended"), "", "The agent did not load all that the files say: it ended."),
        (Outcome.failed("it ended"), "http://a", "The agent did not load all that the files say: it ended (asked at http://a)."),
        (
            Outcome.failed(),
            "",
            "The agent did not load all that the files say: its services are neither as before nor as they should be.",
        ),
        (Outcome.failed("it ended", words="no name."), "http://a", "The agent refused: no name."),
        (LOADED, "", "The agent has loaded the files, but the servers did not take all of it into the catalog."),
        (
            LOADED._replace(words="denied."),
            "",
            "The agent has loaded the files, but the servers did not take all of it into the catalog: denied.",
        ),
        (LOADED._replace(ill=True, reason="one is ill"), "", "The agent has loaded the files, but one is ill."),
    ],
)
def test_why(outcome: Outcome, address: str, words: str) -> None:
    assert why(outcome, address) == words


def test_where_to_look_then() -> None:
    assert still_wrong(Outcome.failed()).startswith("Nothing that can be seen is missing")
    assert still_wrong(Outcome.failed(findings=(error("a", "b", "c"),))) == "What is missing or wrong on it now is in errors."


@pytest.mark.parametrize(("count", "more"), [(1, ""), (10, ""), (11, "1"), (12, "2")])
def test_of_many_only_some_are_named(count: int, more: str) -> None:
    shown = NAMES[: min(count, 10)]
    back = ", ".join(shown) + (f", and {more} more" if more else "")
    assert put_back(NAMES[:count]) == f"The files are as they were before: {back}."
    changes = "; ".join(shown) + (f"; and {more} more, in disturbed" if more else "")
    assert disturbance(NAMES[:count]).endswith(f"before the reload: {changes}.")
