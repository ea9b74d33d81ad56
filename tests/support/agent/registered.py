# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent look at whether an agent has what was written: none of the collection's own comparison is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent

# What the agent does not report with a service; checks and sidecars are looked at on their own.
NOT_REPORTED = {"token", "check", "checks", "connect"}
USER_KEYS = {"meta", "config", "tagged_addresses", "header"}


def assert_registered(agent: ConsulAgent, services: Sequence[Mapping[str, Any]]) -> None:
    """Raise AssertionError with all differences between definitions and what the agent has."""
    assert not list(differences(agent, services)), "\n".join(differences(agent, services))


def differences(agent: ConsulAgent, services: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    have, checks = agent.services(), agent.checks()
    for service in services:
        identifier = service.get("id") or service["name"]
        if identifier not in have:
            yield f"{identifier}: is not registered"
            continue
        answer = have[identifier]
        if answer["Service"] != service["name"]:
            yield f"{identifier}: is named {answer['Service']}"
        wanted = {key: value for key, value in service.items() if key not in NOT_REPORTED | {"name"}}
        yield from _unlike(identifier, wanted, answer)
        connect = service.get("connect") or {}
        if connect.get("native") and not (answer.get("Connect") or {}).get("Native"):
            yield f"{identifier}: is not native"
        if "sidecar_service" in connect:
            yield from _sidecar(identifier, service, have)
        yield from _checks(identifier, service, checks)


def _sidecar(identifier: str, service: Mapping[str, Any], have: Mapping[str, Any]) -> Iterator[str]:
    name = f"{identifier}-sidecar-proxy"
    if name not in have:
        yield f"{name}: is not registered"
        return
    sidecar = {key: value for key, value in service["connect"]["sidecar_service"].items() if key not in NOT_REPORTED | {"name"}}
    yield from _unlike(name, sidecar, have[name])
    if have[name]["Kind"] != "connect-proxy" or have[name]["Proxy"]["DestinationServiceID"] != identifier:
        yield f"{name}: does not stand for {identifier}"


def _checks(identifier: str, service: Mapping[str, Any], checks: Mapping[str, Any]) -> Iterator[str]:
    declared = [*service.get("checks", []), *([service["check"]] if service.get("check") else [])]
    mine = {key: value for key, value in checks.items() if value["ServiceID"] == identifier}
    if len(mine) != len(declared):
        yield f"{identifier}: has {len(mine)} checks, not {len(declared)}"
    for number, check in enumerate(declared, 1):
        name = check.get("id") or f"service:{identifier}" + (f":{number}" if len(declared) > 1 else "")
        if name not in mine:
            yield f"{identifier}: check {name} is missing"
        elif check.get("notes", "") != mine[name]["Notes"]:
            yield f"{identifier}: check {name} has other notes"


def _unlike(place: str, wanted: Any, have: Any, *, user_keys: bool = False) -> Iterator[str]:
    if isinstance(wanted, Mapping):
        spelled = have if user_keys else {key.lower(): value for key, value in (have or {}).items()}
        for key, value in wanted.items():
            name = key if user_keys else key.replace("_", "")
            if value in ("", {}, [], False, None) and not (spelled or {}).get(name):
                continue
            yield from _unlike(f"{place}.{key}", value, (spelled or {}).get(name), user_keys=key in USER_KEYS)
    elif isinstance(wanted, list) and isinstance(have, list) and len(wanted) == len(have):
        for index, (one, other) in enumerate(zip(wanted, have, strict=True)):
            yield from _unlike(f"{place}[{index}]", one, other)
    elif wanted != have:
        yield f"{place}: {have!r}, not {wanted!r}"
