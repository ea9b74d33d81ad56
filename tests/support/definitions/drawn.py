# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fixed number of what a strategy generates, for tests that show an agent all of it at once."""

from __future__ import annotations

from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.registrar.consul.tests.support.definitions.judged import errors_in
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope, services

T = TypeVar("T")


def drawn(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """Return that many values, the same on each run."""
    found: list[T] = []

    @settings(
        max_examples=count, derandomize=True, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def collect(value: T) -> None:
        found.append(value)

    collect()
    return found


def drawn_services(scope: Scope, count: int) -> list[dict[str, Any]]:
    """Return services that can stand on one node, with ids of their own and checks without, of those drawn that the judge takes."""
    found = [{**_without_check_ids(service), "id": f"g{number}"} for number, service in enumerate(drawn(services(scope), count))]
    taken = [service for service in found if not errors_in([service], scope)]
    assert len(taken) > 0.8 * count, f"only {len(taken)} of {count} are taken"
    return taken


def _without_check_ids(service: dict[str, Any]) -> dict[str, Any]:
    for holder in (service, (service.get("connect") or {}).get("sidecar_service") or {}):
        for check in [*holder.get("checks", []), *([holder["check"]] if "check" in holder else [])]:
            check.pop("id", None)
    return service
