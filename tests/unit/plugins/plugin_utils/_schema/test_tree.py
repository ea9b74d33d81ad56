# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema is a schema, says what a field has to say, and is all that has to be changed for a new one."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import (
    Field,
    json_schema,
    load_schema,
    service_field,
    walk,
)
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY, python_path

# A sidecar has the fields of a service.
FIELDS = [field for field in walk(service_field()) if field.name and not field.path.startswith("connect.sidecar_service.")]


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(load_schema())
    Draft202012Validator.check_schema(json_schema(service_field()))


def test_annotations_are_those_that_contributors_are_told_of() -> None:
    told = re.findall(r"`(x-[a-z-]+)`", (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    used: set[str] = set()

    def collect(node: Any) -> None:
        if isinstance(node, dict):
            used.update(key for key in node if key.startswith("x-"))
            for child in node.values():
                collect(child)

    collect(load_schema())
    assert used == set(told)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_a_field_has_a_description_and_a_valid_example(field: Field) -> None:
    example = field.annotation("examples")[0]

    assert field.description.endswith(".")
    assert "\n" not in field.description
    assert "{{" in str(example) or Draft202012Validator(json_schema(field)).is_valid(example)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_a_field_s_story_is_complete(field: Field) -> None:
    if field.annotation("x-until"):
        assert field.annotation("x-deprecated")
        assert field.annotation("x-replaced-by")
    if field.annotation("pattern"):
        assert field.annotation("x-pattern-text")


def test_views_leave_out_what_an_agent_does_not_know() -> None:
    old, new = (json_schema(service_field(), version, "community") for version in ((1, 5, 0), (1, 22, 0)))

    assert {"proxy_destination"} <= old["properties"].keys()
    assert {"socket_path", "ports", "namespace"}.isdisjoint(old["properties"])
    assert {"socket_path", "ports"} <= new["properties"].keys()
    assert {"proxy_destination", "namespace"}.isdisjoint(new["properties"])
    assert "namespace" in json_schema(service_field(), (1, 22, 0), "enterprise")["properties"]
    assert old["properties"]["kind"]["enum"] == ["", "connect-proxy"]


def test_a_sidecar_is_a_service_without_id_and_without_a_sidecar() -> None:
    sidecar = service_field().properties["connect"].properties["sidecar_service"]

    assert service_field().properties.keys() - sidecar.properties.keys() == {"id"}
    assert "sidecar_service" not in sidecar.properties["connect"].properties
    assert sidecar.required == ()


def test_what_stands_below_a_secret_is_secret() -> None:
    header = service_field().properties["check"].properties["header"]

    assert header.values is not None
    assert header.values.items is not None
    assert header.values.items.sensitive


MADE_UP = {
    "description": "A light on the roof.",
    "type": "object",
    "additionalProperties": False,
    "x-since": "1.5.0",
    "examples": [{"http_mode": "on"}],
    "properties": {
        "http_mode": {
            "description": "When it shines.",
            "type": "string",
            "enum": ["on", "off"],
            "x-api-name": "HTTPMode",
            "examples": ["on"],
        },
        "retry_count": {"description": "How often.", "type": "integer", "minimum": 1, "maximum": 5, "examples": [3]},
        "pin_code": {"description": "Who may touch it.", "type": "string", "x-sensitive": True, "examples": ["1234"]},
        "wire_names": {
            "description": "Names of its wires.",
            "type": "object",
            "x-user-keys": True,
            "additionalProperties": {"type": "string"},
            "examples": [{"red": "left"}],
        },
    },
}
# Runs in the copy.
SCRIPT = """
import json
from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import SERVICE_ARGUMENT_SPEC
from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import masked
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import to_api, to_file
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import render_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict

def rules(beacon, version=(1, 8, 7)):
    return [error["rule"] for error in verdict(judge_services([{"name": "web", "beacon": beacon}])[0].findings, version).errors]

beacon = {"http_mode": "on", "retry_count": "3", "pin_code": "hush", "wire_names": {"a_B": "c"}}
judged = judge_services([{"name": "web", "beacon": beacon}])[0]
service = judged.definition
print(json.dumps({
    "coerced": service["beacon"]["retry_count"],
    "secrets": sorted(NATURAL.texts(service)),
    "valid": rules({"retry_count": 1}),
    "too new": rules({"retry_count": 1}, (1, 4, 5)),
    "range": rules({"retry_count": 6}),
    "enum": rules({"http_mode": "maybe"}),
    "unknown": rules({"colour": 1}),
    "api": to_api(service)[0]["Beacon"],
    "file": to_file(to_api(service)[0])["beacon"],
    "hcl": render_hcl([service]),
    "masked": masked(service)["beacon"]["pin_code"],
    "spec": SERVICE_ARGUMENT_SPEC["beacon"],
}))
"""


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A copy of the collection with one more field in the schema and nothing else changed but what is generated, and what it says."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("plugins", "roles", "tests/support", "tools"):
        shutil.copytree(REPOSITORY / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / "plugins" / "plugin_utils" / "_schema" / "service_definition.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    schema["$defs"]["service"]["properties"]["beacon"] = MADE_UP
    path.write_text(json.dumps(schema), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON", "COV"))}
    environment["PYTHONPATH"] = python_path()
    subprocess.run([sys.executable, copy / "tools" / "generate.py"], check=True, capture_output=True, env=environment)
    environment["PYTHONPATH"] = python_path(copy / ".cache" / "tree")
    said = subprocess.run([sys.executable, "-c", SCRIPT], check=True, capture_output=True, text=True, env=environment).stdout
    return copy, json.loads(said)


def test_a_made_up_field_is_judged_and_coerced(made_up: tuple[Path, dict[str, Any]]) -> None:
    _copy, said = made_up

    assert said["coerced"] == 3
    assert said["valid"] == []
    assert said["too new"] == ["field-too-new"]
    assert said["range"] == ["range"]
    assert said["enum"] == ["value"]
    assert said["unknown"] == ["unknown-key"]


def test_a_made_up_field_is_spelled_both_ways(made_up: tuple[Path, dict[str, Any]]) -> None:
    _copy, said = made_up

    assert said["api"] == {"HTTPMode": "on", "RetryCount": 3, "PinCode": "hush", "WireNames": {"a_B": "c"}}
    assert said["file"] == {"http_mode": "on", "retry_count": 3, "pin_code": "hush", "wire_names": {"a_B": "c"}}


def test_a_made_up_field_is_rendered_as_hcl(made_up: tuple[Path, dict[str, Any]]) -> None:
    _copy, said = made_up

    assert "  beacon {\n" in said["hcl"]
    assert '    http_mode = "on"\n' in said["hcl"]
    assert "    retry_count = 3\n" in said["hcl"]


def test_a_made_up_secret_is_masked(made_up: tuple[Path, dict[str, Any]]) -> None:
    _copy, said = made_up

    assert said["secrets"] == ["hush"]
    assert said["masked"] == "********"


def test_a_made_up_field_is_documented(made_up: tuple[Path, dict[str, Any]]) -> None:
    copy, said = made_up
    fields = (copy / "docs" / "reference" / "fields.md").read_text(encoding="utf-8")
    published = json.loads((copy / "docs" / "schema" / "definitions-1.8.json").read_text(encoding="utf-8"))

    assert "| `beacon` | mapping | since 1.5.0 | `Beacon` |" in fields
    assert "| `http_mode` | text | all | `HTTPMode` |" in fields
    assert "beacon" in published["$defs"]["service"]["properties"]
    assert said["spec"] == {"type": "dict"}
    assert "  beacon:\n" in (copy / "plugins" / "doc_fragments" / "_service_fields.py").read_text(encoding="utf-8")
