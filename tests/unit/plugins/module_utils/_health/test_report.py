# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people and programs are told of checks that are not healthy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import render
from ansible_collections.registrar.consul.plugins.module_utils._health.awaited import Awaited
from ansible_collections.registrar.consul.plugins.module_utils._health.report import (
    LONGEST_OUTPUT,
    again,
    findings,
    listed,
    reason,
    warnings,
)
from ansible_collections.registrar.consul.plugins.module_utils._health.wait import Ailing, Health

WEB = Awaited("service web → check service:web", "http", "web", hold=5.0, interval=5.0)


def ailing(check: Awaited = WEB, status: str = "critical", output: str = "404", **more: Any) -> Ailing:
    return Ailing(check, "service:web", "web", status, output, 58.42, **more)


def health(*ill: Ailing, **more: Any) -> Health:
    return Health(**{"healthy": False, "ailing": ill, "excused": (), "waited": 60.0, **more})


def plain(text: str) -> str:
    return text


def lines(one: Ailing) -> str:
    (finding,) = findings(health(one), plain)
    return render(finding)


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (ailing(), "has been critical for 58 seconds: 404"),
        (ailing(output=""), "has been critical for 58 seconds."),
        (
            ailing(status="passing", is_too_fresh=True),
            "has been passing for 58 seconds, which is not long enough to tell. "
            "Raise wait_healthy: it runs every 5 s, and may fail only then.",
        ),
        (
            ailing(WEB._replace(kind="ttl", about="30s"), output=""),
            "has been critical for 58 seconds. Agents never run it: the application has to report its state "
            "(PUT /v1/agent/check/pass/service:web) at least every 30s.",
        ),
        (
            ailing(WEB._replace(kind="ttl", about="30s"), status="passing", is_too_fresh=True),
            "has been passing for 58 seconds, which is not long enough to tell. Raise wait_healthy: its time to live is 30s.",
        ),
        (
            ailing(WEB._replace(kind="alias", about="db"), output="db fails"),
            "has been critical for 58 seconds: db fails. It copies the state of db: that has to become healthy.",
        ),
        (
            ailing(status="", output=""),
            "is not on the agent any more. "
            "Agents remove services by themselves where a check asks for it (deregister_critical_service_after).",
        ),
    ],
)
def test_each_check_has_a_line(one: Ailing, line: str) -> None:
    assert lines(one) == f"service web → check service:web: {line}"


def test_outputs_are_hidden_before_they_are_cut() -> None:
    long = "x" * (LONGEST_OUTPUT - 2) + " secret"
    (finding,) = findings(health(ailing(output=long)), lambda text: text.replace("secret", "****"))
    assert finding["message"].endswith("x *…")
    (finding,) = findings(health(ailing(output="x" * LONGEST_OUTPUT)), plain)
    assert finding["message"].endswith("x")
    (entry,) = listed(health(ailing(output="a\n b secret")), lambda text: text.replace("secret", "****"))
    assert entry == {"service": "web", "check": "service:web", "status": "critical", "output": "a b ****", "seconds": 58.4}
    assert listed(health(ailing(status="")), plain)[0]["status"] == "missing"


def test_the_reason() -> None:
    assert reason(health(ailing()), 3) == "1 of 3 checks was not healthy 60 seconds later"
    assert reason(health(ailing(), ailing()), 3) == "2 of 3 checks were not healthy 60 seconds later"
    assert reason(health(trouble="No answer."), 3) == "whether its checks are healthy cannot be seen: No answer"
    assert reason(health(trouble="No answer.", gone=True), 3) == "it has ended while its checks were waited for"


def test_warnings_of_what_does_not_count() -> None:
    proxy = ailing(WEB._replace(kind="proxy"))
    assert list(warnings(health(excused=(proxy,), maintenance=("", "web")))) == [
        "service web → check service:web: is critical, and was not waited for. It asks for the sidecar's port: start the proxy, which can "
        "be done when its sidecar is registered.",
        "The node is in maintenance mode: whatever its checks say, it is sent no one.",
        "service web is in maintenance mode: whatever its checks say, it is sent no one.",
    ]


def test_how_it_is_when_everything_is_back() -> None:
    assert again(health(healthy=True)) == "the checks that were healthy before are so again"
    assert again(health(trouble="No answer.")) == "whether its checks are healthy again cannot be seen"
    many = [ailing()._replace(identifier=f"c{number:02}") for number in range(12)]
    assert again(health(*many)).endswith("are not so again after 60 seconds: c00, c01, c02, c03, c04, c05, c06, c07, c08, c09, and 2 more")
