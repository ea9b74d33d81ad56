# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mark in the node's metadata that proves a whole reload: agents set it after all services and checks (seen on 1.6 to 1.10)."""

from __future__ import annotations

import json
import os

from .._agent.api import AgentApi, ApiError, mapping
from .._files.config_dir import ConfigDir, FileState, digest_of, state_of
from .._files.manifest import Owned, load_manifest
from .._files.transaction import Change, Label, commit

FILE = "registrar-generation.json"
KEY = "registrar_generation"


def mark(directory: ConfigDir, reason: str, label: Label) -> str | None:
    """Write a new mark, to be verified and rolled back with everything else; None where nothing of ours is. Raises Refused."""
    like = _a_file_of_ours(directory)
    if like is None:
        return None
    generation = os.urandom(8).hex()
    data = (json.dumps({"node_meta": {KEY: generation}}) + "\n").encode("ascii")
    content = directory.read(FILE)
    before, old = (None, None) if content is None else (state_of(content), content.data)
    after = like._replace(digest=digest_of(data))
    owned = Owned("file:" + FILE, after.digest, [])
    commit(directory, [Change(FILE, "marked", before, old, after, data, owned)], reason, label)
    return generation


def generation_in(directory: ConfigDir) -> str | None:
    """The mark that the files hold."""
    content = directory.read(FILE)
    try:
        return str(json.loads(content.data)["node_meta"][KEY]) if content is not None else None
    except (ValueError, KeyError, TypeError):
        return None


def generation_of(api: AgentApi) -> str | None:
    """The mark that the agent has; None without one, and where the token may not see it (agent:read)."""
    try:
        return (mapping(api, "/v1/agent/self").get("Meta") or {}).get(KEY)
    except ApiError:
        return None


def _a_file_of_ours(directory: ConfigDir) -> FileState | None:
    for name in sorted(load_manifest(directory)):
        content = directory.read(name)
        if content is not None:
            return state_of(content)
    return None
