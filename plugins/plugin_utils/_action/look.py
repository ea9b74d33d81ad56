# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module that still runs waits for, read from a file on its target while nothing that it says can be read."""

from __future__ import annotations

import copy
import shlex
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ansible.constants import config
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

# Those that start a process of their own for each command, and keep in themselves only what belongs to one. The first two were run here;
# the others were only read. By their files: what goes by the name of ssh may be another one's.
_CONNECTIONS = {
    "ansible.plugins.connection.local",
    "ansible.plugins.connection.ssh",
    "ansible_collections.community.docker.plugins.connection.docker",
    "ansible_collections.containers.podman.plugins.connection.podman",
}
# A line is not to come much later because of it, and neither is the end of the task.
_PATIENCE = 5.0
_LONGEST = 500


class Look:
    """Reads what the module of an action has noted down, beside the command that runs it. Silent where it may not, or cannot.

    Only where there is something to wait for: without wait_healthy nothing of this costs anything.
    """

    def __init__(self, action: ActionBase, waits: bool) -> None:
        task = action._task
        hushed = task.async_val or task.check_mode or task.no_log
        self._action = action
        self._wanted = waits and not hushed and type(action._connection).__module__ in _CONNECTIONS
        self._twin: ActionBase | None = None
        self._thread: threading.Thread | None = None

    def prepare(self) -> None:
        """Have a directory made where the module can note down something; to be called before the module runs.

        With pipelining a module has none. Where it cannot be made the module itself says better what is wrong.
        """
        action = self._action
        if not self._wanted or action._is_become_unprivileged():
            # As such a user the module could not write there, and is not told of it.
            return
        with suppress(AnsibleError):
            if action._connection._shell.tmpdir is None:
                action._make_tmp_path()
            self._twin = _twin(action)

    def seen(self, over: threading.Event) -> str:
        """Return what the module waits for, empty where that does not show within some seconds, or before all is over."""
        if self._twin is None or (self._thread is not None and self._thread.is_alive()):
            return ""
        found: list[str] = []
        self._thread = threading.Thread(target=_read, args=(self._twin, found), daemon=True)
        self._thread.start()
        until = time.monotonic() + _PATIENCE
        while self._thread.is_alive() and not over.is_set() and time.monotonic() < until:
            self._thread.join(0.1)
        return found[0] if found else ""

    def end(self) -> None:
        """Wait for a look that is under way, for some seconds: one that hangs would hold up the end of the task."""
        if self._thread is not None:
            self._thread.join(None if self._must_not_be_left() else _PATIENCE)

    def _must_not_be_left(self) -> bool:
        """Whether it would do harm to end this process in the middle of a look.

        The connection displays something then, under a lock that all tasks share, or has a password lie in memory that they share.
        """
        if Display().verbosity > 1 or config.get_config_value("DEFAULT_DEBUG"):
            return True
        try:
            return bool(self._action._connection.get_option("password"))
        except KeyError:
            return False


def _twin(action: ActionBase) -> ActionBase:
    """The same action with a connection of its own: connections and become plugins remember things about the command that runs."""
    twin, connection = copy.copy(action), copy.copy(action._connection)
    connection.become = copy.copy(connection.become)
    twin._connection = connection
    return twin


def _read(action: ActionBase, found: list[str]) -> None:
    # Imported here: only a wait needs it.
    from ansible_collections.registrar.consul.plugins.module_utils._health.progress import FILE, MARK

    shell = action._connection._shell
    path = shlex.quote(shell.join_path(shell.tmpdir, FILE))
    # Whatever goes wrong is no matter of the task's.
    with suppress(Exception):
        answer: Mapping[str, Any] = action._low_level_execute_command(f"cat {path}")
        _before, mark, text = str(answer["stdout"]).partition(MARK)
        if mark and answer["rc"] == 0:
            found.append(_printable(text.splitlines()[0]))


def _printable(text: str) -> str:
    """What may be shown on a terminal: names of checks are whatever somebody has written."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
