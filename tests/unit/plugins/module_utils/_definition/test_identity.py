# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service is called."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import check_ids, service_id, sidecar_of


@pytest.mark.parametrize(
    ("service", "identifier"),
    [
        ({"id": "web-1", "name": "web"}, "web-1"),
        ({"name": "web"}, "web"),
        ({"id": "", "name": "web"}, "web"),
        ({"id": None, "name": "web"}, "web"),
        ({"id": 1, "name": "web"}, "web"),
        ({"name": ["web"]}, ""),
        ({}, ""),
    ],
)
def test_the_id_is_the_name_where_there_is_none(service: dict[str, Any], identifier: str) -> None:
    assert service_id(service) == identifier


@pytest.mark.parametrize("connect", [None, "x", {}, {"native": True}, {"sidecar_service": None}, {"sidecar_service": "x"}])
def test_without_a_definition_of_one_there_is_no_sidecar(connect: Any) -> None:
    assert sidecar_of({"name": "web", "connect": connect}) is None


def test_a_sidecar_is_named_after_its_service() -> None:
    sidecar = {"port": 1}
    assert sidecar_of({"name": "web", "connect": {"sidecar_service": sidecar}}) == ("web-sidecar-proxy", sidecar)


@pytest.mark.parametrize(("own", "used"), [("c", "c"), ("", "service:web"), (5, "service:web"), (None, "service:web")])
def test_an_id_of_a_check_that_is_none_is_generated(own: Any, used: str) -> None:
    assert check_ids({"check": {"id": own}}, "web") == [(("check",), used)]
