# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is generated is up to date, and says what the schema and the rules say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import SERVICE_ARGUMENT_SPEC
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.coerce import Coercion
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import RULES
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import json_schema, service_field
from ansible_collections.registrar.consul.tests.support.definitions.mutations import mutants
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope, examples, services
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tools.generate import outputs, stale
from ansible_collections.registrar.consul.tools.generators.editor_schema import distinct_versions

SCHEMAS = REPOSITORY / "docs" / "schema"
DRAFTS = {"": Draft202012Validator, ".draft-07": Draft7Validator}


def schema(kind: str, version: str, draft: str) -> dict[str, Any]:
    return json.loads((SCHEMAS / f"{kind}-{version}{draft}.json").read_text(encoding="utf-8"))


def test_all_generated_files_are_up_to_date() -> None:
    assert stale(outputs()) == []


def test_options_are_documented_as_they_are_specified() -> None:
    text = (REPOSITORY / "plugins" / "doc_fragments" / "_service_fields.py").read_text(encoding="utf-8")
    documented = yaml.safe_load(text.split('r"""')[1].split('"""')[0])["options"]

    assert {name: option["type"] for name, option in documented.items()} == {
        name: spec["type"] for name, spec in SERVICE_ARGUMENT_SPEC.items()
    }
    assert {name: option.get("elements") for name, option in documented.items()} == {
        name: spec.get("elements") for name, spec in SERVICE_ARGUMENT_SPEC.items()
    }


def test_every_rule_is_in_the_reference_once() -> None:
    page = (REPOSITORY / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")

    assert sorted(re.findall(r"^### (\S+)$", page, re.MULTILINE)) == sorted(rule.id for rule in RULES.values())


@pytest.mark.parametrize("version", ["1.0", "1.2", "1.8", "1.22"])
@pytest.mark.parametrize("draft", DRAFTS)
def test_published_schemas_are_schemas(version: str, draft: str) -> None:
    for kind in ("definitions", "role"):
        DRAFTS[draft].check_schema(schema(kind, version, draft))


def test_each_version_that_differs_is_published_in_both_drafts() -> None:
    names = {f"{minor[0]}.{minor[1]}{draft}" for minor in distinct_versions() for draft in DRAFTS}

    assert {path.name.partition("-")[2].removesuffix(".json") for path in SCHEMAS.iterdir()} == names


@pytest.mark.parametrize("version", ["1.4.5", "1.8.7", "1.22.0"])
def test_published_schemas_say_what_the_judge_says(version: str) -> None:
    """As far as a schema can say it, that is: without rules. Null is not in a schema; the judge takes it for absent."""
    number = parse_version(version)
    scope = Scope(number)
    minor = {"1.4.5": "1.3", "1.8.7": "1.8", "1.22.0": "1.22"}[version]
    judge = Draft202012Validator(json_schema(service_field(), (number[0], number[1], 999), "community"))
    files = {draft: validator(schema("definitions", minor, draft)) for draft, validator in DRAFTS.items()}
    variables = {draft: validator(schema("role", minor, draft)) for draft, validator in DRAFTS.items()}
    groups = [[service] for service in examples(services(scope), 30, 1)] + [mutant.services for mutant in examples(mutants(scope), 60, 1)]
    verdicts = set()

    for group in groups:
        if not all(isinstance(service, dict) and Coercion(literal=True).value(service_field(), service) == service for service in group):
            continue
        valid = all(judge.is_valid(service) for service in group)
        verdicts.add(valid)
        for draft in DRAFTS:
            assert files[draft].is_valid({"services": group}) == valid, group
            if "{{" not in json.dumps(group) and "null" not in json.dumps(group):
                assert variables[draft].is_valid({"consul_services_definitions": group}) == valid, group
    assert verdicts == {True, False}


@pytest.mark.parametrize("draft", DRAFTS)
def test_templates_are_accepted_in_variables_and_nothing_else_instead_of_a_value(draft: str) -> None:
    judge = DRAFTS[draft](schema("role", "1.8", draft))

    def variables(**service: Any) -> dict[str, Any]:
        return {"consul_services_definitions": [{"name": "web", **service}], "something_else": 1}

    for value in ("{{ port }}", None, 80):
        assert judge.is_valid(variables(port=value))
    assert judge.is_valid({"consul_services_definitions": "{{ services }}", "consul_services_strict": "{{ strict }}"})
    assert judge.is_valid(
        {"consul_services_definitions": ["{{ web }}", {"name": "db", "checks": "{{ checks }}", "meta": {"a": "{{ b }}"}}]}
    )
    assert judge.is_valid(variables(check={"ttl": "{{ ttl }}"}, kind="{{ kind }}", tags=["{{ tag }}"]))
    for value in ("80", "port", [80], 80.5):
        assert not judge.is_valid(variables(port=value))
    assert not judge.is_valid(variables(check={"ttl": "10"}))
    assert not judge.is_valid({"consul_services_layout": "both"})


def test_fields_have_their_description_and_example_in_published_schemas() -> None:
    def described(node: Any) -> None:
        for child in node.get("properties", {}).values():
            assert child["description"]
            assert child["examples"]

    definitions = schema("definitions", "1.22", "")["$defs"]
    for part in definitions.values():
        described(part)


def test_the_page_for_editors_names_files_that_exist() -> None:
    page = (REPOSITORY / "docs" / "editor.md").read_text(encoding="utf-8")

    for name in re.findall(r"(?:role|definitions)-[\d.]+(?:\.draft-07)?\.json", page):
        assert Path(SCHEMAS / name).exists(), name
