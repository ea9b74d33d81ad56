# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roll-out on a cluster, host by host, with real applications: it stops where one does not become healthy, and that host is as before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.application import Application
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, register

NAMES = ("host-a", "host-b", "host-c")
WRITE = "Write the service definitions"


class Host:
    """An agent of the cluster, and the application that it looks after."""

    def __init__(self, agent: ConsulAgent, application: Application) -> None:
        self.agent = agent
        self.application = application

    @property
    def file(self) -> Path:
        return self.agent.config_dir / "services-shop.json"

    @property
    def release(self) -> str:
        return str(self.agent.services()["web"]["Meta"]["release"])

    def is_passing(self) -> bool:
        return bool(self.agent.checks()["service:web"]["Status"] == "passing")


class Cluster:
    """A server and two agents that have joined it."""

    def __init__(self, hosts: dict[str, Host], workdir: Path) -> None:
        self.hosts = hosts
        self._workdir = workdir

    def begin(self, release: str) -> None:
        """Have a release on all hosts, by a way that takes less time."""
        for host in self.hosts.values():
            service = host.application.service(meta={"release": release}, check={"status": "passing"})
            files = bundle([service], host.file.name)
            _result, failure = register(host.agent.config_dir, files, owner="set:shop", http_addr=host.agent.http_addr)
            assert failure is None

    def roll_out(self, release: str, path: str = "/health", **more: Any) -> PlaybookResult:
        """Run the role, host by host."""
        play = {
            "hosts": "all",
            "gather_facts": False,
            "serial": 1,
            "any_errors_fatal": True,
            "roles": ["registrar.consul.consul_services"],
        }
        check = {"http": f"http://127.0.0.1:{{{{ port }}}}{path}", "interval": "1s", "timeout": "1s"}
        variables = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "consul_services_set": "shop",
            "consul_services_definitions": [{"name": "web", "port": "{{ port }}", "meta": {"release": release}, "check": check}],
            **more,
        }
        own = {
            name: {
                "port": host.application.port,
                "consul_services_config_dir": str(host.agent.config_dir),
                "consul_services_http_addr": host.agent.http_addr,
            }
            for name, host in self.hosts.items()
        }
        return run_playbook(self._workdir, [play], inventory={"all": {"hosts": own, "vars": variables}})

    @contextmanager
    def watched(self) -> Iterator[list[tuple[str, set[str]]]]:
        """What the catalog of each agent has for whoever asks for healthy instances, all the time: (agent, nodes)."""
        answers: list[tuple[str, set[str]]] = []
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.02):
                for name, host in self.hosts.items():
                    instances = host.agent.get("/v1/health/service/web?passing")
                    answers.append((name, {instance["Node"]["Node"] for instance in instances}))

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield answers
        finally:
            over.set()
            thread.join()


@pytest.fixture
def cluster(start_agent: Callable[..., ConsulAgent], tmp_path: Path) -> Iterator[Cluster]:
    with ExitStack() as applications:
        # The first one has the name that the fixture asks every catalog for.
        server = start_agent(mode="server")
        joined = {"server": False, "bootstrap": False, "retry_join": [server.member_address], "retry_interval": "1s"}
        agents = [server, *(start_agent(mode="server", config={**joined, "node_name": name}) for name in NAMES[1:])]
        hosts = {name: Host(agent, applications.enter_context(Application())) for name, agent in zip(NAMES, agents, strict=True)}
        yield Cluster(hosts, tmp_path / "run")


def test_a_bad_path_and_an_application_that_dies(cluster: Cluster) -> None:
    a, b, c = cluster.hosts.values()
    cluster.begin("1")
    a.agent.wait_until(lambda: len(a.agent.get("/v1/health/service/web?passing")) == len(NAMES), "lacks instances in the catalog")

    # A path that nobody answers: it stops at the first host, which is as before.
    before = {name: (host.file.read_bytes(), host.file.stat().st_mtime_ns) for name, host in cluster.hosts.items()}
    with cluster.watched() as answers:
        stopped = cluster.roll_out("2", "/helth", consul_services_wait_healthy=4)

    (failure,) = stopped.failed
    assert failure.host == "host-a"
    assert "1 of 1 checks was not healthy 4 seconds later. The files are as they were before" in failure.msg
    assert "404 Not Found" in stopped.stderr
    assert {task.host for task in stopped.tasks} == {"host-a"}
    assert (a.file.read_bytes(), a.release, a.is_passing()) == (before["host-a"][0], "1", True)
    assert {name: (host.file.read_bytes(), host.file.stat().st_mtime_ns) for name, host in list(cluster.hosts.items())[1:]} == {
        name: before[name] for name in NAMES[1:]
    }
    assert len(answers) > 100
    assert all({"host-b", "host-c"} <= nodes for _agent, nodes in answers)

    # One that needs its time to start is waited for; one that dies in the middle stops the rest.
    a.application.stop()
    a.application.later(4.0, a.application.start)
    threading.Thread(target=die_with, args=(b, "3"), daemon=True).start()
    stopped = cluster.roll_out("3", consul_services_wait_healthy=12)

    assert [failure.host for failure in stopped.failed] == ["host-b"]
    assert stopped.task(WRITE, "host-a").result["reload"]["healthy"]
    assert "connection refused" in stopped.stderr
    assert (a.release, a.is_passing()) == ("3", True)
    assert (b.release, b.file.read_bytes()) == ("1", before["host-b"][0])
    assert (c.release, c.file.stat().st_mtime_ns) == ("1", before["host-c"][1])


def die_with(host: Host, release: str) -> None:
    """End the application as soon as its agent has the release."""
    while host.release != release:
        time.sleep(0.05)
    host.application.stop()


@pytest.mark.slow
def test_the_next_batch_goes_on_where_the_roll_out_stopped(cluster: Cluster) -> None:
    a, b, _c = cluster.hosts.values()
    cluster.begin("1")
    b.application.stop()
    assert [failure.host for failure in cluster.roll_out("2", consul_services_wait_healthy=3).failed] == ["host-b"]

    b.application.start()
    result = cluster.roll_out("2", consul_services_wait_healthy=20).ok()

    assert [host.release for host in cluster.hosts.values()] == ["2", "2", "2"]
    assert "reload" not in result.task(WRITE, "host-a").result, "what has not changed is not waited for"
    assert a.is_passing()
