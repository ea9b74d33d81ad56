# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions without their secrets, still fit to be judged."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.conceal import concealed, definitions_of, holds_secret
from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import MASK


def test_texts_are_masked_and_shapes_stay() -> None:
    service = {
        "name": "web",
        "Token": "x",
        "token": ["a", {"b": "c"}, 7, True, None],
        "checks": [{"header": {"X-Key": ["a", ""]}, "body": 5, "http": "http://a/"}],
        "meta": {"token": "public"},
        "proxy": {"config": {"secret": "public"}},
    }
    assert concealed(service) == {
        "name": "web",
        "Token": MASK,
        "token": [MASK, {"b": MASK}, 0, True, None],
        "checks": [{"header": {"X-Key": [MASK, ""]}, "body": 0, "http": "http://a/"}],
        "meta": {"token": "public"},
        "proxy": {"config": {"secret": "public"}},
    }


def test_keys_that_are_named_like_secrets_are_taken_for_some() -> None:
    mistyped = {"acl_token": "a", "Password": "b", "api-key": {"c": "d"}, "tokenn": "e", "interval": "10s"}
    assert concealed(mistyped) == {"acl_token": MASK, "Password": MASK, "api-key": {"c": MASK}, "tokenn": MASK, "interval": "10s"}


def test_answers_of_the_agent_are_treated_alike() -> None:
    assert concealed({"Definition": {"Header": {"A": ["b"]}, "Body": "c", "HTTP": "d"}}) == {
        "Definition": {"Header": {"A": [MASK]}, "Body": MASK, "HTTP": "d"}
    }


def test_settings_of_the_agent_stay_on_the_target() -> None:
    assert definitions_of({"encrypt": "x", "Service": {"name": "a"}, "checks": [], "node_name": "n"}) == {
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
