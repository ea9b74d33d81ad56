# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Agents in namespaces of their own: told, verified, and never taken for one another."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.contained import ContainedAgent
from ansible_collections.registrar.consul.tests.support.agent.registered import assert_registered
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module, write_set

WEB = {"name": "web", "port": 80, "check": {"ttl": "1h"}}
INSIDE = "/consul/config"


class Host:
    """Starts agents of this machine and of containers on it, and ends them after the test."""

    def __init__(self, root: Path, agents: ExitStack) -> None:
        self._root = root
        self._agents = agents
        self._count = 0

    def agent(self, **options: Any) -> ConsulAgent:
        return self._agents.enter_context(ConsulAgent(self._next(), **options))

    def container(self, *namespaces: str, elsewhere: bool = False, **options: Any) -> ContainedAgent:
        """With elsewhere it has a root of its own, where the config-dir is called another way."""
        root = self._next()
        if elsewhere:
            options.update(own_root=True, reads=options.get("reads", INSIDE))
            options["mounts"] = {INSIDE: str(root / "consul.d"), **options.get("mounts", {})}
        return self._agents.enter_context(ContainedAgent(root, namespaces=namespaces, **options))

    def _next(self) -> Path:
        self._count += 1
        return self._root / f"agent-{self._count}"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    # Users of containers have to get at their directories.
    for path in (tmp_path, *tmp_path.parents):
        if not path.stat().st_mode & stat.S_IXOTH:
            path.chmod(path.stat().st_mode | stat.S_IXOTH)
    with ExitStack() as agents:
        yield Host(tmp_path, agents)


def reload(agent: ConsulAgent, **options: Any) -> dict[str, Any]:
    return run_module("agent_reload", config_dir=str(agent.config_dir), **options)


def signals(agent: ConsulAgent) -> int:
    return agent.log().count("signal=hangup")


KINDS = {
    "pid": (("pid",), {}),
    "pid and another path": (("pid", "mnt"), {"elsewhere": True}),
    "pid, another path and a network": (("pid", "mnt", "net"), {"elsewhere": True}),
    "rootless": (("user", "pid", "mnt", "net"), {"elsewhere": True}),
    "rootless, as a user": (("user", "pid", "mnt", "net"), {"elsewhere": True, "user": 100}),
    "mounts as of a unit of systemd's": (("mnt",), {}),
}


@pytest.mark.parametrize(("namespaces", "options"), KINDS.values(), ids=KINDS)
def test_an_agent_in_a_container_is_told_and_verified(host: Host, namespaces: tuple[str, ...], options: dict[str, Any]) -> None:
    agent = host.container(*namespaces, **options)
    write_set(agent.config_dir, [WEB])
    result = reload(agent, require_agent=True)
    assert not result.get("failed"), result["msg"]
    assert (result["changed"], result["verified"], result["verified_by"], result["method"]) == (True, True, "api", "signal")
    assert result["agent"]["pid"] == agent.pid
    assert_registered(agent, [WEB])
    assert signals(agent) == 1
    assert reload(agent)["changed"] is False
