# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that nobody here knows are compared as far as an agent reports them, and never shown."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.compare import check_differences, service_differences
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import expected
from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import CHANGED, MASK, masked, masked_pair, secret_values
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import Secrets
from ansible_collections.registrar.consul.plugins.module_utils._definition.unchecked import Unchecked, is_reported, places_of


@pytest.mark.parametrize(
    ("want", "have"),
    [
        (5, None),
        (5, 5.0),
        ("1m", "1m0s"),
        ("1m", 60000000000),
        ({"a_b": {"c_d": 1}}, {"AB": {"CD": 1, "Other": 2}}),
        ({"a": 1, "not_reported": 2}, {"A": 1}),
        ({"a": None}, {"A": 1}),
        ([{"a": 1}], {"A": 1}),
        ({"a": 1}, [{"A": 1}]),
        ([], None),
        ([1, 2], [1, 2]),
        (False, ""),
    ],
)
def test_what_comes_to_the_same(want: Any, have: Any) -> None:
    assert is_reported(Unchecked("new_thing", want), have)


@pytest.mark.parametrize(
    ("want", "have"),
    [(5, 6), (5, 0), (True, False), (True, 1), ("a", "b"), ("1m", "2m"), ({"a": 1}, {"A": 2}), ({"a": 1}, "a"), ([1], [1, 2]), ([1, 2], 1)],
)
def test_what_does_not(want: Any, have: Any) -> None:
    assert not is_reported(Unchecked("new_thing", want), have)


PROXY = {"name": "p", "kind": "connect-proxy", "proxy": {"destination_service_name": "web", "new_thing": {"a_b": 1}}}
REPORTED = {"ID": "p", "Service": "p", "Kind": "connect-proxy", "Proxy": {"DestinationServiceName": "web"}}


def differing(definition: dict[str, Any], paths: list[str], have: dict[str, Any], before: dict[str, Any] | None = None) -> list[str]:
    want = expected([definition], unchecked=paths).services["p"]
    return [field for field, _reason in service_differences(want, have, before)]


def with_proxy(**more: Any) -> dict[str, Any]:
    return {**REPORTED, "Proxy": {**REPORTED["Proxy"], **more}}


def test_a_service_is_compared_as_far_as_it_is_reported() -> None:
    paths = ["proxy.new_thing"]

    assert differing(PROXY, paths, REPORTED) == []
    assert differing(PROXY, paths, with_proxy(NewThing={"AB": 1, "Other": 5})) == []
    assert differing(PROXY, paths, with_proxy(NewThing={"AB": 2})) == ["proxy.new_thing"]
    assert differing(PROXY, [], with_proxy(NewThing={"AB": 1, "Other": 5})) == ["proxy.newthing"], (
        "without the list it is a key like others"
    )


@pytest.mark.parametrize(
    ("path", "below", "have"),
    [
        ("new_thing", {"new_thing": 1}, {"NewThing": 2}),
        ("connect.new_thing", {"connect": {"new_thing": 1}}, {"Connect": {"NewThing": 2}}),
        ("locality.new_thing", {"locality": {"region": "r", "new_thing": 1}}, {"Locality": {"Region": "r", "NewThing": 2}}),
        ("weights", {"weights": {"passing": 1}}, {"Weights": {"Passing": 2, "Warning": 1}}),
    ],
)
def test_anywhere_in_a_service(path: str, below: dict[str, Any], have: dict[str, Any]) -> None:
    assert len(differing({**PROXY, **below}, [path, "proxy.new_thing"], {**REPORTED, **have})) == 1
    without = {**REPORTED, "Locality": {"Region": "r"}} if "locality" in path else REPORTED
    assert differing({**PROXY, **below}, [path, "proxy.new_thing"], without) == []


def test_in_an_upstream_and_in_what_central_configuration_adds_to() -> None:
    definition = {
        "name": "p",
        "kind": "connect-proxy",
        "proxy": {
            "destination_service_name": "web",
            "mesh_gateway": {"new_thing": 1},
            "upstreams": [{"destination_name": "db", "local_bind_port": 1, "new_thing": 1}],
        },
    }
    paths = ["proxy.mesh_gateway.new_thing", "proxy.upstreams[].new_thing"]
    upstream = {"DestinationName": "db", "LocalBindPort": 1}

    assert differing(definition, paths, with_proxy(Upstreams=[upstream])) == []
    found = differing(definition, paths, with_proxy(Upstreams=[{**upstream, "NewThing": 2}], MeshGateway={"NewThing": 0}))
    assert found == ["proxy.mesh_gateway.new_thing", "proxy.upstreams[0].new_thing"]


def test_what_a_newer_agent_reports_by_itself_is_no_difference() -> None:
    plain = {"name": "p", "kind": "connect-proxy", "proxy": {"destination_service_name": "web"}}
    seen = with_proxy(NewThing={"Port": 15101})

    assert differing(plain, [], seen) == []
    assert differing(plain, [], seen, expected([PROXY], unchecked=["proxy.new_thing"]).services["p"]) == ["proxy.newthing"], (
        "it was ours before"
    )


def test_a_check_is_compared_as_far_as_it_is_reported() -> None:
    check = expected([{"name": "p", "checks": [{"ttl": "5s", "new_thing": 2}]}], unchecked=["checks[].new_thing"]).checks["service:p"]
    have = {"ServiceID": "p", "Name": "Service 'p' check", "Type": "ttl"}

    assert list(check_differences(check, have)) == []
    assert list(check_differences(check, {**have, "Definition": {"NewThing": 2}})) == []
    for reported in ({"Definition": {"NewThing": 3}}, {"NewThing": 3}):
        assert [field for field, _reason in check_differences(check, {**have, **reported})] == ["new_thing"]


def test_they_are_masked_in_json_and_hcl() -> None:
    secrets = Secrets(places_of(["proxy.new_thing", "checks[*].new_thing"]))
    for name, text in (
        ("x.json", b'{"services": [{"proxy": {"new_thing": {"a": "planted-1"}}, "checks": [{"new_thing": "planted-2", "name": "c"}]}]}'),
        ("x.hcl", b'services { proxy { new_thing = { a = "planted-1" } } checks = [{ new_thing = "planted-2", name = "c" }] }'),
    ):
        before, after = masked_pair(name, text, text.replace(b"planted-2", b"planted-3"), secrets)
        assert "planted" not in before + after
        assert MASK in before
        assert CHANGED in after
        assert {"planted-1", "planted-2"} <= secret_values(name, text, secrets)
        assert "planted-1" in masked_pair(name, text, None)[0]
    shown = masked({"proxy": {"new_thing": 5}, "new_thing": 5}, secrets)
    assert shown == {"proxy": {"new_thing": MASK}, "new_thing": 5}


def test_what_is_never_reported_hides_nothing_behind_it() -> None:
    definition = {**PROXY, "proxy": {"destination_service_name": "web", "expose": {"port": 21500, "z_new": 5}}}
    assert differing(definition, ["proxy.expose.z_new"], with_proxy(Expose={"ZNew": 5})) == []
    assert differing(definition, ["proxy.expose.z_new"], with_proxy(Expose={"ZNew": 6})) == ["proxy.expose.z_new"]
