# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters, test and lookup in real playbooks: with the values that Ansible hands over, and as their documentation shows them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.plugins.lookup import schema
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play

WEB = {
    "name": "web",
    "port": 8080,
    "token": "0b1e2d3c-secret",
    "enable_tag_override": True,
    "tags": ["{{ stage }}"],
    "meta": {"nginxVersion": "1.25"},
    "weights": {"passing": 5},
    "checks": [{"id": "web-http", "http": "https://127.0.0.1:1/", "interval": "1h", "tls_skip_verify": True}],
}
PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Register through the API
      ansible.builtin.uri:
        url: "{{ agent }}/v1/agent/service/register"
        method: PUT
        body: "{{ web | registrar.consul.to_camel_case(body=true) }}"
        body_format: json

    - name: Ask for it
      ansible.builtin.uri:
        url: "{{ agent }}/v1/agent/service/web"
      register: answer

    - name: Ask for all
      ansible.builtin.uri:
        url: "{{ agent }}/v1/agent/services"
      register: answers

    - name: Convert
      ansible.builtin.set_fact:
        one: "{{ answer.json | registrar.consul.to_snake_case }}"
        all_of_them: "{{ answers.json | registrar.consul.to_snake_case(kind='services') }}"
        there_and_back: "{{ web | registrar.consul.to_camel_case | registrar.consul.to_snake_case }}"

    - name: Judge
      ansible.builtin.assert:
        that:
          - web is registrar.consul.valid_service_definition
          - web is registrar.consul.valid_service_definition(consul_version='1.8.7', strict=true)
          - not (broken is registrar.consul.valid_service_definition)
          - broken | registrar.consul.service_definition_errors | map(attribute='path') == ['service (web) → checks[0].interval']
          - there_and_back == web
          - lookup('registrar.consul.schema', kind='check', consul_version='1.8.7').properties.h2ping is not defined
          - lookup('registrar.consul.schema', kind='check').properties.h2ping.type == 'string'
      vars:
        broken: "{{ {'name': 'web', 'checks': [{'http': 'http://127.0.0.1/'}]} }}"

    - name: Write the file
      ansible.builtin.copy:
        dest: "{{ directory }}/web.hcl"
        content: "{{ [one, web | combine({'name': 'other', 'checks': []})] | registrar.consul.to_hcl(header=managed) }}"
        mode: "0644"
"""


@pytest.mark.slow
def test_a_service_goes_round_in_a_playbook(agent: ConsulAgent, tmp_path: Path) -> None:
    variables = {"agent": agent.http_addr, "directory": str(agent.config_dir), "web": WEB, "stage": "live", "managed": "By hand ${x}"}
    result = run_playbook(tmp_path / "run", PLAY, extra_vars=variables).ok()
    facts = result.task("Convert").result["ansible_facts"]
    expected = {
        "id": "web",
        "name": "web",
        "tags": ["live"],
        "meta": {"nginxVersion": "1.25"},
        "port": 8080,
        "weights": {"passing": 5, "warning": 1},
        "enable_tag_override": True,
    }
    assert facts["one"] == expected
    assert facts["all_of_them"] == [expected]
    assert set(agent.checks()) == {"web-http"}
    assert "to_camel_case: token: the HTTP API has no place for it; weights: the HTTP API has no default for Warning." in " ".join(
        result.stderr.replace("\n", " ").split()
    )
    agent.reload()
    assert agent.services()["other"]["Meta"] == {"nginxVersion": "1.25"}
    assert agent.services()["web"]["Weights"] == {"Passing": 5, "Warning": 1}


def test_an_error_stops_the_play_and_shows_no_value(tmp_path: Path) -> None:
    task = {"name": "Convert", "ansible.builtin.debug": {"msg": "{{ wrong | registrar.consul.to_snake_case }}"}}
    result = run_playbook(tmp_path, tasks_play(task), extra_vars={"wrong": {"Name": "web", "Tokn": "s3cret"}}, verbosity=3)
    assert result.rc == 2
    assert "registrar.consul.to_snake_case: Tokn: is no key that Consul knows here. Did you mean token?" in result.failed[0].msg
    assert "s3cret" not in result.failed[0].msg


def _documented() -> list[Any]:
    """The tasks of all examples in the documentation."""
    sidecars = sorted([*(REPOSITORY / "plugins" / "filter").glob("*.yml"), *(REPOSITORY / "plugins" / "test").glob("*.yml")])
    examples = [yaml.safe_load(path.read_text(encoding="utf-8"))["EXAMPLES"] for path in sidecars]
    return [task for text in [*examples, schema.EXAMPLES] for task in yaml.safe_load(text)]


def test_the_examples_of_the_documentation_run(agent: ConsulAgent, tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "web.json").write_text('{"service": {"name": "web", "port": 8080}}', encoding="utf-8")
    agent.register({"Name": "web", "Port": 8080})
    tasks = json.loads(json.dumps(_documented()).replace("http://127.0.0.1:8500", agent.http_addr))
    for task in tasks:
        if "registrar.consul.service_definitions" in task:
            task["registrar.consul.service_definitions"]["config_dir"] = str(agent.config_dir)
    variables = {"services": [{"name": "web", "port": 8080}], "web_service_token": "0b1e2d3c"}
    result = run_playbook(run, tasks_play(*tasks), extra_vars=variables).ok()
    assert len(result.tasks) == len(tasks) > 10
    assert "registrar.consul.to_camel_case" not in result.stderr
    assert (run / "consul-services.schema.json").exists()
