# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to fleets shows what the playbook says and draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._rules import fleet
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import entered
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import blocks
from ansible_collections.registrar.consul.tests.support.runs.fleet import fleet_files
from ansible_collections.registrar.consul.tools.fleet_pictures import EXAMPLE, LARGE, PAGE, PICTURES, SMALL, large_fleet, made_from

GUIDE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_whole.rst"
MAPS = {block.place: block.text for block in blocks(PAGE) if block.language == "mermaid"}
AGAIN = "run tools/fleet_pictures.py"


@pytest.mark.parametrize(
    ("name", "inventory", "drawn"),
    [(name, inventory, drawn) for (name, inventory), drawn in zip(((SMALL, ""), (LARGE, large_fleet())), MAPS.values(), strict=True)],
    ids=[SMALL, LARGE],
)
def test_the_maps_are_those_of_the_playbook(name: str, inventory: str | Mapping[str, Any], drawn: str, tmp_path: Path) -> None:
    files = fleet_files(tmp_path, inventory or EXAMPLE.read_text(encoding="utf-8"))
    assert files["fleet.mmd"] == drawn, AGAIN
    assert (PICTURES / f"{name}.svg").read_text(encoding="utf-8").endswith(made_from(files["fleet.dot"])), AGAIN
    if name == SMALL:
        shown = next(block.text for block in blocks(GUIDE) if block.language == "text")
        assert files["fleet.txt"].strip() == shown.strip()


def test_every_rule_of_fleets_is_in_the_guide() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert [rule for rule in entered([fleet]) if f"``{rule}``" not in text] == []
