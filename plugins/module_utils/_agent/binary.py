# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The binary of a running agent, as far as this task may run it, too."""

from __future__ import annotations

import os
import stat

from .process import AgentProcess, Agents


def own_binary(process: AgentProcess | None, agents: Agents) -> str | None:
    """A link to the very file that the agent runs, even when a package has replaced it since; None when it is not for us.

    What a container, or another user of this host, calls consul is theirs: nothing of it runs with the rights of this task.
    """
    if process is None or not agents.has_our_root(process):
        return None
    path = os.path.join(agents.proc, str(process.pid), "exe")
    try:
        status = os.stat(path)
    except OSError:
        return None
    trusted = status.st_uid in (0, os.geteuid()) and not status.st_mode & stat.S_IWOTH
    return path if trusted and os.access(path, os.X_OK) else None
