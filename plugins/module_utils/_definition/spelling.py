# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One spelling for both worlds: a file's ``local_bind_port`` and the API's ``LocalBindPort`` are both ``localbindport``.

Keys that belong to the user (meta, config, ...) stay as they are.
"""

from __future__ import annotations

import functools
from typing import Any

from .fields import DURATION_FIELDS, FIELD_NAMES, USER_KEY_FIELDS


@functools.lru_cache(maxsize=None)
def squash(key: str) -> str:
    """Lower case, no underscores nor hyphens."""
    return key.replace("_", "").replace("-", "").lower()


# The file's spelling of squashed names.
_SPELLED = {squash(name): name for name in FIELD_NAMES}
USER_KEYS = frozenset(map(squash, USER_KEY_FIELDS))
DURATIONS = frozenset(map(squash, DURATION_FIELDS))
# Of the user's keys, what is below them has fields again.
_TAGGED = squash("tagged_addresses")


def spelled(name: str) -> str:
    """The file's spelling of a squashed name; one that is no field's stays."""
    return _SPELLED.get(name, name)


def is_field(name: str) -> bool:
    """Whether some field is squashed to this."""
    return name in _SPELLED


def squashed(value: Any) -> Any:
    """The value with squashed keys all the way down, the user's own keys excepted; null means absent."""
    if isinstance(value, dict):
        return {squash(key): _below(squash(key), child) for key, child in value.items() if child is not None}
    if isinstance(value, list):
        return [squashed(item) for item in value]
    return value


def _below(key: str, child: Any) -> Any:
    if key == _TAGGED and isinstance(child, dict):
        return {name: squashed(address) for name, address in child.items()}
    return child if key in USER_KEYS else squashed(child)
