# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we keep beside the files, as JSON of one form: the manifest, the journal, and what else a killed run leaves to the next one."""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping

from .._findings import Refused, error
from . import durable
from .config_dir import STATE, ConfigDir

_VERSION = 1
_UPDATE = "Update the collection on this controller."


def load_state(directory: ConfigDir, name: str, read: Callable[[Any], Any], hint: str) -> Any:
    """Return what `read` makes of a state file, None when there is none. hint is what helps where it is damaged.

    Raises Refused when it is, or a newer version of the collection has written it.
    """
    place = directory.place(STATE + "/" + name)
    data = directory.read_state(name)
    if data is None:
        return None
    try:
        value = json.loads(data.decode("utf-8"))
        if value["version"] > _VERSION:
            raise Refused(error(place, "state-newer", "was written by a newer version of this collection.", _UPDATE))
        if value["version"] != _VERSION:
            raise ValueError("of no version of the collection")
        return read(value)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(error(place, "state-damaged", "is damaged.", hint)) from None


def save_state(directory: ConfigDir, name: str, value: Mapping[str, Any]) -> None:
    """Write a state file durably. What is a tuple, with names or without, becomes a list."""
    text = json.dumps({"version": _VERSION, **value}, sort_keys=True) + "\n"
    durable.replace(directory.state, name, text.encode("utf-8"))
