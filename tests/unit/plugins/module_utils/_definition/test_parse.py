# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The definitions in the text of a file, as agents understand them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Unparsable, parse


@pytest.mark.parametrize(
    ("text", "services", "checks"),
    [
        ('{"service": {"name": "a"}}', ["a"], []),
        ('{"SERVICES": [{"Name": "a"}, {"NAME": "b", "ID": "c"}]}', ["a", "b"], []),
        ('{"service": {"name": "a"}, "services": [{"name": "b"}]}', ["b", "a"], []),
        ('{"service": [{"name": "a"}]}', ["a"], []),
        ('{"check": {"Name": "a"}, "checks": [{"name": "b"}]}', [], ["b", "a"]),
        ('{"service": null, "services": [null, 1]}', [], []),
        ("{}", [], []),
        ("null", [], []),
    ],
)
def test_definitions_in_a_file(text: str, services: list[str], checks: list[str]) -> None:
    definitions = parse("x.json", text.encode())

    assert [service["name"] for service in definitions.services] == services
    assert [check["name"] for check in definitions.checks] == checks


def test_field_names_become_plain_and_the_users_keys_stay() -> None:
    text = b"""{"service": {"Name": "a", "Meta": {"Key": "v"}, "Checks": [{"ScriptArgs": ["x"], "Header": {"X-A": ["b"]}}],
        "Connect": {"Sidecar_Service": {"Proxy": {"Config": {"A": {"B": 1}}}}}}}"""

    assert parse("x.json", text).services == [
        {
            "name": "a",
            "meta": {"Key": "v"},
            "checks": [{"args": ["x"], "header": {"X-A": ["b"]}}],
            "connect": {"sidecar_service": {"proxy": {"config": {"A": {"B": 1}}}}},
        }
    ]


def test_settings_are_told_from_definitions() -> None:
    assert parse("x.json", b'{"service": {"name": "a"}, "Data_Dir": "/x"}').settings
    assert not parse("x.json", b'{"Service": {"name": "a"}, "checks": []}').settings


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'"x"', b"1", b'{"a": NaN}', b'{"a": 1} {}', b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b" ", b"// x"]
)
def test_what_is_no_json(data: bytes) -> None:
    with pytest.raises(Unparsable):
        parse("x.json", data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b'{\n"a" 1}', "line 2: "), (b'{"a":\nNaN}', "NaN is no JSON value$"), (b'{"a":\n-Infinity}', "-Infinity is no JSON value$")],
)
def test_why_it_is_none_and_where_if_that_is_known(data: bytes, reason: str) -> None:
    with pytest.raises(Unparsable, match=f"^{reason}"):
        parse("x.json", data)


def test_latin_letters_in_a_text_are_read_as_agents_do() -> None:
    assert parse("x.json", b'{"service": {"name": "caf\xe9"}}').services == [{"name": "caf�"}]


@pytest.mark.parametrize("name", ["x.json", "x.hcl"])
def test_half_a_character_is_one_that_is_unknown_as_to_agents(name: str) -> None:
    data = b'{"service": {"name": "\\ud800", "id": "a\\udc00\\ud83d\\ude00\\\\ud800", "port": 1.5}}'

    assert parse(name, data).services == [{"name": "\ufffd", "id": "a\ufffd\U0001f600\\ud800", "port": 1.5}]


@given(st.binary(max_size=80), st.sampled_from(["x.json", "x.hcl"]))
def test_any_content_is_read_or_unparsable(data: bytes, name: str) -> None:
    with suppress(Unparsable):
        parse(name, data)


def test_depth_is_no_danger() -> None:
    for name in ("x.json", "x.hcl"):
        with pytest.raises(Unparsable, match="nested too deeply"):
            parse(name, b'{"a":' * 100000)
        # What Python reads, and comes to no end with later.
        for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
            assert parse(name, b'{"service": {"a":' + opening * 97 + b"[]" + closing * 97 + b"}}").services
            with pytest.raises(Unparsable, match="nested too deeply"):
                parse(name, b'{"service": {"a":' + opening * 98 + b"[]" + closing * 98 + b"}}")


def test_a_list_of_one_mapping_is_the_mapping() -> None:
    (service,) = parse("a.json", b'{"service": {"proxy": [{"a": 1}], "check": [{"ttl": "1s"}, {"ttl": "2s"}], "port": [1]}}').services
    assert service == {"proxy": {"a": 1}, "check": [{"ttl": "1s"}, {"ttl": "2s"}], "port": [1]}
