# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents refuse among services and checks while they load them, although ``consul validate`` takes it.

By then they have unloaded everything. Each was tried on 1.8.7, 1.12.9, 1.21.4 and 1.22.7: since 1.11 most of what is wrong with a
check is found before that, and a missing name, scripts, addresses and everything in a sidecar still after it.
"""

from __future__ import annotations

import ipaddress
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from .._definition.durations import parse_duration
from .._definition.expect import CHECK_TYPES, expected
from .._definition.identity import checks_of, service_id
from .._definition.parse import Definitions
from .._definition.spelling import squashed
from .._findings import Finding, error
from .elsewhere import Content

_PASSIVE = ("ttl", "aliasservice", "aliasnode")
# 1.0 had checks with script. A container alone is no type: a program in it is.
_KINDS = (*(key for key, _type in CHECK_TYPES if key != "dockercontainerid"), "script")
# Looked at before os_service, which no agent but one on Windows can run.
_BEFORE_OS_SERVICE = ("ttl", "http", "tcp", "udp", "grpc")
_FAMILIES = {"lan_ipv4": 4, "wan_ipv4": 4, "lan_ipv6": 6}
_ADDRESSES_SINCE = (1, 7)


class Agent(NamedTuple):
    """What is known of the agent: whether it runs scripts, None where nothing tells; its version, empty where that is so."""

    scripts_enabled: bool | None = None
    version: tuple[int, ...] = ()


def partial_loads(contents: Iterable[Content], agent: Agent) -> Iterator[Finding]:
    """What these files hold at which the agent would stop in the middle of a reload."""
    for place, document, definitions in contents:
        for what, identifier in (*_holes(document), *_in_services(definitions, agent), *_in_checks(definitions, agent)):
            yield half_load(place, "holds %s%s" % (what, identifier and " (%s)" % identifier))


def half_load(place: str, what: str) -> Finding:
    """The finding on what a file says. what is the beginning of a sentence."""
    hint = "Put it right first; the agent was not told to reload."
    return error(place, "half-load", what + ". A reload would stop there, after everything was unloaded.", hint)


def _holes(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """An item that is null: agents take it for one in which nothing stands."""
    top = {key.lower(): value for key, value in document.items()}
    for key, what in (("services", "a service without a name"), ("checks", "a check with neither name nor id")):
        if isinstance(top.get(key), list) and None in top[key]:
            yield what, ""


def _in_services(definitions: Definitions, agent: Agent) -> Iterator[tuple[str, str]]:
    for service in definitions.services:
        if not service.get("name"):
            yield "a service without a name", service_id(service)
            continue
        for wanted in expected([service]).services.values():
            for reason in (*_check_reasons(wanted, agent), *_address_reasons(wanted, agent)):
                yield reason, wanted["id"]


def _in_checks(definitions: Definitions, agent: Agent) -> Iterator[tuple[str, str]]:
    for check in definitions.checks:
        reason = _check_problem(squashed(check), agent) or ("" if service_id(check) else "with neither name nor id")
        if reason:
            yield "a check %s" % reason, service_id(check)


def _check_reasons(service: Mapping[str, Any], agent: Agent) -> Iterator[str]:
    if isinstance(service.get("checks"), list) and None in service["checks"]:
        yield "a check of no kind"
    for _place, check in checks_of(dict(service)):
        reason = _check_problem(check, agent)
        if reason:
            yield "a check %s" % reason


def _address_reasons(service: Mapping[str, Any], agent: Agent) -> Iterator[str]:
    tagged = service.get("taggedaddresses")
    if not isinstance(tagged, dict) or (agent.version and agent.version < _ADDRESSES_SINCE):
        return
    for name, family in _FAMILIES.items():
        entry = tagged.get(name)
        if isinstance(entry, dict) and _family(entry.get("address")) != family:
            yield "a tagged address %s that is no IPv%d address" % (name, family)


def _family(address: Any) -> int | None:
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return None
    # As Go sees it.
    return 4 if isinstance(found, ipaddress.IPv4Address) or found.ipv4_mapped is not None else 6


def _check_problem(check: Mapping[str, Any], agent: Agent) -> str:
    kinds = [key for key in _KINDS if check.get(key)]
    return _kind_problem(check, kinds) or _number_problem(check) or _unable(check, kinds, agent)


def _kind_problem(check: Mapping[str, Any], kinds: list[str]) -> str:
    active = [kind for kind in kinds if kind not in _PASSIVE]
    has_ttl, has_interval = _positive(check.get("ttl")), _positive(check.get("interval"))
    if active and not has_interval:
        return "without an interval"
    has_alias = "aliasservice" in kinds or "aliasnode" in kinds
    if (has_ttl and (has_interval or has_alias)) or (has_alias and active):
        return "of two kinds that exclude each other"
    if not kinds or (kinds == ["ttl"] and not has_ttl):
        return "of no kind"
    return ""


def _number_problem(check: Mapping[str, Any]) -> str:
    if _number(check.get("outputmaxsize")) < 0:
        return "with a negative output_max_size"
    if _number(check.get("failuresbeforewarning")) > _number(check.get("failuresbeforecritical")):
        return "with failures_before_warning above failures_before_critical"
    return ""


def _unable(check: Mapping[str, Any], kinds: list[str], agent: Agent) -> str:
    """What is no mistake, and beyond this agent."""
    if "args" in kinds and agent.scripts_enabled is False:
        return "with a script, which this agent does not run,"
    if "osservice" in kinds and not any(kind in kinds for kind in _BEFORE_OS_SERVICE):
        return "with os_service, which only agents on Windows run,"
    return ""


def _number(value: Any) -> float:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


def _positive(duration: Any) -> bool:
    try:
        return parse_duration(duration or "0") > 0
    except (ValueError, TypeError, AttributeError):
        # The agent refuses it as a whole, and loses nothing.
        return True
