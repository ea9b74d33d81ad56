# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to register services that are compared. Each ends when the agent was told to reload and has done so."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.benchmark.controller import Controller
from ansible_collections.registrar.consul.tests.benchmark.definitions import Service
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent

SERVICE_TEMPLATE = """{
  "service": {
    "id": {{ item.id | to_json }},
    "name": {{ item.name | to_json }},
    "port": {{ item.port }},
    "tags": {{ item.tags | to_json }},
    "meta": {{ item.meta | to_json }}
  }
}
"""


class Side(ABC):
    """One way, on one controller, towards one agent."""

    name: str

    def __init__(self, workdir: Path, agent: ConsulAgent) -> None:
        self.agent = agent
        self.controller = Controller(workdir, more_collections=self.collections())

    def collections(self) -> Path | None:
        """Return where further collections are."""
        return None

    def declare(self, services: Sequence[Service]) -> None:
        """Write down what is wanted, as a user would have it before the playbook runs."""
        self.controller.set_variables({"consul_services_definitions": list(services)})

    @abstractmethod
    def apply(self) -> Usage:
        """Run the playbook."""

    def start_up(self) -> Usage:
        """Run a playbook with nothing in it."""
        return self.controller.play()

    def _play(self, *tasks: dict[str, Any]) -> Usage:
        """Run tasks with a handler that has the agent reload, and returns when it has."""
        reload_command = [str(self.agent.binary), "reload", f"-http-addr={self.agent.http_addr}"]
        handler = {"name": "Reload Consul", "ansible.builtin.command": {"argv": reload_command}}
        return self.controller.play([{**task, "notify": "Reload Consul"} for task in tasks], handlers=[handler])


class Role(Side):
    """The role of this collection, with its defaults."""

    name = "role, bundle"
    layout = "bundle"
    reload = "now"

    def apply(self) -> Usage:
        variables = {
            "consul_services_config_dir": str(self.agent.config_dir),
            "consul_services_layout": self.layout,
            "consul_services_reload": self.reload,
        }
        return self.controller.play(roles=[{"role": "registrar.consul.consul_services", "vars": variables}])


class RoleInTwoSteps(Role):
    """The agent is told by a module of its own, at the end of the play."""

    name = "role, bundle, in two steps"
    reload = "later"


class RolePerService(Role):
    name = "role, per_service"
    layout = "per_service"


class RoleUnchecked(Role):
    """The role as an imported one, whose variables Ansible is told not to check against their documentation."""

    name = "role, bundle, unchecked"

    def apply(self) -> Usage:
        role = {"name": "registrar.consul.consul_services", "rolespec_validate": False}
        variables = {"consul_services_config_dir": str(self.agent.config_dir), "consul_services_layout": self.layout}
        return self.controller.play([{"ansible.builtin.import_role": role, "vars": variables}])


class TemplateLoop(Side):
    """One file for each service, from a template."""

    name = "template loop"

    def declare(self, services: Sequence[Service]) -> None:
        super().declare(services)
        (self.controller.workdir / "service.json.j2").write_text(SERVICE_TEMPLATE, encoding="utf-8")

    def apply(self) -> Usage:
        arguments = {
            "src": str(self.controller.workdir / "service.json.j2"),
            "dest": f"{self.agent.config_dir}/{{{{ item.id }}}}.json",
            "mode": "0640",
        }
        return self._play({"ansible.builtin.template": arguments, **_LOOP})


class CopyLoop(Side):
    """One file for each service, from the variables."""

    name = "copy loop"

    def apply(self) -> Usage:
        arguments = {
            "content": "{{ {'service': item} | to_nice_json }}\n",
            "dest": f"{self.agent.config_dir}/{{{{ item.id }}}}.json",
            "mode": "0640",
        }
        return self._play({"ansible.builtin.copy": arguments, **_LOOP})


class OneCopy(Side):
    """One file with all services that something else has made: what it costs at least to bring a file to a host."""

    name = "one copy"

    def declare(self, services: Sequence[Service]) -> None:
        text = json.dumps({"services": list(services)}, indent=2)
        (self.controller.workdir / "prebuilt.json").write_text(text, encoding="utf-8")

    def apply(self) -> Usage:
        source = str(self.controller.workdir / "prebuilt.json")
        return self._play({"ansible.builtin.copy": {"src": source, "dest": f"{self.agent.config_dir}/services.json", "mode": "0640"}})


class ApiLoop(Side):
    """One HTTP call of community.general for each service. There is nothing to reload."""

    name = "consul_agent_service loop"
    # Where the package `ansible` is installed.
    packages: Path

    def collections(self) -> Path | None:
        return self.packages

    def apply(self) -> Usage:
        arguments = {
            "host": "127.0.0.1",
            "port": self.agent.http_port,
            "id": "{{ item.id }}",
            "name": "{{ item.name }}",
            "service_port": "{{ item.port }}",
            "tags": "{{ item.tags }}",
            "meta": "{{ item.meta }}",
        }
        return self.controller.play([{"community.general.consul_agent_service": arguments, **_LOOP}])


_LOOP = {"loop": "{{ consul_services_definitions }}", "loop_control": {"label": "{{ item.id }}"}}
