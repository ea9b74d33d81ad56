# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Misspelt variables of the role are told from others."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._action.variables import SECRETS, stray_variables
from ansible_collections.registrar.consul.plugins.plugin_utils._survey import export
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY


def a_role(name: str) -> SimpleNamespace:
    return SimpleNamespace(get_name=lambda: name, _role_path=str(REPOSITORY / "roles" / "consul_services"))


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("consul_services_layot", "Did you mean consul_services_layout?"),
        ("consul_services_definition", "Did you mean consul_services_definitions?"),
        ("consul_services_reload_timout", "Did you mean consul_services_reload_timeout?"),
        ("consul_services_Set", "Did you mean consul_services_set?"),
    ],
)
def test_a_misspelt_variable_is_found(name: str, hint: str) -> None:
    (found,) = stray_variables(a_role("registrar.consul.consul_services"), ["consul_services_set", "consul_service", "layot", name])

    assert (found.path, found.rule, found.severity, found.hint) == (name, "role-variable", "warning", hint)


def test_every_variable_of_the_role_is_known() -> None:
    tasks = (REPOSITORY / "roles" / "consul_services" / "tasks" / "main.yml").read_text(encoding="utf-8")
    used = re.findall(r"\bconsul_services_\w+", tasks)

    assert len(used) > 20
    assert export.SECRETS == SECRETS
    assert stray_variables(a_role("registrar.consul.consul_services"), [*used, SECRETS]) == []


@pytest.mark.parametrize("role", [None, a_role("somebody.else.consul_services")])
def test_only_our_role_has_such_variables(role: SimpleNamespace | None) -> None:
    assert stray_variables(role, ["consul_services_layot"]) == []
