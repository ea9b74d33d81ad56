# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places and texts in messages."""

from __future__ import annotations

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import Finding, did_you_mean, dotted, in_input_order, quoted


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((), ""),
        (("checks", 0, "interval"), "checks[0].interval"),
        ((3,), "[3]"),
        (("meta", "a b"), 'meta["a b"]'),
        (("meta", ""), 'meta[""]'),
        (("meta", 'x"]\n'), 'meta["x"]�"]'),
        (("meta", "k" * 99), f"meta.{'k' * 99}"),
        (("meta", "." * 99), f'meta["{"." * 59}…"]'),
    ],
)
def test_places_are_written_as_one_would_in_code(place: tuple[str | int, ...], expected: str) -> None:
    assert dotted(place) == expected


def test_user_text_is_shortened_and_cleaned() -> None:
    assert quoted("a\n\x1b[31mb") == '"a��[31mb"'
    assert quoted("x" * 61) == f'"{"x" * 59}…"'


def test_a_path_has_the_label_of_its_definition() -> None:
    assert Finding("r", ("port",), "m.", label="services[0] (web)").path == "services[0] (web) → port"
    assert Finding("r", (), "m.", label="services[0] (web)").path == "services[0] (web)"
    assert Finding("r", ("port",), "m.").path == "port"


def test_the_version_is_filled_in_when_it_is_known() -> None:
    finding = Finding("r", (), "this is {version}.", "Hint.")

    assert finding.as_dict()["message"] == "this is {version}."
    assert finding.as_dict((1, 8, 7)) == {"severity": "error", "path": "", "rule": "r", "message": "this is 1.8.7.", "hint": "Hint."}


def test_near_words_are_found_whatever_their_case() -> None:
    assert did_you_mean("intervall", ["interval", "http"]) == "interval"
    assert did_you_mean("PORT", ["port", "ports"]) == "port"
    assert did_you_mean("frobnicate", ["port", ""]) is None


def test_findings_stand_as_their_places_do() -> None:
    definition = {"b": [{"y": 1, "x": 2}, 1], "a": 1}
    places = [("a",), ("b", 0, "z"), ("b", 0, "x"), ("b",), ("b", 1), ("c",), ("b", 0, "y")]

    ordered = in_input_order([Finding("r", place, "m.") for place in places], definition)

    assert [finding.place for finding in ordered] == [("b",), ("b", 0, "y"), ("b", 0, "x"), ("b", 0, "z"), ("b", 1), ("a",), ("c",)]
