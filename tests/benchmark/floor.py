# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible itself costs, before any module has anything to do."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.benchmark.controller import Controller
from ansible_collections.registrar.consul.tests.benchmark.meter import Usage, middle

EMPTY = "empty playbook"
_WITH_ANSIBLE_MODULE = """#!/usr/bin/python
from ansible.module_utils.basic import AnsibleModule

AnsibleModule(argument_spec={}).exit_json(changed=False)
"""
# The word in the comment has Ansible hand over the arguments in a file.
_WITHOUT_ANSIBLE_MODULE = """#!/usr/bin/python
# WANT_JSON
print('{"changed": false}')
"""


def measure(rounds: int, say: Callable[[str], None]) -> dict[str, Usage]:
    """Return the medians; all but the empty playbook above it."""
    with tempfile.TemporaryDirectory(prefix="registrar-bench-") as folder:
        controller = Controller(Path(folder))
        plays = _plays(Path(folder))
        found: dict[str, list[Usage]] = {EMPTY: [], **{name: [] for name in plays}}
        for round_number in range(rounds + 1):
            say(f"the floor, round {round_number} of {rounds}")
            start_up = controller.play()
            found[EMPTY].append(start_up)
            for name, tasks in plays.items():
                found[name].append(controller.play(tasks) - start_up)
    # The first round fills caches.
    return {name: middle(usages[1:]) for name, usages in found.items()}


def _plays(folder: Path) -> dict[str, Sequence[Mapping[str, Any]]]:
    library = folder / "library"
    library.mkdir()
    (library / "does_nothing.py").write_text(_WITH_ANSIBLE_MODULE, encoding="utf-8")
    (library / "does_nothing_bare.py").write_text(_WITHOUT_ANSIBLE_MODULE, encoding="utf-8")
    (folder / "small.txt").write_text("small\n", encoding="utf-8")
    copy = {"src": str(folder / "small.txt"), "dest": str(folder / "copied.txt")}
    return {
        "`ping`": [{"ansible.builtin.ping": {}}],
        "a module that does nothing": [{"does_nothing": {}}],
        "the same without `AnsibleModule`": [{"does_nothing_bare": {}}],
        "one `copy` of a small file, unchanged": [{"ansible.builtin.copy": copy}],
        "one `template` of a small file, unchanged": [{"ansible.builtin.template": {**copy, "dest": str(folder / "templated.txt")}}],
    }
