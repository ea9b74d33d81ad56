# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which secrets of an Ansible vault a task may have got into its options.

Until ansible-core 2.18 only a value by itself is told from others, by its type; what a template makes of it is plain text. Since 2.19
a tag stays on the value as long as a template takes it whole. So all variables are looked at that the task refers to, through others too.
Of a file that is encrypted as a whole no value is marked, but each knows the file that it stood in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing import vault

# Since ansible-core 2.19.
_TAG = getattr(vault, "VaultedValue", None)
_SEALED = getattr(vault, "EncryptedString", ())
_ORIGIN = getattr(vault, "Origin", None)
_NAME = re.compile(r"[A-Za-z_]\w*")
_HEADER = b"$ANSIBLE_VAULT"


def vaulted_values(task: Any, variables: Mapping[str, Any]) -> frozenset[str]:
    """Return the plain texts of all that comes out of a vault, in the task's options and in the variables that they are made of."""
    return vaulted_in([task.get_ds(), task.args, task.vars], variables)


def vaulted_in(values: Iterable[Any], variables: Mapping[str, Any]) -> frozenset[str]:
    """The same for values before they are templated, and the variables that they are made of."""
    found: set[str] = set()
    seen: set[str] = set()
    left = [*values]
    while left:
        value = left.pop()
        if isinstance(value, str):
            if _TAG is not None and _TAG.is_tagged_on(value):
                found.add(str(value))
            if "{{" in value or "{%" in value:
                names = {name for name in _NAME.findall(value) if name in variables} - seen
                seen |= names
                left += [variables[name] for name in names]
                found.update(text for name in names if _is_sealed_file(_file_of(variables[name])) for text in _texts(variables[name]))
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


def _file_of(value: Any) -> str:
    """The file that a variable stands in, empty where Ansible does not know."""
    origin = _ORIGIN.get_tag(value) if _ORIGIN is not None else None
    # So before ansible-core 2.19, where only text, mappings and lists know it.
    path = origin.path if origin is not None else next(iter(getattr(value, "ansible_pos", None) or ()), None)
    return str(path or "")


@cache
def _is_sealed_file(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(len(_HEADER)) == _HEADER
    except OSError:
        return False


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield str(value)


def _opened(value: Any) -> str:
    """The text; none where it cannot be had, since then no option has got it either."""
    try:
        return str(value)
    except AnsibleError:
        return ""
