# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files, the API and messages spell one field in three ways: what the target knows of that comes from the schema."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition import compare, fields, spelling
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import expected
from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import spelled, squash, squashed
from ansible_collections.registrar.consul.plugins.plugin_utils._schema import tree
from ansible_collections.registrar.consul.tools.generators import common, field_facts


def test_every_name_of_the_schema_is_found_again() -> None:
    names = [field.name for field in common.all_fields() if field.name]
    assert [spelled(squash(name)) for name in names] == names


@pytest.mark.parametrize("spelling", ["tagged_addresses", "TaggedAddresses"])
def test_the_users_own_keys_stay_as_they_are(spelling: str) -> None:
    assert squashed({spelling: {"My_Net": {"Address": "a"}}}) == {"taggedaddresses": {"My_Net": {"address": "a"}}}
    assert squashed({"Meta": {"My_Key": "a"}}) == {"meta": {"My_Key": "a"}}


@pytest.fixture
def invented(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The field of a later schema, with what is generated from that."""
    schema = tree.load_schema()
    schema["$defs"]["service"]["properties"]["made_up_flag"] = {"type": "string", "description": "Nobody has it."}
    root = tree.field_tree(schema, "service")
    monkeypatch.setattr(field_facts, "all_fields", lambda: tree.walk(root))
    facts: dict[str, Any] = {}
    exec(field_facts.outputs()[field_facts.PATH], facts)
    monkeypatch.setattr(fields, "FIELD_NAMES", facts["FIELD_NAMES"])
    importlib.reload(spelling)
    yield "made_up_flag"
    monkeypatch.undo()
    importlib.reload(spelling)


def test_a_new_field_of_two_words_is_spelled_right_in_messages(invented: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "spelled", spelling.spelled)
    proxy = {"name": "p", "kind": "connect-proxy", "proxy": {"destination_service_name": "web", invented: "yes"}}
    wanted = expected([proxy]).services["p"]
    answer = json.loads('{"Service": "p", "Kind": "connect-proxy", "Proxy": {"DestinationServiceName": "web", "MadeUpFlag": "no"}}')
    assert [field for field, _reason in compare.service_differences(wanted, answer)] == [f"proxy.{invented}"]
