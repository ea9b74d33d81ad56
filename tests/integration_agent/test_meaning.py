# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every agent takes and what cannot work: each claim of the rules about it, proved on a real agent."""

from __future__ import annotations

import copy
import json
import socket
import struct
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import contains
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.ports import ReservedPorts
from ansible_collections.registrar.consul.tests.support.definitions.endpoints import checks
from ansible_collections.registrar.consul.tests.support.definitions.pasted import PASTED
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play

VERSION = consul_version(consul_binary())
# What checks say that have reached something, though it speaks neither gRPC nor HTTP/2.
REACHED = ("connection closed", "use of closed", "frame too large", "server preface", "EOF", "reset by peer")


# Checks that can never pass


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def answering() -> Iterator[int]:
    """A port of loopback at which something answers HTTP, and each datagram."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
    echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    echo.bind(server.server_address)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    threading.Thread(target=_echo, args=(echo,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        echo.close()


def _echo(echo: socket.socket) -> None:
    while True:
        try:
            data, sender = echo.recvfrom(1000)
            echo.sendto(data, sender)
        except OSError:
            return


@pytest.mark.slow
def test_a_check_passes_where_we_say_nothing_and_fails_where_we_do() -> None:
    types = ["http", "tcp", "grpc", "args", *(["h2ping"] if VERSION >= (1, 11, 0) else []), *(["udp"] if VERSION >= (1, 13, 3) else [])]
    with answering() as port, ConsulAgent(enable_local_script_checks=True) as agent:
        table = {f"c{number}": entry for number, entry in enumerate(checks(tuple(types), port))}
        run = {"interval": "1s", "timeout": "900ms", "status": "warning"}
        plain = {"h2ping_use_tls": False}
        wanted = [{"id": name, **check, **run, **(plain if "h2ping" in check else {})} for name, (check, _wrong) in table.items()]
        agent.write("services.json", {"service": {"name": "web", "checks": wanted}})
        agent.reload()
        agent.wait_until(lambda: all(check["Status"] != "warning" for check in agent.checks().values()), "has checks that never ran")

        for name, ran in agent.checks().items():
            check, wrong = table[name]
            reached = ran["Status"] == "passing" or any(words in ran["Output"] for words in REACHED)
            # Newer agents refuse brackets around an IPv4 address, which URLs of old ones could have.
            assert reached == (not wrong), f"{check}: {ran['Status']} {ran['Output']}"


# Addresses that nobody can reach


ADDRESSES = {
    "10.0.0.1": True,
    "10.0.0.1:80": False,
    "300.1.1.1": False,
    "http://10.0.0.1": False,
    "10.0.0.0/24": False,
    " 10.0.0.1": False,
    "[::1]": False,
    "10.0.0.1,10.0.0.2": False,
    "/run/web.sock": False,
    '{{ GetInterfaceIP "lo" }}': False,
    "{{ host }}": False,
}


@pytest.mark.slow
def test_whoever_asks_for_an_address_gets_none_where_we_say_so() -> None:
    services = [{"name": f"a{number}", "address": address} for number, address in enumerate(ADDRESSES)]
    found = judge_services(services)
    with ConsulAgent(config={"ports": {"dns": (dns := ReservedPorts(1)).numbers[0]}}) as agent:
        agent.write("services.json", {"services": services})
        agent.reload()
        registered = agent.services()
        agent.wait_until(lambda: len(agent.get("/v1/catalog/services")) > len(services), "has not told the catalog")

        for number, (address, fine) in enumerate(ADDRESSES.items()):
            # As it was written: agents expand no template here.
            assert registered[f"a{number}"]["Address"] == address
            assert bool(addresses_of(f"a{number}.service.consul", dns.numbers[0])) == fine, address
            assert (not found[number].findings) == fine, address
    dns.release()


def addresses_of(name: str, port: int) -> list[str]:
    """Ask the agent's DNS for the IPv4 addresses of a name."""
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0" + struct.pack("!HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(20)
        asking.sendto(struct.pack("!HHHHHH", 1, 0, 1, 0, 0, 0) + question, ("127.0.0.1", port))
        answer = asking.recv(4096)
    found, rest = [], answer[12 + len(question) :]
    for _number in range(struct.unpack("!H", answer[6:8])[0]):
        rest = rest[2:] if rest[0] >= 0xC0 else rest[rest.index(0) + 1 :]
        kind, _class, _ttl, length = struct.unpack("!HHIH", rest[:10])
        if kind == 1:
            found.append(socket.inet_ntoa(rest[10 : 10 + length]))
        rest = rest[10 + length :]
    return found


# Nulls


def blocks(field: Field, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Field]]:
    """Every block of a service that the agent knows."""
    for name, child in field.properties.items():
        if child.type in ("object", "array") and not contains(child.missing, VERSION):
            yield (*place, name), child
            yield from blocks(child, (*place, name))


@pytest.mark.slow
def test_a_null_has_two_readings_where_an_empty_block_registers_something() -> None:
    with ConsulAgent() as agent:

        def registered(value: Any, place: tuple[str, ...]) -> set[str] | None:
            service: dict[str, Any] = {"name": "web", "port": 80}
            if place[0] == "proxy":
                service.update(kind="connect-proxy", proxy={"destination_service_name": "x"})
            holder = service
            for step in place[:-1]:
                holder = holder.setdefault(step, {"ttl": "30s"} if step == "check" else {})
            holder[place[-1]] = value
            agent.write("services.json", {"service": service})
            if agent.request("PUT", "/v1/agent/reload").status != 200:
                return None
            return {*agent.services(), *agent.checks()}

        for place, field in blocks(service_field()):
            if place == ("proxy",):
                continue
            absent = registered(None, place)
            empty = registered({} if field.type == "object" else [], place)
            assert absent is not None, place
            # An empty block that is refused means nothing.
            assert (empty is not None and empty != absent) == bool(field.annotation("x-empty")), place


# Words of other tools


@pytest.mark.slow
def test_agents_refuse_the_words_of_other_tools_and_take_what_we_say_instead() -> None:
    with ConsulAgent(enable_local_script_checks=True) as agent:
        for service, _hints in PASTED:
            agent.write("services.json", {"service": service})
            assert agent.request("PUT", "/v1/agent/reload").status != 200, service

            (judged,) = judge_services([copy.deepcopy(service)])
            # On older agents than a field that the hint names there is nothing else to say.
            if not any(error["rule"] == "field-too-new" for error in verdict(judged.findings, VERSION).errors):
                agent.write("services.json", {"service": judged.definition})
                agent.reload()


@pytest.mark.slow
@pytest.mark.parametrize("entry", [{"service": {"name": "web"}}, {"services": [{"name": "web"}]}])
def test_agents_refuse_a_whole_file_in_place_of_a_definition(entry: dict[str, Any]) -> None:
    with ConsulAgent() as agent:
        agent.write("services.json", {"services": [entry]})

        assert "invalid config key" in agent.request("PUT", "/v1/agent/reload").text


# Names that lead nowhere


PROXY = {"name": "p", "kind": "connect-proxy", "port": 21000}
DANGLING = [
    {"name": "copy", "check": {"alias_service": "nobody"}},
    {**PROXY, "id": "p1", "proxy": {"destination_service_name": "wbe", "local_service_port": 80}},
    {**PROXY, "id": "p2", "port": 21001, "proxy": {"destination_service_name": "web", "destination_service_id": "web-2"}},
]
CHECK = {"id": "outside", "name": "outside", "alias_service": "nobody"}
RULES = ["alias-service-known", "destination-name-known", "destination-id-known"]


@pytest.mark.slow
def test_what_leads_nowhere_finds_nothing_at_the_agent() -> None:
    with ConsulAgent() as agent:
        agent.write("services.json", {"services": [{"name": "web", "id": "web-1", "port": 80}, *DANGLING], "checks": [CHECK]})
        agent.reload()
        for name in ("service:copy", "outside"):
            agent.wait_until(lambda name=name: agent.checks()[name]["Output"] != "", "has not looked at the alias")
            alias = agent.checks()[name]
            assert (alias["Status"], "could not be found" in alias["Output"]) == ("critical", True)
        agent.wait_until(lambda: bool(agent.get("/v1/health/connect/wbe")), "has no proxy of wbe in the catalog")
        # The proxy that is meant for web is not found by those who ask for web, only the one whose instance does not exist.
        assert [entry["Service"]["ID"] for entry in agent.get("/v1/health/connect/web")] == ["p2"]
        bootstrap = [str(agent.binary), "connect", "envoy", "-bootstrap", "-sidecar-for", "web-1", "-http-addr", agent.http_addr]
        told = subprocess.run(bootstrap, capture_output=True, text=True, check=False)
        assert "No sidecar proxy registered for web-1" in told.stdout + told.stderr


def test_names_are_looked_for_in_the_set_then_the_directory_then_at_the_agent(tmp_path: Path) -> None:
    with ConsulAgent(mode="server") as agent:
        agent.write("foreign.json", {"service": {"name": "of-a-file", "port": 1}})
        agent.reload()
        agent.register({"Name": "of-the-api", "Port": 2})

        def task(name: str, services: list[Any], **options: Any) -> dict[str, Any]:
            arguments = {"config_dir": str(agent.config_dir), "services": services, **options}
            return {"name": name, "registrar.consul.service_definitions": arguments, "ignore_errors": True}

        known = [{"name": f"copy-{name}", "check": {"alias_service": name}} for name in ("of-a-file", "of-the-api", "copy-of-a-file")]
        leaving = [{"name": "copy", "check": {"alias_service": "copy-of-a-file"}}]
        result = run_playbook(
            tmp_path,
            tasks_play(
                task("strict", DANGLING, strict=True),
                task("silenced", DANGLING, silence=RULES),
                task("warned", [*DANGLING, {"name": "one-more"}], checks=[CHECK]),
                {"name": "audited", "registrar.consul.service_definition_info": {"config_dir": str(agent.config_dir)}},
                task("known", known, strict=True),
                {"registrar.consul.agent_reload": {"config_dir": str(agent.config_dir), "http_addr": agent.http_addr}},
                task("leaving", leaving),
            ),
        ).ok()

        assert [error["rule"] for error in result.task("strict").result["errors"]] == RULES
        assert result.task("silenced").result["rule_warnings"] == []
        warned = result.task("warned").result
        assert [(warning["rule"], warning["path"]) for warning in warned["rule_warnings"]] == [
            (RULES[0], "services[0] (copy) → check.alias_service"),
            (RULES[1], "services[1] (p1) → proxy.destination_service_name"),
            (RULES[2], "services[2] (p2) → proxy.destination_service_id"),
            (RULES[0], "checks[0] (outside) → alias_service"),
        ]
        audited = [finding for finding in result.task("audited").result["findings"] if finding["rule"] in RULES]
        assert sorted(finding["path"] for finding in audited) == [
            "services-default.json → checks[0] → alias_service",
            "services-default.json → services[0] (copy) → check.alias_service",
            "services-default.json → services[2] (p1) → proxy.destination_service_name",
            "services-default.json → services[3] (p2) → proxy.destination_service_id",
        ]
        assert {finding["message"] for finding in audited} == {warning["message"] for warning in warned["rule_warnings"]}
        assert warned["rule_warnings"][0]["message"] == (
            'no service of the node has the id "nobody"; the check has nothing to copy, and stays critical.'
        )
        assert result.task("known").result["changed"] is True
        # The agent has it still, from the file that is about to change.
        assert [warning["rule"] for warning in result.task("leaving").result["rule_warnings"]] == RULES[:1]
        assert json.loads((agent.config_dir / "foreign.json").read_text(encoding="utf-8"))
