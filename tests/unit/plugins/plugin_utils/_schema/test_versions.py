# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Versions and spans of them."""

from __future__ import annotations

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import (
    ALWAYS,
    available_spans,
    contains,
    format_version,
    intersect,
    outside,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.8.7", (1, 8, 7)),
        ("1.22", (1, 22, 0)),
        ("v1.10.0", (1, 10, 0)),
        (" 1.8.7+ent ", (1, 8, 7)),
        ("1.21.0-dev", (1, 21, 0)),
        ("1.8.7~dfsg", (1, 8, 7)),
    ],
)
def test_versions_are_read(text: str, expected: tuple[int, int, int]) -> None:
    assert parse_version(text) == expected


@pytest.mark.parametrize("text", ["", "1", "1.8.7.1", "one", "1.8.x", "latest", "1,8"])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a Consul version such as 1\.8\.7"):
        parse_version(text)


def test_versions_are_written() -> None:
    assert format_version((1, 8, 7)) == "1.8.7"


def test_a_field_without_a_story_is_always_there() -> None:
    assert available_spans(None, None) == ALWAYS
    assert outside(ALWAYS) == ()


def test_a_field_that_came_and_went() -> None:
    spans = available_spans("1.2.2", "1.6.0")

    assert spans == (((1, 2, 2), (1, 6, 0)),)
    assert outside(spans) == ((None, (1, 2, 2)), ((1, 6, 0), None))
    assert [contains(spans, version) for version in ((1, 2, 1), (1, 2, 2), (1, 5, 9), (1, 6, 0))] == [False, True, True, False]


def test_backports_are_spans_of_their_branches() -> None:
    spans = available_spans(["1.9.17", "1.10.10", "1.11.5"], None)

    assert spans == (((1, 9, 17), (1, 10, 0)), ((1, 10, 10), (1, 11, 0)), ((1, 11, 5), None))
    assert outside(spans) == ((None, (1, 9, 17)), ((1, 10, 0), (1, 10, 10)), ((1, 11, 0), (1, 11, 5)))


def test_spans_are_intersected() -> None:
    left = ((None, (1, 5, 0)), ((1, 8, 0), None))
    right = (((1, 4, 0), (1, 9, 0)),)

    assert intersect(left, right) == (((1, 4, 0), (1, 5, 0)), ((1, 8, 0), (1, 9, 0)))
    assert intersect(ALWAYS, ALWAYS) == ALWAYS
    assert intersect(left, (((1, 6, 0), (1, 7, 0)),)) == ()
    # The end of a span is not in it.
    assert intersect((((1, 4, 0), (1, 5, 0)),), (((1, 5, 0), (1, 6, 0)),)) == ()
