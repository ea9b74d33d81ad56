# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges the definitions of many hosts together; the module of this name has the documentation."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi, ApiError, endpoint
from ansible_collections.registrar.consul.plugins.module_utils._options import fleet_spec
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.dot import NotDrawnError, svg
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.elsewhere import Catalog, NothingSeenError
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.files import write_files
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.hosts import Host, Values, read_hosts
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.report import shortened
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.run import Question, judge_fleet
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import demand_library, read_terms, read_version
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.report import counted

# Seconds between two lines that say how far it is.
_PAUSE = 10.0
# What the task has printed or written already, and Ansible would show again where it fails.
_ONLY_IN_SUCCESS = ("report", "services", "calls", "mermaid", "dot")


class ActionModule(ActionBase):
    """Reads what all hosts declare, and says what is wrong with it as a whole."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        demand_library()
        _found, options = self.validate_argument_spec(argument_spec=fleet_spec())
        variables = task_vars or {}
        limit = str(variables.get("ansible_limit") or "")
        catalog = _catalog(options["catalog"])
        terms = read_terms(options)
        # Where nothing else is said, the version of the agent that shows the catalog is taken for that of all.
        version = terms.version or (read_version(catalog.version) if catalog else None)
        question = Question(
            terms=replace(terms, version=version),
            catalog=catalog,
            external=options["external"],
            limited=f"the run was limited to {limit}" if limit else "",
        )
        names = options["hosts"] or list(variables.get("ansible_play_hosts_all") or ())
        progress = _Progress(len(names))
        found = judge_fleet(self._hosts(names, options["variables"], variables["hostvars"]), question, progress.say)
        Display().display(found["report"])
        self._write(options["directory"], found, result)
        bad = [finding for finding in found["findings"] if _counts(finding, options["fail_on"])]
        result.update({key: value for key, value in found.items() if not bad or key not in _ONLY_IN_SUCCESS})
        hosts = list(dict.fromkeys(host for finding in bad for host in finding["hosts"]))
        result.update(hosts_with_findings=hosts, msg=_verdict(found["summary"], hosts))
        if bad:
            result["failed"] = True
        return result

    def _hosts(self, names: Sequence[str], variables: Sequence[str], hostvars: Any) -> Iterator[Host]:
        if not names:
            raise AnsibleActionFail("hosts: is empty. Name at least one host of the inventory.")
        unknown = [name for name in names if name not in hostvars]
        if unknown:
            raise AnsibleActionFail(f"hosts: {', '.join(unknown)}: not in the inventory. Name hosts, not groups.")

        def values(name: str) -> Values:
            raw = {**hostvars.raw_get(name), "hostvars": hostvars}
            return Values(raw, self._templar.copy_with_new_env(available_variables=raw).template)

        return read_hosts(names, variables, values)

    def _write(self, directory: str | None, found: Mapping[str, Any], result: dict[str, Any]) -> None:
        result["changed"] = False
        if not directory:
            return
        data = {key: found[key] for key in ("summary", "findings", "services", "calls")}
        contents = {
            "fleet.json": json.dumps(data, indent=2, ensure_ascii=False) + "\n",
            "fleet.txt": found["report"],
            "fleet.mmd": found["mermaid"],
            "fleet.dot": found["dot"],
        }
        reason = ""
        try:
            contents["fleet.svg"] = svg(found["dot"])
        except NotDrawnError as error:
            reason = str(error)
        folder = Path(directory)
        try:
            changed = write_files(folder, contents, only_look=self._task.check_mode)
        except OSError as error:
            raise AnsibleActionFail(f"directory: {directory} cannot be written ({error.strerror}). Name a directory of yours.") from None
        result.update(changed=bool(changed), files=[str(folder / name) for name in contents])
        if reason:
            old = ", and the fleet.svg that is there is older" if (folder / "fleet.svg").exists() else ""
            result["warnings"] = [f"There is no fleet.svg: {reason}{old}. fleet.mmd and fleet.dot have the same map."]


class _Progress:
    """A line now and then, so that neither people nor a CI take the task for dead."""

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._next = time.monotonic() + _PAUSE

    def say(self, what: str, count: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _PAUSE
            # On the error output, as warnings are: the other one may be read by programs.
            Display().display(f"waiting: {count} of {self._hosts} hosts {what}", stderr=True)


def _catalog(options: Mapping[str, Any] | None) -> Catalog | None:
    if options is None:
        return None
    try:
        return Catalog(AgentApi(endpoint(options, os.environ, None)))
    except (ApiError, NothingSeenError) as error:
        raise AnsibleActionFail(f"catalog: {error}") from None


def _counts(finding: Mapping[str, Any], fail_on: str) -> bool:
    return fail_on == "warning" or (fail_on == "error" and finding["severity"] == "error")


def _verdict(summary: Mapping[str, int], hosts: list[str]) -> str:
    errors, warnings = counted(summary["errors"], "error"), counted(summary["warnings"], "warning")
    text = f"{errors} and {warnings} on {counted(summary['hosts'], 'host')}"
    return f"{text}. To be looked at: {shortened(hosts)}." if hosts else f"{text}."
