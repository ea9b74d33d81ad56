# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule book."""

from __future__ import annotations

from types import ModuleType

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import RULES, entered
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import rule, warning
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import node_check_field, service_field, walk


def module(name: str, **content: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(content)
    return made


def test_rules_are_entered_by_their_ids_and_may_be_shared() -> None:
    one, two = rule("one", "a fault", "it fails"), warning("two", "an oddity", "")
    assert entered([module("a", ONE=one, other=1), module("b", ONE=one, TWO=two)]) == {"one": one, "two": two}


def test_no_two_rules_have_one_id() -> None:
    with pytest.raises(ValueError, match="there are two rules one"):
        entered([module("a", ONE=rule("one", "a fault", "")), module("b", ONE=rule("one", "another", ""))])


def test_every_rule_that_the_schema_names_is_in_the_book() -> None:
    fields = [field for root in (service_field(), node_check_field()) for field in walk(root)]
    named = {field.annotation(keyword) for field in fields for keyword in ("x-rule", "x-required-rule")}
    assert named - {None} <= RULES.keys()
