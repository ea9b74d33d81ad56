# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role with its default options, and agents in containers of a real engine: `make engine` brings it and runs these."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.podman import FIRST_ID, USER, Podman, PodmanAgent
from ansible_collections.registrar.consul.tests.support.agent.ports import ReservedPorts
from ansible_collections.registrar.consul.tests.support.agent.registered import assert_registered
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module, write_set
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook

pytestmark = [pytest.mark.engine]
WEB = {"name": "web", "port": 80, "check": {"ttl": "1h"}}
Start = Callable[..., PodmanAgent]


@pytest.fixture
def start(request: pytest.FixtureRequest) -> Iterator[Start]:
    """Starts agents with the options of ``podman run``."""
    # Users without rights have to get at their directories, and pytest closes its own to everybody else.
    with tempfile.TemporaryDirectory(prefix="registrar-consul-") as folder, ExitStack() as agents:
        root = Path(folder)
        root.chmod(0o755)
        engines: dict[bool, Podman] = {}

        def started(name: str, *options: str, rootless: bool = False, **rest: Any) -> PodmanAgent:
            if rootless not in engines:
                engines[rootless] = Podman(root / f"podman-{rootless}", rootless=rootless)
                agents.callback(engines[rootless].end)
            agent = PodmanAgent(root / name, engines[rootless], options, **rest)
            if rootless:
                for path in (agent.root, *agent.root.rglob("*")):
                    os.chown(path, USER, USER)
            return agents.enter_context(agent)

        yield started


KINDS = {
    "the host's network": (("--network", "host"), False, 0),
    "the host's network, as the image's user": (("--network", "host", "--user", "100:1000"), False, 1000),
    "a network of its own": (("--network", "none"), False, 0),
    "rootless": (("--network", "none"), True, USER),
    "rootless, as the image's user": (("--network", "none", "--user", "100:1000"), True, FIRST_ID + 999),
}


@pytest.mark.parametrize(("options", "rootless", "group"), KINDS.values(), ids=KINDS)
def test_the_role_registers_and_verifies(start: Start, tmp_path: Path, options: tuple[str, ...], rootless: bool, group: int) -> None:
    agent = start("ours", *options, rootless=rootless)
    other = start("other", *options, rootless=rootless)
    for port in (80, 81):
        services = [{**WEB, "port": port}]
        variables = {"consul_services_config_dir": str(agent.config_dir), "consul_services_definitions": services}
        role = {"role": "registrar.consul.consul_services", "vars": variables}
        result = run_playbook(tmp_path, {"hosts": "all", "gather_facts": False, "roles": [role]}).ok()

        reload = result.task("Write the service definitions").result["reload"]
        assert (reload["verified"], reload["verified_by"], reload["method"]) == (True, "api", "signal")
        assert reload["agent"]["pid"] == agent.pid
        assert_registered(agent, services)
    assert (agent.config_dir / "services-default.json").stat().st_gid == group
    assert (other.services(), other.log().count("signal=hangup")) == ({}, 0)


@pytest.mark.parametrize(("user", "mode"), [("0:0", "0640"), ("100:1000", "0644")])
def test_the_user_of_a_rootless_container_asks_it_through_a_published_port(start: Start, user: str, mode: str) -> None:
    """That user may signal it, whoever it is inside, and may neither enter its network nor give a file to its group."""
    with ReservedPorts(1) as ports:
        published = f"127.0.0.1:{ports.numbers[0]}:8500"
        options = ("--network", "slirp4netns", "--publish", published, "--user", user)
        agent = start("ours", *options, rootless=True, http_port=8500, config={"client_addr": "0.0.0.0"})
        as_user = {"through": agent.engine.as_user, "config_dir": str(agent.config_dir)}
        write_set(services=[WEB], mode=mode, **as_user)

        alone = run_module("agent_reload", **as_user)
        told = run_module("agent_reload", http_addr=f"http://127.0.0.1:{ports.numbers[0]}", **as_user)

    assert (alone["method"], alone["verified"]) == ("signal", False)
    assert "which this task may not enter" in alone["reason"]
    assert (told["verified"], told["verified_by"]) == (True, "api")
    assert_registered(agent, [WEB])
