# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys in other spellings: what is said of each key of the schema is what the agent makes of it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import REFUSED
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.spelling import ONE_OF_TWO, TAKEN, TAKEN_BLOCKS
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, camel_case, service_field, walk
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.every_field import one_for_each_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope

Json = dict[str, Any]
# A key in another spelling, and a service that has it, alone or beside the plain one.
Case = tuple[str, Json]


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    scope = Scope(consul_version(consul_binary()))
    definitions = one_for_each_field(scope)
    return [
        (spelling, _respelled(definition, field.path, spelling, twice))
        for field in walk(service_field())
        for path, definition in definitions.items()
        if field.name and (path == field.path or (field.properties and path.startswith((f"{field.path}.", f"{field.path}[]."))))
        for spelling in _spellings(field)
        for twice in (False, True)
    ]


def _spellings(field: Field) -> Iterator[str]:
    name, api_name = field.name, field.annotation("x-api-name") or camel_case(field.name)
    yield from {name.upper(), name.title(), name.replace("_", ""), api_name, api_name.upper(), name.replace("_", "-")} - {name}


def _respelled(definition: Json, path: str, spelling: str, twice: bool) -> Json:
    result = deepcopy(definition)
    *above, last = path.replace("[]", ".0").split(".")
    holder: Any = result
    for step in above:
        holder = holder[0] if step == "0" else next(iter(holder.values())) if step == "*" else holder[step]
    holder[spelling] = holder[last] if twice else holder.pop(last)
    return result


def _unknown(tmp_path: Path, key: str, definitions: list[Json]) -> set[int]:
    """Return the indices of the definitions in which the agent knows a key not."""
    (tmp_path / "all.json").write_text(json.dumps({key: definitions}), encoding="utf-8")
    answer = subprocess.run([consul_binary(), "validate", tmp_path], capture_output=True, text=True, check=False)
    return {int(index) for index in re.findall(rf"invalid config key {key}\[(\d+)\]", answer.stdout + answer.stderr)}


def _said_to_be_refused(key: str, definitions: list[Json], spellings: list[str]) -> set[int]:
    """Return the indices of the definitions whose key the agent would refuse, as the rule says."""
    refused = set()
    for index, (definition, spelling) in enumerate(zip(definitions, spellings, strict=True)):
        said = [
            finding.message
            for finding in judge_document({key: [definition]})
            if finding.rule == "key-case" and finding.place[-1] == spelling
        ]
        assert len(said) == 1, (spelling, definition)
        if REFUSED in said[0]:
            refused.add(index)
        else:
            assert any(words in said[0] for words in (TAKEN, TAKEN_BLOCKS, ONE_OF_TWO)), said
    return refused


def test_each_key_of_a_service_is_refused_or_taken_as_we_say(
    tmp_path: Path, cases: list[Case], record_property: Callable[[str, object], None]
) -> None:
    spellings, definitions = (list(column) for column in zip(*cases, strict=True))

    refused = _unknown(tmp_path, "services", definitions)

    assert _said_to_be_refused("services", definitions, spellings) == refused
    assert len(cases) - 300 > len(refused) > 300
    record_property("counted", f"{len(cases)} other spellings of keys, of which the agent knows {len(cases) - len(refused)}")


def test_each_key_of_a_check_outside_a_service_is_refused_or_taken_as_we_say(tmp_path: Path, cases: list[Case]) -> None:
    checks = [(spelling, definition["checks"][0]) for spelling, definition in cases if spelling in definition.get("checks", [{}])[0]]
    spellings, definitions = (list(column) for column in zip(*checks, strict=True))

    refused = _unknown(tmp_path, "checks", definitions)

    assert _said_to_be_refused("checks", definitions, spellings) == refused
    assert refused


def test_what_is_taken_is_read(start_agent: Callable[..., ConsulAgent]) -> None:
    agent = start_agent(enable_local_script_checks=True)
    check = {"ID": "c", "NAME": "disk", "ServiceId": "web", "scriptARGS": ["/bin/true"], "Interval": "1h"}
    document = {"Services": [{"Name": "web"}, {"name": "db"}], "CHECKS": [check]}

    agent.write("all.json", document)
    agent.reload()

    assert agent.services().keys() == {"web", "db"}
    assert agent.checks()["c"]["ServiceID"] == "web"
    assert all(TAKEN in finding.message or TAKEN_BLOCKS in finding.message for finding in judge_document(document))
