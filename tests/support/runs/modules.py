# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of the collection as single processes, without a playbook around them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._payload import encode_payload
from ansible_collections.registrar.consul.tests.support.faults.children import die_with_parent
from ansible_collections.registrar.consul.tests.support.paths import ensure_tree

PATIENCE = 300.0


def start_module(
    name: str, *, environment: Mapping[str, str] | None = None, through: Sequence[str] = (), **options: Any
) -> subprocess.Popen[str]:
    """A module at work with these options, as on a target; the user's own CONSUL_* variables are not passed on.

    through is a command that runs the command behind it.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CONSUL")}
    child = subprocess.Popen(
        [*through, sys.executable, "-m", f"ansible_collections.registrar.consul.plugins.modules.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={**kept, "PYTHONPATH": str(ensure_tree()), **(environment or {})},
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - it only makes two system calls
    )
    assert child.stdin is not None
    child.stdin.write(json.dumps({"ANSIBLE_MODULE_ARGS": options}))
    child.stdin.close()
    child.stdin = None
    return child


def result_of(child: subprocess.Popen[str]) -> dict[str, Any]:
    """What the module returned, ``failed`` included. Raises AssertionError when that is no result."""
    output, errors = child.communicate(timeout=PATIENCE)
    try:
        result: dict[str, Any] = json.loads(output)
    except ValueError:
        raise AssertionError(f"rc {child.returncode}\n{output}\n{errors}") from None
    # Since ansible-core 2.22 AnsibleModule tells the controller what to mask, which keeps it to itself.
    result.pop("_ansible_new_secrets", None)
    return result


def said(result: Mapping[str, Any]) -> str:
    """The message of a result, and its errors as lines."""
    return "\n".join([str(result.get("msg", "")), *(f"{e['path']}: {e['message']} {e['hint']}".rstrip() for e in result.get("errors", ()))])


def run_module(name: str, **options: Any) -> dict[str, Any]:
    """Run a module to its end."""
    return result_of(start_module(name, **options))


def write_set(config_dir: Path, services: Sequence[Mapping[str, Any]], **options: Any) -> dict[str, Any]:
    """Commit a set as service_definitions does, without the controller's part: nothing judges the services.

    Raises AssertionError when the module fails.
    """
    text = json.dumps({"services": list(services)}, indent=2, sort_keys=True) + "\n"
    payload = encode_payload({"owner": "set:test", "files": {"services-test.json": text}})
    result = run_module(
        "service_definitions", config_dir=str(config_dir), payload=payload, **{"preflight": "none", "reload": "later", **options}
    )
    assert not result.get("failed"), said(result)
    return result


def warnings_of(result: Mapping[str, Any]) -> list[str]:
    """What a module warns of; since ansible-core 2.19 it tells the controller more than the text."""
    found = result.get("warnings", [])
    return [warning if isinstance(warning, str) else str(warning["event"]["msg"]) for warning in found]
