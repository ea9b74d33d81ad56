# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One handler waits as the strictest of all roles has asked for. Real runs of it are in tests/integration_agent/test_handler.py."""

from __future__ import annotations

from itertools import permutations
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._action.left import as_all_asked, left_before, note_left, on_other_hosts


@pytest.mark.parametrize(
    ("lax", "strict"), [(["warning"], ["passing"]), (["passing", "warning"], "passing"), ("passing,warning", ["passing"])]
)
def test_the_states_are_those_of_who_takes_fewest_for_healthy(lax: Any, strict: Any) -> None:
    asked = [{"config_dir": "/x", "wait_healthy": 5, "on_unhealthy": "fail", "healthy_states": states} for states in (lax, strict)]
    for here, other in permutations(asked):
        assert as_all_asked(here, [other])["healthy_states"] == strict


def test_an_agent_is_demanded_where_anyone_demands_it_in_the_directory() -> None:
    asked: list[dict[str, Any]] = [
        {"config_dir": place, "require_agent": demanded} for place, demanded in (("/x", "no"), ("/x/", "yes"), ("/y", True))
    ]
    assert [as_all_asked(asked[0], asked[1:count])["require_agent"] for count in (1, 2)] == [False, True]
    assert not as_all_asked(asked[0], [asked[2]])["require_agent"]


def test_what_a_role_that_runs_once_leaves_is_that_of_one_host() -> None:
    options = {"config_dir": "/x", "reload": "later", "require_agent": False, "on_unhealthy": "fail", "healthy_states": ["passing"]}
    task: Any = SimpleNamespace(_role=SimpleNamespace(get_name=lambda: "registrar.consul.consul_services"), args=options, delegate_to=None)
    written: dict[str, Any] = {"changed": True}
    note_left(written, task, {"inventory_hostname": "h1"}, SimpleNamespace(template=lambda value: value))

    (entry,) = left_before(task._role, {"inventory_hostname": "h1", "consul_services_written": written})
    assert (on_other_hosts([entry], "h1"), on_other_hosts([entry], "h2")) == ([], ["/x of h1 (as far as can be seen from here)"])
    assert left_before(task._role, {"inventory_hostname": "h2", "consul_services_written": written}) == []
