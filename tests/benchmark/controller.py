# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook, with an inventory of hosts that are all this machine."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.benchmark.meter import Usage, run
from ansible_collections.registrar.consul.tests.support.runs.playbook import ansible_environment

HERE = Path(__file__).absolute().parent
# The folder that holds ansible_collections.
ROOT = HERE.parents[4]
Play = dict[str, Any]


class Controller:
    """A folder with an inventory, from which playbooks are run. Everything that differs from Ansible's defaults is in here."""

    def __init__(self, workdir: Path, hosts: int = 1, *, more_collections: Path | None = None, settings: Mapping[str, str] | None = None):
        workdir.mkdir(parents=True, exist_ok=True)
        self.workdir = workdir
        self.hosts = [f"node{number}" for number in range(hosts)]
        self._meter = workdir / "meter.jsonl"
        self._environment = {
            **ansible_environment(workdir, collections=ROOT),
            "METERED_PYTHON": sys.executable,
            "METER_FILE": str(self._meter),
            **(settings or {}),
        }
        if more_collections is not None:
            self._environment["ANSIBLE_COLLECTIONS_PATH"] += os.pathsep + str(more_collections)
        self._write("inventory.json", {"all": {"hosts": {name: self._host(name) for name in self.hosts}}})

    def _host(self, name: str) -> dict[str, str]:
        return {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "config_dir": str(self.workdir / "etc" / name)}

    def _write(self, name: str, content: Any) -> Path:
        path = self.workdir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    def set_variables(self, everywhere: Mapping[str, Any], own: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Put variables where users have them: beside the inventory, for all hosts and for single ones."""
        self._write("group_vars/all.json", everywhere)
        for name, variables in (own or {}).items():
            self._write(f"host_vars/{name}.json", variables)

    def play(self, tasks: Sequence[Mapping[str, Any]] = (), *, metered: bool = False, **keywords: Any) -> Usage:
        """Run one play. Raises CommandFailed. Metered, the modules' part of it is known afterwards (see `targets`)."""
        self._meter.unlink(missing_ok=True)
        play: Play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks), **keywords}
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *("-i", str(self.workdir / "inventory.json")),
            *(["-e", f"ansible_python_interpreter={HERE / 'metered_python'}"] if metered else []),
            str(self._write("playbook.json", [play])),
        ]
        return run(command, self.workdir / "output.log", self.workdir, self._environment)

    def targets(self) -> list[Usage]:
        """What each module of the last metered play cost on its target, its own Python included."""
        lines = self._meter.read_text(encoding="ascii").splitlines() if self._meter.exists() else []
        return [Usage(**json.loads(line)) for line in lines]
