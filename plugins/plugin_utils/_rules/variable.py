# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule for variables: Ansible passes over a misspelt one without a word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .._findings import Finding, did_you_mean
from .rule import warning

ROLE_VARIABLE = warning("role-variable", "a variable that begins like those of the role and is none of them", "the role would ignore it")


def variable_findings(given: Iterable[str], known: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each variable that the role does not have."""
    for name in sorted(set(given).difference(known)):
        near = did_you_mean(name, known)
        hint = f"Did you mean {near}?" if near else "Give it another prefix."
        yield ROLE_VARIABLE.at((name,), "is no variable of the role", hint)
