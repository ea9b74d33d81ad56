# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors for people: one a line, once.

Ansible shows a failed result as data, with the line breaks of its texts escaped, and from ansible-core 2.19 on `msg` once more above
it. So `msg` says in one sentence what happened, `errors` is the data, and the lines that a person reads are printed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.constants import config
from ansible.utils.display import Display

from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, refusal, render_all


def refused(errors: list[Finding]) -> dict[str, Any]:
    """Return the result of a task whose definitions were refused."""
    return {"failed": True, "changed": False, "msg": refusal(errors), "errors": errors}


def show_errors(result: Mapping[str, Any], host: str, *, secret: bool) -> None:
    """Print the errors of a result that failed; none of them of a task with `no_log`."""
    errors: Iterable[Finding] = result.get("errors") or ()
    if errors and result.get("failed") and not secret:
        # On the error output, as warnings are: the other one may be read by programs.
        Display().display(f"errors: [{host}] =>\n{render_all(errors)}", color=config.get_config_value("COLOR_ERROR"), stderr=True)
