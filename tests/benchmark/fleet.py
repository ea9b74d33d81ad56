# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many hosts, all of them this machine, each with a directory of its own and no agent: what the controller has to do.

The modules' own work is measured by their interpreter and taken off: on a real fleet other machines do it. What an agent would
have verified after the first run is taken for verified.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified
from ansible_collections.registrar.consul.tests.benchmark.controller import Controller
from ansible_collections.registrar.consul.tests.benchmark.definitions import plain
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage

FIRST, UNCHANGED = "first run", "unchanged"
SAME, DIFFERENT, UNCHECKED, COPY = "role, same services", "role, different services", "same services, unchecked", "copy of one file"
# What of the role's cost is Ansible's: its module as a task that names only what it needs, and a task that sends nothing.
MODULE, NOTHING = "its module, same services", "a task without a module"
WAYS, PROFILE = (SAME, DIFFERENT, UNCHECKED, COPY), (MODULE, NOTHING)
ALL_WAYS = (*WAYS, *PROFILE)
Say = Callable[[str], None]


@dataclass(frozen=True)
class FleetCost:
    """What one run over all hosts cost, above an empty playbook: the controller's part, and the modules'."""

    way: str
    state: str
    hosts: int
    services: int
    controller: Usage
    targets_cpu: float
    target_memory: int
    modules: int


def measure(host_counts: Sequence[int], services: int, ways: Sequence[str], say: Say, forks: int = 5) -> list[FleetCost]:
    """Measure a first and an unchanged run of each way for each number of hosts."""
    costs = []
    for hosts in host_counts:
        for way in ways:
            say(f"{hosts} hosts, {services} services each, {way}")
            with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder:
                costs += _measure_one(Path(folder), hosts, services, way, forks)
    return costs


def _measure_one(folder: Path, hosts: int, services: int, way: str, forks: int) -> list[FleetCost]:
    controller = Controller(folder, hosts, settings={"ANSIBLE_FORKS": str(forks)})
    for name in controller.hosts:
        (folder / "etc" / name).mkdir(parents=True)
    _declare(controller, services, way)
    start_up = controller.play()
    costs = []
    for state in (FIRST, UNCHANGED):
        used = controller.play(metered=True, **_play(controller, way)) - start_up
        targets = controller.targets()
        cpu = sum(target.cpu for target in targets)
        own = Usage(used.wall, used.cpu - cpu, used.memory)
        memory = max((target.memory for target in targets), default=0)
        costs.append(FleetCost(way, state, hosts, services, own, cpu, memory, len(targets)))
        _take_for_verified(controller)
    return costs


def _take_for_verified(controller: Controller) -> None:
    for name in controller.hosts:
        with ConfigDir(str(controller.workdir / "etc" / name)) as directory:
            if directory.has_state:
                verified(directory)


def _declare(controller: Controller, services: int, way: str) -> None:
    if way in (SAME, UNCHECKED, MODULE):
        controller.set_variables({"consul_services_definitions": plain(services)})
    elif way == DIFFERENT:
        own = {name: {"consul_services_definitions": plain(services, prefix=name)} for name in controller.hosts}
        controller.set_variables({}, own)
    elif way == COPY:
        text = json.dumps({"services": plain(services)}, indent=2)
        (controller.workdir / "prebuilt.json").write_text(text, encoding="utf-8")


def _play(controller: Controller, way: str) -> dict[str, Any]:
    if way == COPY:
        arguments = {"src": str(controller.workdir / "prebuilt.json"), "dest": "{{ config_dir }}/services.json", "mode": "0640"}
        # In place of the reload: somewhere a user's playbook has to run a command for it, too.
        handler = {"name": "Reload Consul", "ansible.builtin.command": "true"}
        return {"tasks": [{"ansible.builtin.copy": arguments, "notify": "Reload Consul"}], "handlers": [handler]}
    if way == MODULE:
        options = {"services": "{{ consul_services_definitions }}", "config_dir": "{{ config_dir }}", "reload": "now"}
        return {"tasks": [{"registrar.consul.service_definitions": options}]}
    if way == NOTHING:
        return {"tasks": [{"ansible.builtin.debug": {"msg": "nothing"}}]}
    variables = {"consul_services_config_dir": "{{ config_dir }}"}
    if way == UNCHECKED:
        role = {"name": "registrar.consul.consul_services", "rolespec_validate": False}
        return {"tasks": [{"ansible.builtin.import_role": role, "vars": variables}]}
    return {"roles": [{"role": "registrar.consul.consul_services", "vars": variables}]}
