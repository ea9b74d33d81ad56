# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of agent_reload; the module of this name has the documentation."""

from __future__ import annotations

import gc
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.registrar.consul.plugins.plugin_utils._action.errors import show_errors
from ansible_collections.registrar.consul.plugins.plugin_utils._action.left import (
    as_all_asked,
    host_of,
    journal_in,
    left_before,
    not_told,
    on_other_hosts,
    other_directories,
)
from ansible_collections.registrar.consul.plugins.plugin_utils._action.look import Look
from ansible_collections.registrar.consul.plugins.plugin_utils._action.progress import and_healthy, progress, waits


class ActionModule(ActionBase):  # type: ignore[misc]
    """Runs the module, and says that it still runs when an agent takes long."""

    TRANSFERS_FILES = False
    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        # As for the actions that judge: this process ends with the task.
        gc.freeze()
        host = str((task_vars or {}).get("inventory_hostname"))
        left, machine = left_before(self._task._role, task_vars or {}), host_of(self._task, task_vars or {})
        here = [entry for entry in left if entry["host"] == machine]
        arguments = as_all_asked(self._task.args, here) if here else self._task.args
        look = Look(self, waits(arguments))
        with progress(host, and_healthy("until its agent has loaded all services", arguments), look=look):
            look.prepare()
            result.update(self._execute_module(module_args=arguments, task_vars=task_vars, wrap_async=self._task.async_val))
        waiting = [directory for directory in other_directories(arguments, here) if self._waits_in(directory, task_vars)] if here else []
        waiting += on_other_hosts(left, machine)
        if waiting:
            said = [str(result["msg"])] if result.get("failed") else []
            result.update(failed=True, msg=" ".join([*said, not_told(waiting, arguments)]))
        show_errors(result, host, secret=bool(self._task.no_log))
        return result

    def _waits_in(self, directory: str, task_vars: dict[str, Any] | None) -> bool:
        """Whether a change still waits there: it may be the same directory under another name, or loaded by somebody else.

        It does where this user may not look: another one has written it.
        """
        path = {"path": journal_in(directory), "get_checksum": False}
        found = self._execute_module(module_name="ansible.builtin.stat", module_args=path, task_vars=task_vars)
        return bool(found.get("stat", {}).get("exists", True))
