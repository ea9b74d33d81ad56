# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The security label of a file that is made in one place for another."""

from __future__ import annotations

from typing import Any, Callable


def labelling(module: Any) -> Callable[[str, str], None]:
    """Return what gives a staged file (first) the label of its final place (second), on systems that have such."""

    def label(staged: str, final: str) -> None:
        if module.selinux_enabled():
            module.set_context_if_different(staged, module.selinux_default_context(final), False)

    return label
