# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sidecars without a port keep the one that they have, whatever comes, goes and is renamed around them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import set_request
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play
from ansible_collections.registrar.consul.tests.support.runs.target import contents, register, text_of

StartAgent = Callable[..., ConsulAgent]
Services = Sequence[Mapping[str, Any]]
SUFFIX = "-sidecar-proxy"
LOWEST, HIGHEST = 21000, 21255


def meshed(name: str, **sidecar: Any) -> dict[str, Any]:
    return {"name": name, "port": 8000, "connect": {"sidecar_service": sidecar}}


def ports(agent: ConsulAgent) -> dict[str, int]:
    """The port of each sidecar, by the id of its service."""
    return {key[: -len(SUFFIX)]: service["Port"] for key, service in agent.services().items() if key.endswith(SUFFIX)}


def write_set(
    agent: ConsulAgent, services: Services, name: str = "default", *, layout: str = "bundle", format: str = "json", **options: Any
) -> dict[str, Any]:
    """What the task does, on both sides. Raises Refused, and AssertionError where the agent does not take it."""
    request = set_request(services, name, layout, Terms(None, format=format))
    assert request.verdict.errors == []
    result, failure = register(agent.config_dir, pid=agent.pid, **{**request.payload, **options})
    assert failure is None
    return result


def written_earlier(agent: ConsulAgent, services: Services, name: str = "default") -> None:
    """As versions did that left the port to the agent."""
    _result, failure = register(agent.config_dir, {f"services-{name}.json": text_of(services)}, owner=f"set:{name}", pid=agent.pid)
    assert failure is None


@pytest.mark.parametrize(("layout", "format"), [("bundle", "json"), ("per_service", "hcl")])
def test_what_comes_goes_and_is_renamed_moves_nobody(start_agent: StartAgent, layout: str, format: str) -> None:
    agent = start_agent(mode="server")
    how = {"layout": layout, "format": format}
    written_earlier(agent, [meshed("web"), meshed("yak")])
    assert ports(agent) == {"web": LOWEST, "yak": LOWEST + 1}

    added = write_set(agent, [meshed("aaa"), meshed("web"), meshed("yak")], **how)
    assert added["reload"]["verified"]
    assert ports(agent) == {"aaa": HIGHEST, "web": LOWEST, "yak": LOWEST + 1}
    again = write_set(agent, [meshed("aaa"), meshed("web"), meshed("yak")], **how)
    assert not again["changed"]

    # Not even the port that became free is given to another at once: the proxy that listened there may still run.
    write_set(agent, [meshed("bbb"), meshed("yak")], **how)
    assert ports(agent) == {"bbb": HIGHEST - 1, "yak": LOWEST + 1}

    agent.restart()
    assert ports(agent) == {"bbb": HIGHEST - 1, "yak": LOWEST + 1}
    assert not write_set(agent, [meshed("bbb"), meshed("yak")], **how)["changed"]
    # The layout and the format are nobody's port.
    write_set(agent, [meshed("bbb"), meshed("yak")])
    assert ports(agent) == {"bbb": HIGHEST - 1, "yak": LOWEST + 1}


@pytest.mark.slow
def test_playbooks_show_the_port_and_settle(agent: ConsulAgent, tmp_path: Path) -> None:
    one = {**meshed("solo"), "config_dir": str(agent.config_dir), "pid": agent.pid, "format": "hcl"}
    several = {"services": [meshed("web"), meshed("db", port=20000)], "config_dir": str(agent.config_dir), "pid": agent.pid}
    play = tasks_play(
        {"name": "one", "registrar.consul.service_definition": one},
        {"name": "several", "registrar.consul.service_definitions": several},
    )

    foreseen = run_playbook(tmp_path / "check", play, arguments=["--check", "--diff"]).ok()
    assert "port = 21255" in foreseen.task("one").result["diff"][0]["after"]
    assert '"port": 21255' in foreseen.task("several").result["diff"][0]["after"]
    assert contents(agent.config_dir) == {}

    run_playbook(tmp_path / "first", play).ok()
    assert ports(agent) == {"solo": HIGHEST, "web": HIGHEST - 1, "db": 20000}
    assert run_playbook(tmp_path / "second", play).ok().changed == 0


def test_a_rollback_puts_the_old_ports_back(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    write_set(agent, [meshed("web")])
    before = contents(agent.config_dir), ports(agent)
    # Only the half-load tells: nobody judges what is written here.
    broken = {"services-other.json": text_of([meshed("aaa"), {"port": 1}])}
    _result, failure = register(agent.config_dir, broken, owner="set:other", pid=agent.pid)
    assert failure
    assert (contents(agent.config_dir), ports(agent)) == before
    assert not write_set(agent, [meshed("web")])["changed"]


def test_a_taken_over_sidecar_keeps_its_port(agent: ConsulAgent) -> None:
    agent.write("legacy.json", {"services": [meshed("web"), meshed("old", port=21017)]})
    agent.write("zoo.json", {"service": meshed("zoo")})
    agent.reload()
    before = ports(agent)

    result = write_set(agent, [meshed("aaa"), meshed("old"), meshed("web")], adopt=True)

    assert {change["action"] for change in result["changes"]} == {"created", "retired"}
    assert result["rule_warnings"] == []
    assert ports(agent) == {**before, "aaa": HIGHEST}


def test_what_would_get_a_port_twice_is_refused(agent: ConsulAgent) -> None:
    """A file between the old place of a definition and its new one finds the port free that is written behind it."""
    agent.write("legacy.json", {"service": meshed("web")})
    agent.write("other.json", {"service": meshed("other")})
    agent.reload()
    before = contents(agent.config_dir), ports(agent)

    with pytest.raises(Refused) as refused:
        write_set(agent, [meshed("web")], adopt=True)

    (found,) = refused.value.findings
    assert (found["path"], found["rule"]) == (str(agent.config_dir / "services-default.json"), "sidecar-port-unique")
    assert f'that of "other" in {agent.config_dir / "other.json"}' in found["message"]
    assert found["hint"].startswith("Write port: 21001 into the sidecar_service there first")
    assert (contents(agent.config_dir), ports(agent)) == before

    agent.write("other.json", {"service": meshed("other", port=21001)})
    write_set(agent, [meshed("web")], adopt=True)
    assert ports(agent) == before[1]


def test_without_a_right_to_see_the_agent_files_tell(start_agent: StartAgent) -> None:
    """Also without an agent: what it would have given follows from the files."""
    agent = start_agent(mode="server", acl=True)
    agent.write("here.json", {"service": meshed("here")})
    written_earlier(agent, [meshed("web")])
    before = ports(agent)

    write_set(agent, [meshed("aaa"), meshed("web")])

    assert ports(agent) == {**before, "aaa": HIGHEST}


def test_while_an_image_is_built_nobody_is_asked(start_agent: StartAgent, tmp_path: Path) -> None:
    agent = start_agent()
    agent.stop()
    agent.write("foreign.json", {"service": meshed("foreign", port=HIGHEST)})
    request = set_request([meshed("web"), meshed("db")], "default", "bundle", Terms(None))
    register(agent.config_dir, **request.payload, reload="never")

    agent.start()
    assert ports(agent) == {"foreign": HIGHEST, "web": HIGHEST - 1, "db": HIGHEST - 2}
    assert not write_set(agent, [meshed("web"), meshed("db")])["changed"]


def test_the_range_is_the_agents_and_none_left_is_said_before(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server", config={"ports": {"sidecar_min_port": 30000, "sidecar_max_port": 30001}})
    agent.register({"Name": "api", "Port": 30001})
    write_set(agent, [meshed("web")])
    assert ports(agent) == {"web": 30000}
    before = contents(agent.config_dir)

    with pytest.raises(Refused) as refused:
        write_set(agent, [meshed("web"), meshed("more")])

    assert [(finding["path"], finding["rule"]) for finding in refused.value.findings] == [
        ("service more-sidecar-proxy", "sidecar-port-missing")
    ]
    assert contents(agent.config_dir) == before


def test_foreign_sidecars_that_move_are_foreseen(agent: ConsulAgent) -> None:
    agent.write("zoo.json", {"service": meshed("zoo")})
    written_earlier(agent, [meshed("web")])
    assert ports(agent) == {"web": LOWEST, "zoo": LOWEST + 1}

    foreseen = write_set(agent, [], check_mode=True)
    warned = write_set(agent, [])

    assert foreseen["rule_warnings"] == warned["rule_warnings"]
    (found,) = warned["rule_warnings"]
    assert (found["path"], found["rule"]) == (str(agent.config_dir / "zoo.json"), "sidecar-port-moves")
    assert 'the service "zoo" there' in found["message"]
    assert "from port 21001 to 21000" in found["message"]
    assert found["hint"] == "Write port: 21001 into its sidecar_service to keep it."
    assert ports(agent) == {"zoo": LOWEST}


def test_a_port_that_was_chosen_for_another_is_refused(agent: ConsulAgent) -> None:
    write_set(agent, [meshed("web")])

    with pytest.raises(Refused) as refused:
        write_set(agent, [meshed("db", port=HIGHEST)], "other")

    (found,) = refused.value.findings
    assert found["rule"] == "sidecar-port-unique"
    assert 'that of "web" in' in found["message"]
    assert ports(agent) == {"web": HIGHEST}


# Drawn sequences


class Node:
    """Two sets of ours and a foreign file on one agent, and what is drawn for them."""

    def __init__(self, agent: ConsulAgent, seed: int) -> None:
        self.agent = agent
        self.draw = random.Random(seed)
        self.sets: dict[str, dict[str, Any]] = {"mid": {}, "top": {}}
        self.foreign: dict[str, Any] = {}
        # Before and behind the files of sets.
        self.foreign_file = self.draw.choice(["a-foreign.json", "z-foreign.json"])
        for name in self.sets:
            self.sets[name] = self.drawn({}, name)
            written_earlier(agent, list(self.sets[name].values()), name)
        before = ports(agent)
        for name, services in self.sets.items():
            write_set(agent, list(services.values()), name)
        assert ports(agent) == before

    def step(self) -> None:
        """Change something, and look at everything."""
        before = ports(self.agent)
        name = self.draw.choice(["mid", "top", "foreign"])
        drawn = self.drawn(self.foreign if name == "foreign" else self.sets[name], name)
        if name == "foreign":
            self.foreign = drawn
            self.agent.write(self.foreign_file, {"services": list(drawn.values())})
            self.agent.reload()
            self.kept(before, drawn, {})
            return
        how = {"layout": self.draw.choice(["bundle", "per_service"]), "format": self.draw.choice(["json", "hcl"])}
        result = self.written(list(drawn.values()), name, **how)
        if result is None:
            assert ports(self.agent) == before
            return
        self.sets[name] = drawn
        warned = [re.search(r'"(\S+)" there.* from port (\d+) to (\d+) ', found["message"]) for found in result["rule_warnings"]]
        moved = {found[1]: (int(found[2]), int(found[3])) for found in warned if found}
        self.kept(before, drawn, moved)
        after = ports(self.agent)
        assert not write_set(self.agent, list(drawn.values()), name, **how)["changed"]
        assert ports(self.agent) == after

    def written(self, services: Services, name: str, **how: str) -> dict[str, Any] | None:
        """None where a sidecar would get the port of another, and nothing else speaks against it."""
        try:
            return write_set(self.agent, services, name, **how)
        except Refused as refused:
            if {finding["rule"] for finding in refused.findings} != {"sidecar-port-unique"}:
                raise
            return None

    def kept(self, before: Mapping[str, int], changed: Mapping[str, Any], moved: Mapping[str, tuple[int, int]]) -> None:
        """Raise AssertionError where a sidecar that was there has another port, and nobody wrote or foresaw it."""
        after = ports(self.agent)
        written = {key for key, service in changed.items() if service["connect"]["sidecar_service"]}
        foreign = self.foreign.keys() if changed is self.foreign else moved.keys()
        assert moved.keys() <= self.foreign.keys()
        assert {key: (before[key], after[key]) for key in moved} == dict(moved)
        for key in before.keys() & after.keys() - written - foreign:
            assert after[key] == before[key], (key, before, after)

    def drawn(self, services: Mapping[str, Any], name: str) -> dict[str, Any]:
        """The services with some gone, some new, and some of these with a port that somebody wrote."""
        kept = {key: service for key, service in services.items() if self.draw.random() < 0.7}
        for _number in range(self.draw.randint(0, 3)):
            key = f"{name}-{self.draw.choice('abcdefgh')}"
            explicit = {"port": self.draw.randint(LOWEST, LOWEST + 3)} if self.draw.random() < 0.3 else {}
            kept.setdefault(key, meshed(key, **explicit))
        return self.distinct(kept)

    @staticmethod
    def distinct(services: Mapping[str, Any]) -> dict[str, Any]:
        """Without those that write a port which another one writes."""
        found: dict[Any, str] = {}
        for key, service in services.items():
            found.setdefault(service["connect"]["sidecar_service"].get("port", key), key)
        return {key: services[key] for key in found.values()}


SEEDS = [seed if seed == 0 else pytest.param(seed, marks=pytest.mark.slow) for seed in range(20)]


@pytest.mark.parametrize("seed", SEEDS)
def test_drawn_changes_move_nobody_unforeseen(start_agent: StartAgent, seed: int) -> None:
    node = Node(start_agent(), seed)
    for _number in range(12):
        node.step()
    node.agent.restart()
    after = ports(node.agent)
    for name, services in node.sets.items():
        assert {key: after[key] for key in services} == {key: port for key, port in after.items() if key.startswith(name)}
