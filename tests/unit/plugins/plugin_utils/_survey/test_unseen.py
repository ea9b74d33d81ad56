# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose words a host without a result is given."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._survey.unseen import why_unseen

NO_JSON = "Module result deserialization failed: No start of json char found"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ({}, "the host could not be reached, or the task did not run there"),
        ({"msg": "Failed to connect"}, "Failed to connect"),
        ({"msg": NO_JSON, "module_stderr": "", "module_stdout": " \n"}, NO_JSON),
        (
            {"msg": NO_JSON, "module_stderr": "/bin/sh: 1: python9: not found\n", "module_stdout": "", "rc": 127},
            "the module gave no result (exit status 127): /bin/sh: 1: python9: not found",
        ),
        (
            {"msg": NO_JSON, "module_stderr": "Shared connection to web1 closed.\r\n", "module_stdout": "no python here\r\n", "rc": 0},
            "the module gave no result (exit status 0): no python here",
        ),
        ({"module_stderr": "a\nb\n\nc\nd\n"}, "the module gave no result: b / c / d"),
        ({"module_stderr": "x" * 600}, "the module gave no result: …" + "x" * 500),
    ],
)
def test_the_cause_comes_before_its_consequence(found: dict[str, Any], why: str) -> None:
    assert why_unseen(found) == why
