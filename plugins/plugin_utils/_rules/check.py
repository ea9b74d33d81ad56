# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of a health check. They hold for checks of services, of sidecars, and outside services alike."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.durations import MINUTE, SECOND

from .._findings import Finding, Place
from .._schema.tree import node_check_field
from .access import Mapping, duration, number, text
from .endpoint import endpoint_findings
from .rule import CHECK_REFUSED, HALF_LOADED, NODE_CHECK_REFUSED, REFUSED, rule, warning

TYPE_MISSING = rule("check-type-missing", "a check of no type", CHECK_REFUSED)
ONE_TYPE = rule(
    "check-one-type",
    "a check of several types at once",
    "the agent would run one of them and ignore the others without a word",
    stricter="agents take several types and run only one",
)
WINDOWS_ONLY = rule(
    "check-windows-only",
    "a check that only agents on Windows can run (seen on 1.14.11 to 1.21)",
    HALF_LOADED,
    stricter="agents on Windows take it, and consul validate everywhere",
)
INTERVAL_REQUIRED = rule("check-interval-required", "a check that must be run, without an interval above zero", CHECK_REFUSED)
TTL_INTERVAL = rule("check-ttl-interval", "a ttl check with an interval", CHECK_REFUSED)
TTL_POSITIVE = rule("check-ttl-positive", "a ttl that is not above zero", CHECK_REFUSED)
ID_RESERVED = rule(
    "check-id-reserved",
    "a check with an id of Consul's own: serfHealth, _node_maintenance, or one that begins with _service_maintenance:",
    "the agent would have it in place of its own, by which a whole node counts as failed or in maintenance",
    stricter="agents take it (seen on 1.8.7, 1.12.9, 1.21.4 and 1.22.7)",
)
THRESHOLDS = rule("check-thresholds", "failures_before_warning above failures_before_critical", REFUSED)
ALIAS_INTERVAL = warning("check-alias-interval", "an interval on an alias check", "the agent ignores it")
INTERVAL_RAISED = warning("check-interval-raised", "an interval below one second", "the agent raises it to 1s")
DEREGISTER_RAISED = warning("check-deregister-raised", "deregister_critical_service_after below one minute", "the agent raises it to 1m")
TIMEOUT_LONG = warning("check-timeout-long", "a timeout longer than the interval", "runs of the check can overlap")
NEGATIVE = warning("check-negative", "a negative duration or number", "the agent ignores it")
ALIAS_NODE = warning(
    "check-alias-node",
    "a check that copies the state of another node",
    "a reload can block for about a minute, and agents from 1.8.0 to 1.19.1 end with a panic if the catalog does not know the node",
)
NO_EFFECT = warning("no-effect", "a key that the agent ignores at this place", "the agent ignores it")
DURATION = rule("duration", "a duration that Go cannot read", REFUSED)
NODE_CHECK_NAME = rule(
    "check-name-required", "a check outside a service with neither name nor id", "the agent would lose it and all checks behind it"
)


_OWN_IDS = ("serfhealth", "_node_maintenance")


@cache
def _fields_with(keyword: str) -> dict[str, Any]:
    """Return the fields of a check that have an annotation, each with what it says."""
    found = {name: field.annotation(keyword) for name, field in node_check_field().properties.items()}
    return {name: said for name, said in found.items() if said}


def _types() -> dict[str, str]:
    """Return check type field -> how it is run: interval, ttl or alias."""
    return _fields_with("x-check-type")


def check_findings(check: Mapping, place: Place, agent: str = CHECK_REFUSED) -> Iterator[Finding]:
    """Yield the findings of one check. `agent` is what the agent does where it refuses one at this place."""
    yield from _id_findings(check, place)
    yield from _type_findings(check, place, agent)
    yield from _platform_findings(check, place, agent)
    yield from _threshold_findings(check, place)
    yield from _duration_findings(check, place)
    yield from endpoint_findings(check, place)
    if check.get("alias_node"):
        yield ALIAS_NODE.at((*place, "alias_node"), "copies the state of another node", "Use alias_service where you can.")
    yield from _ineffective_findings(check, place)


def node_check_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    """Yield what holds only for a check that stands outside a service."""
    if not text(check, "name") and not text(check, "id"):
        yield NODE_CHECK_NAME.at((*place, "name"), "required outside a service", "Add a name.")


def runs_scripts(check: Mapping) -> bool:
    """Whether the agent refuses the check unless script checks are enabled."""
    return bool(check.get("args") or check.get("script"))


def _id_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    # Outside a service, a check without an id has its name for one.
    key = "id" if place or text(check, "id") else "name"
    # The catalog minds no case.
    identifier = text(check, key).lower()
    if identifier in _OWN_IDS or identifier.startswith("_service_maintenance:"):
        yield ID_RESERVED.at((*place, key), "is an id of Consul's own", "Choose another id.")


def _present_types(check: Mapping) -> list[str]:
    present = [name for name in _types() if check.get(name)]
    if "alias_service" in present and "alias_node" in present:
        present.remove("alias_node")
    return present


def _type_findings(check: Mapping, place: Place, agent: str) -> Iterator[Finding]:
    present = _present_types(check)
    if not present:
        known = ", ".join(name for name in _types() if name != "script")
        hint = "Add args, the command to run in it." if check.get("docker_container_id") else f"Add one of {known}."
        yield TYPE_MISSING.at(place, "has no type", hint, agent=agent)
        return
    if len(present) > 1:
        yield ONE_TYPE.at(place, f"has {len(present)} types: {' and '.join(present)}", f"Keep one, or write {len(present)} checks.")
    how = _types()[present[0]]
    interval = duration(check, "interval")
    if how == "interval" and "ttl" not in present:
        yield from _interval_findings(check, place, present[0], interval, agent)
    elif how == "alias" and check.get("interval"):
        yield ALIAS_INTERVAL.at((*place, "interval"), f"has no effect with {present[0]}", "Leave it out.")
    elif how == "ttl" and len(present) == 1:
        yield from _ttl_findings(check, place, interval, agent)


def _platform_findings(check: Mapping, place: Place, agent: str) -> Iterator[Finding]:
    for key in _fields_with("x-platform"):
        if check.get(key):
            consequence = NODE_CHECK_NAME.agent if agent == NODE_CHECK_REFUSED else HALF_LOADED
            hint = "Have a script look, for example args: [systemctl, is-active, nginx]."
            yield WINDOWS_ONLY.at((*place, key), "works only on Windows", hint, agent=consequence)


def _interval_findings(check: Mapping, place: Place, kind: str, interval: int | None, agent: str) -> Iterator[Finding]:
    there = (*place, "interval")
    if "interval" not in check:
        yield INTERVAL_REQUIRED.at(there, f"required with {kind}", "Add interval: 10s.", agent=agent)
    elif interval is not None and interval <= 0:
        yield INTERVAL_REQUIRED.at(there, f"must be above zero with {kind}", "Write for example interval: 10s.", agent=agent)
    elif interval is not None and interval < SECOND:
        yield INTERVAL_RAISED.at(there, "is below one second", "Write interval: 1s or more.")


def _ttl_findings(check: Mapping, place: Place, interval: int | None, agent: str) -> Iterator[Finding]:
    ttl = duration(check, "ttl")
    if ttl is not None and ttl <= 0:
        yield TTL_POSITIVE.at((*place, "ttl"), "must be above zero", "Write for example ttl: 30s.", agent=agent)
    elif interval is not None and interval > 0:
        hint = "Leave the interval out: the application reports its state itself."
        yield TTL_INTERVAL.at((*place, "interval"), "excludes ttl", hint, agent=agent)


def _threshold_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    # Without it, agents take failures_before_critical for it, even a negative one.
    if "failures_before_warning" in check and number(check, "failures_before_warning") > number(check, "failures_before_critical"):
        yield THRESHOLDS.at(
            (*place, "failures_before_warning"),
            "is higher than failures_before_critical",
            f"Set failures_before_critical to {number(check, 'failures_before_warning')} or more.",
        )
    for key in ("success_before_passing", "failures_before_critical", "failures_before_warning"):
        if number(check, key) < 0:
            yield NEGATIVE.at((*place, key), "is negative", "Write a number of 0 or more.")


def _duration_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    for key, rule_id in _fields_with("x-rule").items():
        if rule_id == DURATION.id and text(check, key) and duration(check, key) is None:
            yield DURATION.at((*place, key), "is no duration that Consul can hold", "Write at most 2562047h, about 292 years.")
    after = duration(check, "deregister_critical_service_after")
    if after is not None and 0 < after < MINUTE:
        yield DEREGISTER_RAISED.at((*place, "deregister_critical_service_after"), "is below one minute", "Write 1m or more.")
    timeout, interval = duration(check, "timeout"), duration(check, "interval")
    if timeout is not None and timeout < 0:
        yield NEGATIVE.at((*place, "timeout"), "is negative", "Write a duration above zero, or leave it out.")
    elif timeout is not None and interval is not None and 0 < interval < timeout:
        yield TIMEOUT_LONG.at((*place, "timeout"), "is longer than the interval", "Write a timeout shorter than the interval.")


def _ineffective_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    present = _present_types(check)
    for key, types in _fields_with("x-only-with").items():
        if key in check and present and not set(types) & set(present):
            yield NO_EFFECT.at((*place, key), f"has no effect with {present[0]}", f"It belongs to {' or '.join(types)}.")
