# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What templating did is undone where one reading is possible, and nothing is guessed where several are."""

from __future__ import annotations

import json
import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.coerce import Coercion
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope, services

AMBIGUOUS = "ambiguous"


class TaggedStr(str):
    """A text as ansible-core hands it over since 2.19."""

    __slots__ = ()


class TaggedInt(int):
    """A number as ansible-core hands it over since 2.19."""


class TaggedDict(dict[str, Any]):
    """A mapping as ansible-core hands it over since 2.19."""


class TaggedDate(date):
    """A date as ansible-core hands it over since 2.19."""


class Vaulted:
    """A vaulted value of ansible-core before 2.19, which is no text."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return "plain"


def coerced(definition: Any, *, literal: bool = False) -> tuple[Any, list[str]]:
    """Return the definition after coercion, and the ids of what was found."""
    coercion = Coercion(literal=literal)
    value = coercion.value(service_field(), definition)
    return value, [finding.rule for finding in coercion.findings]


def outcome(key: str, value: Any) -> Any:
    """Return what becomes of a field, or the id of the rule by which it is refused."""
    result, found = coerced({"name": "web", key: value})
    return found[0] if found else result.get(key)


# Every value that templates give for a number: what it becomes, or that it has several readings.
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (80, 80),
        (80.0, 80),
        (TaggedInt(80), 80),
        ("80", 80),
        (TaggedStr("80"), 80),
        ("0", 0),
        ("-1", -1),
        (None, None),
        # 8, 64 or 80? 80, or the 8 that was meant to be followed by another digit?
        ("", AMBIGUOUS),
        (" 80", AMBIGUOUS),
        ("80 ", AMBIGUOUS),
        ("80\n", AMBIGUOUS),
        ("080", AMBIGUOUS),
        ("+80", AMBIGUOUS),
        ("--80", "--80"),
        ("0x50", AMBIGUOUS),
        ("0b1", AMBIGUOUS),
        ("0o12", AMBIGUOUS),
        ("8_0", AMBIGUOUS),
        ("8,080", AMBIGUOUS),
        ("80.0", AMBIGUOUS),
        ("1e3", AMBIGUOUS),
        ("-0", 0),
        ("9" * 19, 10**19 - 1),
        ("9" * 20, AMBIGUOUS),
        # These have one meaning, and the schema says why it is wrong.
        ("http", "http"),
        ("80/tcp", "80/tcp"),
        ("٨٠", "٨٠"),
        (80.5, 80.5),
        (True, True),
        ([80, 81], [80, 81]),
        ({}, {}),
        (math.inf, "not-json"),
        (math.nan, "not-json"),
    ],
)
def test_numbers(value: Any, expected: Any) -> None:
    result = outcome("port", value)

    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        (False, False),
        ("true", True),
        ("True", True),
        ("false", False),
        ("False", False),
        (None, None),
        *[(word, AMBIGUOUS) for word in ("", "yes", "no", "on", "off", "y", "n", "TRUE", "t", "f", "0", "1", " true", "Yes")],
        (0, AMBIGUOUS),
        (1, AMBIGUOUS),
        (1.0, AMBIGUOUS),
        ("maybe", "maybe"),
        ([True, False], [True, False]),
    ],
)
def test_booleans(value: Any, expected: Any) -> None:
    result = outcome("enable_tag_override", value)

    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("web", "web"),
        (TaggedStr("web"), "web"),
        ("", ""),
        (" x ", " x "),
        ("1.10", "1.10"),
        (7, "7"),
        (-7, "-7"),
        (TaggedInt(7), "7"),
        (None, None),
        # 1.10 without quotes is 1.1; yes without quotes is true.
        (1.1, AMBIGUOUS),
        (2.0, AMBIGUOUS),
        (True, AMBIGUOUS),
        (False, AMBIGUOUS),
        (["a", "b"], ["a", "b"]),
        ({}, {}),
        ("\ud800", "not-json"),
    ],
)
def test_texts(value: Any, expected: Any) -> None:
    result = outcome("id", value)

    assert (result, type(result)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("definition", "literal", "expected"),
    [
        ({"connect": {"sidecar_service": None}}, False, ["null-block"]),
        ({"connect": {"sidecar_service": None}}, True, ["null-block-in-file"]),
        ({"connect": {"proxy": None}}, False, ["null-block"]),
        ({"connect": {"sidecar_service": {}}}, False, []),
        ({"connect": None, "proxy": None, "check": None, "checks": None, "meta": None, "weights": None}, False, []),
        ({"proxy": {"expose": None, "mesh_gateway": None, "config": None, "upstreams": None}, "locality": None}, False, []),
        ({"tagged_addresses": {"wan": None}, "address": None, "port": None, "tags": None}, False, []),
    ],
)
def test_a_null_has_two_readings_where_an_empty_block_means_something(definition: Any, literal: bool, expected: list[str]) -> None:
    assert coerced({"name": "web", **definition}, literal=literal)[1] == expected


def test_a_number_is_no_duration_and_no_mode() -> None:
    upstream = {"destination_name": "db", "local_bind_port": 1, "local_bind_socket_mode": 600}

    assert coerced({"name": "web", "check": {"ttl": 10}})[1] == [AMBIGUOUS]
    assert coerced({"name": "p", "proxy": {"upstreams": [upstream]}})[1] == [AMBIGUOUS]


@pytest.mark.parametrize(("key", "value"), [("port", "080"), ("enable_tag_override", "yes"), ("address", 1.10), ("id", 7.5)])
def test_what_has_several_readings_stays_as_it_was(key: str, value: Any) -> None:
    definition = {"name": "web", key: value}

    assert coerced(definition) == (definition, [AMBIGUOUS])


def test_a_key_that_is_misspelled_beside_the_right_one_is_not_judged() -> None:
    for definition in ({"name": "web", "prot": "080", "port": 80}, {"name": "web", "port": 80, "prot": "080"}):
        assert coerced(definition) == ({"name": "web", "port": 80}, ["unknown-key"])
    assert coerced({"name": "web", "prot": None}) == ({"name": "web"}, ["unknown-key"])
    assert coerced({"name": "web", "prot": "80"}) == ({"name": "web", "port": 80}, ["unknown-key"])


def test_values_below_user_keys_are_coerced_and_opaque_data_is_not() -> None:
    definition = {
        "name": "web",
        "meta": {"build": 17, "gone": None},
        "tagged_addresses": {"wan": {"address": "10.0.0.1", "port": "80"}},
        "proxy": {"config": {"port": "80", "on": "true", "nothing": None, "ratio": 1.5}},
    }

    assert coerced(definition)[0] == {
        "name": "web",
        "meta": {"build": "17"},
        "tagged_addresses": {"wan": {"address": "10.0.0.1", "port": 80}},
        "proxy": {"config": {"port": "80", "on": "true", "nothing": None, "ratio": 1.5}},
    }


def test_null_is_absent_and_stays_visible_in_a_list() -> None:
    assert coerced({"name": "web", "port": None, "check": None, "tags": ["a", None]})[0] == {"name": "web", "tags": ["a", None]}


def test_keys_become_texts() -> None:
    assert coerced({"name": "web", "meta": {1: "x", TaggedStr("y"): "z"}}) == ({"name": "web", "meta": {"1": "x", "y": "z"}}, [])
    assert coerced({"name": "web", "meta": {True: "x"}})[1] == ["not-json"]
    assert coerced({"name": "web", "meta": {"\ud800": "x"}})[1] == ["not-json"]


@pytest.mark.parametrize("value", [{1: "a", "1": "b"}, {"1": "a", 1: "b"}])
def test_keys_that_become_one_are_refused(value: Any) -> None:
    assert coerced({"meta": value})[1] == ["not-json"]
    assert coerced({"proxy": {"config": {"a": value}}})[1] == ["not-json"]


def test_only_plain_types_come_out() -> None:
    definition = TaggedDict(
        name=TaggedStr("web"),
        port=TaggedInt(1),
        tags=(TaggedStr("a"),),
        proxy=TaggedDict(config=TaggedDict(a=[TaggedInt(1), TaggedStr("b")])),
    )

    def types(value: Any) -> set[type]:
        below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return {type(value)}.union(*(types(item) for item in below), *({type(key)} for key in (value if isinstance(value, dict) else ())))

    assert types(coerced(definition)[0]) == {dict, list, str, int}


def test_vaulted_values_are_read() -> None:
    coercion = Coercion()

    assert coercion.value(service_field(), {"name": "web", "token": Vaulted()}) == {"name": "web", "token": "plain"}


def test_what_has_no_form_in_json_is_refused() -> None:
    assert coerced({"name": "web", "proxy": {"config": {"a": {1, 2}}}})[1] == ["not-json"]
    assert coerced({"name": b"web"})[1] == ["not-json"]
    assert coerced({"name": "web", "proxy": {"config": {"a": math.inf}}})[1] == ["not-json"]


def test_what_yaml_makes_a_date_of_is_called_a_date() -> None:
    coercion = Coercion()
    coercion.value(service_field(), {"name": "web", "tags": [TaggedDate(2026, 1, 1)]})

    assert [finding.message for finding in coercion.findings] == ["a date has no form in JSON."]


def test_a_file_is_taken_as_it_stands() -> None:
    definition = {"name": "web", "port": "80", "enable_tag_override": "true", "id": 7, "meta": {"a": None, "b": 1}}

    assert coerced(definition, literal=True) == ({**definition, "meta": {"a": "", "b": 1}}, [])


def templated(value: Any, field: Field) -> Any:
    """Return a definition as templates would have left it: numbers and booleans as texts, digits as numbers."""
    if isinstance(value, dict) and not field.opaque:
        children = {key: field.properties.get(key) or field.values for key in value}
        return {key: templated(item, children[key]) for key, item in value.items()}
    if isinstance(value, list) and field.items:
        return [templated(item, field.items) for item in value]
    if isinstance(value, bool) and field.type == "boolean":
        return str(value)
    if isinstance(value, int) and field.type == "integer":
        return str(value)
    if field.type == "string" and isinstance(value, str) and value.isdigit() and value.isascii() and str(int(value)) == value:
        return value if field.annotation("x-rule") == "duration" or field.exact else int(value)
    return value


@given(services(Scope()))
def test_templates_change_nothing(service: dict[str, Any]) -> None:
    assert coerced(templated(service, service_field())) == (service, [])
    assert coerced(service) == (service, [])
    assert coerced(service, literal=True) == (service, [])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers() | st.booleans(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.dictionaries(st.sampled_from(sorted(service_field().properties)), ANYTHING, max_size=6)


@given(FIELDS | ANYTHING)
def test_anything_at_all_is_judged_without_an_exception(value: Any) -> None:
    (judged,) = judge_services([value])

    if not judged.findings:
        json.dumps(judged.definition, allow_nan=False, ensure_ascii=False).encode("utf-8")
    assert all(finding.message.endswith(".") for finding in judged.findings)
