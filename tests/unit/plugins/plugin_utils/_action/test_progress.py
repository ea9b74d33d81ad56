# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines while something takes long, and none when it does not."""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
import warnings
from typing import Any

import pytest
from ansible.utils.display import Display

from ansible_collections.registrar.consul.plugins.plugin_utils._action.progress import and_healthy, progress


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> queue.Queue[tuple[str, dict[str, Any]]]:
    said: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
    monkeypatch.setattr(Display, "display", lambda _self, text, **options: said.put((text, options)))
    return said


def test_what_takes_long_says_so_more_than_once(lines: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
    with progress("web1", "until it is done", pauses=[0.01]):
        said = [lines.get(timeout=60) for _line in range(2)]
    for text, options in said:
        assert re.fullmatch(r"waiting: \[web1\] => until it is done, \d+ s so far", text)
        assert options == {"stderr": True}


def test_what_is_quick_says_nothing_and_leaves_no_thread(lines: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
    before = threading.active_count()
    with progress("web1", "until it is done"):
        pass
    assert lines.empty()
    assert threading.active_count() == before


def test_a_failure_ends_the_lines(lines: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="no"), progress("web1", "until it is done", pauses=[0.01]):
        raise ValueError("no")
    assert threading.active_count() == before


def test_children_that_are_started_meanwhile_come_to_their_end(lines: queue.Queue[tuple[str, dict[str, Any]]]) -> None:
    """Without a warning, too: since 3.12 Python warns of children that could wait for a lock of a thread for ever."""
    with warnings.catch_warnings(), progress("web1", "until it is done", pauses=[0.0001]):
        warnings.simplefilter("error")
        for _child in range(20):
            done = subprocess.run([sys.executable, "-S", "-c", "print(1)"], check=True, capture_output=True, timeout=60)
            assert done.stdout == b"1\n"
    assert not lines.empty()


def test_the_wait_for_checks_is_told_with_its_limit() -> None:
    assert (
        and_healthy("until it is done", {"wait_healthy": 60}) == "until it is done, and then for at most 60 s until its checks are healthy"
    )
    for off in ({}, {"wait_healthy": None}, {"wait_healthy": 0}, {"wait_healthy": "0"}):
        assert and_healthy("until it is done", off) == "until it is done"
