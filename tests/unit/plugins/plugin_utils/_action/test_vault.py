# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of a vault are found in what a task refers to, however many variables lie between."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._action.vault import vaulted_in, vaulted_values


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


class FromFile(dict[str, Any]):
    """As ansible-core before 2.19 has what it read from files."""

    def __init__(self, path: Path, *args: Any) -> None:
        super().__init__(*args)
        self.ansible_pos = (str(path), 1, 1)


def test_all_is_secret_that_stands_in_a_file_which_is_encrypted_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "vault.yml").write_text("$ANSIBLE_VAULT;1.1;AES256\n6162\n")
    (tmp_path / "plain.yml").write_text("shown: {a: b}\n")
    variables = {
        "sealed": FromFile(tmp_path / "vault.yml", {"pin": "secret", "ports": [8443], "use": True}),
        "shown": FromFile(tmp_path / "plain.yml", {"a": "b"}),
        "gone": FromFile(tmp_path / "gone.yml", {"c": "d"}),
        "unused": FromFile(tmp_path / "vault.yml", {"pin": "another"}),
    }

    assert vaulted_in(["{{ sealed.pin }}{{ shown }}{{ gone }}"], variables) == {"secret", "8443"}


def test_a_task_without_a_vault_has_none() -> None:
    assert vaulted_values(a_task(None, services=[{"name": "web", "port": 80}]), {"pin": Sealed("pin")}) == frozenset()
