# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the catalog is asked, how long it may take, and what comes of its answers; with a clock that only sleeping moves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import catalog
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import ApiError
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected
from ansible_collections.registrar.consul.plugins.module_utils._reload.outcome import Outcome, Target
from ansible_collections.registrar.consul.plugins.module_utils._reload.servers import warn_of_older_members, with_catalog
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

NOTHING = Expected({}, {})
SEEN = Seen({"web": {"ID": "web", "Service": "web", "Port": 80}}, {})
GOOD = Outcome.proved("api", SEEN)
TARGET = Target(expected([{"name": "web", "port": 80}]), NOTHING, NOTHING, None)


class Ears:
    """Knows what the servers have refused."""

    def __init__(self, words: str = "") -> None:
        self.words = words

    def of_catalog(self, identifiers: set[str]) -> str:
        assert identifiers == {"web"}
        return self.words


class Run:
    """A run that asks servers which never have the service, or fail."""

    def __init__(self, failure: ApiError | None = None, token: str | None = "t") -> None:
        self.failure = failure
        self.asked = 0
        self.warnings: list[str] = []
        self.where = SimpleNamespace(token=token)
        self.api = self

    def get(self, path: str, _query: Any = None) -> Any:
        self.asked += 1
        if self.failure is not None:
            raise self.failure
        return {"Services": {}} if path.startswith("/v1/catalog/node/") else []

    def node_among(self, _checks: Any) -> str:
        return "n1"

    def after(self, outcome: Outcome, ears: Any, timeout: float | None, target: Target = TARGET) -> Outcome:
        facts: Any = self
        return with_catalog(outcome, target, facts, ears, timeout, 1000.0, self.warnings.append)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(catalog, "time", clock)
    return clock


@pytest.mark.parametrize("outcome", [Outcome.failed(), Outcome.unproved("hidden", seen=SEEN)])
def test_it_is_asked_only_for_what_was_proved(outcome: Outcome) -> None:
    run = Run()
    assert run.after(outcome, Ears(), 1.0) is outcome
    assert (run.asked, run.warnings) == (0, [])


def test_the_mark_proves_nothing_about_the_servers() -> None:
    assert not Run().after(Outcome.proved("node_meta", SEEN), Ears(), 1.0).good


@pytest.mark.parametrize(
    ("token", "service", "warned"), [("t", {}, True), (None, {"token": "t"}, True), (None, {}, False), ("t", None, False)]
)
def test_where_the_services_may_not_be_seen_nobody_knows(token: str | None, service: dict[str, Any] | None, warned: bool) -> None:
    """Unless nothing speaks for ACLs, or nothing has changed."""
    run, outcome = Run(token=token), Outcome.proved("reload")
    wanted = expected([{"name": "web", "port": 80, **(service or {})}])
    target = TARGET._replace(wanted=wanted, before=NOTHING if service is not None else wanted)
    assert run.after(outcome, Ears(), 1.0, target) is outcome
    words = "Verified on the agent. Whether the catalog has it too cannot be seen: the services may not be seen."
    assert run.warnings == ([f"{words} A token with service:read is needed."] if warned else [])
    assert run.asked == 0


def test_without_acls_it_is_not_asked() -> None:
    run = Run(token=None)
    assert (run.after(GOOD, Ears(), 1.0), run.asked) == (GOOD, 0)
    run = Run()
    assert (run.after(GOOD, Ears(), 1.0, TARGET._replace(before=TARGET.wanted)), run.asked) == (GOOD, 0)


@pytest.mark.parametrize(("timeout", "waited"), [(7.0, 7.0), (None, 10.03 + 120.0)])
def test_the_wait_ends_at_its_time(clock: Clock, timeout: float | None, waited: float) -> None:
    """Agents tell the servers at once, or with their regular sync: every two minutes in the worst case."""
    outcome = Run().after(GOOD, Ears(), timeout, TARGET._replace(total=1))
    assert (outcome.good, outcome.verified, outcome.words) == (False, True, "")
    assert [finding["path"] for finding in outcome.findings] == ["service web"]
    assert waited <= clock.now - 1000 <= waited + 1


def test_a_refusal_that_was_heard_is_told_and_shortens_the_wait(clock: Clock) -> None:
    outcome = Run().after(GOOD, Ears("Permission denied"), None)
    assert (outcome.good, outcome.words) == (False, "Permission denied")
    assert 2 <= clock.now - 1000 <= 3


def test_what_cannot_be_seen_is_warned_of() -> None:
    run = Run(ApiError("Permission denied"))
    assert run.after(GOOD, Ears(), 1.0) is GOOD
    assert run.warnings == ["Verified on the agent. Whether the catalog has it too cannot be seen: Permission denied"]


@pytest.mark.parametrize(
    ("ports", "version", "warned"),
    [
        ([{"name": "http", "port": 80, "default": True}], "1.21.4", True),
        ([{"name": "http", "port": 80, "default": True}], "1.22.0", False),
        (None, "1.21.4", False),
    ],
)
def test_named_ports_are_nothing_to_older_members(ports: Any, version: str, warned: bool) -> None:
    wanted = expected([{"name": "web", **({"ports": ports} if ports else {})}])
    warnings: list[str] = []
    members = [{"Name": "n2", "Status": 1, "Tags": {"build": f"{version}:abc", "role": "node"}}]
    facts: Any = SimpleNamespace(api=SimpleNamespace(get=lambda *_arguments: members))
    warn_of_older_members(wanted, facts, warnings.append)
    assert bool(warnings) is warned
    facts.api = None
    warn_of_older_members(wanted, facts, warnings.append)
    assert bool(warnings) is warned
