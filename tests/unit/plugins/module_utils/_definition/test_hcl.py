# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HCL 1 as agents read it. That they do is in the integration tests, with the samples of the fixture."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.module_utils._definition.hcl import HclError, read_hcl, read_with_places
from ansible_collections.registrar.consul.tests.support.definitions.hcl_samples import REFUSED, STRICTER, VALUES


@pytest.mark.parametrize(("text", "value"), [(sample.text, sample.value) for sample in VALUES], ids=[sample.text for sample in VALUES])
def test_a_value(text: str, value: Any) -> None:
    read = read_hcl(f"value = {text}\n")["value"]

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize("text", REFUSED + STRICTER)
def test_no_hcl(text: str) -> None:
    with pytest.raises(HclError, match=r"^line \d+: "):
        read_hcl(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", {}),
        (" \r\n\t# only a comment", {}),
        ("a = 1 b = 2", {"a": 1, "b": 2}),
        ("a = 1, b = 2", {"a": 1, "b": 2}),
        ('"a b" = 1', {"a b": 1}),
        ("a.b-c_d = 1", {"a.b-c_d": 1}),
        ("a { b = 1 }", {"a": {"b": 1}}),
        ("a = { b = 1 }", {"a": {"b": 1}}),
        ("a { b = 1 }\na { b = 2 }", {"a": [{"b": 1}, {"b": 2}]}),
        ("a { b = 1 }\na { b = 2 }\na = { b = 3 }", {"a": [{"b": 1}, {"b": 2}, {"b": 3}]}),
        ("a = [{ b = 1 }]\na { b = 2 }", {"a": [{"b": 1}, {"b": 2}]}),
        ("a = 1\na = 2", {"a": 2}),
        ('service "web" { port = 1 }', {"service": {"web": {"port": 1}}}),
        ('a "b" "c" {}', {"a": {"b": {"c": {}}}}),
        ("/* a */ b = 1 // c\n# d\ne = 2", {"b": 1, "e": 2}),
        ("truex = 1", {"truex": 1}),
        ('{"a": {"b": [1, null]}}', {"a": {"b": [1, None]}}),
        (' \n{"a": 1}\n', {"a": 1}),
        ('{"a": 1} b = 2', {"a": 1}),
    ],
)
def test_a_document(text: str, value: dict[str, Any]) -> None:
    assert read_hcl(text) == value


def test_the_line_of_a_mistake_is_named_and_no_value() -> None:
    with pytest.raises(HclError) as error:
        read_hcl('a = "secret"\nb = [\n  "secret" "secret"\n]')

    assert str(error.value) == "line 3: a comma or the end of the list is expected here"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('a = "x', "line 1: a text has no end"),
        ('a = 1\nb = "x\n"', "line 2: a text has no end"),
        ('a = "${\n}x', "line 1: a text has no end"),
        ("a = " + "[" * 101, "line 1: nested too deeply"),
    ],
)
def test_what_is_wrong_is_said(text: str, message: str) -> None:
    with pytest.raises(HclError) as error:
        read_hcl(text)
    assert str(error.value) == message


def test_as_deep_as_anybody_nests() -> None:
    assert list(read_hcl("a = " + "[" * 100 + "]" * 100)) == ["a"]


def test_places_lead_to_the_values() -> None:
    text = 'service {\n  token = "x"\n  check { header = { a = ["b"] } body = <<E\ny\nE\n  }\n}\n'

    places = {place.path: text[place.start : place.end] for place in read_with_places(text)[1]}

    assert places[("service", "token")] == '"x"'
    assert places[("service", "check", "header")] == '{ a = ["b"] }'
    assert places[("service", "check", "body")] == "<<E\ny\nE\n"


@given(st.text(alphabet='ab01{}[]="\\$,<-E\n #/*.\0é\x0b', max_size=60) | st.text(max_size=60))
def test_any_text_gives_a_value_or_an_hcl_error(text: str) -> None:
    with suppress(HclError):
        read_hcl(text)


def test_thousands_of_blocks_take_no_time() -> None:
    begin = time.process_time()
    assert read_hcl("a {}\n" * 20_000) == {"a": [{}] * 20_000}
    assert time.process_time() - begin < 6


def test_depth_is_no_danger() -> None:
    for text in ("a=" * 5000 + "1", "a{" * 5000, "a=" + "[" * 5000, '{"a":' * 5000, "a = " + "[{b=" * 5000, '"${' * 5000):
        with pytest.raises(HclError):
            read_hcl(text)


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="$"))
SCALARS = st.booleans() | st.integers(-(2**62), 2**62) | TEXTS
KEYS = st.text("abc", min_size=1)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8)


@given(st.dictionaries(st.text("abcdef", min_size=1), TREES, max_size=4))
def test_what_is_written_is_read_again(value: dict[str, Any]) -> None:
    assert read_hcl("".join(f"{key} = {written(child)}\n" for key, child in value.items())) == value


def written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + "".join(f"{key} = {written(child)}\n" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(char if char.isalnum() else f"\\U{ord(char):08x}" for char in value) + '"'
    return json.dumps(value)


@pytest.mark.parametrize(("character", "name"), [("\0", "null character"), ("\ufeff", "byte order mark")])
def test_characters_that_stand_nowhere(character: str, name: str) -> None:
    for text in (f'a = "{character}"', f"# {character}"):
        with pytest.raises(HclError, match=f"a {name}"):
            read_hcl(text)


@pytest.mark.parametrize(
    ("escape", "character"),
    [
        ("\\377", "\xff"),
        ("\\U0010ffff", "\U0010ffff"),
        ("\\ud7ff", "\ud7ff"),
        ("\\ud800", "\ufffd"),
        ("\\udfff", "\ufffd"),
        ("\\ue000", "\ue000"),
    ],
)
def test_the_limits_of_escapes(escape: str, character: str) -> None:
    assert read_hcl(f'a = "{escape}"') == {"a": character}


@pytest.mark.parametrize("escape", ["\\400", "\\U00110000"])
def test_escapes_for_no_character(escape: str) -> None:
    with pytest.raises(HclError, match="for no character"):
        read_hcl(f'a = "{escape}"')


def test_blanks_are_not_needed() -> None:
    assert read_hcl('a=1,b="x"\nc{d=true}') == {"a": 1, "b": "x", "c": {"d": True}}
