# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of everything that an agent refuses while it loads, and not while it parses: each is found before the agent is told.

What only the servers know is not in it: whether a configuration entry (`config_entries`) contradicts those that they have.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, reload, write

Json = dict[str, Any]
VERSION = consul_version(consul_binary())
EVER: tuple[int, ...] = ()


def service(**fields: Any) -> Json:
    return {"service": {"name": "foreign", "port": 1, **fields}}


def sidecar(**fields: Any) -> Json:
    return service(connect={"sidecar_service": fields})


def check(**fields: Any) -> Json:
    return {"check": {"name": "foreign", **fields}}


def watch(**fields: Any) -> Json:
    return {"watches": [fields]}


SCRIPT = {"args": ["/bin/true"], "interval": "1h"}
# What it is called, what stands in the foreign file, the words of the finding, and the first version that refuses it.
REFUSALS: list[tuple[str, Json, str, tuple[int, ...]]] = [
    ("a service without a name", {"service": {"port": 1}}, "a service without a name", EVER),
    ("a service that is null", {"services": [None]}, "a service without a name", EVER),
    ("a check that is null", {"checks": [None]}, "a check with neither name nor id", EVER),
    ("a check of a service that is null", service(checks=[None]), "a check of no kind", EVER),
    ("no interval", service(check={"http": "http://a/"}), "a check without an interval", EVER),
    ("ttl and interval", service(check={"ttl": "1h", "interval": "1h"}), "of two kinds", EVER),
    ("alias and ttl", service(check={"alias_service": "x", "ttl": "1h"}), "of two kinds", EVER),
    ("no type", service(check={"name": "x"}), "of no kind", EVER),
    ("a container without a program", service(check={"docker_container_id": "x", "interval": "1h"}), "of no kind", EVER),
    ("a negative size", service(check={"ttl": "1h", "output_max_size": -1}), "a negative output_max_size", EVER),
    ("a negative size in a sidecar", sidecar(check={"ttl": "1h", "output_max_size": -1}), "a negative output_max_size", EVER),
    ("thresholds in a sidecar", sidecar(check={"ttl": "1h", "failures_before_warning": 3}), "failures_before_warning above", (1, 11)),
    ("no interval in a sidecar", sidecar(check={"http": "http://a/"}), "(foreign-sidecar-proxy)", EVER),
    ("a script", service(check=SCRIPT), "a check with a script", EVER),
    ("a script in a container", service(check={**SCRIPT, "docker_container_id": "x"}), "a check with a script", EVER),
    ("a script in a sidecar", sidecar(check=SCRIPT), "(foreign-sidecar-proxy)", EVER),
    ("a service of Windows", service(check={"os_service": "x", "interval": "1h"}), "os_service", (1, 14)),
    ("an IPv4 address that is none", service(tagged_addresses={"lan_ipv4": {"address": "::1"}}), "lan_ipv4 that is no IPv4", (1, 7)),
    ("a WAN address that is none", service(tagged_addresses={"wan_ipv4": {"address": "host"}}), "wan_ipv4 that is no IPv4", (1, 7)),
    ("an IPv6 address that is none", service(tagged_addresses={"lan_ipv6": {"address": "10.0.0.1"}}), "lan_ipv6 that is no", (1, 7)),
    ("an empty address", service(tagged_addresses={"lan_ipv4": {"address": ""}}), "lan_ipv4 that is no IPv4", (1, 7)),
    ("an address of a sidecar", sidecar(tagged_addresses={"lan_ipv4": {"address": "::1"}}), "(foreign-sidecar-proxy)", (1, 7)),
    (
        "more sidecars than ports",
        {"services": [{"name": f"s{n}", "connect": {"sidecar_service": {}}} for n in range(3)]},
        "3 sidecars",
        EVER,
    ),
    ("a check of nobody", {"check": {"ttl": "1h"}}, "a check with neither name nor id", EVER),
    ("a check of an unknown service", check(ttl="1h", service_id="nobody"), 'the service "nobody"', EVER),
    ("a check of the node without a type", check(interval="1h"), "of no kind", EVER),
    ("a check of the node without an interval", check(http="http://a/"), "without an interval", EVER),
    ("a check of the node with a script", check(**SCRIPT), "a check with a script", EVER),
    ("no such authority", {"ca_file": "/nowhere.pem"}, "ca_file names /nowhere.pem, which does not exist", EVER),
    ("an authority that is none", {"ca_file": "/proc/version"}, "which holds no certificate", EVER),
    ("no such folder of authorities", {"ca_path": "/nowhere"}, "ca_path names /nowhere, which does not exist", EVER),
    ("no such certificate", {"cert_file": "/nowhere.pem", "key_file": "/nowhere.key"}, "cert_file names /nowhere.pem", EVER),
    ("no such authority for HTTPS", {"tls": {"https": {"ca_file": "/nowhere.pem"}}}, "tls.https.ca_file names", (1, 12)),
    ("verifying without an authority", {"verify_outgoing": True}, "verify_outgoing is set", EVER),
    ("verifying who comes without an authority", {"verify_incoming": True}, "verify_incoming is set", EVER),
    ("a version of TLS that is none", {"tls_min_version": "tls9"}, "tls_min_version is no version", EVER),
    ("a watch without a type", watch(args=["true"]), "watches[0] has no type", EVER),
    ("a watch of an unknown type", watch(type="x", args=["true"]), "is of a type that no agent", EVER),
    ("a watch of the mesh", watch(type="connect_roots", args=["true"]), "is of a type that no agent", EVER),
    ("a watch without a handler", watch(type="services"), "has no handler", EVER),
    ("a watch with two handlers", watch(type="services", args=["true"], handler="true"), "more than one handler", EVER),
    ("a watch of an unknown handler", watch(type="services", handler_type="x", args=["true"]), "has a handler_type", EVER),
    ("a watch by HTTP without a path", watch(type="services", handler_type="http", http_handler_config={}), "has no path", EVER),
    (
        "a watch by HTTP with no duration",
        watch(type="services", handler_type="http", http_handler_config={"path": "http://a/", "timeout": "x"}),
        "that is no duration",
        EVER,
    ),
    ("a watch of no key", watch(type="key", args=["true"]), "has no key", EVER),
    ("a watch of two things", watch(type="checks", service="a", state="passing", args=["true"]), "has both service and state", EVER),
    ("a watch with an unknown key", watch(type="services", args=["true"], zzz=1), "keys that no agent knows: zzz", EVER),
    # Older agents look them up only where they answer DNS, which this one does not.
    ("a resolver that does not exist", {"recursors": ["nowhere.invalid"]}, "recursors names nowhere.invalid", (1, 21)),
    ("snapshots too often", {"raft_snapshot_interval": "1ms"}, "raft_snapshot_interval is below 5ms", (1, 10)),
]
# What looks alike, and is taken by every agent.
TAKEN: list[Json] = [
    service(
        check={"ttl": "1h", "output_max_size": 1}, tagged_addresses={"lan_ipv4": {"address": "::ffff:10.0.0.1"}, "x": {"address": "y"}}
    ),
    service(tagged_addresses={"wan_ipv6": {"address": "10.0.0.1"}}),
    check(ttl="1h", service_id="ours"),
    check(ttl="1h", service_id="from-api"),
    {"services": [{"name": "s", "connect": {"sidecar_service": {}}}, {"name": "p", "connect": {"sidecar_service": {"port": 4000}}}]},
    {"cert_file": "/nowhere.pem"},
    {"ca_file": "", "verify_outgoing": False, "tls_min_version": "tls12"},
    {"recursors": ["127.0.0.1", "127.0.0.1:53", "::1", "[::1]:53"]},
    {"raft_snapshot_interval": "30s"},
    {
        "watches": [
            {"type": "services", "args": "true"},
            {"type": "keyprefix", "prefix": "a/", "handler": "true"},
            {"type": "service", "service": "a", "tag": ["b"], "passingonly": True, "args": ["true"]},
            {"type": "nodes", "handler_type": "http", "http_handler_config": {"path": "http://127.0.0.1:1/", "timeout": "1s"}},
        ]
    },
]


@pytest.fixture(scope="module")
def agent() -> Iterator[ConsulAgent]:
    with ConsulAgent(mode="server", config={"ports": {"sidecar_min_port": 21900, "sidecar_max_port": 21901}}) as running:
        running.register({"Name": "from-api"})
        write(running.config_dir, bundle([{"name": "ours", "port": 80}]))
        assert reload(running.config_dir)[1] is None
        yield running


def some_are_slow(rows: list[tuple[Any, ...]], names: list[str]) -> list[Any]:
    """Each row asks an agent of its own: one in four is in every run, the others where there is time."""
    marks = [() if number % 4 == 0 else (pytest.mark.slow,) for number in range(len(rows))]
    return [pytest.param(*row, id=name, marks=mark) for row, name, mark in zip(rows, names, marks, strict=True)]


@pytest.mark.parametrize(("content", "words", "since"), some_are_slow([entry[1:] for entry in REFUSALS], [entry[0] for entry in REFUSALS]))
def test_it_is_found_before_the_agent_is_told(agent: ConsulAgent, content: Json, words: str, since: tuple[int, ...]) -> None:
    foreign = agent.write("foreign.json", content)
    before, told = agent.services(), agent.log().count("signal=hangup")
    try:
        result, message = reload(agent.config_dir, force=True)
        if since > VERSION and message is None:
            # This agent takes it, or refuses the key, and so loses nothing.
            return
        assert message is not None
        assert message.startswith("The agent was not told to reload.")
        assert [error["path"] for error in result["errors"]] == [str(foreign)] * len(result["errors"])
        assert words in message
        assert agent.log().count("signal=hangup") == told
        assert agent.services() == before
        # The agent is the judge.
        assert agent.request("PUT", "/v1/agent/reload").status == 500
    finally:
        foreign.unlink()
        agent.reload()


def test_files_and_folders_of_tls(agent: ConsulAgent, tmp_path: Path) -> None:
    """Every file in a folder counts, but only where no file is named besides."""
    authority, key, odd, folder = (tmp_path / name for name in ("ca.pem", "key.pem", "folder/below/odd", "folder"))
    command = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=ca")
    subprocess.run([*command, "-keyout", key, "-out", authority], check=True, capture_output=True)
    odd.parent.mkdir(parents=True)
    foreign = agent.write("foreign.json", {"ca_path": str(folder)})

    def refused(words: str) -> None:
        message = reload(agent.config_dir, force=True)[1]
        assert message is not None
        assert words in message
        assert agent.request("PUT", "/v1/agent/reload").status == 500

    try:
        refused(f"ca_path names {folder}, which holds no certificate")
        (folder / "link.pem").symlink_to(authority)
        assert reload(agent.config_dir, force=True)[1] is None
        for target, words in (
            (authority.parent, "is a directory"),
            ("/nowhere", "does not exist"),
            ("/proc/version", "holds no certificate"),
        ):
            odd.symlink_to(target)
            refused(f"ca_path names {folder}, which has below/odd in it, which {words}")
            odd.unlink()
        agent.write("foreign.json", {"ca_file": str(authority), "ca_path": "/nowhere"})
        assert reload(agent.config_dir, force=True)[1] is None
        agent.write("foreign.json", {"cert_file": str(authority), "key_file": str(authority)})
        refused(f"key_file names {authority}, which holds no key")
        for switch in ("verify_incoming_rpc", "verify_incoming_https", "verify_server_hostname"):
            agent.write("foreign.json", {switch: True})
            refused(f"{switch} is set, and there is neither ca_file nor ca_path")
        agent.write("foreign.json", {"verify_incoming": True, "ca_file": str(authority)})
        refused("verify_incoming is set, and there are not both of cert_file and key_file")
        own = {"ca_file": str(authority), "cert_file": str(authority), "key_file": str(key)}
        agent.write("foreign.json", {"verify_incoming": True, "verify_server_hostname": True, **own})
        assert reload(agent.config_dir, force=True)[1] is None
    finally:
        foreign.unlink()
        agent.reload()


def test_it_is_found_wherever_the_agent_reads(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    with ConsulAgent(tmp_path / "agent", arguments=("-config-file", str(outside))) as other:
        write(other.config_dir, bundle([{"name": "ours", "port": 80}]))
        outside.write_text(json.dumps({"service": {"port": 1}, "check": {"name": "c", "service_id": "nobody", "ttl": "1h"}}))
        result, message = reload(other.config_dir)
        assert message is not None
        assert [(error["path"], error["rule"]) for error in result["errors"]] == [
            (str(outside), "half-load"),
            (str(outside), "check-service-known"),
        ]
        # The writer names it as well, unless it comes later.
        outside.write_text("{}")
        write(other.config_dir, bundle([{"name": "ours", "port": 80}]))
        outside.write_text(json.dumps({"service": {"name": "ours", "port": 1}}))
        result, message = reload(other.config_dir)
        assert message is not None
        assert f"service ours: this id is taken by {outside}, which the same agent reads" in message
        assert other.services() == {}


@pytest.mark.parametrize(
    "content", some_are_slow([(content,) for content in TAKEN], [next(iter(content)) + str(number) for number, content in enumerate(TAKEN)])
)
def test_nothing_else_stands_in_the_way(agent: ConsulAgent, content: Json) -> None:
    foreign = agent.write("foreign.json", content)
    try:
        assert reload(agent.config_dir, force=True)[1] is None
    finally:
        foreign.unlink()
        agent.reload()
