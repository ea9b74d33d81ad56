# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands at one address and port."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.definitions.fleet import gateway, mesh_service, service, upstream
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import found

DB = {"db1": [mesh_service("db", 5432, [])]}


def rules(*definitions: Any) -> list[str]:
    return [rule for rule, _places in found({"h1": list(definitions), **DB})]


def test_two_instances_at_one_place_of_a_host() -> None:
    assert rules(service("web", 80), service("web", 80, id="b")) == ["instance-twice"]
    assert rules(service("web", 80), service("web", 81, id="b")) == []
    assert rules(service("web", 80, address="10.0.0.1"), service("web", 80, id="b", address="10.0.0.2")) == []
    assert rules(service("web", 80), service("alias", 80)) == []


def test_one_address_on_several_hosts() -> None:
    def shared(address: str) -> list[str]:
        return [rule for rule, _places in found({f"h{number}": [service("web", 80, address=address)] for number in (1, 2)})]

    assert shared("10.0.0.1") == ["address-shared"]
    assert shared("127.0.0.1") == shared("localhost") == shared("::1") == []


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (mesh_service("web", 80, [], port=20000), service("metrics", 20000), True),
        (service("metrics", 20000), mesh_service("web", 80, [], port=20000), True),
        (mesh_service("web", 80, [], port=20000, address="10.0.0.1"), service("metrics", 20000, address="10.0.0.2"), False),
        (mesh_service("web", 80, [], port=20000, address="10.0.0.1"), service("metrics", 20000), False),
        (mesh_service("web", 80, [], port=20000), service("metrics", 20000, address="127.0.0.1"), True),
        (mesh_service("web", 80, [upstream("db", 9000)]), mesh_service("api", 81, [upstream("db", 9000)]), True),
        (mesh_service("web", 80, [upstream("db", 9000)]), service("metrics", 9000), False),
        (mesh_service("web", 80, [upstream("db", 9000)]), service("metrics", 9000, address="127.0.0.1"), True),
        (mesh_service("web", 80, [], port=8443), gateway("gw", "mesh-gateway", 8443), True),
        (service("alias", 8443), gateway("gw", "ingress-gateway", 8443), False),
        (mesh_service("web", 80, []), mesh_service("api", 81, []), False),
    ],
)
def test_what_a_proxy_listens_on_is_its_own(first: Any, second: Any, taken: bool) -> None:
    assert rules(first, second) == (["listener-taken"] if taken else [])


def test_what_the_judge_of_one_list_has_said_is_not_said_again() -> None:
    assert rules(mesh_service("web", 80, [], port=20000), mesh_service("api", 81, [], port=20000)) == ["sidecar-port-unique"]
    assert rules(mesh_service("web", 80, [upstream("db", 9000), upstream("web", 9000)])) == ["upstream-bind-twice"]
