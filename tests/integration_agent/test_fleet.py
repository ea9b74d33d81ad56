# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as a whole: every planted fault found and nothing else, and what is found is what a real cluster says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.fleet import PLANTED, QUERY, Hosts, faulty_fleet, sound_fleet
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

StartAgent = Callable[..., ConsulAgent]
TASK = "Judge the definitions of all hosts together"


def fleet(workdir: Path, hosts: Hosts, **options: Any) -> PlaybookResult:
    """Run the playbook on hosts that nobody can reach."""
    away = {"ansible_host": "192.0.2.1", "ansible_connection": "ssh"}
    variables = {f"consul_fleet_{name}": value for name, value in options.pop("settings", {}).items()}
    inventory = {"all": {"hosts": {name: {**away, **own} for name, own in hosts.items()}, "vars": variables}}
    return run_playbook(workdir, "registrar.consul.fleet", inventory=inventory, **options)


def found(result: PlaybookResult) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(one["rule"], one["severity"], tuple(one["hosts"])) for one in result.task(TASK).result["findings"]}


@pytest.fixture
def cluster(start_agent: StartAgent) -> Callable[[Hosts], ConsulAgent]:
    """Starts a server that has loaded what the hosts of its datacenter declare, as far as it takes it."""

    def start(hosts: Hosts) -> ConsulAgent:
        agent = start_agent(mode="server", config={"connect": {"enabled": True}, "datacenter": "dc1"})
        agent.put("/v1/config", {"Kind": "service-resolver", "Name": "virtual", "Redirect": {"Service": "api"}})
        assert agent.request("POST", "/v1/query", {"Name": QUERY, "Service": {"Service": "cache"}}).status == 200
        services = [*loadable(hosts), {"name": "elsewhere", "port": 1, "connect": {"sidecar_service": {}}}, {"name": "bare", "port": 2}]
        agent.write("fleet.json", {"services": services})
        agent.reload()
        wanted = {service["name"] for service in services}
        agent.wait_until(lambda: wanted <= set(agent.get("/v1/catalog/services")), f"lacks {sorted(wanted)} in the catalog")
        return agent

    return start


def loadable(hosts: Hosts) -> Iterator[dict[str, Any]]:
    """The definitions of the agent's own datacenter; what the agent would refuse, or does not know, is taken out."""
    for host, variables in hosts.items():
        if variables["consul_fleet_datacenter"] == "dc1":
            text = json.dumps(variables["consul_services_definitions"]).replace("{{ inventory_hostname }}", host)
            for service in json.loads(text):
                service.pop("ports", None)
                service.pop("check", None)
                proxy = service.get("connect", {}).get("sidecar_service", {}).get("proxy", {})
                for upstream in list(proxy.get("upstreams", [])):
                    upstream.pop("destination_port", None)
                    if "destination_peer" in upstream:
                        proxy["upstreams"].remove(upstream)
                yield service


def test_every_planted_fault_is_found_and_nothing_else(
    tmp_path: Path, cluster: Callable[[Hosts], ConsulAgent], record_property: Callable[..., None]
) -> None:
    agent = cluster(faulty_fleet())
    settings = {"catalog": {"http_addr": agent.http_addr}, "directory": str(tmp_path / "map")}

    result = fleet(tmp_path, faulty_fleet(), settings=settings)

    assert found(result) == PLANTED, result.describe()
    assert result.rc == 2
    assert result.failed[0].msg.startswith("10 errors and 5 warnings on 20 hosts. To be looked at: ")
    written = json.loads((tmp_path / "map" / "fleet.json").read_text(encoding="utf-8"))
    assert written["findings"] == result.task(TASK).result["findings"]
    compared = sum(agrees_with_the_cluster(agent, call) for call in written["calls"])
    record_property(
        "counted", f"{len(PLANTED)} faults planted on {len(faulty_fleet())} hosts; {compared} ways compared with a real cluster"
    )


def agrees_with_the_cluster(agent: ConsulAgent, call: dict[str, Any]) -> bool:
    """Whether the cluster could be asked; it says what the finding said."""
    if call["peer"] or call["port"] or call["datacenter"]:
        return False
    if call["type"] == "prepared_query":
        there = agent.request("GET", f"/v1/query/{call['to']}/execute").status != 404
    else:
        there = bool(agent.get(f"/v1/health/connect/{call['to']}"))
    assert there == (call["state"] == "ok"), call
    return True


def test_the_same_fleet_repaired_has_none(tmp_path: Path, cluster: Callable[[Hosts], ConsulAgent]) -> None:
    agent = cluster(sound_fleet())

    result = fleet(tmp_path, sound_fleet(), settings={"catalog": {"http_addr": agent.http_addr}}).ok()

    assert "Nothing to complain about." in result.stdout
    data = result.task(TASK).result
    assert data["findings"] == []
    assert data["summary"]["upstreams"] == 13
    assert all(agrees_with_the_cluster(agent, call) for call in data["calls"] if not (call["port"] or call["datacenter"]))
    assert result.changed == 0


@pytest.mark.slow
def test_what_is_registered_elsewhere_is_known_from_the_catalog(tmp_path: Path, cluster: Callable[[Hosts], ConsulAgent]) -> None:
    """A service of another team, one that central configuration leads elsewhere, one outside the mesh, and one of nobody."""
    agent = cluster({})
    names = ("elsewhere", "Elsewhere", "virtual", "bare", "nobody")
    wanted = [{"destination_name": name, "local_bind_port": 5000 + index} for index, name in enumerate(names)]
    web = {"name": "web", "port": 80, "connect": {"sidecar_service": {"proxy": {"upstreams": wanted}}}}
    api = {"name": "api", "port": 81, "connect": {"sidecar_service": {}}}
    hosts = {"web1": {"consul_services_definitions": [web, api]}}

    result = fleet(tmp_path, hosts, settings={"catalog": {"http_addr": agent.http_addr}, "fail_on": "never"}).ok()

    states = {call["to"]: (call["state"], call["rule"]) for call in result.task(TASK).result["calls"]}
    assert states == {
        "elsewhere": ("ok", ""),
        "Elsewhere": ("ok", ""),
        "virtual": ("ok", ""),
        "bare": ("broken", "upstream-not-in-mesh"),
        "nobody": ("broken", "upstream-unregistered"),
    }


@pytest.mark.slow
def test_a_token_that_may_not_see_a_name_makes_no_error_of_it(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server", acl=True, config={"connect": {"enabled": True}})
    # Later agents than 1.12 show a service only to who may read its nodes.
    seen = 'service "consul" { policy = "read" } service "seen" { policy = "read" } node_prefix "" { policy = "read" }'
    agent.put("/v1/acl/policy", {"Name": "some", "Rules": seen})
    token = agent.request("PUT", "/v1/acl/token", {"Policies": [{"Name": "some"}]}).json()["SecretID"]
    upstreams = [{"destination_name": name, "local_bind_port": port} for name, port in (("seen", 1), ("hidden", 2))]
    web = {"name": "web", "port": 80, "connect": {"sidecar_service": {"proxy": {"upstreams": upstreams}}}}
    hosts = {"web1": {"consul_services_definitions": [web]}}
    catalog = {"http_addr": agent.http_addr, "http_token": token}

    result = fleet(tmp_path, hosts, settings={"catalog": catalog, "fail_on": "never"}).ok()
    blind = fleet(tmp_path / "blind", hosts, settings={"catalog": {"http_addr": agent.http_addr}})

    assert {(one["rule"], one["message"].split(";")[0]) for one in result.task(TASK).result["findings"]} == {
        ("upstream-unregistered", 'no host registers "seen"'),
        ("upstream-unseen", 'no host registers "hidden", and the token may not read it in the catalog'),
    }
    assert blind.rc == 2
    assert "shows no services. Give http_token a token that may see them." in blind.failed[0].msg
    assert token not in result.stdout + result.stderr


@pytest.mark.slow
def test_what_cannot_be_seen_is_a_warning_and_says_so(tmp_path: Path) -> None:
    """Without a catalog; somebody who says that there is nothing else gets errors."""
    hosts = faulty_fleet()

    open_world = fleet(tmp_path / "open", hosts, settings={"fail_on": "error"})
    closed_world = fleet(tmp_path / "closed", hosts, settings={"external": [], "silence": ["set-owner"]})

    unseen = {host for rule, _severity, hosts in found(open_world) for host in hosts if rule == "upstream-unseen"}
    assert unseen == {"api1", "api2", "api3", "pay1", "web1"}
    assert not {"upstream-unregistered", "upstream-not-in-mesh"} & {rule for rule, *_rest in found(open_world)}
    queries = {("upstream-unseen", "warning", ("api1", "api3")), ("upstream-unseen", "warning", ("api2",))}
    silenced = {("upstream-query-missing", "error", ("api2",)), ("set-owner", "warning", ("web2",))}
    assert found(closed_world) == PLANTED - silenced | queries


@pytest.mark.slow
def test_definitions_that_cannot_be_made_make_nothing_certain(tmp_path: Path) -> None:
    web = {
        "name": "web",
        "port": 80,
        "connect": {"sidecar_service": {"proxy": {"upstreams": [{"destination_name": "db", "local_bind_port": 1}]}}},
    }
    hosts = {
        "web1": {"consul_services_definitions": [web]},
        "db1": {"consul_services_definitions": [{"name": "{{ missing_variable }}"}]},
        "db2": {"consul_services_definitions": "text", "more": [{"name": "cache", "port": 1}]},
    }

    result = fleet(tmp_path, hosts, settings={"external": [], "variables": ["consul_services_definitions", "more"]})
    limited = fleet(tmp_path / "limited", hosts, settings={"external": []}, arguments=["--limit", "web1"])

    assert found(result) == {
        ("definitions-unseen", "error", ("db1",)),
        ("definitions-unseen", "error", ("db2",)),
        ("upstream-unseen", "warning", ("web1",)),
    }
    assert found(limited) == {("upstream-unseen", "warning", ("web1",))}
    assert "Not all hosts were looked at: the run was limited to web1." in limited.stdout


@pytest.mark.slow
def test_the_files_are_written_once(tmp_path: Path) -> None:
    settings = {"directory": str(tmp_path / "map"), "fail_on": "never"}
    looked = fleet(tmp_path, faulty_fleet(), settings=settings, check=True).ok()
    assert not (tmp_path / "map").exists()
    first = fleet(tmp_path, faulty_fleet(), settings=settings).ok()
    names = {path.name for path in (tmp_path / "map").iterdir()}
    second = fleet(tmp_path, faulty_fleet(), settings=settings).ok()

    assert (looked.changed, first.changed, second.changed) == (1, 1, 0)
    assert names - {"fleet.svg"} == {"fleet.json", "fleet.txt", "fleet.mmd", "fleet.dot"}
    assert (tmp_path / "map" / "fleet.mmd").read_text(encoding="utf-8") == first.task(TASK).result["mermaid"]


@pytest.mark.slow
def test_mistakes_in_options_are_named(tmp_path: Path) -> None:
    hosts = {"web1": {"consul_services_definitions": []}}
    nobody = fleet(tmp_path / "a", hosts, settings={"catalog": {"http_addr": "http://127.0.0.1:9"}})
    key = fleet(tmp_path / "b", hosts, settings={"catalog": {"adress": "x"}})
    rule = fleet(tmp_path / "c", hosts, settings={"silence": ["upstream-unregistered"]})
    (tmp_path / "file").touch()
    folder = fleet(tmp_path / "d", hosts, settings={"directory": str(tmp_path / "file" / "below")})

    assert "catalog: No answer from http://127.0.0.1:9" in nobody.failed[0].msg
    assert "adress" in key.failed[0].msg
    assert "silence: upstream-unregistered: no rule that only warns has this id." in rule.failed[0].msg
    assert "cannot be written (Not a directory). Name a directory of yours." in folder.failed[0].msg
