# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the catalog does not say what the agent says, with a catalog of our own making."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied
from ansible_collections.registrar.consul.plugins.module_utils._health import catalog
from ansible_collections.registrar.consul.plugins.module_utils._health.awaited import Awaited
from ansible_collections.registrar.consul.plugins.module_utils._health.catalog import disagreement
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

PASSING = {"Status": "passing"}
WEB, DB = Awaited("web", "http"), Awaited("db", "http")


class Catalog:
    """Says this from second to second."""

    def __init__(self, clock: Clock, *scenes: tuple[float, Any]) -> None:
        self.clock, self.start, self.scenes = clock, clock.now, scenes
        self.asked: list[Any] = []

    def get(self, path: str, query: Mapping[str, str]) -> Any:
        self.asked.append((path, query))
        scene = [scene for since, scene in self.scenes if self.clock.now - self.start >= since][-1]
        if isinstance(scene, Exception):
            raise scene
        return [{"CheckID": key, "Status": status} for key, status in scene.items()]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(catalog, "time", clock)
    return clock


def said(clock: Clock, *scenes: tuple[float, Any], node: str | None = "n1", checks: Any = None) -> str:
    shown = checks or {"web": PASSING, "db": PASSING, "other": PASSING}
    return disagreement(Catalog(clock, *scenes), node, shown, {"web": WEB, "db": DB}, {"passing"}, 10.0)  # type: ignore[arg-type]


def test_what_agrees_takes_no_time(clock: Clock) -> None:
    assert said(clock, (0, {"web": "passing", "db": "passing", "other": "critical"})) == ""
    assert clock.sleeps == 0


def test_what_lags_behind_is_waited_for(clock: Clock) -> None:
    assert said(clock, (0, {"serfHealth": "passing", "web": "critical"}), (4, {"web": "passing", "db": "passing"})) == ""
    assert clock.sleeps > 0


def test_what_stays_different_is_told(clock: Clock) -> None:
    text = said(clock, (0, {"serfHealth": "passing", "web": "critical"}))
    assert "db is passing on the agent and missing in the catalog, web is passing on the agent and critical in the catalog." in text


def test_many_are_counted(clock: Clock) -> None:
    checks = {f"c{number}": PASSING for number in range(8)}
    found = {"serfHealth": "passing"}
    awaited = dict.fromkeys(checks, WEB)
    text = disagreement(Catalog(clock, (0, found)), "n1", checks, awaited, {"passing"}, 1.0)  # type: ignore[arg-type]
    assert ", and 3 more. The agent's log" in text


@pytest.mark.parametrize("scene", [{}, AclDenied("Permission denied")])
def test_what_may_not_be_seen_is_not_told(clock: Clock, scene: Any) -> None:
    assert said(clock, (0, scene)) == ""


def test_nothing_to_ask_for(clock: Clock) -> None:
    assert said(clock, (0, {}), node=None) == ""
    assert said(clock, (0, {"web": "critical"}), checks={"web": {"Status": "warning"}}) == ""


def test_each_namespace_is_asked(clock: Clock) -> None:
    asked = Catalog(clock, (0, {"web": "passing"}))
    checks = {"web": PASSING, "team/web": {**PASSING, "Namespace": "team"}}
    assert disagreement(asked, "n1", checks, dict.fromkeys(checks, WEB), {"passing"}, 1.0) == ""  # type: ignore[arg-type]
    assert asked.asked == [("/v1/health/node/n1", {"consistent": ""}), ("/v1/health/node/n1", {"consistent": "", "ns": "team"})]


def test_the_looks_become_rare(clock: Clock) -> None:
    catalog = Catalog(clock, (0, {"serfHealth": "passing"}))
    disagreement(catalog, "n1", {"web": PASSING}, {"web": WEB}, {"passing"}, 10.0)  # type: ignore[arg-type]
    assert len(catalog.asked) == 12


def test_as_many_as_are_shown_are_not_counted(clock: Clock) -> None:
    checks = {f"c{number}": PASSING for number in range(5)}
    catalog = Catalog(clock, (0, {"serfHealth": "passing"}))
    text = disagreement(catalog, "n1", checks, dict.fromkeys(checks, WEB), {"passing"}, 1.0)  # type: ignore[arg-type]
    assert "missing in the catalog. The agent's log" in text
