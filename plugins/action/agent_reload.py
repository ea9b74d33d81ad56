# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of agent_reload; the module of this name has the documentation."""

from __future__ import annotations

import gc
from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.registrar.consul.plugins.plugin_utils._action.errors import show_errors
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
        look = Look(self, waits(self._task.args))
        with progress(host, and_healthy("until its agent has loaded all services", self._task.args), look=look):
            look.prepare()
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
        show_errors(result, host, secret=bool(self._task.no_log))
        return result
