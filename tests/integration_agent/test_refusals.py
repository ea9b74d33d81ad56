# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input: the exact message, and neither a file nor a signal comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.modules import write_set
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play

REFUSED = "the agent would refuse the whole reload."
HALF_LOADED = "the agent would unload every service and stop at this one, although consul validate finds nothing."
CHECK_REFUSED = "the agent would refuse the reload, before Consul 1.11 only after it has unloaded every service."

# Name of the case, the services, and the lines of the message.
CASES: list[tuple[str, list[Any], list[str]]] = [
    (
        "unknown key",
        [{"name": "web", "prot": 80}],
        [f"services[0] (web) → prot: is no key that Consul knows here; {REFUSED} Did you mean port?"],
    ),
    (
        "CamelCase key",
        [{"name": "web", "EnableTagOverride": True}],
        [
            "services[0] (web) → EnableTagOverride: is spelled enable_tag_override in a file; the agent would refuse the whole reload, "
            "except before Consul 1.1.0. Write enable_tag_override."
        ],
    ),
    (
        "wrong type",
        [{"name": "web", "tags": "a,b"}],
        [f'services[0] (web) → tags: must be a list, not text; {REFUSED} Write ["a,b"].'],
    ),
    ("missing name", [{"port": 80}], [f"services[0] → name: is missing; {HALF_LOADED} Add name: web."]),
    (
        "http check without interval",
        [{"name": "web", "checks": [{"http": "http://127.0.0.1/"}]}],
        [f"services[0] (web) → checks[0].interval: required with http; {CHECK_REFUSED} Add interval: 10s."],
    ),
    (
        "proxy without destination and port",
        [{"name": "p", "kind": "connect-proxy", "proxy": {"config": {}}}],
        [
            f"services[0] (p) → proxy.destination_service_name: required with kind connect-proxy; {REFUSED}"
            " Add the name of the service that the proxy stands for.",
            f"services[0] (p) → port: required with kind connect-proxy; {REFUSED} Add the port on which the proxy listens.",
        ],
    ),
    (
        "upstream without port",
        [
            {
                "name": "p",
                "kind": "connect-proxy",
                "port": 1,
                "proxy": {"destination_service_name": "w", "upstreams": [{"destination_name": "b"}]},
            }
        ],
        [
            f"services[0] (p) → proxy.upstreams[0].local_bind_port: required; {REFUSED} Add the port on which the application reaches it.",
        ],
    ),
    (
        "native together with sidecar",
        [{"name": "web", "port": 80, "connect": {"native": True, "sidecar_service": {}}}],
        [
            "services[0] (web) → connect.sidecar_service: excludes native; the agent would register both, and callers meet either."
            " Keep one of them.",
        ],
    ),
    (
        "meta beyond its limits",
        [{"name": "web", "meta": {"a.b": "x", "long": "é" * 257}}, {"name": "big", "meta": {f"k{number}": "v" for number in range(65)}}],
        [
            f'services[0] (web) → meta["a.b"]: is no valid key; {REFUSED} Use 1 to 128 of the characters A-Z a-z 0-9 _ and -.',
            f"services[0] (web) → meta.long: has 514 bytes; {REFUSED}"
            " Shorten it to 512 bytes; other characters than ASCII take more than one.",
            f"services[1] (big) → meta: has 65 entries; {REFUSED} Keep at most 64.",
        ],
    ),
    (
        "duplicate id",
        [{"name": "web"}, {"name": "api", "id": "web"}],
        [
            'services[1] (web) → id: the service id "web" is taken by services[0] (web);'
            " the agent would register the last one only, without a word. Give each instance an id of its own.",
        ],
    ),
]


def test_every_refusal_says_why_and_changes_nothing(tmp_path: Path) -> None:
    with ConsulAgent() as agent:
        play = tasks_play(
            *(
                {
                    "name": name,
                    "registrar.consul.service_definitions": {"config_dir": str(agent.config_dir), "services": services},
                    "ignore_errors": True,
                }
                for name, services, _lines in CASES
            ),
        )

        result = run_playbook(tmp_path, play).ok()

        for name, _services, lines in CASES:
            refused = result.task(name)
            count = "1 error" if len(lines) == 1 else f"{len(lines)} errors"
            assert refused.said.split("\n") == [f"{count}, and nothing was changed.", *lines]
            assert [set(error) for error in refused.result["errors"]] == [{"severity", "path", "rule", "message", "hint"}] * len(lines)
        assert not list(agent.config_dir.iterdir())
        assert "hangup" not in agent.log()


def test_all_errors_of_all_services_are_reported_at_once_in_the_order_of_the_input(tmp_path: Path) -> None:
    services = [services[0] for _name, services, _lines in CASES]
    play = tasks_play({"name": "all", "registrar.consul.service_definitions": {"config_dir": str(tmp_path / "none"), "services": services}})

    refused = run_playbook(tmp_path, play).task("all")

    places = [int(error["path"].partition("[")[2].partition("]")[0]) for error in refused.result["errors"]]
    assert places == sorted(places)
    assert len(places) >= len(CASES)


def test_an_id_cannot_lead_out_of_the_directory(tmp_path: Path) -> None:
    ids = ["../../etc/x", "../../etc%2Fx", ".hidden", "a/b", "a%2Fb", "web", "API", "é", "x" * 300, "x" * 299 + "y"]
    with ConsulAgent() as agent:
        services = [{"name": "web", "id": identifier} for identifier in ids]
        arguments = {"config_dir": str(agent.config_dir), "services": services, "layout": "per_service"}

        run_playbook(tmp_path, tasks_play({"registrar.consul.service_definitions": arguments})).ok()

        names = [path.name for path in agent.config_dir.iterdir() if path.is_file()]
        assert len(names) == len(ids)
        assert all(name.startswith("service-") and name.endswith(".json") for name in names)
        assert "service-%2E%2E%2F%2E%2E%2Fetc%2Fx.json" in names
        agent.reload()
        assert set(agent.services()) == set(ids)


def test_a_foreign_file_keeps_its_id(tmp_path: Path) -> None:
    with ConsulAgent() as agent:
        agent.write("foreign.json", {"service": {"name": "web", "port": 1}})
        agent.reload()
        arguments = {"config_dir": str(agent.config_dir), "services": [{"name": "web", "port": 2}, {"name": "api"}]}

        refused = run_playbook(tmp_path, tasks_play({"name": "t", "registrar.consul.service_definitions": arguments})).task("t")

        assert 'the service id "web"' in refused.said
        assert "foreign.json" in refused.said
        assert [path.name for path in agent.config_dir.iterdir() if path.is_file()] == ["foreign.json"]
        assert agent.services()["web"]["Port"] == 1


SEVEN_ERRORS = [
    {"name": "web", "prt": 80, "tags": "blue", "check": {"http": "http://127.0.0.1/", "interval": 10}},
    {"name": "", "port": "eighty", "meta": {"a b": "c"}},
    {"name": "db", "kind": "database"},
]


def shown(output: str, text: str) -> int:
    """How often a text stands in an output, which YAML may have wrapped and JSON escaped."""
    unescaped = output.replace('\\"', '"')
    return " ".join(unescaped.split()).count(" ".join(text.split()))


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_an_error_is_shown_once_as_text_and_once_as_data(tmp_path: Path, form: str) -> None:
    task = {"registrar.consul.service_definitions": {"config_dir": str(tmp_path), "services": SEVEN_ERRORS}}

    result = run_playbook(tmp_path, tasks_play(task), environment={"ANSIBLE_CALLBACK_RESULT_FORMAT": form})

    errors, output = result.only().result["errors"], result.stdout + result.stderr
    assert len(errors) == 7
    for error, line in zip(errors, result.only().said.splitlines()[1:], strict=True):
        assert output.splitlines().count(line) == 1
        assert shown(output, error["path"] + ":") == 1
        assert shown(result.stdout, error["hint"]) == 1


def test_nothing_is_shown_of_a_task_without_a_log(tmp_path: Path) -> None:
    task = {"registrar.consul.service_definitions": {"config_dir": str(tmp_path), "services": SEVEN_ERRORS}, "no_log": True}

    result = run_playbook(tmp_path, tasks_play(task))

    assert result.rc == 2
    assert "is no key that Consul knows here" not in result.stdout + result.stderr


def test_what_an_agent_says_is_shown_twice_at_most(tmp_path: Path) -> None:
    with ConsulAgent() as agent:
        write_set(agent.config_dir, [{"name": "web", "port": 80}, {"port": 81}])

        result = run_playbook(tmp_path, tasks_play({"registrar.consul.agent_reload": {"config_dir": str(agent.config_dir)}}))

    refused, output = result.only(), result.stdout + result.stderr
    assert refused.msg.startswith("The agent refused: ")
    words = refused.msg.partition(": ")[2].partition(" The files")[0]
    assert "Service name missing" in words
    assert 1 <= shown(output, words) <= 2
    for error in refused.result["errors"]:
        assert shown(output, f"{error['path']}:") == 1
