# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test for when and assert. What it says of which definition is tested with the judge."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleError

from ansible_collections.registrar.consul.plugins.test import valid_service_definition as plugin
from ansible_collections.registrar.consul.plugins.test.valid_service_definition import valid_service_definition

NEW = {"name": "web", "socket_path": "/run/web.sock"}
ENTERPRISE = {"name": "web", "namespace": "team-a"}
SURPRISING = {"name": "web_1"}


def test_ansible_finds_it() -> None:
    assert plugin.TestModule().tests() == {"valid_service_definition": valid_service_definition}


@pytest.mark.parametrize(
    ("value", "terms", "verdict"),
    [
        ({"name": "web"}, {}, True),
        ({"port": 80}, {}, False),
        ([{"name": "web"}, {"name": "db"}], {}, True),
        ([{"name": "web"}, {"name": "web"}], {}, False),
        ({"services": [{"name": "web"}], "checks": [{"name": "disk", "ttl": "1m"}]}, {}, True),
        ({"name": "web", "port": "80"}, {}, True),
        ({"name": "web", "port": "80"}, {"literal": True}, False),
        ([{"name": "web", "port": "80"}], {"literal": True}, False),
        ({"service": {"name": "web", "port": "80"}}, {}, False),
        ({"service": {"name": "web", "port": "80"}}, {"literal": False}, True),
        ({"service": {"name": "web", "port": "80"}}, {"literal": "false"}, True),
        (NEW, {}, True),
        (NEW, {"consul_version": "1.8.7"}, False),
        (NEW, {"consul_version": "1.10.0"}, True),
        (ENTERPRISE, {}, False),
        (ENTERPRISE, {"edition": "enterprise"}, True),
        (SURPRISING, {}, True),
        (SURPRISING, {"strict": True}, False),
        (SURPRISING, {"strict": True, "silence": ["dns-name"]}, True),
        (SURPRISING, {"strict": True, "silence": "dns-name, dns-tag"}, True),
        ({"ID": "web", "Service": "web", "Port": 80}, {}, False),
        ("web", {}, False),
        (None, {}, False),
    ],
)
def test_the_verdict_follows_the_terms(value: Any, terms: dict[str, Any], verdict: bool) -> None:
    assert valid_service_definition(value, **terms) is verdict


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"consul_version": "newest"}, 'consul_version: "newest" is not a version such as 1.8.7.'),
        ({"consul_verison": "1.8.7"}, "consul_verison: is no option. Did you mean consul_version?"),
        ({"x": 1}, "x: is no option. Options: consul_version, edition, literal, silence, strict, unchecked."),
        ({"literal": "perhaps"}, "literal: must be true or false."),
    ],
)
def test_terms_that_make_no_sense_are_an_error(terms: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleError) as caught:
        valid_service_definition({"name": "web"}, **terms)
    assert str(caught.value) == f"registrar.consul.valid_service_definition: {message}"
