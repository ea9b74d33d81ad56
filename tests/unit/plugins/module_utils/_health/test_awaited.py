# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks are waited for, and how long each has to stay healthy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected
from ansible_collections.registrar.consul.plugins.module_utils._health.awaited import Awaited, awaited, seconds

NOTHING = Expected({}, {})
HTTP = {"http": "http://127.0.0.1/", "interval": "5s", "timeout": "2s"}
PASSING = {"Status": "passing", "Output": "200 OK", "ServiceID": "web", "Type": "http"}


def found(
    *services: dict[str, Any], before: list[dict[str, Any]] | None = None, earlier: dict[str, Any] | None = None, **more: Any
) -> dict[str, Awaited]:
    wanted, states = expected(services, more.pop("checks", ())), more.pop("states", {"passing"})
    healthy = [key for key, check in (earlier or {}).items() if check["Status"] in states]
    return awaited(wanted, expected(before or []), earlier or {}, healthy, states, **more)


def only(check: dict[str, Any], **more: Any) -> Awaited:
    checks = list(found({"name": "web", "check": check}, **more).values())
    assert len(checks) == 1
    return checks[0]


def test_the_checks_of_new_and_changed_services_are_awaited() -> None:
    web, db, api = ({"name": name, "check": HTTP} for name in ("web", "db", "api"))
    checks = found({**web, "port": 1}, db, api, before=[web, db])
    assert set(checks) == {"service:web", "service:api"}
    assert all(check.changed for check in checks.values())


def test_a_changed_check_of_a_service_that_stays_as_it_is() -> None:
    disk, lag = {"name": "disk", "ttl": "1m"}, {"id": "lag", "service_id": "web", **HTTP}
    service = {"name": "web", "check": HTTP}
    assert set(found(service, before=[service], checks=[disk, lag])) == {"disk", "lag"}


def test_a_check_outside_goes_with_its_service() -> None:
    lag = {"id": "lag", "service_id": "web", **HTTP}
    wanted, before = expected([{"name": "web", "port": 1}], [lag]), expected([{"name": "web"}], [lag])
    assert set(awaited(wanted, before, {}, (), {"passing"})) == {"lag"}


def test_what_was_healthy_before_has_to_be_so_still() -> None:
    earlier = {
        "service:other": dict(PASSING, ServiceID="other"),
        "ill": dict(PASSING, Status="critical"),
        "node": dict(PASSING, ServiceID=""),
    }
    checks = found(earlier=earlier)
    assert checks == {
        "service:other": Awaited("service other → check service:other", "http", "other", changed=False),
        "node": Awaited("check node", "http", changed=False),
    }


def test_what_an_earlier_run_has_made_ill_was_healthy_before() -> None:
    ill = {"other": dict(PASSING, Status="critical", ServiceID="other")}
    nothing = Expected({}, {})
    assert set(awaited(nothing, nothing, ill, ("other", "gone"), {"passing"})) == {"other"}


def test_what_goes_is_not_waited_for() -> None:
    service = {"name": "web", "check": HTTP}
    assert found(before=[service], earlier={"service:web": PASSING}) == {}


def test_what_counts_as_healthy_before() -> None:
    warned = {"disk": dict(PASSING, Status="warning", ServiceID="")}
    assert found(earlier=warned) == {}
    assert set(found(earlier=warned, states={"passing", "warning"})) == {"disk"}


@pytest.mark.parametrize(
    ("check", "hold", "proof", "least"),
    [
        (HTTP, 5.0, 2.0, 12.0),
        ({"tcp": "a:1", "interval": "10s"}, 10.0, 10.0, 30.0),
        ({"args": ["true"], "interval": "1m"}, 60.0, 30.0, 150.0),
        ({"tcp": "a:1", "interval": "100ms", "timeout": "1s"}, 1.0, 1.0, 3.0),
        ({**HTTP, "success_before_passing": 2}, 5.0, 2.0, 22.0),
        ({**HTTP, "failures_before_critical": 2}, 15.0, 2.0, 22.0),
        ({**HTTP, "failures_before_critical": 2, "failures_before_warning": 1}, 10.0, 2.0, 17.0),
        # As somebody may have edited it.
        ({**HTTP, "failures_before_critical": "2", "failures_before_warning": [], "success_before_passing": {}}, 5.0, 2.0, 12.0),
        ({"ttl": "30s"}, 0.0, 30.0, 0.0),
        ({"ttl": "60s"}, 0.0, 0.0, 0.0),
        ({"alias_service": "db"}, 0.0, 0.0, 0.0),
    ],
)
def test_how_long_it_takes_to_know(check: dict[str, Any], hold: float, proof: float, least: float) -> None:
    one = only(check, limit=60.0)
    assert (one.hold, one.proof, one.least) == (hold, proof, least)
    assert (one.interval > 0) is ("interval" in check)


def test_with_warnings_allowed_only_being_critical_counts() -> None:
    check = {**HTTP, "failures_before_critical": 2, "failures_before_warning": 1}
    assert only(check, states={"passing", "warning"}).hold == 15.0


def test_how_a_check_begins() -> None:
    assert only(HTTP).began == ("critical", "")
    assert only({**HTTP, "status": "passing"}).began == ("passing", "")
    assert only(HTTP, earlier={"service:web": PASSING}).began is None


def test_the_port_of_a_new_sidecar_is_not_waited_for() -> None:
    service = {"name": "web", "port": 80, "connect": {"sidecar_service": {}}}
    key, alias = "service:web-sidecar-proxy:1", "service:web-sidecar-proxy:2"
    new = found(service)
    assert (new[key].kind, new[key].excused, new[alias].kind, new[alias].excused, new[alias].about) == (
        "proxy",
        True,
        "alias",
        False,
        "web",
    )
    assert found(service, earlier={key: dict(PASSING, Status="critical")})[key].excused
    assert not found(service, earlier={key: PASSING})[key].excused
    own = found({"name": "web", "connect": {"sidecar_service": {"check": HTTP}}})
    assert not own["service:web-sidecar-proxy"].excused


def test_names_for_what_a_check_depends_on() -> None:
    assert only({"ttl": "30s"}).about == "30s"
    assert only({"alias_node": "n2"}).about == "the node n2"


@pytest.mark.parametrize(("text", "value"), [("1m30s", 90.0), (None, 0.0), (10, 0.0), ("soon", 0.0)])
def test_durations(text: object, value: float) -> None:
    assert seconds(text) == value
