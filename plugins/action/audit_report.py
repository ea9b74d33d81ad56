# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what service_definition_info has found on many hosts; the module of this name has the documentation."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.registrar.consul.plugins.plugin_utils._survey.report import counted, fleet_report
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.unseen import why_unseen


class ActionModule(ActionBase):
    """One text for a fleet, and one verdict."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _found, options = self.validate_argument_spec(
            argument_spec={
                "results": {"type": "dict", "required": True},
                "fail_on": {"type": "str", "choices": ["warning", "error", "never"], "default": "warning"},
            }
        )
        hosts = {str(host): _checked(str(host), found) for host, found in sorted(options["results"].items())}
        report = fleet_report(hosts)
        Display().display(report)
        bad = [host for host, found in hosts.items() if _counts(found, options["fail_on"])]
        verdict = _verdict(hosts, bad)
        result.update(changed=False, hosts_with_findings=bad, msg=verdict)
        # It was printed, and Ansible shows the whole result of a task that fails.
        result.update({"failed": True} if bad else {"report": report})
        return result


def _checked(host: str, found: Any) -> dict[str, Any]:
    """Return a result of the module, or what is known of the failure of one. Raises AnsibleActionFail for anything else."""
    if not isinstance(found, dict):
        raise AnsibleActionFail(f"results: the one of {host} is no result of registrar.consul.service_definition_info.")
    if {"summary", "agent", "report"} <= found.keys():
        return found
    return {"msg": why_unseen(found)}


def _counts(found: dict[str, Any], fail_on: str) -> bool:
    """Whether this host makes the audit fail. One that could not be seen is never fine."""
    if fail_on == "never":
        return False
    if "summary" not in found:
        return True
    return bool(found["summary"]["errors"] or (fail_on == "warning" and found["summary"]["warnings"]))


def _verdict(hosts: dict[str, dict[str, Any]], bad: list[str]) -> str:
    seen = [found["summary"] for found in hosts.values() if "summary" in found]
    errors, warnings = (sum(summary[kind] for summary in seen) for kind in ("errors", "warnings"))
    text = f"{counted(errors, 'error')} and {counted(warnings, 'warning')} on {counted(len(hosts), 'host')}"
    unseen = len(hosts) - len(seen)
    text += f", and {unseen} not seen" if unseen else ""
    return f"{text}. To be looked at: {', '.join(bad)}." if bad else f"{text}."
