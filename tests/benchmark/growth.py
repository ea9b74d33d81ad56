# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How our own work grows with the number of services, in time and memory; no agent is there whose work would grow with it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.registrar.consul.tests.benchmark.controller import Controller
from ansible_collections.registrar.consul.tests.benchmark.definitions import plain
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage


@dataclass(frozen=True)
class Growth:
    """One task of service_definitions with so many services, above an empty playbook."""

    services: int
    first: Usage
    unchanged: Usage
    target: Usage


def measure(counts: Sequence[int], say: Callable[[str], None]) -> list[Growth]:
    """Measure a first run and one that has nothing to do for each number of services."""
    return [_measure_one(count, say) for count in counts]


def _measure_one(count: int, say: Callable[[str], None]) -> Growth:
    say(f"growth: {count} services")
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder:
        controller = Controller(Path(folder))
        config_dir = Path(folder) / "consul.d"
        config_dir.mkdir()
        controller.set_variables({"consul_services_definitions": plain(count)})
        arguments = {"services": "{{ consul_services_definitions }}", "config_dir": str(config_dir)}
        task = {"registrar.consul.service_definitions": arguments}
        controller.play()
        start_up = controller.play()
        first = controller.play([task]) - start_up
        unchanged = controller.play([task]) - start_up
        controller.play([task], metered=True)
        (target,) = controller.targets()
        return Growth(count, first, unchanged, target)
