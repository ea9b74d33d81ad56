# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook runner of the test support."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play


def _copy(path: Path) -> dict[str, object]:
    return {"name": "Write", "ansible.builtin.copy": {"dest": str(path), "content": "new\n", "mode": "0600"}}


def test_results_are_read_back(tmp_path: Path) -> None:
    target = tmp_path / "file"
    play = tasks_play(_copy(target), {"name": "Say", "ansible.builtin.debug": {"msg": "{{ word }}"}})
    result = run_playbook(tmp_path / "run", play, extra_vars={"word": "hé"}).ok()
    assert target.read_text(encoding="utf-8") == "new\n"
    assert (result.changed, result.task("Write").changed, result.task("Say").msg) == (1, True, "hé")
    assert run_playbook(tmp_path / "run", play, extra_vars={"word": "hé"}).ok().changed == 0


def test_check_and_diff_are_passed_on(tmp_path: Path) -> None:
    target = tmp_path / "file"
    result = run_playbook(tmp_path / "run", tasks_play(_copy(target)), check=True, diff=True).ok()
    assert result.only().changed
    assert not target.exists()
    assert "+new" in result.stdout


def test_failures_are_results_too(tmp_path: Path) -> None:
    play = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Ignored
      ansible.builtin.fail: {msg: first}
      ignore_errors: true
    - name: Final
      ansible.builtin.fail: {msg: second}
"""
    result = run_playbook(tmp_path, play)
    assert result.rc == 2
    assert [(task.task, task.msg) for task in result.failed] == [("Final", "second")]
    assert result.task("Ignored").status == "ignored"


def test_the_users_own_settings_are_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANSIBLE_CHECK_MODE_MARKERS", "true")
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "mine")
    task = {"name": "Look", "ansible.builtin.command": "env"}
    seen = run_playbook(tmp_path, tasks_play(task)).ok().only().result["stdout"]
    assert "CONSUL_HTTP_TOKEN" not in seen
    assert f"HOME={tmp_path / 'home'}" in seen.splitlines()
