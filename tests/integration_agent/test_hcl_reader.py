# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our reader of HCL and the agent's agree: on what a text means, and on what is none."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Unparsable, parse
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.hcl_samples import REFUSED, STRICTER, VALUES


def test_values_mean_the_same() -> None:
    with ConsulAgent() as agent:
        for number, sample in enumerate(VALUES):
            # A proxy's configuration is kept as it is, whatever the types in it.
            proxy = f'proxy {{ destination_service_name = "web" config {{ value = {sample.text}\n}} }}'
            service = f'services {{ id = "s{number:03}" name = "proxy" kind = "connect-proxy" port = 1 {proxy} }}'
            agent.write(f"s{number:03}.hcl", f"{service}\n")
        agent.reload()

        answers = {number: agent.get(f"/v1/agent/service/s{number:03}")["Proxy"]["Config"]["value"] for number in range(len(VALUES))}

    assert answers == {number: sample.value for number, sample in enumerate(VALUES)}


def refused_by_consul(path: Path) -> bool:
    helper = path.parent / "helper.json"
    helper.write_text(json.dumps({"data_dir": str(path.parent / "data"), "bind_addr": "127.0.0.1"}), encoding="utf-8")
    done = subprocess.run([consul_binary(), "validate", str(helper), str(path)], capture_output=True, text=True, check=False, timeout=60)
    # An unknown key is a matter of what is said, not of how it is written.
    return done.returncode != 0 and "invalid config key" not in done.stdout + done.stderr


def test_the_same_texts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "sample.hcl"
    for text in REFUSED:
        path.write_text(text, encoding="utf-8")
        assert refused_by_consul(path), text
    for text in [*STRICTER, *(f"value = {sample.text}" for sample in VALUES if not sample.text.startswith("<<"))]:
        path.write_text(text, encoding="utf-8")
        assert not refused_by_consul(path), text


# What a document means for the agent: the ids, in its order.
DOCUMENTS = {
    'service { name = "a" }': ["a"],
    'services { name = "a" }\nservices { name = "b" id = "c" }': ["a", "c"],
    'services = [{ name = "a" }, { name = "b" }]': ["a", "b"],
    'service = { name = "a" }\nservices = [{ name = "b" }]': ["b", "a"],
    'SERVICE { Name = "a" ID = "b" }': ["b"],
    '{"service": {"name": "a"}}': ["a"],
    'service { name = "a" tags = ["x"] checks = [{ ttl = "1s" }] check { ttl = "2s" } }': ["a"],
    "# nothing": [],
    "": [],
}


def test_documents_register_the_ids_that_we_read() -> None:
    with ConsulAgent() as agent:
        for number, (text, ids) in enumerate(DOCUMENTS.items()):
            path = agent.write(f"d{number}.hcl", text)
            agent.reload()

            assert set(agent.services()) == set(ids), text
            read = parse(path.name, path.read_bytes()).services
            assert [service.get("id") or service["name"] for service in read] == ids
            path.unlink()


@pytest.mark.parametrize(("name", "text"), [("blank.hcl", " \n"), ("blank.json", " \n"), ("null.json", "null"), ("list.json", "[]")])
def test_files_without_an_object(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    try:
        parse(name, path.read_bytes())
        refused = False
    except Unparsable:
        refused = True

    assert refused == refused_by_consul(path)
