# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of checks that did not become healthy, of those that could not, and of services that are in maintenance."""

from __future__ import annotations

from typing import Any, Callable, Iterator

from .._findings import Finding, error, some_of
from .awaited import PROXY
from .wait import Ailing, Health

# Outputs are whole pages at times; the beginning has the reason.
LONGEST_OUTPUT = 300

# Takes secrets out of a text.
Hide = Callable[[str], str]


def findings(health: Health, hide: Hide) -> list[Finding]:
    """One for each check that is not healthy."""
    return [error(ailing.check.place, "check-unhealthy", _message(ailing, hide), hide(_hint(ailing))) for ailing in health.ailing]


def listed(health: Health, hide: Hide) -> list[dict[str, Any]]:
    """The same for programs: the return value ``unhealthy``."""
    return [
        {
            "service": ailing.service,
            "check": ailing.identifier,
            "status": ailing.status or "missing",
            "output": _shortened(ailing.output, hide),
            "seconds": round(ailing.seconds, 1),
        }
        for ailing in health.ailing
    ]


def reason(health: Health, awaited: int) -> str:
    """Why the wait ended badly, as a clause."""
    if health.gone:
        return "it has ended while its checks were waited for"
    if health.trouble:
        return "whether its checks are healthy cannot be seen: %s" % health.trouble.rstrip(".")
    verb = "was" if len(health.ailing) == 1 else "were"
    return "%d of %d checks %s not healthy %d seconds later" % (len(health.ailing), awaited, verb, round(health.waited))


def warnings(health: Health) -> Iterator[str]:
    """What is worth knowing although it does not count."""
    for ailing in health.excused:
        yield "%s: is %s, and was not waited for. %s" % (ailing.check.place, ailing.status, _hint(ailing))
    for service in health.maintenance:
        yield "%s is in maintenance mode: whatever its checks say, it is sent no one." % ("service " + service if service else "The node")


def again(health: Health) -> str:
    """How the checks are when everything was put back, as a clause."""
    if health.healthy:
        return "the checks that were healthy before are so again"
    if health.trouble or health.gone:
        return "whether its checks are healthy again cannot be seen"
    names = sorted(ailing.identifier for ailing in health.ailing)
    return "these checks that were healthy before are not so again after %d seconds: %s" % (health.waited, some_of(names))


def _message(ailing: Ailing, hide: Hide) -> str:
    if not ailing.status:
        return "is not on the agent any more."
    if ailing.is_too_fresh:
        return "has been %s for %d seconds, which is not long enough to tell." % (ailing.status, ailing.seconds)
    output = _shortened(ailing.output, hide)
    end = ": %s%s" % (output, "." if _hint(ailing) else "") if output else "."
    return "has been %s for %d seconds%s" % (ailing.status, ailing.seconds, end)


def _hint(ailing: Ailing) -> str:
    check = ailing.check
    if not ailing.status:
        return "Agents remove services by themselves where a check asks for it (deregister_critical_service_after)."
    if ailing.is_too_fresh and check.kind == "ttl":
        return "Raise wait_healthy: its time to live is %s." % check.about
    if ailing.is_too_fresh:
        return "Raise wait_healthy: it runs every %g s, and may fail only then." % check.interval
    if check.kind == "ttl":
        return "Agents never run it: the application has to report its state (PUT /v1/agent/check/pass/%s) at least every %s." % (
            ailing.identifier,
            check.about,
        )
    if check.kind == "alias":
        return "It copies the state of %s: that has to become healthy." % check.about
    if check.kind == PROXY:
        return "It asks for the sidecar's port: start the proxy, which can be done when its sidecar is registered."
    return ""


def _shortened(output: str, hide: Hide) -> str:
    # Hidden first: what is cut in the middle would not be found.
    text = " ".join(hide(output).split())
    return text if len(text) <= LONGEST_OUTPUT else text[:LONGEST_OUTPUT] + "…"
