# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as disturbed by a reload, and how it is named."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.disturbed import Disturbed, disturbed
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL, Secrets

WEB = {
    "ID": "web",
    "Service": "web",
    "Port": 80,
    "Tags": ["a", "b"],
    "Meta": {"Owner_Team": "x"},
    "TaggedAddresses": {"lan": {"Address": "10.0.0.1", "Port": 80}, "consul-virtual": {"Address": "240.0.0.1", "Port": 80}},
    "Proxy": {"Upstreams": [{"DestinationName": "db", "LocalBindPort": 1}], "Config": {"api_key": "abcdefgh", "n": 1}},
}
CHECK = {
    "CheckID": "c",
    "ServiceID": "web",
    "ServiceName": "web",
    "ServiceTags": ["a"],
    "Status": "passing",
    "Output": "fine",
    "Interval": "10s",
    "Definition": {"HTTP": "http://user:password@h/", "Header": {"A": ["secret"]}},
    "ModifyIndex": 1,
}


def found(before: Any, after: Any, *, checks: tuple[Any, Any] = (CHECK, CHECK), **options: Any) -> list[Disturbed]:
    given: dict[str, Any] = {"services": (), "checks": (), "tags_kept": (), "secrets": NATURAL, **options}
    return disturbed(Seen({"web": before}, {"c": checks[0]}), Seen({"web": after}, {"c": checks[1]}), **given)


@pytest.mark.parametrize(
    ("change", "field", "before", "after"),
    [
        ({"Port": 81}, "port", 80, 81),
        ({"Tags": ["b", "a"]}, "tags", ["a", "b"], ["b", "a"]),
        ({"Address": "10.0.0.2"}, "address", None, "10.0.0.2"),
        ({"Meta": {"Owner_Team": "y"}}, "meta.Owner_Team", "x", "y"),
        ({"TaggedAddresses": {"lan": {"Address": "10.0.0.9", "Port": 80}}}, "tagged_addresses.lan.address", "10.0.0.1", "10.0.0.9"),
        ({"Proxy": {**WEB["Proxy"], "Mode": "direct"}}, "proxy.mode", None, "direct"),  # type: ignore[dict-item]
        (
            {"Proxy": {**WEB["Proxy"], "Upstreams": [{"DestinationName": "db", "LocalBindPort": 2}]}},  # type: ignore[dict-item]
            "proxy.upstreams[0].local_bind_port",
            1,
            2,
        ),
        ({"EnableTagOverride": True}, "enable_tag_override", None, True),
    ],
)
def test_every_field_of_a_service_counts(change: Any, field: str, before: Any, after: Any) -> None:
    assert found(WEB, {**WEB, **change}) == [Disturbed("web", "", field, before, after)]


def test_what_an_agent_does_by_itself_does_not() -> None:
    after = {**WEB, "TaggedAddresses": {"lan": {"Address": "10.0.0.1", "Port": 80}}, "ContentHash": "x", "Weights": None}
    check = {**CHECK, "Status": "critical", "Output": "", "ModifyIndex": 2, "ServiceTags": [], "ServiceName": "x"}
    assert found(WEB, after, checks=(CHECK, check)) == []


def test_a_check_counts_by_what_it_does() -> None:
    (one,) = found(WEB, WEB, checks=(CHECK, {**CHECK, "Interval": "5s"}))
    assert one == Disturbed("web", "c", "interval", "10s", "5s")
    assert str(one) == "service web → check c → interval: 5s, before 10s"


def test_secrets_are_masked_on_both_sides() -> None:
    proxy = {**WEB["Proxy"], "Config": {"api_key": "12345678", "n": 1}}  # type: ignore[dict-item]
    (one,) = found(WEB, {**WEB, "Proxy": proxy})
    assert one == Disturbed("web", "", "proxy.config.api_key", "********", "********")
    check = {**CHECK, "Definition": {"HTTP": "http://user:other@h/", "Header": {"A": ["other"]}}}
    shown = str(found(WEB, WEB, checks=(CHECK, check)))
    assert "definition.http" in shown
    assert "other" not in shown
    assert "password" not in shown
    assert str(found(WEB, {**WEB, "Meta": {"Owner_Team": "y"}}, secrets=Secrets([("meta", "Owner_Team")]))[0]).endswith(
        "meta.Owner_Team: ********, before ********"
    )


def test_what_was_to_change_is_left_out() -> None:
    after, check = {**WEB, "Port": 81}, {**CHECK, "Interval": "5s"}
    assert found(WEB, after, checks=(CHECK, check), services=("web",)) == []
    assert found(WEB, {**WEB, "Tags": []}, tags_kept=("web",)) == []
    meta = {**WEB, "Meta": {**WEB.get("Meta", {}), "tags": "x"}}  # type: ignore[dict-item]
    assert [one.field for one in found(WEB, {**meta, "Tags": []}, tags_kept=("web",))] == ["meta.tags"]
