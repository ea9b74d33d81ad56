# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent shows, what it hides, and where it is not as definitions say."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, NotFound
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import (
    AgentView,
    Difference,
    Seen,
    compared,
    differences,
    lost,
    without,
)
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, expected

NOTHING = Expected({}, {})


class Api:
    """Answers by path and namespace, and keeps what it was asked for."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        asked = (path.replace("/v1/agent/", ""), (query or {}).get("ns", ""))
        self.asked.append(asked)
        answer = self.answers.get("_".join(part for part in asked if part).replace("/", "_"), NotFound(path))
        if isinstance(answer, Exception):
            raise answer
        return answer


def view(api: Any, *namespaces: str) -> AgentView:
    return AgentView(api, namespaces)


def test_a_look_has_all_namespaces() -> None:
    one, two, three, four = ({"n": number} for number in range(4))
    api = Api(services={"web": one}, checks={"c": two}, services_team={"web": three}, checks_team={"c": four})
    looked = view(api, "team", "", "default", "team")
    assert looked.look() == ({"web": one, "team/web": three}, {"c": two, "team/c": four})
    assert api.asked == [("services", ""), ("services", "team"), ("checks", ""), ("checks", "team")]
    assert looked.checks() == {"c": two, "team/c": four}


@pytest.mark.parametrize(
    ("key", "asked", "hidden"),
    [
        ("gone", ("service/gone", ""), False),
        ("web", ("service/web", ""), True),
        ("there", ("service/there", ""), False),
        ("team/web", ("service/web", "team"), True),
        # In no namespace of ours, it is a name with a slash.
        ("other/web", ("service/other%2Fweb", ""), False),
        ("", ("members", ""), True),
    ],
)
def test_what_is_hidden(key: str, asked: tuple[str, str], hidden: bool) -> None:
    api = Api(service_web=AclDenied("no"), service_web_team=AclDenied("no"), service_there={}, members=[])
    assert view(api, "team").is_hidden(key) is hidden
    assert api.asked == [asked]
    assert view(api).hidden(["web", "gone"]) == {"web"}
    assert view(Api(members=[{}])).is_hidden("") is False


def services(*names: str, port: int = 0) -> dict[str, Any]:
    return {name: {"ID": name, "Service": name, "Port": port} for name in names}


def checks(*names: str) -> dict[str, Any]:
    return {f"service:{name}": {"CheckID": f"service:{name}", "ServiceID": name, "Name": f"Service '{name}' check"} for name in names}


def definitions(*names: str, port: int = 0) -> Expected:
    return expected([{"name": name, "port": port, "check": {"ttl": "1h"}} for name in names])


def test_what_is_missing_or_different() -> None:
    found = compared(Seen(services("web", "odd", port=80), checks("web")), definitions("web", "odd", "gone", "unseen"), hidden=["unseen"])
    assert [(entry.key, entry.service, entry.check, entry.field) for entry in found] == [
        ("gone", "gone", "", ""),
        ("odd", "odd", "", "port"),
        ("web", "web", "", "port"),
        ("service:odd", "odd", "service:odd", ""),
    ]


def test_a_check_of_nobody_or_of_a_service_of_others_is_looked_for() -> None:
    wanted = expected([], [{"name": "disk", "ttl": "1h"}, {"name": "bound", "service_id": "theirs", "ttl": "1h"}])
    assert [entry.key for entry in compared(Seen({}, {}), wanted)] == ["bound", "disk"]
    assert [entry.key for entry in compared(Seen({}, {}), wanted, hidden=["theirs"])] == ["disk"]
    other = {"disk": {"CheckID": "disk", "Name": "other", "ServiceID": ""}}
    assert [(entry.key, entry.service, entry.check, entry.field) for entry in compared(Seen({}, other), wanted, hidden=["theirs"])] == [
        ("disk", "", "disk", "name")
    ]


@pytest.mark.parametrize(
    ("difference", "place", "rule", "message"),
    [
        (Difference("web", "web"), "service web", "agent-lacks-service", "is not registered on the agent."),
        (Difference("c", "web", "c"), "service web → check c", "agent-lacks-check", "is not registered on the agent."),
        (Difference("c", "", "c"), "check c", "agent-lacks-check", "is not registered on the agent."),
        (Difference("web", "web", "", "port", "is 1"), "service web → port", "agent-differs", "is 1."),
        (Difference("c", "web", "c", "name", "is x"), "service web → check c → name", "agent-differs", "is x."),
    ],
)
def test_how_it_is_told(difference: Difference, place: str, rule: str, message: str) -> None:
    finding = difference.as_finding()
    assert (finding["path"], finding["rule"], finding["message"]) == (place, rule, message)


def test_what_was_removed_and_is_still_there() -> None:
    before = expected(
        [{"name": "old", "check": {"ttl": "1h"}}, {"name": "web", "check": {"ttl": "1h"}}, {"name": "theirs"}, {"name": "gone"}],
        [{"name": "disk", "ttl": "1h"}],
    )
    seen = Seen(services("old", "web", "theirs"), {**checks("old", "web"), "disk": {"Name": "disk", "ServiceID": ""}})
    found = differences(seen, expected([{"name": "web"}]), before, definitions("theirs"))
    assert [(finding["path"], finding["rule"]) for finding in found] == [
        ("service old", "agent-still-has-service"),
        ("check disk", "agent-still-has-check"),
        ("service web → check service:web", "agent-still-has-check"),
    ]


def test_what_others_have_lost() -> None:
    earlier = Seen(services("a", "web", "old", "kept"), {**checks("a", "kept"), "disk": {"ServiceID": ""}, "mine": {}, "removed": {}})
    removed = Expected({"old": {}}, {"removed": {}})
    found = lost(Seen(services("kept"), {}), earlier, Expected({"web": {}}, {"mine": {}}), removed)
    assert [(finding["path"], finding["rule"]) for finding in found] == [
        ("service a", "agent-lost-service"),
        ("check disk", "agent-lost-check"),
        ("check service:kept", "agent-lost-check"),
    ]
    assert lost(earlier, earlier, NOTHING, NOTHING) == []


def test_what_one_has_and_the_other_has_not() -> None:
    assert without(Expected({"a": 1, "b": 2}, {"c": 3, "d": 4}), Expected({"a": 5}, {"d": 6})) == ({"b": 2}, {"c": 3})
