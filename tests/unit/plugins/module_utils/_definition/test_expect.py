# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent is expected to make of a sidecar that says little; that agents do is in the integration tests."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import expected

OWN = {"destinationservicename": "web", "destinationserviceid": "web"}


@pytest.mark.parametrize(
    ("proxy", "service", "wanted"),
    [
        ({}, {"port": 80}, {"localserviceaddress": "127.0.0.1", "localserviceport": 80}),
        ({}, {"socket_path": "/s"}, {"localservicesocketpath": "/s"}),
        ({"local_service_socket_path": "/own"}, {"port": 80}, {"localservicesocketpath": "/own"}),
        ({"local_service_address": "::1"}, {"port": 80}, {"localserviceaddress": "::1", "localserviceport": 80}),
        ({"local_service_port": 81}, {"port": 80}, {"localserviceaddress": "127.0.0.1", "localserviceport": 81}),
        (
            {"local_service_address": "::1", "local_service_port": 81},
            {"socket_path": "/s"},
            {"localserviceaddress": "::1", "localserviceport": 81},
        ),
    ],
)
def test_where_a_sidecar_finds_its_service(proxy: dict[str, Any], service: dict[str, Any], wanted: dict[str, Any]) -> None:
    found = expected([{"name": "web", **service, "connect": {"sidecar_service": {"proxy": proxy}}}])
    assert found.services["web-sidecar-proxy"]["proxy"] == {**OWN, **wanted}


def test_a_sidecar_is_in_the_namespace_of_its_service() -> None:
    found = expected([{"name": "web", "namespace": "team", "connect": {"sidecar_service": {}}}])
    assert set(found.services) == {"team/web", "team/web-sidecar-proxy"}
    assert found.services["team/web-sidecar-proxy"]["namespace"] == "team"
