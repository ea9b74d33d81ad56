# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets are planted wherever a definition can have one, and nobody but the agent gets to see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret

from ansible_collections.registrar.consul.plugins.module_utils._payload import encode_payload
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import run_module
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

StartAgent = Callable[..., ConsulAgent]
PASSWORD = "a password"
PORT = 31337
PLAY = """
- hosts: all
  gather_facts: false
  vars_files: [vaulted.yml]
  vars:
    pin: "{{ sealed.pin }}"
    consul_services_config_dir: CONFIG_DIR
    consul_services_secret_paths: [checks.notes, meta.listed, 'proxy.config["listed.by.hand"]']
    consul_services_definitions:
      - name: web
        id: web
        port: "{{ sealed_port }}"
        token: planted-token-GENERATION
        tags: [plain, "pin={{ pin }}"]
        meta:
          sealed: "{{ pin }}"
          listed: planted-listed-GENERATION
          url: http://user:planted-meta-url-GENERATION@127.0.0.1/
          shown: shown-GENERATION
        check:
          name: web
          notes: planted-notes-GENERATION
          http: http://user:planted-url-GENERATION@127.0.0.1:1/?api_key=planted-query-GENERATION
          interval: 10s
          method: POST
          header: {Authorization: [planted-header-GENERATION]}
          body: planted-body-GENERATION
      - name: web-proxy
        kind: connect-proxy
        port: 1
        proxy:
          destination_service_name: web
          config:
            listed.by.hand: planted-config-listed-GENERATION
            db_password: planted-config-GENERATION
            deep: {client: {api_key: planted-config-deep-GENERATION}}
            json: '{"cluster": {"client_secret": "planted-json-GENERATION"}}'
            broken_json: '{"client_secret": "planted-broken-GENERATION", '
            proxy_url: https://user:planted-config-url-GENERATION@127.0.0.1/
            sealed: "x{{ pin }}y"
            shown: shown-GENERATION
  MORE
  roles: [registrar.consul.consul_services]
"""


def sealed(text: str) -> str:
    found: bytes = VaultLib([("default", VaultSecret(PASSWORD.encode()))]).encrypt(text)  # type: ignore[no-untyped-call]
    return "!vault |\n" + "".join(f"    {line}\n" for line in found.decode().splitlines())


class Observer:
    """Runs plays, and keeps all that is said anywhere."""

    def __init__(self, agent: ConsulAgent, workdir: Path) -> None:
        self.agent = agent
        self.workdir = workdir
        self.said: list[str] = []

    def role(self, generation: int, more: str = "", *, services: Any = None, ok: bool = True, **options: Any) -> PlaybookResult:
        self.workdir.mkdir(exist_ok=True)
        vaulted = f"sealed_port: {sealed(str(PORT))}sealed:\n  pin: {sealed(f'planted-pin-{generation}')}"
        (self.workdir / "vaulted.yml").write_text(vaulted)
        (self.workdir / "password").write_text(PASSWORD)
        text = PLAY.replace("  MORE\n", more).replace("GENERATION", str(generation)).replace("CONFIG_DIR", str(self.agent.config_dir))
        if services is not None:
            # Between the two: Ansible warns of a key that stands twice, and quotes it.
            before, _key, after = text.partition("    consul_services_definitions:\n")
            text = f"{before}    consul_services_definitions: {json.dumps(services)}\n  roles:{after.partition('  roles:')[2]}"
        play = self.workdir / "play.yml"
        play.write_text(text)
        return self._run(play, ok, ["--vault-password-file", str(self.workdir / "password")], **options)

    def task(self, module: str, ok: bool = True, **options: Any) -> PlaybookResult:
        task = {f"registrar.consul.{module}": {"config_dir": str(self.agent.config_dir), **options}}
        return self._run([{"hosts": "all", "gather_facts": False, "tasks": [task]}], ok, [], diff=True)

    def _run(self, play: Any, ok: bool, arguments: list[str], **options: Any) -> PlaybookResult:
        log = self.workdir / "ansible.log"
        result = run_playbook(self.workdir, play, arguments=arguments, verbosity=3, environment={"ANSIBLE_LOG_PATH": str(log)}, **options)
        assert (result.rc == 0) == ok, result.describe()
        self.said += [result.stdout, result.stderr, log.read_text(), json.dumps([task.result for task in result.tasks])]
        self.said += [text for _name, text in self.state()]
        return result

    def state(self) -> Iterator[tuple[str, str]]:
        """What others could read in the state directory if they came into it."""
        for name in ("journal.json", "manifest.json", "lock"):
            path = self.agent.config_dir / ".registrar" / name
            if path.exists():
                yield name, path.read_text()

    def demand_silence(self) -> None:
        for text in self.said:
            assert "planted" not in text, _around(text, "planted")
            assert str(PORT) not in text, _around(text, str(PORT))


def _around(text: str, word: str) -> str:
    return text[max(text.index(word) - 300, 0) :][:400]


@pytest.mark.parametrize("format_", [pytest.param("json", marks=pytest.mark.slow), "hcl"])
def test_nothing_secret_is_shown_by_the_role(agent: ConsulAgent, tmp_path: Path, format_: str) -> None:
    observer = Observer(agent, tmp_path / "run")
    variables = f"    consul_services_format: {format_}\n"

    if format_ == "json":
        observer.role(1, variables, check=True, diff=True)
    observer.role(1, variables, diff=True)
    changed = observer.role(2, variables, diff=True)

    assert agent.services()["web"]["Port"] == PORT
    assert agent.services()["web"]["Meta"]["sealed"] == "planted-pin-2"
    assert "******** (changed)" in json.dumps(changed.task("Write the service definitions").result["diff"])
    assert "shown-2" in json.dumps(changed.task("Write the service definitions").result["diff"])
    observer.demand_silence()


@pytest.mark.slow
def test_nothing_secret_is_shown_by_who_comes_later(agent: ConsulAgent, tmp_path: Path) -> None:
    observer = Observer(agent, tmp_path / "run")
    observer.role(1)
    foreign = {
        "name": "foreign",
        "check": {"http": "http://a:planted-foreign@127.0.0.1:1/", "interval": "10s"},
        "meta": {"mine": "planted-mine"},
    }
    agent.write("foreign.json", {"service": foreign})
    file = agent.config_dir / "services-default.json"
    file.write_text(file.read_text().replace(str(PORT), "31338").replace("planted-listed-1", "planted-edited"))

    info = observer.task("service_definition_info", secret_paths=["meta.mine"], export=True).only()
    observer.task("service_definitions", set="other", adopt=True, services=[foreign], secret_paths=["meta.mine"])

    web = next(found for found in info.result["services"] if found["id"] == "web")["definition"]
    assert web["port"] == web["meta"]["sealed"] == web["check"]["notes"] == "********"
    assert web["check"]["http"] == "http://user:********@127.0.0.1:1/?api_key=********"
    assert {finding["rule"] for finding in info.result["findings"] if finding["severity"] == "error"} == {
        "agent-differs",
        "agent-lacks-service",
    }
    assert not (agent.config_dir / "foreign.json").exists()
    assert "31338" not in "".join(observer.said)
    observer.demand_silence()


def test_a_refusal_quotes_no_secret(agent: ConsulAgent, tmp_path: Path) -> None:
    observer = Observer(agent, tmp_path / "run")
    wrong = yaml.safe_load(PLAY.replace("MORE", ""))[0]["vars"]["consul_services_definitions"][0]
    wrong = {**wrong, "port": 99999, "tags": "{{ pin }}", "kind": "6f3a2f0e-5d3c-4f60-9f39-0a3cf2a4a9d1", "tokn": "planted-tokn"}
    wrong["check"] = {**wrong["check"], "interval": "http://a:planted-interval@b", "timeout": "planted-token-1", "status": "{{ pin }}"}

    result = observer.role(1, services=[json.loads(json.dumps(wrong).replace("GENERATION", "1"))], ok=False, diff=True)

    said = result.failed[0].said
    assert "99999 is out of range" in said
    assert "this value" in said
    assert "6f3a2f0e" not in "".join(observer.said)
    assert agent.services() == {}
    observer.demand_silence()


@pytest.mark.slow
@pytest.mark.parametrize("reload", ["now", "later"])
def test_a_rollback_quotes_no_secret(agent: ConsulAgent, reload: str) -> None:
    service = {"name": "web", "address": "planted-address", "port": 80, "meta": {"a": "planted-meta"}, "check": {"ttl": "1h"}}
    nameless = {"id": "nameless", "port": 1}

    def run(services: list[dict[str, Any]]) -> str:
        text = json.dumps({"services": services}, indent=2, sort_keys=True) + "\n"
        payload = encode_payload({"owner": "set:test", "files": {"services-test.json": text}, "secret_places": [["address"], ["meta"]]})
        told = {"config_dir": str(agent.config_dir), "preflight": "none", "reload": reload, "_ansible_diff": True}
        said = json.dumps(run_module("service_definitions", payload=payload, reload_timeout=3, **told))
        return said + json.dumps(run_module("agent_reload", config_dir=str(agent.config_dir), timeout=3))

    said = run([service])
    said += run([{**service, "address": "planted-other", "meta": {"a": "planted-more"}}, nameless])

    assert '"rolled_back": true' in said
    assert agent.services()["web"]["Address"] == "planted-address"
    agent.register({"Name": "web", "Address": "planted-by-hand", "Port": 80})
    said += json.dumps(run_module("agent_reload", config_dir=str(agent.config_dir), _ansible_check_mode=True))
    assert "planted" not in said
