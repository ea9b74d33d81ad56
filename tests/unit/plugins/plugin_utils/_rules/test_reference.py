# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that no service of a set has, though one of the node must."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services

WEB: dict[str, Any] = {"name": "web", "id": "web-1", "port": 80, "connect": {"sidecar_service": {}}}


def proxy(**fields: Any) -> dict[str, Any]:
    return {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "web", **fields}}


def alias(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": "other", "check": {"alias_service": name, **fields}}


def open_names(*services: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(found.kind, found.name, found.finding.rule) for judged in judge_services(services) for found in judged.references]


def test_what_the_set_has_is_settled() -> None:
    assert open_names(WEB, alias("web-1")) == []
    assert open_names(WEB, alias("web-1-sidecar-proxy")) == []
    assert open_names(WEB, proxy(destination_service_id="web-1")) == []
    assert open_names(WEB, proxy(local_service_port=80)) == []


def test_what_it_has_not_is_left_to_the_target() -> None:
    assert open_names(WEB, alias("web")) == [("id", "web", "alias-service-known")]
    assert open_names(WEB, proxy(destination_service_id="web")) == [("id", "web", "destination-id-known")]
    assert open_names(proxy(local_service_port=80)) == [("name", "web", "destination-name-known")]
    assert open_names(proxy(local_service_port=80, local_service_address="127.0.0.2")) == [("name", "web", "destination-name-known")]
    sidecar = {"proxy": {"destination_service_id": "nobody"}, "check": {"alias_service": "nobody"}}
    assert [rule for _kind, _name, rule in open_names({"name": "web", "port": 80, "connect": {"sidecar_service": sidecar}})] == [
        "alias-service-known",
        "destination-id-known",
    ]


def test_what_may_be_on_another_node_is_not_looked_for() -> None:
    assert open_names(alias("web", alias_node="node-2")) == []
    assert open_names(proxy()) == []
    assert open_names(proxy(local_service_port=80, local_service_address="10.0.0.1")) == []
    assert open_names({**proxy(destination_service_id="x"), "kind": "mesh-gateway"}) == []


def test_the_finding_says_where_and_which_name_is_near() -> None:
    (finding,) = (found.finding for judged in judge_services([WEB, alias("web1")]) for found in judged.references)

    assert finding.path == "services[1] (other) → check.alias_service"
    assert finding.message.startswith('no service of the node has the id "web1"; ')
    assert (finding.hint, finding.severity) == ("Did you mean web-1?", "warning")
