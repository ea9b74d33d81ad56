# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs to judge a whole fleet together: ``whole_fleet.py [hosts] [services]``, in a tree that ANSIBLE_COLLECTIONS_PATH names.

Nothing is taken off: the figures are of all of ansible-playbook, with the reading of the inventory and the variables.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, os.environ["ANSIBLE_COLLECTIONS_PATH"])

from ansible_collections.registrar.consul.tests.benchmark.controller import Controller
from ansible_collections.registrar.consul.tests.benchmark.tables import megabytes, seconds, table

HOSTS, SERVICES = 1000, 20
# What every host has in group_vars, as they are and templated for it; or what each has in its own host_vars.
SAME, TEMPLATED, OWN = "the same list", "one list, templated for each host", "lists of their own"


def main(hosts: int, services: int) -> None:
    rows = [_measured(way, hosts, services) for way in (SAME, TEMPLATED, OWN)]
    print(table([f"{hosts:,} hosts with {services} services each", "wall, s", "processor time, s", "largest process, MB"], rows))


def _measured(way: str, hosts: int, services: int) -> list[str]:
    print(f"bench: {way}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder:
        controller = Controller(Path(folder), hosts)
        names = [f"service-{number}" for number in range(services)]
        suffix = "-{{ inventory_hostname }}" if way == TEMPLATED else ""
        shared = {} if way == OWN else {"consul_services_definitions": definitions(names, suffix)}
        own = {name: {"consul_services_definitions": definitions(names, f"-{name}")} for name in controller.hosts} if way == OWN else {}
        controller.set_variables(shared, own)
        report = {"directory": str(Path(folder) / "map"), "external": []}
        used = controller.play([{"registrar.consul.fleet_report": report, "run_once": True}])
        return [way, seconds(used.wall), seconds(used.cpu), megabytes(used.memory)]


def definitions(names: list[str], suffix: str) -> list[dict[str, Any]]:
    """Services with a check and a sidecar, each with the next two as its upstreams."""
    return [
        {
            "name": name,
            "id": name + suffix,
            "port": 8000 + number,
            "tags": ["primary", "v1"],
            "meta": {"team": "shop"},
            "check": {"http": f"http://127.0.0.1:{8000 + number}/health", "interval": "10s"},
            "connect": {"sidecar_service": {"port": 20000 + number, "proxy": {"upstreams": list(upstreams(names, number))}}},
        }
        for number, name in enumerate(names)
    ]


def upstreams(names: list[str], number: int) -> Any:
    """The next two services, each at a port that is free on the host."""
    for step in (1, 2):
        yield {"destination_name": names[(number + step) % len(names)], "local_bind_port": 30000 + 2 * number + step}


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    main(*(numbers + [HOSTS, SERVICES][len(numbers) :]))
