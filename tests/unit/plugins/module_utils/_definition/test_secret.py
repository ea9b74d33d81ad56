# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions without their secrets, still fit to be judged."""

from __future__ import annotations

import time
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import (
    MASK,
    NATURAL,
    Secrets,
    cleaned,
    holds_secret,
    looks_secret,
    steps_of,
)


def test_texts_are_masked_and_shapes_stay() -> None:
    service = {
        "name": "web",
        "Token": "x",
        "token": ["a", {"b": "c"}, 7, True, None],
        "checks": [{"header": {"X-Key": ["a", ""]}, "body": 5, "http": "http://a/"}],
        "meta": {"token": "public"},
        "proxy": {"config": {"secret": "x", "list": [{"api_key": 5}], "protocol": "http"}},
    }
    assert NATURAL.concealed(service) == {
        "name": "web",
        "Token": MASK,
        "token": [MASK, {"b": MASK}, 0, True, None],
        "checks": [{"header": {"X-Key": [MASK, ""]}, "body": 0, "http": "http://a/"}],
        "meta": {"token": "public"},
        "proxy": {"config": {"secret": MASK, "list": [{"api_key": MASK}], "protocol": "http"}},
    }


def test_keys_that_are_named_like_secrets_are_taken_for_some() -> None:
    mistyped = {"acl_token": "a", "Password": "b", "api-key": {"c": "d"}, "tokenn": "e", "interval": "10s"}
    assert NATURAL.concealed(mistyped) == {"acl_token": MASK, "Password": MASK, "api-key": {"c": MASK}, "tokenn": MASK, "interval": "10s"}


def test_answers_of_the_agent_are_treated_alike() -> None:
    assert NATURAL.concealed({"Definition": {"Header": {"A": ["b"]}, "Body": "c", "HTTP": "d"}}) == {
        "Definition": {"Header": {"A": [MASK]}, "Body": MASK, "HTTP": "d"}
    }


def test_settings_of_the_agent_stay_on_the_target() -> None:
    assert NATURAL.definitions_of({"encrypt": "x", "Service": {"name": "a"}, "checks": [], "node_name": "n"}) == {
        "Service": {"name": "a"},
        "checks": [],
    }


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"service": {"name": "a", "token": "t"}}, True),
        ({"service": {"name": "a", "token": ""}}, False),
        ({"service": {"name": "a", "check": {"header": {"Authorization": ["t"]}}}}, True),
        ({"service": {"name": "a", "check": {"header": {"Accept": ["text/html"]}, "body": "x"}}}, False),
        ({"service": {"name": "a", "meta": {"token": "handed out to everybody"}}}, False),
        ({"encrypt": "k"}, True),
        ({"acl": {"tokens": {"agent": "t"}}}, True),
        ({"acl": {"tokens": {"agent": ""}, "token_ttl": "30s"}, "key_file": "/k"}, False),
        ({"enable_token_persistence": True}, False),
        ({}, False),
    ],
)
def test_a_file_that_others_must_not_read_is_known(document: dict[str, Any], expected: bool) -> None:
    assert holds_secret(document) is expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://user:planted@host:80/a?b=c", "http://user:********@host:80/a?b=c"),
        ("redis://:pl@n:ted@host", "redis://:********@host"),
        ("x=9a+b.c-d://e:planted@host", "x=9a+b.c-d://e:********@host"),
        ("http://user:plan/ted@host/", "http://user:********@host/"),
        ("curl https://a:planted@b/ http://c:80/d@e", "curl https://a:********@b/ http://c:80/d@e"),
        ("http://[::1]:80/a@b", "http://[::1]:80/a@b"),
        ("http://host:80/a@b", "http://host:80/a@b"),
        ("http://user@host/", "http://user@host/"),
        ("http://host/?a=b&access_token=planted#c", "http://host/?a=b&access_token=********#c"),
        ("token-service:8443", "token-service:8443"),
        ("http://token-service:8443/", "http://token-service:8443/"),
        ("--password=planted --token-file=/a", "--password=******** --token-file=/a"),
        ("Authorization: Bearer planted", "Authorization: Bearer ********"),
        ('{"a": {"api_key": "planted", "n": 1}}', '{"a": {"api_key": "********", "n": 1}}'),
        ('{"text": "{\\"password\\": \\"planted\\"}"}', '{"text": "{\\"password\\": \\"********\\"}"}'),
        ('[{"password": 1234}]', '[{"password": "********"}]'),
        ('{"client_secret": "planted", broken', '{"client_secret": "********", broken'),
        ('{"token_ttl": "5s", "a":   1}', '{"token_ttl": "5s", "a":   1}'),
    ],
)
def test_secrets_inside_of_texts_are_masked(text: str, shown: str) -> None:
    found: list[str] = []

    assert cleaned(text, lambda piece: found.append(piece) or MASK) == shown
    assert bool(found) is (shown != text)


@pytest.mark.parametrize("text", ["a" * 50_000 + "token" + "a" * 50_000, "a" * 50_000 + "://"])
def test_a_long_text_takes_no_time(text: str) -> None:
    begin = time.process_time()
    assert cleaned(text, lambda _piece: MASK) == text
    assert time.process_time() - begin < 6


def test_a_deep_text_is_looked_through_as_a_text() -> None:
    assert cleaned("[" * 600 + '"http://a:planted@b"' + "]" * 600, lambda _piece: MASK) == "[" * 600 + f'"http://a:{MASK}@b"' + "]" * 600


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("meta.a", ("meta", "a")),
        ("checks[0].args[]", ("checks", "args")),
        ('proxy.config["a.b"].c', ("proxy", "config", "a.b", "c")),
        ("meta.*", ("meta", "*")),
        ("proxy.upstreams[*].config", ("proxy", "upstreams", "config")),
    ],
)
def test_places_are_written_as_in_messages(path: str, steps: tuple[str, ...]) -> None:
    assert steps_of(path) == steps


def test_what_is_no_place_is_not_shown_without_end() -> None:
    with pytest.raises(ValueError, match=r'^"[a]{59}\." is no place'):
        steps_of("a" * 59 + "..b")


@pytest.mark.parametrize("path", ["", "[0]", "a..b", "a[b]", "a.", ".a", 'a["b"', "a b[", "a]"])
def test_what_is_no_place_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is no place in a definition"):
        steps_of(path)


def test_listed_places_are_masked_however_they_are_spelled() -> None:
    secrets = Secrets([("meta", "a"), ("checks", "args"), ("tagged_addresses", "*", "port"), ("proxy", "upstreams", "config")])
    service = {
        "name": "web",
        "meta": {"a": "x", "b": "y"},
        "check": {"args": ["x"], "notes": "y"},
        "tagged_addresses": {"lan": {"address": "y", "port": 5}},
        "proxy": {"upstreams": [{"config": {"c": "x"}, "destination_name": "y"}]},
    }
    hidden = {
        "name": "web",
        "meta": {"a": MASK, "b": "y"},
        "check": {"args": [MASK], "notes": "y"},
        "tagged_addresses": {"lan": {"address": "y", "port": MASK}},
        "proxy": {"upstreams": [{"config": {"c": MASK}, "destination_name": "y"}]},
    }

    assert secrets.concealed(service) == hidden
    assert secrets.definitions_of({"services": [service], "check": {"args": ["x"]}}) == {"services": [hidden], "check": {"args": [MASK]}}
    assert secrets.concealed({"Meta": {"a": "x"}, "TaggedAddresses": {"l": {"Port": 5}}, "Definition": {"Args": ["x"]}}) == {
        "Meta": {"a": MASK},
        "TaggedAddresses": {"l": {"Port": MASK}},
        "Definition": {"Args": ["x"]},
    }


def test_places_of_checks_outside_services() -> None:
    secrets = Secrets([("checks", "notes"), ("meta", "a"), ("*", "name")], ["planted"])
    check = {"name": "y", "notes": "x", "meta": {"a": "x"}, "args": ["planted-z"]}
    hidden = {"name": MASK, "notes": MASK, "meta": {"a": "x"}, "args": [MASK]}

    assert secrets.of_checks().concealed(check) == secrets.concealed_at(("check",), check) == hidden
    assert secrets.definitions_of({"checks": [check]}) == {"checks": [hidden]}
    assert secrets.steps({"checks": [check]}) == {("checks", "args")}
    assert Secrets([("checks",)]).of_checks().concealed({"name": "x"}) == {"name": MASK}


def test_known_values_are_found_wherever_they_stand() -> None:
    secrets = Secrets(values=["planted", "8443", "web"])
    service = {"name": "web", "port": 8443, "tags": ["a", "x-planted-y"], "meta": {"name": "web", "b": "18443"}, "check": {"tcp": "a:8443"}}

    assert secrets.steps(service) == {("port",), ("tags",), ("meta", "name")}
    assert secrets.texts(service) == {"8443", "x-planted-y", "web"}
    assert secrets.values_in([[service], []]) == {"8443", "planted", "web"}
    assert Secrets(values=["planted"]).steps({"check": {"id": "planted", "name": "planted"}}) == set()
    # A short one is no secret inside of other words.
    assert Secrets(values=["sixsix", "fives"]).texts({"tags": ["a sixsix", "a fives", "fives"]}) == {"a sixsix", "fives"}
    # What is none of the words that people hide stands for itself.
    assert Secrets(values=["True", "None"]).steps({"name": "x", "a": True, "b": None}) == set()
    assert secrets.values_in([[{"name": "web"}]]) == NATURAL.values_in([[service]]) == set()


@pytest.mark.parametrize(
    "text",
    [
        "6f3a2f0e-5d3c-4f60-9f39-0a3cf2a4a9d1",
        "Bearer abc",
        "-----BEGIN PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.e30.x",
        "hvs.CAESIJ1234567890abcdef",
        "0123456789abcdef0123456789abcdef",
    ],
)
def test_tokens_are_known_by_their_form(text: str) -> None:
    assert looks_secret(text)


@pytest.mark.parametrize("text", ["10s", "passing", "connect-proxy", "http://127.0.0.1:80/health/of/everything", "10.0.0.1", "a" * 30, ""])
def test_ordinary_values_are_no_tokens(text: str) -> None:
    assert not looks_secret(text)


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (["/c", "--password", "s3cret", "-v"], ["/c", "--password", MASK, "-v"]),
        (["/c", "-token", "s3cret"], ["/c", "-token", MASK]),
        (["/bin/sh", "-c", "/c --api-key s3cret --url x"], ["/bin/sh", "-c", f"/c --api-key {MASK} --url x"]),
        (["/bin/sh", "-c", "/c --password 's3 cret' -v"], ["/bin/sh", "-c", f"/c --password '{MASK}' -v"]),
        (["/c", "--token-file", "/etc/token"], None),
        (["/c", "--password", "--verbose"], None),
        (["/c", "password", "is set"], None),
        (["/c", "--user", "me"], None),
        (["/c", "--ask-password"], None),
        (["/bin/sh", "-c", "/c --password -v"], None),
    ],
)
def test_what_follows_an_option_with_the_name_of_a_secret(args: list[str], shown: list[str] | None) -> None:
    assert NATURAL.concealed({"name": "web", "check": {"args": args}}) == {"name": "web", "check": {"args": shown or args}}
