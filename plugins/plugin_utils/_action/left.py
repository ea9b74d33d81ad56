# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles of a play leave to their handler, so that none of it is lost.

Of handlers with one name Ansible runs one, once: that of the role that it has read last, with the variables of that role. What the others
asked for is therefore noted in what the role registers, which the handler is handed.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from .._judge.terms import flag
from .variables import WRITTEN, is_ours

_LEFT = "left_to_handler"
# The strictest first.
_POLICIES = ("rollback", "fail", "warn")
Left = Mapping[str, Any]


def left_before(role: Any, variables: Mapping[str, Any]) -> list[Left]:
    """What roles have left to the handler until now; nothing for a task that is none of our role's."""
    written = variables.get(WRITTEN) if is_ours(role) else None
    left = written.get(_LEFT, ()) if isinstance(written, Mapping) else ()
    # With run_once all hosts get what one has registered.
    return [entry for entry in left if entry["by"] == variables.get("inventory_hostname")]


def note_left(result: dict[str, Any], task: Any, variables: Mapping[str, Any], templar: Any) -> None:
    """Note in the result of the role's task what is left to the handler, this task's part included."""
    if not is_ours(task._role):
        return
    options, left = task.args, left_before(task._role, variables)
    notifies = result.get("changed") or (flag(options, "require_agent") and result.get("pending"))
    if options.get("reload") == "later" and notifies and not result.get("failed"):
        wait = templar.template(variables.get("consul_services_wait_healthy", 0))
        asked = {name: options[name] for name in ("config_dir", "require_agent", "on_unhealthy", "healthy_states")}
        left.append({**asked, "wait_healthy": _seconds(wait), "host": host_of(task, variables), "by": variables.get("inventory_hostname")})
    if left:
        result[_LEFT] = left


def host_of(task: Any, variables: Mapping[str, Any]) -> str:
    """The host that a task is about. A role that is delegated has its handler delegated as well (seen with ansible-core 2.19)."""
    return str(task.delegate_to or variables.get("inventory_hostname"))


def as_all_asked(arguments: Mapping[str, Any], left: Iterable[Left]) -> dict[str, Any]:
    """The handler's arguments, with what is right for everyone in its directory who demanded an agent, or asked for a wait for checks."""
    here = [entry for entry in (arguments, *left) if _normal(entry) == _normal(arguments)]
    result = {**arguments, "require_agent": any(flag(entry, "require_agent") for entry in here)}
    asked = [entry for entry in here if _seconds(entry.get("wait_healthy")) > 0]
    if asked:
        result["wait_healthy"] = max(_seconds(entry["wait_healthy"]) for entry in asked)
        result["on_unhealthy"] = min((str(entry["on_unhealthy"]) for entry in asked), key=_strictness)
        # Passing checks are healthy in any case.
        result["healthy_states"] = min((entry["healthy_states"] for entry in asked), key=lambda states: "warning" in states)
    return result


def other_directories(arguments: Mapping[str, Any], left: Iterable[Left]) -> list[str]:
    """The directories of the handler's host that something was left for, and that are not the handler's."""
    return sorted({_normal(entry) for entry in left} - {_normal(arguments)})


def on_other_hosts(left: Iterable[Left], host: str) -> list[str]:
    """The directories of other hosts that something was left for: whether it waits still cannot be seen from here."""
    return sorted({f"{_normal(entry)} of {entry['host']} (as far as can be seen from here)" for entry in left if entry["host"] != host})


def journal_in(directory: str) -> str:
    """The file that is there as long as a change in the directory waits."""
    from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import STATE
    from ansible_collections.registrar.consul.plugins.module_utils._files.journal import JOURNAL

    return posixpath.join(directory, STATE, JOURNAL)


def not_told(waiting: Iterable[str], arguments: Mapping[str, Any]) -> str:
    """That the files in these directories wait for a reload that nobody brings about."""
    return (
        f"The files in {', '.join(waiting)} wait for a reload, and this handler brings about that of {_normal(arguments)} alone: Ansible "
        "runs the handler of the role that it has read last. Leave out consul_services_reload: later where roles of one play write to "
        "several directories or are delegated to several hosts, and run the play again."
    )


def _normal(entry: Left) -> str:
    return posixpath.normpath(str(entry["config_dir"]))


def _seconds(value: Any) -> int:
    try:
        return int(value or 0)
    except (TypeError, ValueError):
        # What is no number is refused by whoever is to wait for it.
        return 0


def _strictness(policy: str) -> int:
    return _POLICIES.index(policy) if policy in _POLICIES else len(_POLICIES)
