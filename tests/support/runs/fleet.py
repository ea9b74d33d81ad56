# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that the playbook ``registrar.consul.fleet`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook


def fleet_files(workdir: Path, inventory: str | Mapping[str, Any]) -> dict[str, str]:
    """Run the playbook on an inventory, and return its files by name."""
    settings = {"consul_fleet_directory": str(workdir / "map"), "consul_fleet_fail_on": "never"}
    run_playbook(workdir, "registrar.consul.fleet", inventory=inventory, extra_vars=settings).ok()
    return {path.name: path.read_text(encoding="utf-8") for path in (workdir / "map").iterdir()}
