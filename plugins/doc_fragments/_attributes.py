# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes of modules."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
  diff_mode:
    description: Returns what changes or would change, with secrets masked, in diff mode.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
  platform:
    description: The target systems.
    platforms: posix
    support: full
"""

    # For modules that run on the target only after their action plugin.
    WITH_ACTION = r"""
options: {}
attributes:
  action:
    description: Has an action plugin, which judges and renders the definitions on the controller.
    support: full
  async:
    description: Supports the C(async) keyword.
    support: full
"""
