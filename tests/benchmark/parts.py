# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the work, each by itself: processor time for each service, or bytes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi, Endpoint
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import AgentView, differences
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified
from ansible_collections.registrar.consul.plugins.module_utils._payload import decode_payload, encode_payload
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import set_request
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import render_json
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import json_schema, service_field
from ansible_collections.registrar.consul.tests.benchmark.controller import Controller
from ansible_collections.registrar.consul.tests.benchmark.definitions import Service, plain, typical
from ansible_collections.registrar.consul.tests.benchmark.meter import timed
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.target import write

ALL_FIELDS = Path(__file__).absolute().parents[1] / "fixtures" / "subject" / "all_fields.yml"
COUNT = 1000
TERMS = Terms(version=None, edition="community", strict=False, silence=(), format="json")


Json = dict[str, Any]
# Prepares a piece of work with these services, and returns what is to be measured.
Prepare = Callable[[list[Service]], Callable[[], object]]


@dataclass(frozen=True)
class Part:
    """Seconds of processor time for one definition, by the kind of definitions."""

    where: str
    what: str
    costs: dict[str, float]


@dataclass(frozen=True)
class Sizes:
    """Bytes for so many services: what is in the file, and what is sent of it."""

    services: int
    file: int
    payload: int


def measure(say: Callable[[str], None]) -> list[Part]:
    """Measure all parts with a thousand definitions of each kind."""
    every = {"plain": plain(COUNT), "typical": typical(COUNT), "all fields": [_all_fields(number) for number in range(100)]}
    registrable = {name: every[name] for name in ("plain", "typical")}
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder, ConsulAgent() as agent:
        disk = _Disk(Path(folder))
        parts: list[tuple[str, str, Prepare, dict[str, list[Service]]]] = [
            ("controller", "judged by plain `jsonschema`, to compare with", _plain_jsonschema, every),
            ("controller", "judged", lambda services: lambda: judge_services(services), every),
            ("controller", "rendered", lambda services: lambda: render_json(services), every),
            ("controller", "packed", _packing, registrable),
            ("target", "unpacked", _unpacking, registrable),
            ("target", "written, in one file", lambda services: disk.writing(services, "bundle"), registrable),
            ("target", "written, in a file for each", lambda services: disk.writing(services, "per_service"), registrable),
            ("target", "found unchanged, in one file", lambda services: disk.finding(services, "bundle"), registrable),
            ("target", "found unchanged, in a file for each", lambda services: disk.finding(services, "per_service"), registrable),
            ("target", "read from the agent and compared", lambda services: _verifying(agent, services), registrable),
        ]
        found = []
        for where, what, prepare, kinds in parts:
            say(f"the parts: {what}")
            found.append(Part(where, what, {name: timed(prepare(services)) / len(services) for name, services in kinds.items()}))
    return found


def sizes() -> list[Sizes]:
    """Return what is sent for sets of some sizes."""
    found = []
    for count in (1, 100, 1000, 10000):
        payload = _payload(plain(count), "bundle")
        found.append(Sizes(count, sum(map(len, payload["files"].values())), len(encode_payload(payload))))
    return found


def module_size() -> int:
    """Return the bytes of the module with all that it imports, as Ansible sends it."""
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder:
        settings = {"ANSIBLE_KEEP_REMOTE_FILES": "1", "ANSIBLE_PIPELINING": "0", "ANSIBLE_REMOTE_TEMP": f"{folder}/remote"}
        controller = Controller(Path(folder), settings=settings)
        controller.play([{"registrar.consul.service_definitions": {"services": [], "config_dir": folder}}])
        (module,) = Path(folder, "remote").rglob("AnsiballZ_service_definitions.py")
        return module.stat().st_size


def _all_fields(number: int) -> Service:
    (definition,) = yaml.safe_load(ALL_FIELDS.read_text(encoding="utf-8"))
    return {**definition, "id": f"redis-{number}"}


def _plain_jsonschema(services: list[Service]) -> Callable[[], object]:
    validator = Draft202012Validator(json_schema(service_field()))
    return lambda: [validator.is_valid(service) for service in services]


def _payload(services: list[Service], layout: str) -> Json:
    return set_request(services, "web", layout, TERMS).payload


def _packing(services: list[Service]) -> Callable[[], object]:
    payload = _payload(services, "bundle")
    return lambda: encode_payload(payload)


def _unpacking(services: list[Service]) -> Callable[[], object]:
    payload = encode_payload(_payload(services, "bundle"))
    return lambda: decode_payload(payload)


class _Disk:
    """Directories in which files are written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def _new(self) -> Path:
        self._count += 1
        directory = self._folder / str(self._count)
        directory.mkdir()
        return directory

    def writing(self, services: list[Service], layout: str) -> Callable[[], object]:
        payload = _payload(services, layout)
        return lambda: self._write(self._new(), payload)

    def finding(self, services: list[Service], layout: str) -> Callable[[], object]:
        payload, directory = _payload(services, layout), self._new()
        self._write(directory, payload)
        with ConfigDir(str(directory)) as opened:
            verified(opened)
        return lambda: self._write(directory, payload)

    @staticmethod
    def _write(directory: Path, payload: Json) -> None:
        write(directory, payload["files"], owner=payload["owner"])


def _verifying(agent: ConsulAgent, services: list[Service]) -> Callable[[], object]:
    agent.write("services.json", {"services": services})
    agent.reload()
    agent.wait_services(service["id"] for service in services)
    view, nothing = AgentView(AgentApi(Endpoint(agent.http_addr))), Expected({}, {})

    def verify() -> None:
        different = differences(view.look(), expected(services), nothing, nothing)
        if different:
            raise RuntimeError(f"the agent differs: {different[0]}")

    return verify
