# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A quick yes is a promise: jsonschema would say yes, too."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.coerce import Coercion
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.fast_path import quick_yes
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.validate import validator
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import json_schema, node_check_field, service_field
from ansible_collections.registrar.consul.tests.support.definitions.mutations import Mutant, mutants
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope, node_checks, services

QUICK = {root: quick_yes(json_schema(root)) for root in (service_field(), node_check_field())}


@given(st.one_of(mutants(Scope()), mutants(Scope(edition="enterprise"))))
def test_never_says_yes_where_jsonschema_says_no(mutant: Mutant) -> None:
    for raw in mutant.services:
        for definition in (raw, Coercion().value(service_field(), raw)):
            assert validator(service_field()).is_valid(definition) or not QUICK[service_field()](definition)


@given(services(Scope()))
def test_says_yes_to_valid_services(service: dict[str, Any]) -> None:
    definition = Coercion().value(service_field(), service)
    assert QUICK[service_field()](definition) == validator(service_field()).is_valid(definition)


@given(node_checks(Scope()))
def test_says_yes_to_valid_checks(check: dict[str, Any]) -> None:
    definition = Coercion().value(node_check_field(), check)
    assert QUICK[node_check_field()](definition) == validator(node_check_field()).is_valid(definition)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "format": "uri"}, "http://a"),
        ({"type": "null"}, None),
        ({}, 1),
        ({"type": "object", "properties": {"a": {"type": "string", "maxLength": 3}}}, {"a": "x"}),
        ({"type": "array", "items": {"type": "integer", "multipleOf": 2}}, [2]),
    ],
)
def test_leaves_what_it_does_not_know_to_jsonschema(schema: dict[str, Any], value: Any) -> None:
    assert not quick_yes(schema)(value)


@pytest.mark.parametrize(
    ("schema", "yes", "no"),
    [
        ({"type": "boolean"}, [True, False], [0, 1, "true", None]),
        ({"type": "integer", "minimum": 1, "maximum": 3}, [1, 3], [0, 4, True, 1.0, "1"]),
        ({"type": "string", "minLength": 1}, ["a"], ["", 1, None]),
        ({"type": "string", "enum": ["a", "b"]}, ["a"], ["c", "A"]),
        ({"type": "string", "pattern": "^[a-z]+$"}, ["ab"], ["ab\n", "a1", ""]),
        ({"type": "array", "items": {"type": "integer"}}, [[], [1]], [["1"], (1,), {}]),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False},
            [{}, {"a": 1}],
            [{"b": 1}, {"a": "1"}],
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 1},
            [{"x": "y"}],
            [{"x": 1}, {"x": "y", "z": "y"}],
        ),
        ({"type": "object", "required": ["a"]}, [{"a": None, "b": 1}], [{}, {"b": 1}]),
        ({"type": "object", "propertyNames": {"pattern": "^[a-z]$"}}, [{"a": 1}], [{"A": 1}, {1: 1}]),
    ],
)
def test_understands_each_keyword(schema: dict[str, Any], yes: list[Any], no: list[Any]) -> None:
    judge = quick_yes(schema)
    assert [value for value in yes if not judge(value)] == []
    assert [value for value in no if judge(value)] == []
