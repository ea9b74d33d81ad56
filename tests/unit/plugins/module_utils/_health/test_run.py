# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom a wait asks, and what it is told where it would be in vain; agents of our own making, no time passes."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, ApiError, NotFound
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected
from ansible_collections.registrar.consul.plugins.module_utils._health import catalog, wait
from ansible_collections.registrar.consul.plugins.module_utils._health.progress import Notice
from ansible_collections.registrar.consul.plugins.module_utils._health.run import HealthWait
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

WEB = {"name": "web", "check": {"http": "http://127.0.0.1/", "interval": "1s", "timeout": "1s"}}
NOTHING = Expected({}, {})
NOT_MUCH = Seen({}, {})
KEY = "service:web"


def check(status: str = "passing", service: str = "web") -> dict[str, Any]:
    return {"Status": status, "ServiceID": service, "Node": "n1"}


class Api:
    """Shows these checks; what is hidden is denied."""

    def __init__(self, checks: Any, hidden: tuple[str, ...] = (), members: Any = ("n1",), catalog: Any = ()) -> None:
        self.answers = {"checks": checks, "services": {}, "members": list(members)}
        self.hidden = hidden
        self.catalog = catalog

    def get(self, path: str, _query: Mapping[str, str] | None = None) -> Any:
        name = path.rpartition("/")[2]
        if path.startswith("/v1/health/node/"):
            return [{"CheckID": key, "Status": status} for key, status in dict(self.catalog).items()]
        if "/service/" in path:
            raise AclDenied("denied") if name in self.hidden else NotFound("none")
        if isinstance(self.answers[name], Exception):
            raise self.answers[name]
        return self.answers[name]


def facts(api: Any, **more: Any) -> Any:
    process = SimpleNamespace(pid=1, started=2.0)
    known = {
        "process": process,
        "address_given": False,
        "why_no_api": "bad address",
        "renewed": lambda: process,
        "node_among": lambda _all: "n1",
    }
    return SimpleNamespace(api=api, **{**known, **more})


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (wait, catalog):
        monkeypatch.setattr(module, "time", clock)
    return clock


def waiting(
    agent: Any,
    services: Any = (WEB,),
    earlier: Seen | None = NOT_MUCH,
    noted: Any = None,
    limit: float = 60.0,
    states: Any = (),
    checks: Any = (),
    before: Expected = NOTHING,
) -> HealthWait:
    options = {"wait_healthy": limit, "healthy_states": list(states)}
    return HealthWait(agent, options, expected(services, checks), before, earlier, noted, [], Notice(None, str))


def told(found: list[Any]) -> list[str]:
    return [finding["message"].partition("cannot be seen: ")[2] or finding["rule"] for finding in found]


def test_what_was_healthy_before() -> None:
    earlier = Seen({}, {"a": check(), "b": check("warning"), "c": check("critical")})
    assert waiting(facts(None), earlier=earlier).healthy == {"a"}
    assert waiting(facts(None), earlier=earlier, states=["warning"]).healthy == {"a", "b"}
    # An earlier run knows better, also where there were none.
    assert waiting(facts(None), earlier=earlier, noted=["c"]).healthy == {"c"}
    assert waiting(facts(None), earlier=earlier, noted=[]).healthy == set()
    assert waiting(facts(None), earlier=None).healthy == set()


def test_obstacles() -> None:
    good = facts(Api({}))
    assert waiting(good).obstacles("") == []
    assert told(waiting(good, earlier=None).obstacles("nobody answers")) == ["nobody answers."]
    assert told(waiting(good, limit=1.0).obstacles("")) == ["wait-too-short"]
    assert told(waiting(facts(None)).obstacles("")) == ["bad address."]
    hidden = facts(Api({}, hidden=("db",)))
    assert waiting(hidden).obstacles("") == []
    had = expected([{"name": "db"}])
    assert told(waiting(hidden, before=had).obstacles("")) == ["a token with service:read for db is needed."]
    assert waiting(hidden, before=had, earlier=Seen({"db": {}}, {})).obstacles("") == []


def test_where_no_agent_runs_an_address_must_be_given() -> None:
    api = Api({KEY: check()})
    assert told(waiting(facts(api, process=None)).obstacles("")) == ["no agent runs."]
    assert waiting(facts(api, process=None, address_given=True)).obstacles("") == []


@pytest.mark.parametrize(
    ("hidden", "members", "checks", "trouble"),
    [
        (("web",), ("n1",), (), "a token with service:read for web is needed"),
        ((), (), ({"name": "disk", "ttl": "1s"},), "a token with node:read is needed"),
    ],
)
def test_a_check_that_nobody_will_see_is_not_waited_for(clock: Clock, hidden: Any, members: Any, checks: Any, trouble: str) -> None:
    wait = waiting(facts(Api({"other": check()}, hidden, members)), checks=checks)
    health = wait.run(pytest.fail)
    assert (health.healthy, health.ailing, health.waited, health.trouble) == (False, (), 0.0, trouble)
    assert clock.sleeps == 0


def test_what_is_seen_already_is_not_hidden(clock: Clock) -> None:
    assert waiting(facts(Api({KEY: check()}, ("web",), catalog={KEY: "passing"}))).run(pytest.fail).healthy
    # Nor need a check be seen that is not of the change.
    earlier = Seen({}, {"gone": check(service="db")})
    assert waiting(facts(Api({KEY: check()}, ("db",), catalog={KEY: "passing"})), earlier=earlier).run(pytest.fail).healthy


def test_an_agent_that_does_not_answer_is_waited_for(clock: Clock) -> None:
    health = waiting(facts(Api(ApiError("away"))), limit=9.0).run(pytest.fail)
    assert (health.healthy, health.trouble, health.gone) == (False, "away", False)
    assert health.waited == pytest.approx(9.0)


@pytest.mark.parametrize(("more", "gone"), [({}, True), ({"process": None, "address_given": True}, False)])
def test_an_agent_that_ends(clock: Clock, more: dict[str, Any], gone: bool) -> None:
    ended = facts(Api({KEY: check()}, catalog={KEY: "passing"}), renewed=lambda: None, **more)
    health = waiting(ended).run(pytest.fail)
    assert (health.healthy, health.gone) == (not gone, gone)
    if gone:
        assert 15.0 <= health.waited <= 16.0


def test_another_agent_than_before_has_to_show_it_anew(clock: Clock) -> None:
    ends = iter(range(99))
    changing = facts(Api({KEY: check()}), renewed=lambda: SimpleNamespace(pid=next(ends), started=0.0))
    assert not waiting(changing, limit=9.0).run(pytest.fail).healthy


@pytest.mark.parametrize(("limit", "lag"), [(60.0, 30.0), (12.0, 10.0), (4.0, 3.0)])
def test_how_long_the_catalog_may_lag_behind(clock: Clock, limit: float, lag: float) -> None:
    warnings: list[str] = []
    health = waiting(facts(Api({KEY: check()}, catalog={KEY: "critical"})), limit=limit).run(warnings.append)
    assert health.healthy
    assert [text.partition(",")[0] for text in warnings] == ["The catalog"]
    assert lag <= clock.now - 1000.0 - health.waited <= lag + 2.0


def test_what_is_excused_is_told(clock: Clock) -> None:
    sidecar = {"name": "web", "port": 1, "connect": {"sidecar_service": {"port": 2}}}
    shown = {"service:web-sidecar-proxy:1": check("critical"), "service:web-sidecar-proxy:2": check()}
    warnings: list[str] = []
    assert waiting(facts(Api(shown, catalog=dict.fromkeys(shown, "passing"))), [sidecar]).run(warnings.append).healthy
    assert [text.partition(": ")[0] for text in warnings] == ["service web-sidecar-proxy → check service:web-sidecar-proxy:1"]


def test_the_way_back_waits_for_what_was_healthy_before(clock: Clock) -> None:
    earlier = Seen({}, {"a": check(service="a"), "b": check("critical", "b")})
    assert waiting(facts(Api({"a": check(), "b": check("critical")})), earlier=earlier).run_back().healthy
    ill = waiting(facts(Api({"a": check("critical"), "b": check()})), earlier=earlier, limit=3.0).run_back()
    assert [one.identifier for one in ill.ailing] == ["a"]
    assert waiting(facts(Api({})), earlier=None).run_back().healthy
