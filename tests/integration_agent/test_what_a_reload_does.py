# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line of the page What a reload does, asked of a real agent: what it keeps, loses, moves and starts anew.

Reloads are the agent's own, without the collection, unless a test is about what a play does.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.overridden import catalog, tags, taken_over
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, register

TTL = {"ttl": "1h", "status": "passing"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the handler of a watch leaves a line each time that it runs."""
    return tmp_path_factory.mktemp("watch") / "runs"


@pytest.fixture(scope="module")
def shared_agent(tmp_path_factory: pytest.TempPathFactory, watched: Path) -> Iterator[ConsulAgent]:
    handler = ["/bin/sh", "-c", f"cat > /dev/null; echo run >> {watched}"]
    watch = {"type": "key", "key": "watched", "args": handler}
    config = {"connect": {"enabled": True}, "watches": [watch]}
    with ConsulAgent(tmp_path_factory.mktemp("agent"), mode="server", config=config) as agent:
        yield agent


@pytest.fixture
def agent(shared_agent: ConsulAgent) -> ConsulAgent:
    """With nothing but what the test gives it."""
    for file in shared_agent.config_dir.glob("*.json"):
        file.unlink()
    shared_agent.reload()
    for key in shared_agent.services():
        shared_agent.put(f"/v1/agent/service/deregister/{key}")
    for key in shared_agent.checks():
        shared_agent.put(f"/v1/agent/check/deregister/{key}")
    shared_agent.wait_until(lambda: set(catalog(shared_agent)) == {"consul"}, "does not tell the servers")
    return shared_agent


def state(agent: ConsulAgent, check: str) -> tuple[str, str]:
    found = agent.checks()[check]
    return found["Status"], found["Output"]


@contextlib.contextmanager
def http_server(answers: list[int]) -> Iterator[tuple[int, list[int]]]:
    """One that gives the last of these answers, and those that it has given."""
    asked: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(answers[-1])
            self.send_response(answers[-1])
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], asked
        finally:
            server.shutdown()


# Kept


def test_states_and_outputs_of_checks_stay(agent: ConsulAgent) -> None:
    """Of services, of the node, and of checks that came through the API, one of them for a service of a file."""
    agent.write("a.json", {"services": [{"name": "web", "check": TTL}], "checks": [{"name": "disk", "ttl": "1h"}]})
    agent.reload()
    agent.put("/v1/agent/check/register", {"Name": "lag", "TTL": "1h", "ServiceID": "web"})
    agent.put("/v1/agent/check/warn/service:web?note=slow")
    agent.put("/v1/agent/check/pass/disk?note=empty")
    agent.put("/v1/agent/check/fail/lag?note=far")
    before = {key: state(agent, key) for key in ("service:web", "disk", "lag")}
    agent.reload()
    assert {key: state(agent, key) for key in ("service:web", "disk", "lag")} == before
    assert before == {"service:web": ("warning", "slow"), "disk": ("passing", "empty"), "lag": ("critical", "far")}


def test_sessions_and_their_locks_stay(agent: ConsulAgent) -> None:
    agent.write("a.json", {"service": {"name": "web", "check": {**TTL, "id": "held"}}})
    agent.reload()
    agent.wait_until(lambda: "held" in str(agent.get("/v1/health/checks/web")), "does not tell the servers of the check")
    session = agent.request("PUT", "/v1/session/create", {"Checks": ["serfHealth", "held"]}).json()["ID"]
    assert agent.put(f"/v1/kv/lock?acquire={session}", "mine") == "true"
    agent.write("b.json", {"service": {"name": "other"}})
    agent.reload()
    agent.wait_until(lambda: "other" in catalog(agent), "does not tell the servers")
    assert agent.get("/v1/kv/lock")[0]["Session"] == session
    agent.put(f"/v1/session/destroy/{session}")


def test_maintenance_stays(agent: ConsulAgent) -> None:
    agent.write("a.json", {"service": {"name": "web"}})
    agent.reload()
    agent.put("/v1/agent/service/maintenance/web?enable=true&reason=disk")
    agent.put("/v1/agent/maintenance?enable=true&reason=move")
    agent.reload()
    assert state(agent, "_service_maintenance:web") == ("critical", "")
    assert agent.checks()["_service_maintenance:web"]["Notes"] == "disk"
    assert agent.checks()["_node_maintenance"]["Notes"] == "move"
    agent.put("/v1/agent/maintenance?enable=false")


def test_services_of_the_api_stay_where_there_is_a_data_dir(agent: ConsulAgent, start_agent: Callable[..., ConsulAgent]) -> None:
    service = {"Name": "api", "Port": 1, "Check": {"TTL": "1h"}}
    agent.register(service)
    agent.put("/v1/agent/check/pass/service:api?note=well")
    agent.reload()
    assert (agent.services()["api"]["Port"], state(agent, "service:api")) == (1, ("passing", "well"))
    forgetful = start_agent(mode="dev")
    forgetful.register(service)
    forgetful.reload()
    assert (forgetful.services(), forgetful.checks()) == ({}, {})


def test_exposed_ports_stay_while_no_others_come_or_go(agent: ConsulAgent) -> None:
    """Agents tell them of the check since 1.12.9 at the latest; 1.8.7 tells them nowhere."""
    for number, name in enumerate("mno"):
        agent.write(f"{name}.json", {"service": exposing(name, number + 1)})
    agent.reload()
    before = exposed(agent)
    assert len(before) == (3 if consul_version(agent.binary) >= (1, 12, 0) else 0)
    agent.write("a.json", {"service": {"name": "other"}})
    for _time in range(3):
        agent.reload()
        assert exposed(agent) == before


def exposing(name: str, port: int) -> dict[str, Any]:
    """A service whose sidecar lets the agent get at its check."""
    check = {"http": f"http://127.0.0.1:{port}/", "interval": "1h"}
    sidecar = {"port": 20000 + port, "proxy": {"expose": {"checks": True}}}
    return {"name": name, "port": port, "check": check, "connect": {"sidecar_service": sidecar}}


def exposed(agent: ConsulAgent) -> dict[str, int]:
    return {key: check["ExposedPort"] for key, check in agent.checks().items() if check.get("ExposedPort")}


def test_connections_through_a_running_proxy_stay(agent: ConsulAgent) -> None:
    """Those of the proxy that consul itself brings, which asks the agent for its configuration all the time."""

    class Echo(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            while data := self.request.recv(100):
                self.request.sendall(data)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as server, contextlib.ExitStack() as stack, socket.socket() as taken:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.close()
        upstreams = {"proxy": {"upstreams": [{"destination_name": "db", "local_bind_port": port}]}}
        services = [
            {"name": "db", "port": server.server_address[1], "connect": {"sidecar_service": {}}},
            {"name": "web", "port": 1, "connect": {"sidecar_service": upstreams}},
        ]
        agent.write("m.json", {"services": services})
        agent.reload()
        for name in ("db", "web"):
            command = [str(agent.binary), "connect", "proxy", "-sidecar-for", name, "-http-addr", agent.http_addr]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait)
            stack.callback(process.kill)

        def through() -> socket.socket | None:
            connection = socket.create_connection(("127.0.0.1", port), 2)
            try:
                if said(connection, b"hello") == b"hello":
                    return connection
            except OSError:
                pass
            connection.close()
            return None

        connections: list[socket.socket] = []
        agent.wait_until(lambda: bool(connections) or bool((found := through()) and not connections.append(found)), "connects nobody")
        agent.write("z.json", {"service": {"name": "other"}})
        for _time in range(5):
            agent.reload()
        with connections[0] as connection:
            assert said(connection, b"still") == b"still"
        again = through()
        assert again is not None
        again.close()


def said(connection: socket.socket, data: bytes) -> bytes:
    connection.settimeout(10)
    connection.sendall(data)
    return connection.recv(100)


# Lost


def test_what_the_api_did_to_services_of_files_is_undone(agent: ConsulAgent) -> None:
    agent.write("a.json", {"services": [{"name": "one", "port": 1}, {"name": "two", "port": 2}]})
    agent.reload()
    agent.put("/v1/agent/service/deregister/one")
    agent.register({"Name": "two", "Port": 22})
    assert {key: service["Port"] for key, service in agent.services().items()} == {"two": 22}
    agent.reload()
    assert {key: service["Port"] for key, service in agent.services().items()} == {"one": 1, "two": 2}


def test_overridden_tags_are_lost(agent: ConsulAgent) -> None:
    """Once the agent knows of them. With a play they stay: test_overridden_tags.py."""
    agent.write("a.json", {"service": {"name": "db", "tags": ["file"], "enable_tag_override": True}})
    agent.reload()
    taken_over(agent, ["active"], "db", settled=True)
    agent.reload()
    agent.wait_until(lambda: tags(agent, "db") == ["file"], "has other tags")
    assert agent.services()["db"]["Tags"] == ["file"]


# Moved


def test_ports_that_agents_choose_move_and_a_play_says_so(agent: ConsulAgent) -> None:
    agent.write("m.json", {"service": {"name": "web", "port": 1, "meta": {"a": "b"}, "connect": {"sidecar_service": {}}}})
    agent.reload()
    assert agent.services()["web-sidecar-proxy"]["Port"] == 21000
    agent.write("a.json", {"service": {"name": "aaa", "port": 2, "connect": {"sidecar_service": {}}}})
    agent.write("m.json", {"service": {"name": "web", "port": 1, "meta": {"a": "c"}, "connect": {"sidecar_service": {"meta": {"a": "b"}}}}})
    # Ours has nothing to do with them.
    module_result, failure = register(agent.config_dir, bundle([{"name": "mine", "port": 3}]), http_addr=agent.http_addr)
    assert failure is None
    disturbed = module_result["reload"]["disturbed"]
    moved = [entry for entry in disturbed if not entry["check"]]
    assert moved == [
        {"service": "web", "check": "", "field": "meta.a", "before": "b", "after": "c"},
        {"service": "web-sidecar-proxy", "check": "", "field": "port", "before": 21000, "after": 21001},
    ]
    assert {entry["service"] for entry in disturbed} == {"web", "web-sidecar-proxy"}


def test_where_exposed_ports_move_a_play_says_so(agent: ConsulAgent) -> None:
    """They are given out anew, in no order: whether one moves is a matter of chance, and so all are compared."""
    for number, name in enumerate("mno"):
        agent.write(f"{name}.json", {"service": exposing(name, number + 1)})
    agent.reload()
    for ours in ([exposing("a", 10), exposing("p", 11)], [exposing("p", 11)], []):
        before = exposed(agent)
        result, failure = register(agent.config_dir, bundle(ours or [{"name": "web"}]), http_addr=agent.http_addr)
        assert failure is None
        said = {entry["check"]: (entry["before"], entry["after"]) for entry in result["reload"]["disturbed"]}
        after = exposed(agent)
        assert said == {key: (before[key], after[key]) for key in before.keys() & after.keys() if before[key] != after[key]}


# Begun anew


def test_the_time_of_a_ttl_begins_anew(agent: ConsulAgent) -> None:
    # Eight times as long as the pause between two reloads: a busy machine may stretch that.
    agent.write("a.json", {"service": {"name": "web", "check": {"ttl": "4s", "status": "passing"}}})
    agent.reload()
    began = time.monotonic()
    while time.monotonic() - began < 6:
        time.sleep(0.5)
        agent.reload()
        assert state(agent, "service:web")[0] == "passing"
    agent.wait_until(lambda: state(agent, "service:web")[0] == "critical", "has a check that never expires", 12)


def test_no_check_runs_at_once(agent: ConsulAgent) -> None:
    with http_server([200]) as (port, asked):
        check = {"http": f"http://127.0.0.1:{port}/", "interval": "1h", "status": "passing"}
        agent.write("a.json", {"service": {"name": "web", "check": check}})
        for _time in range(3):
            agent.reload()
        time.sleep(1)
        assert asked == []


def test_what_was_counted_of_results_is_forgotten(agent: ConsulAgent) -> None:
    """success_before_passing, failures_before_critical: a check that was just loaded goes by its first result alone."""
    answers = [500]
    with http_server(answers) as (port, asked):
        check = {"http": f"http://127.0.0.1:{port}/", "interval": "1s", "success_before_passing": 4}
        agent.write("a.json", {"service": {"name": "web", "check": check}})
        agent.reload()
        agent.wait_until(lambda: len(asked) >= 1, "does not check")
        answers.append(200)
        agent.wait_until(lambda: asked.count(200) == 2, "does not check")
        assert state(agent, "service:web")[0] == "critical"
        agent.reload()
        agent.wait_until(lambda: state(agent, "service:web")[0] == "passing", "never passes")
        assert asked.count(200) == 3


@pytest.mark.slow
def test_the_time_until_a_critical_service_is_removed_begins_anew(start_agent: Callable[..., ConsulAgent]) -> None:
    """With the next result of the check. Agents wait a minute at least, and look every 30 seconds."""
    agent = start_agent(mode="server")
    agent.write("a.json", {"service": {"name": "web", "check": {"ttl": "2s", "deregister_critical_service_after": "1m"}}})
    agent.reload()
    began = time.monotonic()
    time.sleep(50)
    agent.reload()
    while time.monotonic() - began < 105:
        time.sleep(1)
        assert "web" in agent.services()
    agent.wait_until(lambda: "web" not in agent.services(), "never removes it", 60)


def test_handlers_of_watches_run_again(agent: ConsulAgent, watched: Path) -> None:
    agent.put("/v1/kv/watched", "x")
    agent.wait_until(watched.exists, "does not run the handler")
    time.sleep(0.5)
    before = len(watched.read_text().splitlines())
    agent.reload()
    agent.wait_until(lambda: len(watched.read_text().splitlines()) > before, "does not run the handler again", 10)
