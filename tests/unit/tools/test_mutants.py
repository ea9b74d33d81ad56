# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""That what "make mutants" is told exists: tests and lines that have moved would make its score worth nothing."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY

sys.path.append(str(REPOSITORY / "tools/mutants"))
from equivalent import EQUIVALENT
from rooms import ROOMS, Room


@pytest.mark.parametrize("room", ROOMS.values(), ids=ROOMS)
def test_the_files_of_a_room_and_its_tests_are_there(room: Room) -> None:
    assert room.sources(REPOSITORY)
    for folder in room.quick:
        assert list((REPOSITORY / "tests/unit" / folder).rglob("test_*.py")), folder
    for file in room.slow_tests():
        assert (REPOSITORY / file).is_file()


def test_the_file_of_the_same_name_comes_first() -> None:
    assert ROOMS["_agent"].quick_tests(REPOSITORY, "plugins/module_utils/_agent/log.py")[0].endswith("_agent/test_log.py")


def test_what_is_generated_is_not_changed() -> None:
    assert "plugins/module_utils/_definition/fields.py" not in ROOMS["_definition"].sources(REPOSITORY)


def test_what_is_called_equivalent_is_still_there() -> None:
    for entry in EQUIVALENT:
        lines = (REPOSITORY / entry.file).read_text(encoding="utf-8").splitlines()
        assert entry.was in map(str.strip, lines), f"{entry.file} has no such line any more: {entry.was}"
        assert entry.why
