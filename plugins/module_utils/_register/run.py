# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target side of service_definitions and service_definition: write, reload, verify and put back, under one lock."""

from __future__ import annotations

import os
from typing import Any

from .._files.config_dir import ConfigDir, system_refused
from .._files.journal import load_journal
from .._files.kept_tags import load_tags
from .._findings import Refused, Unfinished, refusal, render
from .._options import demand_usable
from .._write.run import Writer


def run(module: Any) -> None:
    """Do what service_definitions was called for, and exit."""
    result, _writer = _registered(module)
    module.exit_json(**result)


def run_single(module: Any) -> None:
    """Do what service_definition was called for, and exit."""
    from .._definition.redact import masked

    result, writer = _registered(module)
    del result["paths"], result["services"], result["checks"]
    result["path"] = os.path.join(module.params["config_dir"], *writer.contents)
    for found in writer.definitions.values():
        result["definition"] = masked(found.services[0], writer.secrets)
    module.exit_json(**result)


def _registered(module: Any) -> tuple[dict[str, Any], Writer]:
    try:
        demand_usable(module.params)
        writer = Writer(module)
        if writer.payload.get("asks") == "version":
            module.exit_json(changed=False, version=writer.version())
        loading = Loading(module, writer)
        result = writer.run(loading.load)
    except Refused as refused:
        whole = not isinstance(refused, Unfinished)
        module.fail_json(msg=refusal(refused.findings, whole), errors=refused.findings, changed=not whole)
    except OSError as problem:
        found = system_refused(module.params["config_dir"], problem)
        changed = bool(writer.reason) and not module.check_mode
        module.fail_json(msg=refusal([found], not changed), errors=[found], changed=changed)
    for finding in result["rule_warnings"]:
        module.warn(render(finding))
    if loading.failure is not None:
        module.fail_json(msg=loading.failure, errors=loading.errors, **result)
    return result, writer


class Loading:
    """The second half of a run: the agent loads what the first half has written, or both are put back."""

    def __init__(self, module: Any, writer: Writer) -> None:
        self.failure: str | None = None
        self.errors: list[dict[str, str]] = []
        self._module = module
        self._writer = writer

    def load(self, directory: ConfigDir, result: dict[str, Any]) -> None:
        """Have the agent load what waits, and add what came of it to the result. Where nothing waits, it is not even looked for."""
        changes = self._writer.changes if self._module.check_mode else ()
        if self._module.params["reload"] != "now" or not (result["pending"] or changes or load_tags(directory)):
            return
        from .._reload.declared import Planned
        from .._reload.run import reload_locked

        params = self._module.params
        options = dict(params, method=params["reload_method"], timeout=params["reload_timeout"], force=False)
        # What stands in the files is read there; a program may print a part of it only.
        options["secret_texts"] = self._writer.payload.get("secret_texts", ())
        planned = Planned(self._writer.reason, changes) if changes else None
        outcome = reload_locked(self._module, directory, self._writer.facts, options, planned)
        self.failure, self.errors = outcome.failure, outcome.errors
        result["changed"] = outcome.changed or result["changed"]
        result["reload"] = {name: value for name, value in outcome.as_dict().items() if name not in ("changed", "errors")}
        if load_journal(directory) is None and not planned:
            result.update(pending=False, pending_reason="")
