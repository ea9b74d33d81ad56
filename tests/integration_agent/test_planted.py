# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret stands in every field that can hold one, and whatever happens to the definitions, nobody but the agent gets to see it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.registrar.consul.plugins.module_utils._payload import decode
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST, format_version
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.planted import MARKS, PIN, Planted, anew, planted
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Json, Scope
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

NEWER = {"consul_version": format_version(NEWEST), "edition": "enterprise"}
VERSION = consul_version(consul_binary())
SCOPE = Scope(version=VERSION)
MODULE = "registrar.consul.service_definitions"
# What modules tell the log of the system goes to a file of ours.
LOGGED = """
import os, syslog
def note(*words):
    with open(os.environ["NOTED"], "a") as log:
        print(*words, file=log)
syslog.syslog = note
"""
# Long enough to be a payload.
_CODED = re.compile(r"[A-Za-z0-9+/]{80,}={0,2}")


def taken(entry: Planted) -> bool:
    """Whether an agent takes the definition, and lives on."""
    (judged,) = judge_services([entry.definition])
    return entry.fits and not entry.path.endswith("alias_node") and not verdict(judged.findings, VERSION).errors


class Observer:
    """Runs plays, and keeps all that is said anywhere."""

    def __init__(self, agent: ConsulAgent, workdir: Path) -> None:
        self.agent = agent
        self.workdir = workdir
        self.said: dict[str, str] = {}
        workdir.mkdir()
        (workdir / "password").write_text("a password", encoding="utf-8")
        (workdir / "sitecustomize.py").write_text(LOGGED, encoding="utf-8")
        sealed: bytes = VaultLib([("default", VaultSecret(b"a password"))]).encrypt(f"pin: {PIN}")  # type: ignore[no-untyped-call]
        (workdir / "group_vars").mkdir()
        (workdir / "group_vars" / "all.yml").write_bytes(sealed)

    def run(self, *plays: Json, **options: Any) -> PlaybookResult:
        """Run plays whose definitions get what is secret out of a file that is encrypted as a whole."""
        text = json.dumps(plays).replace(PIN, "{{ pin }}")
        log, noted = self.workdir / "ansible.log", self.workdir / "noted"
        places = {"ANSIBLE_LOG_PATH": str(log), "NOTED": str(noted), "PYTHONPATH": str(self.workdir)}
        arguments = ["--vault-password-file", str(self.workdir / "password")]
        result = run_playbook(self.workdir, text + "\n", arguments=arguments, verbosity=3, diff=True, environment=places, **options).ok()
        everything = {
            "output": result.stdout + result.stderr,
            "log": log.read_text(encoding="utf-8"),
            "log of the system": noted.read_text(encoding="utf-8") if noted.exists() else "",
            "results": json.dumps([task.result for task in result.tasks], ensure_ascii=False),
            **dict(self._state()),
        }
        self.said.update({f"{len(self.said)}: {what}": text for what, text in everything.items()})
        return result

    def _state(self) -> Iterator[tuple[str, str]]:
        """What others could read in the state directory, did they come into it; the copies of files are for the agent's user alone."""
        for path in sorted((self.agent.config_dir / ".registrar").glob("*")):
            if path.is_file():
                yield path.name, path.read_text(encoding="utf-8")

    def demand_silence(self) -> None:
        for what, text in self.said.items():
            for shown in (text, *_decoded(text)):
                found = [_around(shown, mark) for mark in MARKS if mark in shown]
                assert not found, f"{what}: {found[0]}"


def _decoded(text: str) -> Iterator[str]:
    for coded in set(_CODED.findall(text)):
        try:
            yield json.dumps(decode(coded))
        except Exception:  # noqa: BLE001 - it is none
            continue


def _around(text: str, word: str) -> str:
    return text[max(text.index(word) - 200, 0) :][:400]


@pytest.fixture
def observer(tmp_path: Path) -> Iterator[Observer]:
    with ConsulAgent(tmp_path / "agent", enable_local_script_checks=True) as agent:
        yield Observer(agent, tmp_path / "run")


def writing(name: str, services: str, **options: Any) -> Json:
    arguments = {"services": f"{{{{ {services} }}}}", "config_dir": "{{ config_dir }}", **options}
    return {"name": name, MODULE: arguments, "ignore_errors": True}


def play(observer: Observer, *tasks: Json, **variables: Any) -> Json:
    given = {"config_dir": str(observer.agent.config_dir), **variables}
    return {"hosts": "all", "gather_facts": False, "vars": given, "tasks": [*tasks]}


def newer(definitions: list[Json]) -> list[Json]:
    """Those that agents of the newest version take as well, and one with a block that only they know."""
    fit = [
        definition
        for definition in definitions
        if not verdict(judge_services([definition], edition="enterprise")[0].findings, NEWEST).errors
    ]
    return [*fit, {"name": "refused", "ai": {"role": "mcp-server", "mcp_server": {"transport": "sse", "protocol_version": "2025-03-26"}}}]


@pytest.mark.slow
def test_nobody_gets_to_see_a_secret(observer: Observer) -> None:
    agent = observer.agent
    entries = [entry for entry in planted(SCOPE) if taken(entry)]
    services = [entry.definition for entry in entries]
    others = json.loads(anew(json.dumps(services), 2))
    wrong = [entry.definition for entry in planted(SCOPE) if not taken(entry) and not entry.path.endswith("alias_node")]

    result = observer.run(
        play(
            observer,
            {**writing("forecast", "services"), "check_mode": True},
            writing("written", "services"),
            {**writing("as HCL", "others", format="hcl"), "check_mode": True},
            writing("refused by us", "wrong"),
            writing("refused by consul", "newer", **NEWER),
            writing("refused by a trial", "newer", **NEWER, preflight="trial"),
            writing("refused by the agent", "newer", **NEWER, preflight="none"),
            services=services,
            others=others,
            wrong=wrong,
            newer=newer(others),
        )
    )

    assert "Invoked with" in (observer.workdir / "noted").read_text(encoding="utf-8")
    reload = result.task("written").result["reload"]
    assert reload["verified"] is True, result.task("written").said[:3000]
    assert len(agent.services()) >= len(services)
    assert result.task("as HCL").changed
    assert len(result.task("refused by us").result["errors"]) >= len(wrong)
    for task in ("refused by consul", "refused by a trial"):
        assert result.task(task).result["errors"][0]["rule"] == "preflight-validate"
    assert result.task("refused by the agent").result["reload"]["rolled_back"] is True
    observer.demand_silence()

    with_other_secrets(agent)
    # Nobody can know what of it came out of a vault once.
    natural = [definition for entry, definition in zip(entries, others, strict=True) if entry.kind in ("plain", "url")]
    foreign = [{**definition, "id": f"foreign-{definition['id']}"} for definition in natural]
    agent.write("foreign.json", {"services": foreign})
    known = {"config_dir": str(agent.config_dir)}

    seen = observer.run(
        play(
            observer,
            {"name": "look", "registrar.consul.service_definition_info": {**known, "export": True}},
            {"name": "compare", "registrar.consul.agent_reload": known, "check_mode": True},
            writing("not taken over", "almost", set="foreign", adopt=True),
            {**writing("taken over", "foreign", set="foreign", adopt=True), "check_mode": True},
            foreign=foreign,
            almost=json.loads(anew(json.dumps(foreign), 3)),
        ),
        {
            "import_playbook": "registrar.consul.audit",
            "vars": {"consul_audit_fail_on": "never", "consul_audit_config_dir": str(agent.config_dir)},
        },
        {
            "import_playbook": "registrar.consul.adopt",
            "vars": {"consul_adopt_dest": str(observer.workdir / "adopted"), "consul_adopt_config_dir": str(agent.config_dir)},
        },
    )

    differing = {difference["service"] for difference in seen.task("look").result["drift"]["different"]}
    # Agents before 1.11 do not tell what checks are.
    assert len(differing) > 50
    assert "file-not-retired" in {error["rule"] for error in seen.task("not taken over").result["errors"]}
    assert seen.task("taken over").result["changes"][1] == {"file": "foreign.json", "action": "retired"}
    assert len((observer.workdir / "adopted" / "localhost.yml").read_text(encoding="utf-8")) > len(foreign)
    observer.demand_silence()


def test_a_fleet_is_judged_without_a_word_about_secrets(observer: Observer) -> None:
    definitions = [entry.definition for entry in planted(Scope())]
    # Two with one address, and a destination that nobody has.
    upstreams = [{"destination_name": f"{PIN}-1", "local_bind_port": 1}]
    caller = {"name": "caller", "address": f"{PIN}-2", "port": 1, "connect": {"sidecar_service": {"proxy": {"upstreams": upstreams}}}}
    listed = {"name": "listed", "meta": {"a": "planted-listed"}, "proxy": "planted-listed"}
    host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    shared = {"consul_services_definitions": [*definitions, caller, listed], "consul_services_secret_paths": ["meta.a", "proxy"]}
    directory = observer.workdir / "map"
    settings = {"consul_fleet_external": [], "consul_fleet_fail_on": "never", "consul_fleet_directory": str(directory)}

    result = observer.run(
        {"import_playbook": "registrar.consul.fleet", "vars": settings},
        inventory=json.dumps({"all": {"hosts": {"one": host, "two": host}, "vars": shared}}).replace(PIN, "{{ pin }}"),
    )

    observer.said.update({path.name: path.read_text(encoding="utf-8") for path in directory.iterdir()})
    assert {"address-shared", "upstream-unregistered"} <= {finding["rule"] for finding in result.only().result["findings"]}
    observer.demand_silence()


@pytest.mark.slow
def test_checks_that_stay_ill_are_told_without_their_secrets(observer: Observer) -> None:
    run = {"interval": "1s", "timeout": "900ms"}
    checks = [
        {"id": "url", "http": "http://user:planted-1@127.0.0.1:1/?api_key=planted-2", **run},
        {"id": "said", "args": ["/bin/sh", "-c", f"echo {PIN}-3; exit 2"], **run},
        {"id": "copied", "alias_service": f"{PIN}-4"},
        {"id": "told", "tcp": f"{PIN}-5:1", **run},
    ]

    result = observer.run(
        play(
            observer,
            writing("waited for", "services", wait_healthy=5, silence=["alias-service-known"]),
            services=[{"name": "ill", "checks": checks}],
        )
    )

    waited = result.task("waited for").result
    assert {found["check"] for found in waited["reload"]["unhealthy"]} == {"url", "said", "copied", "told"}
    assert any(found["output"] for found in waited["reload"]["unhealthy"])
    observer.demand_silence()


def with_other_secrets(agent: ConsulAgent) -> None:
    """Let the agent have other secrets than its files."""
    path = agent.config_dir / "services-default.json"
    text = path.read_text(encoding="utf-8")
    path.write_text(anew(text, 3), encoding="utf-8")
    agent.reload()
    path.write_text(text, encoding="utf-8")
