# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project of the guide to Molecule, in the order in which Molecule runs it; `make molecule` runs the same with Molecule itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary
from ansible_collections.registrar.consul.tests.support.runs.examples import blocks, pages
from ansible_collections.registrar.consul.tests.support.runs.network import own_network
from ansible_collections.registrar.consul.tests.support.runs.playbook import ansible_environment, run_playbook
from ansible_collections.registrar.consul.tests.support.runs.project import GUIDE, write_project

# With process ids of their own everything ends with the playbooks: the agent, too.
ALONE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
SEQUENCE = ("cleanup", "prepare", "converge", "idempotence", "verify", "cleanup")


@pytest.mark.parametrize(("scenario", "verified"), [("files", False), ("agent", True)])
def test_the_scenarios_of_the_guide(scenario: str, verified: bool, tmp_path: Path) -> None:
    write_project(tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/consul").symlink_to(consul_binary())
    folder = tmp_path / "molecule" / scenario
    settings = yaml.safe_load((folder / "molecule.yml").read_text(encoding="utf-8"))
    playbooks = [playbook for step in SEQUENCE if (playbook := playbook_of(step, folder, settings)) is not None]

    result = run_playbook(
        tmp_path,
        playbooks[-1],
        arguments=[str(playbook) for playbook in playbooks[:-1]],
        inventory=inventory_of(settings),
        environment={
            "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "ephemeral"),
            "PATH": f"{tmp_path / 'bin'}:{ansible_environment(tmp_path)['PATH']}",
        },
        through=[*own_network(), *ALONE],
    ).ok()

    first, second = [task for task in result.tasks if task.action == "registrar.consul.service_definitions"]
    assert (first.changed, second.changed) == (True, False)
    assert first.result["reload"]["verified"] is verified
    assert ("Nobody was told to reload" in result.stderr) is not verified


def test_no_other_page_has_files_of_a_project() -> None:
    """Nothing would run them."""
    assert [page for page in pages() if page != GUIDE and any(block.caption for block in blocks(page))] == []


def playbook_of(step: str, folder: Path, settings: dict[str, Any]) -> Path | None:
    """What Molecule takes for a step: nothing where there is no file."""
    name = "converge" if step == "idempotence" else step
    path = folder / settings["provisioner"]["playbooks"].get(name, f"{name}.yml")
    return path.resolve() if path.exists() else None


def inventory_of(settings: dict[str, Any]) -> dict[str, Any]:
    """The inventory that Molecule makes of a scenario's settings."""
    options = settings["driver"]["options"]["ansible_connection_options"]
    inventory: dict[str, Any] = {"all": {"hosts": {}, "vars": settings["provisioner"]["inventory"]["group_vars"]["all"], "children": {}}}
    for platform in settings["platforms"]:
        inventory["all"]["hosts"][platform["name"]] = options
        for group in platform["groups"]:
            inventory["all"]["children"].setdefault(group, {"hosts": {}})["hosts"][platform["name"]] = {}
    return inventory
