# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the judge has against definitions for some agents."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope


def errors_in(services: list[dict[str, Any]], scope: Scope) -> list[dict[str, Any]]:
    """Return the errors in definitions as they stand in a file, by themselves and together."""
    judged = judge_services(services, literal=True)
    return verdict([finding for entry in judged for finding in entry.findings], scope.version).errors
