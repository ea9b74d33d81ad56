# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates that nobody has rendered, and braces that are meant."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import applies
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST

LEFT, FUNCTION, OTHER = (
    "has a template that was not rendered",
    "has a template for an agent's own bind address, which agents expand nowhere else",
    "has a variable of another tool, which nobody fills in here",
)


def said(service: dict[str, Any], **options: Any) -> list[tuple[str, str]]:
    (judged,) = judge_services([{"name": "web", **service}], **options)
    return [
        (finding.path.partition(" → ")[2], finding.message.partition(";")[0]) for finding in judged.findings if applies(finding, NEWEST)
    ]


@pytest.mark.parametrize("literal", [False, True])
@pytest.mark.parametrize(
    ("service", "place", "what"),
    [
        ({"name": "{{ app }}"}, "name", LEFT),
        ({"id": "web-{% if x %}1{% endif %}"}, "id", LEFT),
        ({"address": "{{ host }}:80"}, "address", LEFT),
        ({"address": '{{ GetInterfaceIP "eth0" }}'}, "address", FUNCTION),
        ({"address": '{{ GetPrivateInterfaces | attr "address" }}'}, "address", FUNCTION),
        ({"address": "${attr.unique.network.ip-address}"}, "address", OTHER),
        ({"tagged_addresses": {"lan": {"address": "{{ x }}"}}}, "tagged_addresses.lan.address", LEFT),
        ({"check": {"http": "http://{{ host }}/", "interval": "10s"}}, "check.http", LEFT),
        ({"check": {"tcp": "{{ host }}", "interval": "10s"}}, "check.tcp", LEFT),
        ({"check": {"alias_service": "{{ other }}"}}, "check.alias_service", LEFT),
        ({"token": "{{ s3cret }}"}, "token", LEFT),
        (
            {"kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "{{ app }}"}},
            "proxy.destination_service_name",
            LEFT,
        ),
    ],
)
def test_what_is_left_of_a_template(service: dict[str, Any], place: str, what: str, literal: bool) -> None:
    assert said(service, literal=literal) == [(place, what)]


@pytest.mark.parametrize(
    "service",
    [
        {"checks": [{"args": ["docker", "inspect", "--format", "{{ .State }}"], "interval": "10s"}]},
        {"meta": {"rule": "{{ x }}"}},
        {"tags": ["traefik-{}"]},
        {"check": {"http": "http://127.0.0.1/", "interval": "10s", "body": "{{ x }}", "header": {"X": ["{{ x }}"]}, "notes": "{{ x }}"}},
        {"check": {"http": "http://127.0.0.1/?q={%22a%22:{%22b%22:1}}", "interval": "10s"}},
        {"token": "a${b}c"},
    ],
)
def test_braces_that_may_be_meant(service: dict[str, Any]) -> None:
    assert not [what for _place, what in said(service) if what in (LEFT, FUNCTION, OTHER)]


def test_a_template_hides_no_error() -> None:
    assert {what for _place, what in said({"tagged_addresses": {"lan_ipv4": {"address": "{{ x }}"}}})} == {LEFT, "must be an IPv4 address"}
