# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ansible-playbook run, with nothing of the user's own configuration read or written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.registrar.consul.tests.support.faults.children import die_with_parent
from ansible_collections.registrar.consul.tests.support.paths import ensure_tree
from ansible_collections.registrar.consul.tests.support.runs.modules import said

PATIENCE = 300.0
Playbook = str | Path | Sequence[Mapping[str, Any]] | Mapping[str, Any]
_CALLBACKS = Path(__file__).resolve().parent / "callback_plugins"


@dataclass(frozen=True)
class TaskResult:
    """One task on one host. ``result`` is what the module or action returned."""

    status: str
    host: str
    task: str
    action: str
    result: dict[str, Any]

    @property
    def changed(self) -> bool:
        return bool(self.result.get("changed"))

    @property
    def msg(self) -> str:
        return str(self.result.get("msg", ""))

    @property
    def said(self) -> str:
        """The message, and the errors as lines, as a person gets them."""
        return said(self.result)


@dataclass(frozen=True)
class PlaybookResult:
    """What a run came to."""

    rc: int
    stdout: str
    stderr: str
    tasks: list[TaskResult] = field(repr=False)

    @property
    def changed(self) -> int:
        """How many task results were changed, on all hosts together."""
        return sum(task.changed for task in self.tasks if task.status == "ok")

    @property
    def failed(self) -> list[TaskResult]:
        return [task for task in self.tasks if task.status in ("failed", "unreachable")]

    def task(self, name: str, host: str | None = None) -> TaskResult:
        """The only result of the task with this name; in a role's task, the part after ``role : `` is enough."""
        found = [task for task in self.tasks if name in (task.task, task.task.rpartition(" : ")[2]) and host in (None, task.host)]
        if len(found) != 1:
            raise LookupError(f"{len(found)} results of task {name!r}\n{self.describe()}")
        return found[0]

    def only(self) -> TaskResult:
        """The result of a play that has one task."""
        if len(self.tasks) != 1:
            raise LookupError(f"{len(self.tasks)} results\n{self.describe()}")
        return self.tasks[0]

    def ok(self) -> PlaybookResult:
        """This result, if the run succeeded. Raises AssertionError with its output otherwise."""
        assert self.rc == 0, self.describe()
        return self

    def describe(self) -> str:
        return f"ansible-playbook ended with {self.rc}\n{self.stdout}\n{self.stderr}"


def tasks_play(*tasks: Mapping[str, Any], hosts: str = "all", **keywords: Any) -> list[dict[str, Any]]:
    """A playbook of one play without fact gathering, for :func:`run_playbook`."""
    return [{"hosts": hosts, "gather_facts": False, "tasks": list(tasks), **keywords}]


class RunningPlaybook:
    """A run under way, in a process group of its own."""

    def __init__(self, process: subprocess.Popen[str], record: Path) -> None:
        self.process = process
        self._record = record

    def finish(self, timeout: float = PATIENCE) -> PlaybookResult:
        """Wait for its end. Raises subprocess.TimeoutExpired, and ends it, when the time is up; AssertionError on what is deprecated."""
        try:
            stdout, stderr = self.process.communicate(timeout=timeout)
        except BaseException:
            self.kill()
            raise
        result = PlaybookResult(self.process.returncode, stdout, stderr, _recorded(self._record))
        # Whatever a test is about: no later ansible-core may break what works now.
        assert "[DEPRECATION WARNING]" not in stdout + stderr, result.describe()
        return result

    def kill(self) -> None:
        """End the controller and everything it started, without warning."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


def run_playbook(workdir: Path, playbook: Playbook, *, timeout: float = PATIENCE, **options: Any) -> PlaybookResult:
    """Run a playbook and wait for it. The options are those of :func:`start_playbook`."""
    return start_playbook(workdir, playbook, **options).finish(timeout)


def start_playbook(
    workdir: Path,
    playbook: Playbook,
    *,
    inventory: str | Mapping[str, Any] | None = None,
    extra_vars: Mapping[str, Any] | None = None,
    check: bool = False,
    diff: bool = False,
    verbosity: int = 0,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    collections: Path | None = None,
    python: str | None = None,
    through: Sequence[str] = (),
) -> RunningPlaybook:
    """Start a playbook against this machine, or against ``inventory``.

    ``playbook`` is one play, a list of plays, YAML text, the path of a file, or a playbook's name such as ``registrar.consul.audit``.
    ``inventory`` is inventory YAML, as text or data. ``python`` is the interpreter of the target side.
    ``through`` is a command that runs the command behind it.
    ``workdir`` receives the home directory and all temporary files; runs may share it one after the other.
    """
    workdir.mkdir(parents=True, exist_ok=True)
    record = workdir / "results.jsonl"
    record.unlink(missing_ok=True)
    command = [
        *through,
        str(Path(sys.executable).with_name("ansible-playbook")),
        *("-i", str(_written(workdir / "inventory.yml", inventory or _this_machine(python)))),
        *(["--check"] if check else []),
        *(["--diff"] if diff else []),
        *(["-" + "v" * verbosity] if verbosity else []),
        *(["--extra-vars", f"@{_written(workdir / 'extra_vars.yml', extra_vars)}"] if extra_vars else []),
        *arguments,
        _playbook_argument(workdir, playbook),
    ]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=workdir,
        env={**ansible_environment(workdir, record, collections), **(environment or {})},
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - it only makes two system calls
    )
    return RunningPlaybook(process, record)


def ansible_environment(workdir: Path, record: Path | None = None, collections: Path | None = None) -> dict[str, str]:
    """An environment in which Ansible finds this collection, and of the user's settings only PATH."""
    home = workdir / "home"
    home.mkdir(parents=True, exist_ok=True)
    configuration = workdir / "ansible.cfg"
    configuration.touch()
    settings = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(configuration),
        "ANSIBLE_HOME": str(home / ".ansible"),
        "ANSIBLE_LOCAL_TEMP": str(workdir / "local_tmp"),
        "ANSIBLE_REMOTE_TEMP": str(workdir / "remote_tmp"),
        "ANSIBLE_COLLECTIONS_PATH": str(collections or ensure_tree()),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
    }
    if record is not None:
        settings["ANSIBLE_CALLBACK_PLUGINS"] = str(_CALLBACKS)
        settings["ANSIBLE_CALLBACKS_ENABLED"] = "recorder"
        settings["RECORDER_FILE"] = str(record)
    return settings


def _this_machine(python: str | None) -> dict[str, Any]:
    # The test matrix sets TARGET_PYTHON.
    interpreter = python or os.environ.get("TARGET_PYTHON", sys.executable)
    host = {"ansible_connection": "local", "ansible_python_interpreter": interpreter}
    return {"all": {"hosts": {"localhost": host}}}


def _playbook_argument(workdir: Path, playbook: Playbook) -> str:
    if isinstance(playbook, Path):
        return str(playbook)
    if isinstance(playbook, str) and "\n" not in playbook:
        return playbook
    plays = [playbook] if isinstance(playbook, Mapping) else playbook
    return str(_written(workdir / "playbook.yml", plays))


def _written(path: Path, content: Any) -> Path:
    text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    path.write_text(text, encoding="utf-8")
    return path


def _recorded(record: Path) -> list[TaskResult]:
    if not record.exists():
        return []
    return [TaskResult(**json.loads(line)) for line in record.read_text(encoding="utf-8").splitlines()]
