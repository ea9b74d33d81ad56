# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a vault are found in what a task refers to, however many variables lie between."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._action.vault import vaulted_values


class Sealed:
    """As ansible-core has them before 2.19; with another password they cannot be read."""

    __ENCRYPTED__ = True

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def a_task(written: Any, **args: Any) -> SimpleNamespace:
    return SimpleNamespace(get_ds=lambda: written, args=args, vars={})


def test_only_variables_that_are_referred_to_are_opened() -> None:
    variables = {
        "services": [{"name": "web", "meta": {"a": "x{{ composed | upper }}"}}],
        "composed": "{% if true %}{{ deep.pin }}{% endif %}",
        "deep": {"pin": Sealed("pin"), "other": ["plain"]},
        "unused": Sealed("unused"),
        "circle": "{{ services }}",
    }

    found = vaulted_values(
        a_task({"services": "{{ services | default(circle) }}"}, services=[{"meta": {"b": Sealed("inline")}}]), variables
    )

    assert found == {"pin", "inline"}


def test_a_task_without_a_vault_has_none() -> None:
    assert vaulted_values(a_task(None, services=[{"name": "web", "port": 80}]), {"pin": Sealed("pin")}) == frozenset()
