# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that say how to judge: one reader for modules, filters, tests and lookups."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import (
    Terms,
    TermsError,
    read_terms,
    read_unchecked,
    read_version,
)

ONE, TWO = "deprecated", "no-effect"


@pytest.mark.parametrize(
    ("given", "silence"),
    [
        (None, ()),
        ("", ()),
        ([], ()),
        ([""], ()),
        (" , ", ()),
        (ONE, (ONE,)),
        (f"{ONE}, {TWO}", (ONE, TWO)),
        ([ONE, TWO], (ONE, TWO)),
    ],
)
def test_silence_is_a_list_or_a_text_with_commas(given: Any, silence: tuple[str, ...]) -> None:
    assert read_terms({"silence": given}).silence == silence


def test_the_defaults() -> None:
    assert read_terms({}) == Terms(None, "community", False, (), "json", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"silence": "no-such-rule"}, "silence: no-such-rule: no rule that only warns has this id. The documentation lists the rules."),
        ({"silence": ["type"]}, "silence: type: no rule that only warns has this id. The documentation lists the rules."),
        ({"edition": "free"}, 'edition: "free" is not one of community, enterprise.'),
        ({"consul_version": "new"}, 'consul_version: "new" is not auto, nor a version such as 1.8.7.'),
        ({"strict": "perhaps"}, "strict: must be true or false."),
        ({"silence": 5}, "silence: must be a list."),
        ({"unchecked": {"proxy.x": True}}, "unchecked: must be a list."),
        ({"secret_paths": True}, "secret_paths: must be a list."),
        ({"consul_version": 1.20}, "consul_version: 1.2 without quotes could be 1.2 or 1.20. Put it in quotes."),
        ({"consul_version": 1e300}, 'consul_version: "1e+300" is not auto, nor a version such as 1.8.7.'),
    ],
)
def test_what_makes_no_sense(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TermsError) as refused:
        read_terms(options)
    assert refused.value.message == message


def test_auto_is_for_those_who_have_an_agent_to_ask() -> None:
    assert read_version("auto", auto=True) is None
    with pytest.raises(TermsError, match=r'"auto" is not a version such as 1\.8\.7'):
        read_version("auto")


@pytest.mark.parametrize(("given", "version"), [(1.21, (1, 21, 0)), (1.0, (1, 0, 0)), (2.1, (2, 1, 0)), ("1.2", (1, 2, 0))])
def test_most_versions_need_no_quotes(given: Any, version: tuple[int, int, int]) -> None:
    assert read_version(given) == version


@pytest.mark.parametrize(("given", "strict"), [("yes", True), ("no", False), (True, True), (0, False)])
def test_switches_are_read_as_ansible_reads_them(given: Any, strict: bool) -> None:
    assert read_terms({"strict": given}).strict is strict


def test_paths_that_are_none_are_said_to_be_of_which_option() -> None:
    with pytest.raises(TermsError, match=r"^unchecked: "):
        read_unchecked("proxy..x")
