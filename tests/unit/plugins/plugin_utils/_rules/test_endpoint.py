# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents can look at gets no word, and what they cannot gets the right one; integration tests ask agents about the same table."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._rules.endpoint import endpoint_findings
from ansible_collections.registrar.consul.tests.support.definitions.endpoints import checks

FAILS = "every run of the check fails."


def said(check: dict[str, Any]) -> list[str]:
    return [finding.message for finding in endpoint_findings(check, ())]


@pytest.mark.parametrize(("check", "wrong"), checks(("http", "tcp", "udp", "h2ping", "grpc", "args"), 8080))
def test_every_form(check: dict[str, Any], wrong: str) -> None:
    assert said(check) == ([f"{wrong}; {FAILS}"] if wrong else [])


@pytest.mark.parametrize(
    "check",
    [
        {"http": "https://[::1]:8443/health"},
        {"http": "http://::1:80/"},
        {"http": "http://[fe80::1%25eth0]:80/"},
        {"http": "http://my_host.example/%2f?a=%"},
        {"http": "http://127.0.0.1:/"},
        {"tcp": "[::1]:80"},
        {"tcp": "[db.example]:80"},
        {"tcp": "db.example:postgresql"},
        {"grpc": "[::1]:9090/a.b.C"},
        {"args": ["C:\\Program Files\\check.exe"]},
        {"args": ["/usr/bin/docker", "inspect", "--format", "{{ .State }}"]},
        {"http": ""},
        {"tcp": None},
        {"args": []},
        {"args": [1]},
    ],
)
def test_what_may_work_gets_no_word(check: dict[str, Any]) -> None:
    assert said(check) == []


@pytest.mark.parametrize("address", ["::1]:80", "[::1:99999", "[::1", "h]:80", "a[b:80", "[[::1]]:80"])
def test_half_a_pair_of_brackets_is_none(address: str) -> None:
    assert said({"tcp": address}) == [f"has a bracket that belongs to no address; {FAILS}"]


@pytest.mark.parametrize(("kind", "form"), [("grpc", "host:port/service"), ("tcp", "host:port"), ("udp", "host:port")])
def test_the_form_is_that_of_the_kind(kind: str, form: str) -> None:
    assert [finding.hint for finding in endpoint_findings({kind: "a b:1"}, ())] == [f"Write {form}."]


def test_no_word_shows_a_password() -> None:
    for url in ("http://u:s3cret@h:x/", "tcp://u:s3cret@h/", "u:s3cret@h/", "http://u:s3cret@/"):
        (finding,) = endpoint_findings({"http": url}, ())
        assert "s3cret" not in finding.message + finding.hint


@pytest.mark.parametrize(
    ("port", "exists"), [("0", False), ("1", True), ("65535", True), ("65536", False), ("00000000000000065535", False)]
)
def test_the_limits_of_ports(port: str, exists: bool) -> None:
    for check in ({"tcp": f"h:{port}"}, {"http": f"http://h:{port}/"}):
        assert said(check) == ([] if exists else [f"names a port that does not exist; {FAILS}"])


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000, "0" * 5000])
def test_numbers_without_end_are_no_ports(number: str) -> None:
    assert said({"tcp": f"h:{number}"})
    assert said({"http": f"http://h:{number}/"})
