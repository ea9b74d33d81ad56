# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a play that the role does not know, although their names claim so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .._findings import Finding
from .._rules.variable import variable_findings

_ROLE = "registrar.consul.consul_services"
_PREFIX = "consul_services_"
# No options of the role: what the lists that service_definition_info exports refer to, and what the role itself registers.
SECRETS = "consul_services_secrets"
WRITTEN = "consul_services_written"
# Reading YAML would take longer than the rest of the task.
_OPTION = re.compile(rf"^ +({_PREFIX}\w+):$", re.MULTILINE)


def is_ours(role: Any) -> bool:
    """Whether this is the role of this collection; None is the role of a task in none."""
    return role is not None and role.get_name() == _ROLE


def stray_variables(role: Any, variables: Iterable[str]) -> list[Finding]:
    """Return a finding for each of these variables that is misspelt; nothing unless the task is one of our role."""
    if not is_ours(role):
        return []
    specification = Path(role._role_path, "meta", "argument_specs.yml").read_text(encoding="utf-8")
    given = [name for name in variables if name.startswith(_PREFIX)]
    return list(variable_findings(given, [*_OPTION.findall(specification), SECRETS, WRITTEN]))
