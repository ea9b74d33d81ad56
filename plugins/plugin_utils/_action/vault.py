# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which secrets of an Ansible vault a task may have got into its options.

Until ansible-core 2.18 only a value by itself is told from others, by its type; what a template makes of it is plain text. Since 2.19
a tag stays on the value as long as a template takes it whole. So all variables are looked at that the task refers to, through others too.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing import vault

# Since ansible-core 2.19.
_TAG = getattr(vault, "VaultedValue", None)
_SEALED = getattr(vault, "EncryptedString", ())
_NAME = re.compile(r"[A-Za-z_]\w*")


def vaulted_values(task: Any, variables: Mapping[str, Any]) -> frozenset[str]:
    """Return the plain texts of all that comes out of a vault, in the task's options and in the variables that they are made of."""
    found: set[str] = set()
    seen: set[str] = set()
    left = [task.get_ds(), task.args, task.vars]
    while left:
        value = left.pop()
        if isinstance(value, str):
            if _TAG is not None and _TAG.is_tagged_on(value):
                found.add(str(value))
            if "{{" in value or "{%" in value:
                names = {name for name in _NAME.findall(value) if name in variables} - seen
                seen |= names
                left += [variables[name] for name in names]
        elif isinstance(value, dict):
            left += value.values()
        elif isinstance(value, (list, tuple)):
            left += value
        elif is_encrypted(value):
            found.add(_opened(value))
    return frozenset(found - {""})


def is_encrypted(value: Any) -> bool:
    """Whether this is a value of a vault that is no text yet."""
    return bool(getattr(type(value), "__ENCRYPTED__", False)) or isinstance(value, _SEALED)


def _opened(value: Any) -> str:
    """The text; none where it cannot be had, since then no option has got it either."""
    try:
        return str(value)
    except AnsibleError:
        return ""
