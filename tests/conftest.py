# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the checkout importable as a collection, and hands out agents and playbooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

TREE = Path(__file__).resolve().parents[1] / ".cache" / "tree"


def _make_importable() -> None:
    """The one step that cannot be imported: support/paths.py knows how, but is itself part of the collection."""
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    from support.paths import ensure_tree

    sys.path[0] = str(ensure_tree())


_make_importable()

# The same cases on every run. A slow machine is no failure.
settings.register_profile("fixed", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fixed")


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Starts agents with the arguments of ConsulAgent, or of another kind, each below tmp_path, and ends them after the test."""
    from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent

    with ExitStack() as agents:
        count = 0

        def start(kind: type[ConsulAgent] = ConsulAgent, **options: Any) -> ConsulAgent:
            nonlocal count
            count += 1
            return agents.enter_context(kind(tmp_path / f"agent-{count}", **options))

        yield start


@pytest.fixture
def agent(start_agent: Callable[..., Any]) -> Any:
    """A dev agent with nothing in its config-dir."""
    return start_agent()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Show what tests have counted: ``record_property("counted", "...")``."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "counted":
                terminalreporter.write_line(str(value))
