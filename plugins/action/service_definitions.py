# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of service_definitions; the module of this name has the documentation."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.registrar.consul.plugins.module_utils._options import Spec, set_spec
from ansible_collections.registrar.consul.plugins.plugin_utils._action import base
from ansible_collections.registrar.consul.plugins.plugin_utils._action.left import note_left
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import absent_set_request, set_request
from ansible_collections.registrar.consul.plugins.plugin_utils._action.variables import stray_variables
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.types import kind_of


class ActionModule(base.RegistrarAction):
    """Judges and renders a whole set of services, and of checks outside services."""

    controller_only = frozenset({"services", "checks"})

    def spec(self) -> Spec:
        return set_spec()

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result = super().run(tmp, task_vars)
        note_left(result, self._task, task_vars or {}, self._templar)
        if not self._task.until and not self._task.retries:
            # The arguments go back to Ansible's main process with the result: that takes longer than judging the services.
            self._task.args = {key: value for key, value in self._task.args.items() if key not in self.controller_only}
        return result

    def request(self, options: dict[str, Any]) -> base.Request:
        terms = self.terms(options)
        request = self._set_request(options, terms)
        strays = stray_variables(self._task._role, self._templar.available_variables)
        about_variables = verdict(strays, terms.version, strict=terms.strict, silence=terms.silence)
        request.verdict.errors[:0] = about_variables.errors
        request.verdict.warnings[:0] = about_variables.warnings
        return request

    def _set_request(self, options: dict[str, Any], terms: Terms) -> base.Request:
        set_name = str(options.get("set", "default"))
        if not set_name:
            raise AnsibleActionFail("set: is empty. Name the set, or leave the option out.")
        layout = self.choice(options, "layout")
        if self.choice(options, "state") == "absent":
            return absent_set_request(set_name, layout, terms.format)
        services = options.get("services")
        if services is None:
            raise AnsibleActionFail("services: is missing. Give the list of services; an empty list removes those of the set.")
        if not isinstance(services, (list, tuple)):
            raise AnsibleActionFail(f"services: must be a list, not {kind_of(services)}. Write one service an entry, each after a dash.")
        checks = options.get("checks", [])
        if not isinstance(checks, (list, tuple)):
            raise AnsibleActionFail(f"checks: must be a list, not {kind_of(checks)}. Write one check an entry, each after a dash.")
        return set_request(services, set_name, layout, terms, checks)
