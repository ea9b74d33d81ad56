# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a staged file gets the label of its place."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files.selinux import labelling


class Module:
    """As much of AnsibleModule as is asked."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled
        self.set: list[tuple[Any, ...]] = []

    def selinux_enabled(self) -> bool:
        return self.enabled

    def selinux_default_context(self, path: str) -> list[str]:
        return ["of", path]

    def set_context_if_different(self, path: str, context: list[str], changed: bool) -> bool:
        self.set.append((path, context, changed))
        return True


@pytest.mark.parametrize(("enabled", "labels"), [(True, [("/staged", ["of", "/final"], False)]), (False, [])])
def test_a_staged_file_has_the_label_of_its_final_place(enabled: bool, labels: list[Any]) -> None:
    module = Module(enabled)
    labelling(module)("/staged", "/final")
    assert module.set == labels
