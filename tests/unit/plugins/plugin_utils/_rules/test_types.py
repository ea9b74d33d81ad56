# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How values of the wrong type are shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._rules.types import kind_of, shown
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (80, "80"),
        (1.5, "1.5"),
        (True, "true"),
        ("80", '"80"'),
        (10**20 - 1, "99999999999999999999"),
        (-(10**20) + 1, "-99999999999999999999"),
        # Endless ones are not.
        (10**20, "this number"),
        (-(10**20), "this number"),
    ],
)
def test_values_as_messages_show_them(value: Any, words: str) -> None:
    assert shown(service_field().properties["port"], value) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1, "a number"),
        (1.0, "a fractional number"),
        ("1", "text"),
        ({}, "a mapping"),
        ([], "a list"),
        (b"1", "something else"),
    ],
)
def test_what_a_value_is(value: Any, words: str) -> None:
    assert kind_of(value) == words
