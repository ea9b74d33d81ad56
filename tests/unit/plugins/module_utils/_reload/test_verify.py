# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long is waited and what is claimed, with an agent of our own making and a clock that only sleeping moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, ApiError, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected
from ansible_collections.registrar.consul.plugins.module_utils._reload import verify as agent_verify
from ansible_collections.registrar.consul.plugins.module_utils._reload.outcome import Outcome, Target
from ansible_collections.registrar.consul.plugins.module_utils._reload.verify import Witness, verify
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

NOTHING = Expected({}, {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(agent_verify, "time", clock)
    return clock


class FakeView:
    """Shows what the time since the start calls for: (from second, what to see or raise)."""

    def __init__(self, clock: Clock, *scenes: tuple[float, Any], hidden: tuple[str, ...] = ()) -> None:
        self.clock, self.start, self.scenes, self._hidden = clock, clock.now, scenes, set(hidden)
        self.looks = 0

    def look(self) -> Seen:
        self.looks += 1
        scene = [scene for since, scene in self.scenes if self.clock.now - self.start >= since][-1]
        if isinstance(scene, Exception):
            raise scene
        return scene if isinstance(scene, Seen) else seen(*scene)

    def is_hidden(self, key: str) -> bool:
        return key in self._hidden

    def hidden(self, keys: Any) -> set[str]:
        return set(keys) & self._hidden


class FakeEars:
    """Hears a refusal from a moment on."""

    def __init__(self, clock: Clock, listening: bool = True, refusal: tuple[float, str] | None = None) -> None:
        self.clock, self.start, self.listening, self.refusal = clock, clock.now, listening, refusal

    def said(self) -> str | None:
        return self.refusal[1] if self.refusal and self.clock.now - self.start >= self.refusal[0] else None


def seen(*services: str, **ports: int) -> Seen:
    """An agent that has these services, each with a TTL check."""
    return Seen(
        {name: {"ID": name, "Service": name, "Port": ports.get(name, 0)} for name in services},
        {f"service:{name}": {"CheckID": f"service:{name}", "ServiceID": name, "Name": f"Service '{name}' check"} for name in services},
    )


def definitions(*names: str) -> Expected:
    return expected([{"name": name, "check": {"ttl": "1h"}} for name in names])


def witness(view: Any, ears: Any, alive: Callable[[], bool] = lambda: True, **more: Any) -> Witness:
    options = {"generation": lambda: None, "withdrawn": lambda: Persisted({}, {}), "why_blind": "blind", **more}
    return Witness(view=view, ears=ears, alive=alive, **options)


def target(wanted: Expected, before: Expected = NOTHING, earlier: Seen | None = None, **more: Any) -> Target:
    return Target(wanted, before, NOTHING, earlier, **more)


def told(clock: Clock, scenes: list[tuple[float, Any]], goal: Target, sight: Seen | None, how: str = "signal", **ears: Any) -> Outcome:
    view = FakeView(clock, *scenes)
    return verify(goal, witness(view, FakeEars(clock, **ears)), None, how, sight)


def test_two_good_looks_and_no_more(clock: Clock) -> None:
    view = FakeView(clock, (0, ("old",)), (0.05, ("old", "web")))
    outcome = verify(target(definitions("web"), earlier=seen("old")), witness(view, FakeEars(clock)), None, "signal", seen("old"))
    assert (outcome.good, outcome.verified, outcome.verified_by) == (True, True, "api")
    assert (view.looks, clock.now - 1000 < 0.1) == (6, True)


def test_where_all_is_there_at_once_two_looks_are_had(clock: Clock) -> None:
    view = FakeView(clock, (0, ("web",)))
    assert verify(target(definitions("web")), witness(view, FakeEars(clock)), None, "api", seen()).verified
    assert view.looks == 2


def test_one_good_look_is_chance(clock: Clock) -> None:
    """While the agent loads it may have everything for a moment, and lose it with the next file."""
    scenes = [(0, ()), (0.01, ("web",)), (0.02, ()), (0.5, ("web",))]
    outcome = told(clock, scenes, target(definitions("web")), seen())
    assert outcome.verified
    assert clock.now - 1000 > 0.5


def test_nobody_is_waited_for_that_was_not_told(clock: Clock) -> None:
    outcome = told(clock, [(0, ())], target(definitions("web")), seen(), how=None)  # type: ignore[arg-type]
    assert not outcome.good
    assert clock.sleeps == 0


def test_a_refusal_ends_the_wait(clock: Clock) -> None:
    goal = target(definitions("web"), earlier=seen("old"))
    outcome = told(clock, [(0, ("old",))], goal, seen("old"), refusal=(0.1, "failed to parse x"))
    assert (outcome.good, outcome.words, outcome.untouched) == (False, "failed to parse x", True)
    assert [finding["path"] for finding in outcome.findings] == ["service web"]
    assert clock.now - 1000 < 0.5


def test_a_refusal_while_loading_leaves_nothing_untouched(clock: Clock) -> None:
    goal = target(definitions("web"), earlier=seen("old"))
    outcome = told(clock, [(0, ("old",))], goal, seen("old"), refusal=(0.1, "Failed reloading services: no name"))
    assert not outcome.untouched


def test_a_half_load_without_a_word_is_known_by_its_standstill(clock: Clock) -> None:
    goal = target(definitions("web"), earlier=seen("old", "older"))
    outcome = told(clock, [(0, ("old", "older")), (0.1, ("old",))], goal, seen("old", "older"), listening=False)
    assert not outcome.good
    assert {finding["rule"] for finding in outcome.findings} == {"agent-lacks-service", "agent-lost-service"}
    assert 2 < clock.now - 1000 < 3


def test_a_load_that_goes_on_is_waited_for(clock: Clock) -> None:
    names = tuple(f"s{number}" for number in range(100))
    scenes = [(0, names), *[(1.0 + number, names[:number]) for number in range(5)], (6.0, (*names, "web"))]
    outcome = told(clock, scenes, target(definitions("web"), earlier=seen(*names)), seen(*names), listening=False)
    assert outcome.verified


def test_nothing_happening_is_waited_for_to_the_end(clock: Clock) -> None:
    goal = target(definitions("web"), earlier=seen("old"))
    outcome = told(clock, [(0, ("old",))], goal, seen("old"), listening=False)
    assert not outcome.good
    assert outcome.reason == "it was not as the files say within 10 seconds"
    assert 10 < clock.now - 1000 < 10.3


def test_a_change_that_cannot_be_seen_is_believed_if_a_refusal_would_be_heard(clock: Clock) -> None:
    """The agent looks as before from the first moment: that is no proof of a reload."""
    goal = target(definitions("web"), before=definitions("web"), earlier=seen("web"))
    outcome = told(clock, [(0, ("web",))], goal, seen("web"))
    assert (outcome.verified, outcome.verified_by) == (True, "api")
    assert clock.now - 1000 > agent_verify.QUIET
    outcome = told(clock, [(0, ("web",))], goal, seen("web"), refusal=(0.2, "Failed reloading checks"))
    assert not outcome.good
    outcome = told(clock, [(0, ("web",))], goal, seen("web"), listening=False)
    assert (outcome.good, outcome.verified, outcome.reason) == (True, False, agent_verify.NOTHING_TO_SEE)


def test_the_agents_own_answer_needs_no_quiet(clock: Clock) -> None:
    goal = target(definitions("web"), before=definitions("web"), earlier=seen("web"))
    outcome = told(clock, [(0, ("web",))], goal, seen("web"), how="api", listening=False)
    assert outcome.verified
    assert clock.now - 1000 < 0.1


def test_services_that_may_not_be_seen(clock: Clock) -> None:
    view = FakeView(clock, (0, ()), hidden=("web",))
    outcome = verify(target(definitions("web"), earlier=seen()), witness(view, FakeEars(clock)), None, "signal", seen())
    assert (outcome.good, outcome.verified) == (True, False)
    assert "1 of 1 services are registered, but may not be seen" in outcome.reason
    assert clock.now - 1000 > agent_verify.QUIET


def test_the_generation_proves_everything(clock: Clock) -> None:
    view = FakeView(clock, (0, ()), hidden=("web",))
    proof = witness(view, FakeEars(clock, listening=False), generation=lambda: "g1" if clock.now > 1000.05 else None)
    outcome = verify(target(definitions("web"), generation="g1"), proof, None, "signal", seen())
    assert (outcome.verified, outcome.verified_by) == (True, "node_meta")
    assert 0.05 < clock.now - 1000 < agent_verify.QUIET


def test_checks_of_the_node_that_may_not_be_seen(clock: Clock) -> None:
    """Whether they may is asked only where one of ours is missing."""
    view = FakeView(clock, (0, ("web",)), hidden=("",))
    outcome = verify(target(definitions("web")), witness(view, FakeEars(clock)), None, "signal", seen())
    assert (outcome.verified, outcome.verified_by) == (True, "api")
    disk = expected([], [{"name": "disk", "ttl": "1h"}])
    outcome = verify(target(disk), witness(view, FakeEars(clock)), None, "signal", seen())
    assert (outcome.good, outcome.verified) == (True, False)
    assert outcome.reason == "the checks of the node may not be seen: a token with node:read is needed"


@pytest.mark.parametrize(
    ("how", "listening", "expected_outcome"),
    [
        ("api", False, (True, True, "reload")),
        ("signal", True, (True, False, "log")),
        ("signal", False, (True, False, "none")),
    ],
)
def test_an_agent_that_shows_nothing(clock: Clock, how: str, listening: bool, expected_outcome: tuple[bool, bool, str]) -> None:
    denied = AclDenied("/v1/agent/services: No permission.")
    outcome = told(clock, [(0, denied)], target(definitions("web")), None, how=how, listening=listening)
    assert (outcome.good, outcome.verified, outcome.verified_by) == expected_outcome
    assert not outcome.reason.endswith("."), "it becomes a part of sentences"


@pytest.mark.parametrize("trouble", [Unreachable("No answer"), ApiError("500")])
def test_trouble_passes(clock: Clock, trouble: Exception) -> None:
    outcome = told(clock, [(0, trouble), (1.0, ("web",))], target(definitions("web")), seen())
    assert outcome.verified
    assert 1 <= clock.now - 1000 < 1.3
    scenes = [(0, ("web",)), (0.005, trouble), (1.0, ("web",))]
    view = FakeView(clock, *scenes)
    assert verify(target(definitions("web")), witness(view, FakeEars(clock)), None, "signal", seen()).verified
    assert clock.now - view.start > 1, "one look before the trouble is chance"


def test_trouble_that_does_not_pass_is_a_failure(clock: Clock) -> None:
    outcome = told(clock, [(0, Unreachable("No answer from it"))], target(definitions("web")), seen())
    assert (outcome.good, outcome.reason) == (False, "No answer from it")


def test_an_agent_that_ends(clock: Clock) -> None:
    view = FakeView(clock, (0, ()))
    outcome = verify(target(definitions("web")), witness(view, FakeEars(clock), alive=lambda: False), None, "signal", seen())
    assert (outcome.good, outcome.reason, outcome.untouched) == (False, agent_verify.ENDED, False)


def test_what_was_removed_must_be_gone(clock: Clock) -> None:
    goal = target(definitions("web"), before=definitions("web", "old"), earlier=seen("web", "old"))
    outcome = told(clock, [(0, ("web", "old")), (0.1, ("web",))], goal, seen("web", "old"))
    assert outcome.verified
    outcome = told(clock, [(0, ("web", "old"))], goal, seen("web", "old"))
    assert [finding["rule"] for finding in outcome.findings] == ["agent-still-has-service"]


def test_what_somebody_else_declares_too_may_stay(clock: Clock) -> None:
    goal = target(definitions("web"), before=definitions("web", "old"), earlier=seen("web", "old"))._replace(elsewhere=definitions("old"))
    assert told(clock, [(0, ("web", "old"))], goal, seen("web", "old")).good


def test_what_its_owner_withdrew_is_not_lost(clock: Clock) -> None:
    view = FakeView(clock, (0, ("old",)), (0.1, ("web",)))
    withdrawn = Persisted({"old": "path"}, {"service:old": "path"})
    proof = witness(view, FakeEars(clock), withdrawn=lambda: withdrawn)
    outcome = verify(target(definitions("web"), earlier=seen("old")), proof, None, "signal", seen("old"))
    assert outcome.verified


def test_a_check_alone_may_be_withdrawn_too(clock: Clock) -> None:
    after = seen("old", "web")
    del after.checks["service:old"]
    view = FakeView(clock, (0, ("old",)), (0.1, after))
    proof = witness(view, FakeEars(clock), withdrawn=lambda: Persisted({}, {"service:old": "path"}))
    assert verify(target(definitions("web"), earlier=seen("old")), proof, None, "signal", seen("old")).verified


def test_limits(clock: Clock) -> None:
    goal = target(definitions("web"))
    assert goal.limit(None) == 10.0
    assert goal._replace(total=1000).limit(None) == 40.0
    assert goal._replace(slow=True).limit(None) == 100.0
    assert goal._replace(total=1000).limit(3) == 3


@pytest.mark.parametrize(("total", "quiet"), [(0, 0.3), (100, 0.6)])
def test_the_quiet_that_a_refusal_would_break_grows_with_the_services(clock: Clock, total: int, quiet: float) -> None:
    goal = target(definitions("web"), before=definitions("web"), earlier=seen("web"), total=total)
    assert told(clock, [(0, ("web",))], goal, seen("web")).verified
    assert quiet < clock.now - 1000 < quiet + 0.25


@pytest.mark.parametrize(("total", "slow", "patience"), [(0, False, 2), (1000, False, 5), (0, True, 92)])
def test_the_patience_with_a_standstill_grows_with_the_services(clock: Clock, total: int, slow: bool, patience: float) -> None:
    goal = target(definitions("web"), earlier=seen("old"), total=total, slow=slow)
    assert not told(clock, [(0, ())], goal, seen("old"), listening=False).good
    assert patience < clock.now - 1000 < patience + 0.5


def test_one_that_was_told_by_its_api_and_looks_as_before_stays_so(clock: Clock) -> None:
    goal = target(definitions("web"), earlier=seen("old"))
    outcome = told(clock, [(0, ("old",))], goal, seen("old"), how="api", listening=False)
    assert (outcome.good, outcome.reason, outcome.seen) == (False, "", seen("old"))
    assert 2 < clock.now - 1000 < 2.5


@pytest.mark.parametrize(("spent", "rest"), [(0.0, 0.01), (0.1, 0.2), (3.0, 1.0)])
def test_an_agent_that_is_slow_is_looked_at_less(clock: Clock, spent: float, rest: float) -> None:
    looks: list[float] = []

    class Slow(FakeView):
        def look(self) -> Seen:
            looks.append(clock.now)
            found = super().look()
            clock.now += spent
            return found

    goal = target(definitions("web"), earlier=seen("old"))
    verify(goal, witness(Slow(clock, (0, ("old",))), FakeEars(clock)), None, "signal", seen("old"))
    assert looks[1] - looks[0] == pytest.approx(spent + rest)
    assert looks[-1] - looks[-2] <= max(0.25, spent + rest) + 0.001


@pytest.mark.parametrize(
    ("state", "words", "untouched"),
    [
        (("old",), "failed to parse x", True),
        ((), "failed to parse x", False),
        (("old", "web"), "failed to parse x", False),
        (("old",), "Failed reloading checks: x", False),
    ],
)
def test_what_a_refusal_has_left_untouched(clock: Clock, state: tuple[str, ...], words: str, untouched: bool) -> None:
    goal = target(definitions("web", "other"), before=definitions("old"), earlier=seen("old"))
    outcome = told(clock, [(0, state)], goal, seen("old"), refusal=(0, words))
    assert (outcome.good, outcome.words, outcome.untouched, outcome.seen) == (False, words, untouched, seen(*state))


def test_what_was_refused_by_one_that_does_not_answer_is_not_known(clock: Clock) -> None:
    outcome = told(clock, [(0, Unreachable("No answer"))], target(definitions("web")), seen(), refusal=(0, "failed to parse x"))
    assert (outcome.good, outcome.words, outcome.seen, outcome.findings, outcome.untouched) == (False, "failed to parse x", None, (), False)


def test_of_services_some_may_be_hidden_and_some_missing(clock: Clock) -> None:
    view = FakeView(clock, (0, ("db",)), hidden=("api",))
    goal = target(definitions("api", "db", "web"), earlier=seen("db"))
    outcome = verify(goal, witness(view, FakeEars(clock)), 1, "signal", seen("db"))
    assert (outcome.good, [finding["path"] for finding in outcome.findings]) == (False, ["service web"])
    outcome = verify(target(definitions("api", "db")), witness(view, FakeEars(clock)), 1, "api", seen("db"))
    assert (outcome.verified, outcome.verified_by) == (True, "reload")
