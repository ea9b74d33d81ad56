# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long is waited and what counts as healthy, with checks of our own making and a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._health import wait
from ansible_collections.registrar.consul.plugins.module_utils._health.awaited import Awaited
from ansible_collections.registrar.consul.plugins.module_utils._health.wait import GONE, Health, Waiting
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

WEB = Awaited("service web", "http", hold=2.0, proof=5.0, least=9.0, interval=2.0, began=("critical", ""))
NEW, OK, BAD = ("critical", ""), ("passing", "200 OK"), ("critical", "404")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wait, "time", clock)
    return clock


def waited(
    clock: Clock,
    *scenes: tuple[float, Any],
    limit: float = 60.0,
    states: tuple[str, ...] = ("passing",),
    who: Any = None,
    **checks: Awaited,
) -> Health:
    """From second to second: what checks show, or an error; what is said of web alone is said by its pair."""
    start = clock.now
    looks = 0

    def now() -> float:
        return clock.now - start

    def look() -> dict[str, Any]:
        nonlocal looks
        looks += 1
        scene = [scene for since, scene in scenes if now() >= since][-1]
        if isinstance(scene, Exception):
            raise scene
        shown = {"web": scene} if isinstance(scene, tuple) else scene
        return {key: {"Status": status, "Output": output, "ServiceID": key} for key, (status, output) in shown.items()}

    running: Callable[[], Any] = (lambda: who(now())) if who is not None else (lambda: 1)
    health = Waiting(checks or {"web": WEB}, states, look, running, lambda _health: None).run(limit)
    assert looks < 2 * health.waited + 20
    return health


def test_nothing_to_wait_for(clock: Clock) -> None:
    quiet = {"service": Awaited("x", "http", changed=False)}
    assert waited(clock, (0, {}), **quiet).healthy
    assert clock.sleeps == 0


def test_a_new_check_counts_when_it_has_passed_and_goes_on_to(clock: Clock) -> None:
    health = waited(clock, (0, NEW), (3, OK))
    assert health.healthy
    assert 5.0 <= health.waited <= 6.0


def test_one_that_has_run_before_the_first_look(clock: Clock) -> None:
    assert 2.0 <= waited(clock, (0, OK)).waited <= 3.0


def test_an_old_state_counts_when_the_check_must_have_run(clock: Clock) -> None:
    kept = WEB._replace(began=None)
    assert 7.0 <= waited(clock, (0, OK), web=kept).waited <= 8.0
    health = waited(clock, (0, OK), (4, BAD), web=kept, limit=20.0)
    assert not health.healthy
    assert health.waited == 20.0


def test_a_new_output_shows_that_it_has_run(clock: Clock) -> None:
    kept = WEB._replace(began=None)
    health = waited(clock, (0, OK), (1.5, ("passing", "200 OK: release 2")), web=kept)
    assert 3.5 <= health.waited <= 4.5


def test_each_further_output_changes_nothing(clock: Clock) -> None:
    scenes = [(0.5 * number, ("passing", f"200 OK at {number}")) for number in range(100)]
    assert 2.5 <= waited(clock, *scenes, web=WEB._replace(began=None)).waited <= 3.5


def test_one_that_flaps_is_not_healthy(clock: Clock) -> None:
    scenes = [(float(second), OK if second % 2 else BAD) for second in range(30)]
    health = waited(clock, *scenes, limit=29.0)
    assert not health.healthy


def test_one_that_dies_while_another_is_waited_for(clock: Clock) -> None:
    slow = WEB._replace(place="service slow")
    health = waited(
        clock, (0, {"web": OK, "slow": NEW}), (10, {"web": BAD, "slow": NEW}), (20, {"web": BAD, "slow": OK}), web=WEB, slow=slow
    )
    assert [ailing.identifier for ailing in health.ailing] == ["web"]
    assert health.ailing[0].seconds == pytest.approx(50.0, abs=1.0)
    assert (health.ailing[0].status, health.ailing[0].output, health.waited) == ("critical", "404", 60.0)


def test_what_was_healthy_before_has_to_be_so_at_the_end(clock: Clock) -> None:
    other = Awaited("service other", "http", changed=False)
    assert waited(clock, (0, {"other": BAD}), (4, {"other": OK}), other=other).waited == pytest.approx(4.0, abs=0.6)
    assert waited(clock, (0, {"other": OK}), other=other).waited == 0.0


def test_warnings_count_where_they_may(clock: Clock) -> None:
    scene = (0, ("warning", "429"))
    assert not waited(clock, scene, limit=10.0).healthy
    assert waited(clock, scene, states=("passing", "warning")).healthy


def test_from_warning_to_passing_is_no_new_state_where_both_are_healthy(clock: Clock) -> None:
    assert waited(clock, (0, ("warning", "")), (1, OK), states=("passing", "warning")).waited <= 3.0


def test_what_is_too_fresh_at_the_end_is_told_as_such(clock: Clock) -> None:
    (ailing,) = waited(clock, (0, NEW), (9, OK), limit=10.0).ailing
    assert ailing.is_too_fresh


def test_one_that_is_gone(clock: Clock) -> None:
    (ailing,) = waited(clock, (0, NEW), (2, {}), limit=5.0).ailing
    assert (ailing.status, ailing.identifier) == ("", "web")


def test_an_excused_one_is_told_and_not_waited_for(clock: Clock) -> None:
    health = waited(clock, (0, BAD), web=WEB._replace(excused=True))
    assert (health.healthy, health.waited) == (True, 0.0)
    assert [ailing.identifier for ailing in health.excused] == ["web"]
    assert waited(clock, (0, {}), web=WEB._replace(excused=True)).excused == ()


def test_maintenance_is_not_counted(clock: Clock) -> None:
    shown = {
        "_node_maintenance": BAD,
        "_service_maintenance:web": BAD,
        "_service_maintenance:other": BAD,
        "web": ("critical", 'Aliased check "Service Maintenance Mode" failing: '),
    }

    def look() -> dict[str, Any]:
        return {
            key: {"Status": status, "Output": output, "ServiceID": key.rpartition(":")[2] if key[0] != "_" or ":" in key else ""}
            for key, (status, output) in shown.items()
        }

    health = Waiting({"web": Awaited("service web", "alias")}, ("passing",), look, lambda: 1, lambda _health: None).run(10.0)
    assert (health.healthy, health.maintenance) == (True, ("", "web"))


# The agent


def test_one_that_does_not_answer_is_waited_for(clock: Clock) -> None:
    away = Unreachable("No answer.")
    assert 12.0 <= waited(clock, (0, OK), (1, away), (5, OK)).waited <= 13.0
    health = waited(clock, (0, OK), (1, away), limit=10.0)
    assert (health.healthy, health.trouble, health.gone) == (False, "No answer.", False)


def test_one_that_has_ended_is_waited_for_a_little(clock: Clock) -> None:
    away = Unreachable("No answer.")
    health = waited(clock, (0, NEW), (1, away), who=lambda now: 1 if now < 1 else None)
    assert health.gone
    assert GONE < health.waited < GONE + 3


def test_one_that_was_restarted_has_to_show_all_anew(clock: Clock) -> None:
    health = waited(clock, (0, NEW), (1, OK), who=lambda now: 1 if now < 2 else 2)
    assert health.healthy
    assert 9.0 <= health.waited <= 10.0


def test_each_look_is_told_until_it_is_over(clock: Clock) -> None:
    told: list[Health | None] = []
    state = {"web": {"Status": "critical", "Output": "refused", "ServiceID": "web"}}
    health = Waiting({"web": WEB}, ("passing",), lambda: state, lambda: 1, told.append).run(10.0)
    assert not health.healthy
    assert len(told) > 10
    assert told.pop() is None
    assert [ailing.identifier for health in told if health is not None for ailing in health.ailing] == ["web"] * len(told)


def test_that_it_is_over_is_told_when_it_breaks_off(clock: Clock) -> None:
    told: list[Health | None] = []

    def broken() -> dict[str, Any]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Waiting({"web": WEB}, ("passing",), broken, lambda: 1, told.append).run(10.0)
    assert told == [None]


@pytest.mark.parametrize(("seconds", "looks"), [(0.2, 30), (1.0, 10)])
def test_a_slow_agent_is_left_in_peace(clock: Clock, seconds: float, looks: int) -> None:
    asked = 0

    def slow(_now: float) -> int:
        nonlocal asked
        asked += 1
        clock.now += seconds
        return 1

    waited(clock, (0, NEW), limit=30.0, who=slow)
    assert looks <= asked <= looks + 2


def test_the_last_moment_counts(clock: Clock) -> None:
    clock.now = 0.0
    assert waited(clock, (0, OK), limit=2.0).healthy
