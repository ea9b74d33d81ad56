# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be put right on the servers after a reload, on disk, so that a run which was killed leaves it to the next one."""

from __future__ import annotations

import os
from typing import Any, Mapping

from .._findings import Refused
from . import durable
from .config_dir import STATE, ConfigDir, system_refused
from .state import load_state, save_state

TAGS = "tags.json"


def load_tags(directory: ConfigDir) -> dict[str, list[Any]]:
    """Return the entries by service; none when nothing waits. Raises Refused when they cannot be read."""
    hint = "Remove it to forget which tags were to be put back in the catalog."
    return load_state(directory, TAGS, _decoded, hint) or {}


def save_tags(directory: ConfigDir, services: Mapping[str, Any]) -> None:
    """Write the entries durably; without any, remove the file. Raises Refused."""
    try:
        if services:
            directory.create_state()
            save_state(directory, TAGS, {"services": services})
        elif directory.has_state:
            durable.remove(directory.state, TAGS)
            os.fsync(directory.state)
    except OSError as problem:
        raise Refused(system_refused(directory.place(STATE + "/" + TAGS), problem, "cannot be written")) from problem


def _decoded(value: dict[str, Any]) -> dict[str, list[Any]]:
    return {str(key): [namespace, name, list(tags), agent] for key, (namespace, name, tags, agent) in value["services"].items()}
