# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of pyproject.toml: that the tree keeps them is a gate, that a breach is noticed is tested here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY

PLUGINS = "ansible_collections.registrar.consul.plugins"
CONTROLLER_ONLY = "nothing of the controller is sent to the target"
TARGET, CONTROLLER = "the target's code, from the top down", "the controller's code, from the top down"


def broken(tree: Path, file: str, imported: str) -> set[str]:
    """The contracts that are broken once a file of the collection also imports something."""
    here = tree / "ansible_collections" / "registrar" / "consul"
    shutil.copytree(REPOSITORY / "plugins", here / "plugins", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", here)
    with (here / "plugins" / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n\ndef _breach() -> None:\n    import {imported}\n")
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    environment = dict(os.environ, PYTHONPATH=str(tree), NO_COLOR="1", COLUMNS="200")
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=here, env=environment)
    found = {line.removesuffix(" BROKEN") for line in done.stdout.splitlines() if line.endswith(" BROKEN")}
    assert bool(found) == bool(done.returncode), done.stdout + done.stderr
    return found


@pytest.mark.parametrize(
    ("file", "imported", "contracts"),
    [
        ("module_utils/_definition/durations.py", "json", set()),
        ("module_utils/_definition/durations.py", f"{PLUGINS}.plugin_utils._findings", {CONTROLLER_ONLY}),
        ("module_utils/_write/run.py", "jsonschema", {CONTROLLER_ONLY}),
        ("module_utils/_files/transaction.py", f"{PLUGINS}.module_utils._agent.api", {TARGET}),
        ("module_utils/_agent/api.py", f"{PLUGINS}.module_utils._reload.run", {TARGET}),
        ("plugin_utils/_rules/check.py", f"{PLUGINS}.plugin_utils._judge.verdict", {CONTROLLER}),
    ],
)
def test_a_breach_is_noticed_and_named(tmp_path: Path, file: str, imported: str, contracts: set[str]) -> None:
    assert broken(tmp_path, file, imported) == contracts


@pytest.mark.parametrize("side", ["module_utils", "plugin_utils"])
def test_the_top_folders_hold_what_everybody_uses_and_names_do_not_repeat_their_folder(side: str) -> None:
    folder = REPOSITORY / "plugins" / side
    assert len(list(folder.glob("*.py"))) <= 8
    repeated = [path for path in folder.glob("_*/*.py") if path.parent.name.strip("_") in path.stem]
    assert repeated == []


def test_what_tests_the_targets_code_runs_with_the_targets_pythons() -> None:
    tests = (REPOSITORY / "tests" / "unit" / "plugins" / "module_utils").rglob("*.py")
    assert [
        path.name for path in tests if re.search(r"^from ansible_collections\S+\.(plugin_utils|tools)", path.read_text("utf-8"), re.M)
    ] == []


@pytest.mark.parametrize(("contract", "columns"), [(CONTROLLER, slice(0, 44)), (TARGET, slice(44, None))])
def test_the_figure_for_contributors_shows_these_layers_and_a_line_tells_of_each_room(contract: str, columns: slice) -> None:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    layers = next([set(layer.split(" | ")) for layer in entry["layers"]] for entry in contracts if entry["name"] == contract)
    _before, figure, table = re.split(r"```text\n|```\n\n", (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8").partition("## Rooms")[2])[
        :3
    ]
    rows = [set(re.findall(r"_[a-z]+", line[columns])) for line in figure.splitlines()[1:]]
    assert [row for row in rows if row] == layers
    assert {room for layer in layers for room in layer} <= set(re.findall(r"`(?:plugin_utils/|module_utils/)?(_[a-z]+)`", table))
