# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the handler's action makes of a look into other directories. Real runs are in tests/integration_agent/test_handler.py."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.action.agent_reload import ActionModule


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        ({"stat": {"exists": True}}, True),
        ({"stat": {"exists": False}}, False),
        ({"failed": True, "msg": "Permission denied"}, True),
    ],
)
def test_a_directory_that_may_not_be_looked_into_is_taken_to_wait(answer: dict[str, Any], waits: bool) -> None:
    action = ActionModule.__new__(ActionModule)
    action._execute_module = lambda **_options: answer
    assert action._waits_in("/etc/consul.d", None) is waits
