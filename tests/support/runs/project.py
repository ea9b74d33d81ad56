# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The project of the guide to Molecule, as a reader has it who copies its files: ``python -m ….project DIRECTORY``."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import blocks

GUIDE = REPOSITORY / "docs" / "docsite" / "rst" / "guide_molecule.rst"


def write_project(directory: Path) -> None:
    """Write the files of the page, each under its caption."""
    for block in blocks(GUIDE):
        if block.caption:
            path = directory / block.caption
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")


if __name__ == "__main__":
    write_project(Path(sys.argv[1]))
