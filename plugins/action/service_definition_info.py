# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of service_definition_info; the module of this name has the documentation."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._options import Spec, info_spec
from ansible_collections.registrar.consul.plugins.module_utils._payload import decode
from ansible_collections.registrar.consul.plugins.plugin_utils._action import base
from ansible_collections.registrar.consul.plugins.plugin_utils._action.errors import show_errors
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import flag


class ActionModule(base.JudgingAction):
    """Has the target look, and judges what it saw."""

    _supports_async = False

    def spec(self) -> Spec:
        return info_spec()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        options = self.options()
        terms = self.terms(options)
        result.update(self._execute_module(module_args=options, task_vars=task_vars))
        # Without its secrets, but still only for us: what is to be seen of it is in the result.
        survey = result.pop("survey", None)
        if result.get("failed") or survey is None:
            show_errors(result, str((task_vars or {}).get("inventory_hostname")), secret=bool(self._task.no_log))
            return result
        from ansible_collections.registrar.consul.plugins.plugin_utils._survey.audit import audit
        from ansible_collections.registrar.consul.plugins.plugin_utils._survey.result import info_result

        judged = audit(decode(survey), terms)
        result.update(info_result(judged))
        if flag(options, "export"):
            from ansible_collections.registrar.consul.plugins.plugin_utils._survey.export import export

            result["export"] = export(judged)
        return result
