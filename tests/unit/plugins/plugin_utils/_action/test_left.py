# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One handler waits as the strictest of all roles has asked for. Real runs of it are in tests/integration_agent/test_handler.py."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._action.left import as_all_asked


@pytest.mark.parametrize(
    ("lax", "strict"), [(["warning"], ["passing"]), (["passing", "warning"], "passing"), ("passing,warning", ["passing"])]
)
def test_the_states_are_those_of_who_takes_fewest_for_healthy(lax: Any, strict: Any) -> None:
    asked = [{"config_dir": "/x", "wait_healthy": 5, "on_unhealthy": "fail", "healthy_states": states} for states in (lax, strict)]
    for here, other in permutations(asked):
        assert as_all_asked(here, [other])["healthy_states"] == strict
