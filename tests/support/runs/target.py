# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The target side of the writing modules, without Ansible around it."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import Change
from ansible_collections.registrar.consul.plugins.module_utils._options import reload_spec, set_spec
from ansible_collections.registrar.consul.plugins.module_utils._payload import encode_payload
from ansible_collections.registrar.consul.plugins.module_utils._register.run import Loading, run
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent
from ansible_collections.registrar.consul.plugins.module_utils._write.run import Writer
from ansible_collections.registrar.consul.tests.support.runs.modules import said

# What tests say of the payload, besides options of the module.
_PACKED = ("definitions", "conditional", "scripts", "unchecked", "secret_places", "newest", "references", "sidecars", "service")


class Module:
    """As much of AnsibleModule as the target side uses."""

    def __init__(self, params: Mapping[str, Any], *, check_mode: bool = False, diff: bool = False, tmpdir: Path | None = None) -> None:
        self.params = dict(params)
        self.check_mode = check_mode
        self._diff = diff
        self.tmpdir = str(tmpdir)
        # Where the controller may look, if it has made a directory.
        self._tmpdir: str | None = None
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    @staticmethod
    def selinux_enabled() -> bool:
        return False

    @staticmethod
    def get_bin_path(name: str) -> str | None:
        return shutil.which(name) if name != "consul" else None

    @staticmethod
    def run_command(
        command: list[str], before_communicate_callback: Callable[[Any], None] | None = None, handle_exceptions: bool = True
    ) -> tuple[int, str, str]:
        del handle_exceptions
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            if before_communicate_callback is not None:
                before_communicate_callback(process)
            output, errors = process.communicate()
        return process.returncode, output, errors


class Answered(Exception):
    """The module has ended."""


class Answering(Module):
    """Keeps what the module says."""

    def __init__(self, config_dir: Path, files: dict[str, str | None], *, check_mode: bool = False, **options: Any) -> None:
        params = {name: spec.get("default") for name, spec in set_spec().items()}
        payload = encode_payload({"owner": "set:web", "files": files})
        params.update({"config_dir": str(config_dir), "payload": payload, "preflight": "none", **options})
        super().__init__(params, check_mode=check_mode)
        self.answer: dict[str, Any] = {}

    def exit_json(self, **result: Any) -> None:
        self.answer = result
        raise Answered

    def fail_json(self, **result: Any) -> None:
        self.answer = {"failed": True, **result}
        raise Answered


def answer(module: Answering, call: Callable[[Any], None] = run) -> dict[str, Any]:
    """What the module says in the end."""
    with contextlib.suppress(Answered):
        call(module)
    return module.answer


def text_of(services: Sequence[Mapping[str, Any]]) -> str:
    return json.dumps({"services": list(services)}, indent=2, sort_keys=True) + "\n"


def bundle(services: Sequence[Mapping[str, Any]], name: str = "services-web.json") -> dict[str, str | None]:
    return {name: text_of(services)} if services else {}


def per_service(services: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    return {f"service-{service.get('id', service['name'])}.json": text_of([service]) for service in services}


def write(config_dir: Path, files: Mapping[str, str | None], *, owner: str = "set:web", **options: Any) -> dict[str, Any]:
    """Write the files of an owner and return the module's result. Raises Refused.

    Further keywords are options of the module, parts of the payload, or of Module.
    """
    module = _module(config_dir, files, owner, {"reload": "later", **options})
    result = Writer(module).run()
    return {**result, "warnings": module.warnings} if module.warnings else result


def register(
    config_dir: Path, files: Mapping[str, str | None], *, owner: str = "set:web", **options: Any
) -> tuple[dict[str, Any], str | None]:
    """The same, and have the agent load them; return the result, and the message of a reload that failed. Raises Refused."""
    module = _module(config_dir, files, owner, options)
    loading = Loading(module, writer := Writer(module))
    return writer.run(loading.load), loading.failure


def changes_to(config_dir: Path, files: Mapping[str, str | None], **options: Any) -> Sequence[Change]:
    """What check mode would change. Raises Refused."""
    writer = Writer(_module(config_dir, files, "set:web", {"reload": "later", "check_mode": True, **options}))
    writer.run()
    return writer.changes


def _module(config_dir: Path, files: Mapping[str, str | None], owner: str, options: dict[str, Any]) -> Module:
    payload = {"owner": owner, "files": dict(files)}
    payload.update({key: options.pop(key) for key in _PACKED if key in options})
    outside = {key: options.pop(key) for key in ("check_mode", "diff", "tmpdir") if key in options}
    params = {name: spec.get("default") for name, spec in set_spec().items()}
    params.update(config_dir=str(config_dir), payload=encode_payload(payload), preflight="none", lock_timeout=0)
    params.update(options)
    return Module(params, **outside)


def reload(config_dir: Path, **options: Any) -> tuple[dict[str, Any], str | None]:
    """Have the agent reload as agent_reload does; the result, and what people are told if it failed."""
    params = {name: spec.get("default") for name, spec in reload_spec().items()}
    params.update(config_dir=str(config_dir), **options)
    result = reload_agent(Module(params), params)
    return result.as_dict(), result.failure and said({**result.as_dict(), "msg": result.failure})


def contents(config_dir: Path) -> dict[str, str]:
    """The files that an agent would see."""
    return {path.name: path.read_text(encoding="utf-8") for path in config_dir.iterdir() if path.name != ".registrar"}
