# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of options that fit their types, and cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.module_utils._options import demand_usable


@pytest.mark.parametrize(
    ("options", "rule"),
    [({"wait_healthy": -1}, "wait-negative"), ({"wait_healthy": 1, "reload": "never"}, "wait-without-reload")],
)
def test_a_wait_that_cannot_be_meant(options: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        demand_usable({"config_dir": "/x", **options})
    assert [finding["rule"] for finding in refused.value.findings] == [rule]


@pytest.mark.parametrize("wait", [{"wait_healthy": 1, "reload": "now"}, {"wait_healthy": 1}, {"wait_healthy": 0, "reload": "later"}, {}])
def test_one_that_can(wait: dict[str, Any]) -> None:
    demand_usable({"config_dir": "/x", **wait})
