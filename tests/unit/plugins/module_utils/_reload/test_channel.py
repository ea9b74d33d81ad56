# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way that is taken to tell an agent, and what an address proves."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected
from ansible_collections.registrar.consul.plugins.module_utils._reload.channel import chosen_method, doubt, misled, stranger
from ansible_collections.registrar.consul.plugins.module_utils._reload.outcome import Outcome, Target

NOTHING = Expected({}, {})
WEB = Expected({"web": {}}, {})
EMPTY, HAS_WEB = Seen({}, {}), Seen({"web": {"Port": 80}}, {})
GOOD = Outcome.proved("api")
BAD = Outcome.failed()


def facts(*, process: bool = True, signal: bool = True, api: bool = True, silence: str = "", given: bool = False) -> Any:
    return SimpleNamespace(
        process=SimpleNamespace(pid=77) if process else None,
        agents=SimpleNamespace(may_signal=lambda _process: signal),
        api=SimpleNamespace(where=SimpleNamespace(address="http://there")) if api else None,
        silence=silence,
        address_given=given,
        answers=given and not silence,
    )


@pytest.mark.parametrize(
    ("known", "method"),
    [
        (facts(), "signal"),
        (facts(given=True), "signal"),
        (facts(signal=False), "api"),
        (facts(signal=False, api=False), "signal"),
        (facts(signal=False, silence="No answer"), "signal"),
        (facts(process=False, given=True), "api"),
        (facts(process=False, given=True, silence="No answer"), "auto"),
        (facts(process=False), "auto"),
    ],
)
def test_auto(known: Any, method: str) -> None:
    assert chosen_method(known, "auto") == method
    assert [chosen_method(known, given) for given in ("signal", "api")] == ["signal", "api"]


@pytest.mark.parametrize(
    ("outcome", "earlier", "strange"),
    [
        (BAD._replace(seen=EMPTY), EMPTY, True),
        (BAD._replace(seen=HAS_WEB), HAS_WEB, True),
        (BAD._replace(seen=HAS_WEB), EMPTY, False),
        (BAD._replace(seen=Seen({"web": {"Port": 81}}, {})), HAS_WEB, False),
        (BAD._replace(seen=EMPTY, words="it refused"), EMPTY, False),
        (BAD, EMPTY, False),
        (BAD._replace(seen=EMPTY), None, False),
    ],
)
def test_an_agent_on_which_nothing_has_moved_is_another_one(outcome: Outcome, earlier: Seen | None, strange: bool) -> None:
    words = stranger(facts(), "/etc/consul.d", outcome, earlier)
    assert words.startswith("the agent at http://there does not read /etc/consul.d") == strange
    assert strange or words == ""


@pytest.mark.parametrize(
    ("known", "outcome", "suspicious"),
    [
        (facts(given=True), BAD._replace(seen=EMPTY, reason="too late"), True),
        (facts(), BAD._replace(seen=EMPTY, reason="too late"), False),
        (facts(given=True), BAD._replace(seen=HAS_WEB, reason="too late"), False),
        (facts(given=True), GOOD._replace(seen=EMPTY, reason="too late"), False),
        (facts(given=True), BAD._replace(seen=EMPTY, reason="too late", words="it refused"), False),
    ],
)
def test_who_was_told_by_signal_may_be_another_one_than_who_was_asked(known: Any, outcome: Outcome, suspicious: bool) -> None:
    said = misled(known, outcome, EMPTY)
    assert said.startswith("too late; the agent that was asked has exactly what it had") == suspicious
    assert suspicious or said == "too late"


@pytest.mark.parametrize(
    ("known", "wanted", "before", "outcome", "earlier", "doubtful"),
    [
        (facts(), NOTHING, WEB, GOOD._replace(seen=EMPTY), EMPTY, False),
        (facts(process=False), WEB, NOTHING, GOOD._replace(seen=HAS_WEB), EMPTY, False),
        (facts(process=False), NOTHING, WEB, GOOD._replace(seen=EMPTY), HAS_WEB, False),
        (facts(process=False), NOTHING, WEB, GOOD._replace(seen=EMPTY), EMPTY, True),
        (facts(process=False), WEB, NOTHING, GOOD._replace(verified_by="reload"), None, True),
        (facts(process=False), WEB, NOTHING, GOOD._replace(verified_by="reload"), EMPTY, False),
        (facts(process=False), WEB, NOTHING, GOOD._replace(verified_by="node_meta"), None, False),
    ],
)
def test_an_address_alone_proves_nothing(
    known: Any, wanted: Expected, before: Expected, outcome: Outcome, earlier: Seen | None, doubtful: bool
) -> None:
    target = Target(wanted, before, NOTHING, earlier)
    words = doubt(known, "/etc/consul.d", target, outcome, earlier)
    assert words.startswith("the agent at http://there has reloaded, and nothing that may be seen there shows") == doubtful
    assert doubtful or words == ""
