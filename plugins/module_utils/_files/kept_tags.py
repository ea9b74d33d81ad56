# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be put right on the servers after a reload, on disk, so that a run which was killed leaves it to the next one.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import json
import os
from typing import Any, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._files import durable
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import STATE, ConfigDir, remedy
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, error

TAGS = "tags.json"
_VERSION = 1


def load_tags(directory: ConfigDir) -> dict[str, list[Any]]:
    """Return the entries by service; none when nothing waits. Raises Refused when they cannot be read."""
    data = directory.read_state(TAGS)
    if data is None:
        return {}
    try:
        content = json.loads(data.decode("utf-8"))
        if content["version"] != _VERSION:
            raise ValueError("of another version of the collection")
        return {str(key): list(entry) for key, entry in content["services"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        hint = "Remove it to forget which tags were to be put back in the catalog."
        raise Refused(error(directory.place(STATE + "/" + TAGS), "state-damaged", "is damaged.", hint)) from None


def save_tags(directory: ConfigDir, services: Mapping[str, Any]) -> None:
    """Write the entries durably; without any, remove the file. Raises Refused."""
    try:
        if services:
            directory.create_state()
            content = {"version": _VERSION, "services": {key: list(entry) for key, entry in services.items()}}
            durable.replace(directory.state, TAGS, (json.dumps(content, sort_keys=True) + "\n").encode("utf-8"))
        elif directory.has_state:
            durable.remove(directory.state, TAGS)
            os.fsync(directory.state)
    except OSError as problem:
        message = "cannot be written to: %s." % problem.strerror
        raise Refused(error(directory.place(STATE + "/" + TAGS), "system-refused", message, remedy(problem))) from problem
