# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule book: all rules by their ids, for messages, for the option silence, and for the reference page."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from . import (
    address,
    ai,
    check,
    directory,
    endpoint,
    fleet,
    hcl,
    history,
    mesh,
    opaque,
    ports,
    reference,
    schema,
    service,
    spelling,
    template,
    types,
    unique,
    variable,
)
from .rule import Rule


def entered(modules: Iterable[ModuleType]) -> dict[str, Rule]:
    """Return the rules that stand in these modules by their ids. Raises ValueError where two have one id."""
    rules: dict[str, Rule] = {}
    for module in modules:
        for rule in vars(module).values():
            if isinstance(rule, Rule) and rules.setdefault(rule.id, rule) is not rule:
                raise ValueError(f"there are two rules {rule.id}")
    return rules


RULES = entered(
    (
        *(address, ai, check, directory, endpoint, fleet, hcl, history, mesh),
        *(opaque, ports, reference, schema, service, spelling, template, types, unique, variable),
    )
)
