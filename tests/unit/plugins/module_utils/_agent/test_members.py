# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of a datacenter that do not know named ports."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import ApiError
from ansible_collections.registrar.consul.plugins.module_utils._agent.members import older_than_ports, ports_warning


def member(name: str, build: str, status: int = 1) -> dict[str, Any]:
    return {"Name": name, "Status": status, "Tags": {"build": build, "role": "node"}}


def older(answer: Any) -> list[str]:
    class Api:
        def get(self, path: str) -> Any:
            assert path == "/v1/agent/members"
            if isinstance(answer, Exception):
                raise answer
            return answer

    api: Any = Api()
    return older_than_ports(api)


def test_members_that_are_old_enough_and_alive_are_named() -> None:
    answer = [
        member("s1", "1.21.4:abc"),
        member("n1", "1.22.0:"),
        member("n0", "1.9.17+ent:x"),
        member("gone", "1.8.7:", 3),
        member("z", "2.1.0"),
    ]
    assert older(answer) == ["n0 (1.9.17+ent)", "s1 (1.21.4)"]


def test_what_cannot_be_seen_or_read_is_no_member() -> None:
    assert older(ApiError("down")) == []
    assert older(None) == []
    assert older([]) == []
    assert older([{"Name": "x"}, member("y", "dev")]) == []


def test_only_services_with_named_ports_are_worth_a_word() -> None:
    ports = [{"name": "a", "port": 1}]
    assert ports_warning([{"id": "web", "port": 1}], ["s1 (1.21.4)"]) == ""
    assert ports_warning([{"id": "api", "ports": ports}], []) == ""
    assert ports_warning([{"id": "api", "ports": ports}, {"id": "web"}], ["s1 (1.21.4)"]) == (
        "Agents and servers before Consul 1.22 see port 0 where a service has named ports only: api. The datacenter has s1 (1.21.4)."
    )
    five = [f"n{number} (1.8.7)" for number in range(5)]
    assert ports_warning([{"id": "api", "ports": ports}], five).endswith("n3 (1.8.7), n4 (1.8.7).")
    many = [f"n{number} (1.8.7)" for number in range(7)]
    assert ports_warning([{"id": "api", "ports": ports}], many).endswith("n3 (1.8.7), n4 (1.8.7) and 2 more.")
