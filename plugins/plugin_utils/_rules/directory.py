# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for what stands in a config-dir already: they hold for files and for the directory, not for a definition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ansible_collections.registrar.consul.plugins.module_utils._versions import Version

from .._findings import Finding
from .._schema.versions import format_version, is_newer, newest_known
from .rule import HALF_LOADED, rule, warning

BROKEN = rule("directory-broken", "something that the agent cannot read", "the agent would refuse every reload, and could not start")
EXPOSED = rule("file-exposed", "a file with a secret that every user of the machine may read", "")
EMPTY = warning("file-empty", "a file of no bytes", "the agent gets nothing from it")
UNREAD = warning("file-unread", "a file that the task may not read", "nobody knows what is in it")
EDITED = warning("file-edited", "a file of ours that somebody else has changed", "")
DELETED = warning("file-deleted", "a file of ours that somebody else has removed", "")
PERMISSIONS = warning("file-permissions", "a file of ours with other permissions than those asked for", "")
PENDING = warning("change-unverified", "a change that the agent has not confirmed", "")
OLD_SPELLING = warning(
    "key-spelling", "a key in another spelling than the documented one", "agents read it all the same, and may not do so for ever"
)
# What the writing modules find out on the target.
VERSION_UNKNOWN = warning("version-unknown", "an agent whose version nobody knows", "rules that depend on it are not applied")
VERSION_NEWER = warning(
    "version-newer",
    "an agent that is newer than every Consul that this collection knows",
    "it is judged as the newest of those, and what is new in it is refused",
)
UNCHECKED_KNOWN = warning("unchecked-known", "a path in the option unchecked that this collection knows", "it is checked all the same")
UNCHECKED_UNASKED = rule(
    "unchecked-unasked",
    "a definition with unchecked keys where the target has no consul to ask",
    "nobody would know whether the agent takes them",
    stricter="an agent may take them; this collection writes nothing that nobody has judged",
)
SCRIPTS_UNKNOWN = warning(
    "script-checks-unknown",
    "a script check where nobody knows whether the agent allows them",
    "an agent that does not would unload every service and stop at this one",
)
RELOADS_ITSELF = warning(
    "agent-reloads-itself",
    "a change that is to wait for a handler, and an agent that reads changed files by itself (auto_reload_config)",
    "the agent loads it within a second, and loses tags that were overridden in the catalog",
)
NO_DIRECTORY = warning("config-dir-missing", "a config-dir that does not exist yet, in check mode", "the real run needs it")
NO_CONSUL = warning("preflight-missing", "a preflight for which there is no consul on the target", "the files are written without it")
NO_TRIAL = warning("preflight-trial", "a trial agent that came to no verdict", "the files are written without one")
SETTINGS = warning(
    "preflight-settings", "other settings in the directory that consul validate refuses by themselves", "an agent may know them all"
)
SIDECAR_MISSING = rule("sidecar-port-missing", "a sidecar without a port where the agent has none left for it", HALF_LOADED)
SIDECAR_MOVES = warning(
    "sidecar-port-moves",
    "a sidecar without a port in a file of others that gets another one by the change",
    "its proxy moves with it, and rules of firewalls do not",
)
SIDECAR_SHARED = warning(
    "sidecar-port-shared",
    "a sidecar that listens where one in another file does",
    "the agent registers both, and only one proxy can start",
)
NOT_COMPARED = warning("agent-not-compared", "an agent that does not answer, or does not let us look", "drift cannot be seen")


def newer_findings(version: Version | None) -> list[Finding]:
    """Return the one finding on an agent of a version that is newer than all that is known, nothing for any other."""
    if version is None or not is_newer(version):
        return []
    what = f"is {format_version(version)}, and the newest that this collection knows is {newest_known()}"
    hint = "Look for a newer version of the collection. What the agent has learned since can be listed in unchecked."
    return [replace(VERSION_NEWER.at((), what, hint), label="consul_version")]


def known_findings(paths: Iterable[str]) -> list[Finding]:
    """Return a finding for each path that was listed as unchecked although the schema has it."""
    found = UNCHECKED_KNOWN.at((), "is a key that this collection knows", "Take it off the list.")
    return [replace(found, label=f"unchecked → {path}") for path in paths]
