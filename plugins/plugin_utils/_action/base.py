# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the actions have in common: options in, a judged request out, the module run once."""

from __future__ import annotations

import gc
from abc import abstractmethod
from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import Secrets
from ansible_collections.registrar.consul.plugins.module_utils._findings import render
from ansible_collections.registrar.consul.plugins.module_utils._options import Spec
from ansible_collections.registrar.consul.plugins.module_utils._payload import encode_payload
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version

from .._findings import did_you_mean
from .._judge.definitions import prepare
from .._judge.terms import Terms, choice, demand_library, read_terms
from .._rules.spelling import UNKNOWN_KEY
from .._schema.versions import is_newer
from .errors import refused, show_errors
from .look import Look
from .progress import and_healthy, progress, waits
from .request import Request
from .vault import vaulted_values

# More warnings than this are counted, not shown; all of them are in the result.
SHOWN_WARNINGS = 20
# Now, since Ansible imports an action once and then starts a process for each host.
prepare()


class JudgingAction(ActionBase):
    """Knows the options of its module, and how they say definitions are to be judged."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    @abstractmethod
    def spec(self) -> Spec:
        """Return the argument spec of the module."""

    def options(self) -> dict[str, Any]:
        """Return the options that were given. Raises AnsibleActionFail when one does not exist, or jsonschema is missing."""
        demand_library()
        options = {key: value for key, value in self._task.args.items() if value is not None}
        self.demand_known(options)
        return options

    def terms(self, options: dict[str, Any]) -> Terms:
        """Return how to judge and write. Raises AnsibleActionFail when an option has no such value."""
        terms = read_terms(options)
        format = self.choice(options, "format") if "format" in self.spec() else terms.format
        variables = self._templar.available_variables
        secrets = Secrets(terms.secrets.places, vaulted_values(self._task, variables))
        header = str(self._templar.template(variables.get("ansible_managed", "Ansible managed"))) if format == "hcl" else ""
        return replace(terms, format=format, header=header, secrets=secrets)

    def choice(self, options: dict[str, Any], name: str) -> str:
        """Return the value of an option that has choices. Raises AnsibleActionFail when it is none of them."""
        return choice(options, name, self.spec())

    def demand_known(self, options: dict[str, Any]) -> None:
        """Raise AnsibleActionFail for an option that does not exist."""
        if "payload" in options:
            raise AnsibleActionFail("payload: is filled in by the controller. Leave it out.")
        known = self.spec()
        for name in options:
            if name not in known:
                near = did_you_mean(name, sorted(known))
                hint = f"Did you mean {near}?" if near else f"Options: {', '.join(sorted(known))}."
                raise AnsibleActionFail(f"{name}: is no option of this module. {hint}")


class RegistrarAction(JudgingAction):
    """Judges and renders on the controller, then runs the module of the same name once."""

    _supports_async = True

    # What the controller alone needs, and the target is not sent.
    controller_only: frozenset[str] = frozenset()

    @abstractmethod
    def request(self, options: dict[str, Any]) -> Request:
        """Judge and render what the options say."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        # Ansible starts a process for each task: its garbage collector need not go through all that the parent has ever loaded.
        gc.freeze()
        options = self.options()
        host = str((task_vars or {}).get("inventory_hostname"))
        look = Look(self, waits(options))
        with progress(host, and_healthy("until its definitions are judged and written", options), look=look):
            request = self._for_a_newer_agent(self.request(options), options, task_vars)
            if request.verdict.errors:
                result.update(refused(request.verdict.errors))
            else:
                look.prepare()
                result.update(self._run_module(options, request.payload, task_vars, wrap_async=self._task.async_val))
        show_errors(result, host, secret=bool(self._task.no_log))
        warnings = [render(finding) for finding in request.verdict.warnings]
        result["rule_warnings"] = request.verdict.warnings + result.get("rule_warnings", [])
        if warnings:
            result["warnings"] = [*_shown(warnings), *result.get("warnings", [])]
        return result

    def _for_a_newer_agent(self, request: Request, options: dict[str, Any], task_vars: dict[str, Any] | None) -> Request:
        """Judge again where an agent is newer than all that is known: it may have a key that nobody here knows.

        It is asked only where a key is unknown.
        """
        if options.get("consul_version", "auto") != "auto" or not any(found["rule"] == UNKNOWN_KEY.id for found in request.verdict.errors):
            return request
        version = self._ask_version(options, task_vars)
        if version is None or not is_newer(parse_version(version)):
            return request
        return self.request({**options, "consul_version": version})

    def _ask_version(self, options: dict[str, Any], task_vars: dict[str, Any] | None) -> str | None:
        """Return the agent's version, None when nothing tells: what is wrong with the definitions is said all the same."""
        try:
            found = self._run_module(options, {"owner": "", "files": {}, "asks": "version"}, task_vars).get("version")
        except AnsibleError:
            return None
        return found if isinstance(found, str) else None

    def _run_module(
        self, options: dict[str, Any], payload: dict[str, Any], task_vars: dict[str, Any] | None, *, wrap_async: Any = False
    ) -> dict[str, Any]:
        known = self.spec().keys() - self.controller_only
        result: dict[str, Any] = self._execute_module(
            module_name=self._task.resolved_action or self._task.action,
            module_args={**{key: value for key, value in options.items() if key in known}, "payload": encode_payload(payload)},
            task_vars=task_vars,
            wrap_async=wrap_async,
        )
        return result


def _shown(warnings: list[str]) -> list[str]:
    if len(warnings) <= SHOWN_WARNINGS:
        return warnings
    return [*warnings[:SHOWN_WARNINGS], f"and {len(warnings) - SHOWN_WARNINGS} more warnings: all are in rule_warnings of the result."]
