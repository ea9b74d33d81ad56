# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tests are asked about a change in a room: those that are quick, and then, if they notice nothing, those with agents."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

TARGET, CONTROLLER = "plugins/module_utils", "plugins/plugin_utils"


@dataclass(frozen=True)
class Room:
    folder: str
    # Folders below tests/unit, and files in tests/integration_agent: those that would notice most come first.
    quick: tuple[str, ...]
    slow: tuple[str, ...]

    def sources(self, tree: Path) -> list[str]:
        """Return the files of the room, less what is generated."""
        files = sorted((tree / self.folder).glob("*.py"))
        return [str(file.relative_to(tree)) for file in files if "# Generated from" not in file.read_text(encoding="utf-8")]

    def quick_tests(self, tree: Path, source: str) -> list[str]:
        """Return the test files without agents, that of the source first."""
        files = [file for folder in self.quick for file in sorted((tree / "tests/unit" / folder).rglob("test_*.py"))]
        files.sort(key=lambda file: file.name != f"test_{Path(source).name}")
        return [str(file.relative_to(tree)) for file in files]

    def slow_tests(self) -> list[str]:
        return [f"tests/integration_agent/test_{name}.py" for name in self.slow]


# Those that carry the promise. In the order in which they are told.
ROOMS = {
    "_files": Room(
        f"{TARGET}/_files", ("plugins/module_utils/_files", "plugins/module_utils/_write"), ("writing", "installed_collection", "faults")
    ),
    "_definition": Room(
        f"{TARGET}/_definition",
        (
            "plugins/module_utils/_definition",
            "plugins/plugin_utils/_survey",
            "plugins/module_utils/_write",
            "plugins/plugin_utils/_convert",
            "both_sides",
        ),
        ("info", "audit", "agent_reload", "adopt"),
    ),
    "_agent": Room(
        f"{TARGET}/_agent",
        ("plugins/module_utils/_agent", "plugins/module_utils/_reload"),
        ("agent_access", "agent_reload", "agent_catalog", "info"),
    ),
    "_write": Room(f"{TARGET}/_write", ("plugins/module_utils/_write", "both_sides"), ("writing", "preflight", "refusals")),
    "_reload": Room(
        f"{TARGET}/_reload",
        ("plugins/module_utils/_reload",),
        ("agent_reload", "agent_rollback", "agent_access", "agent_catalog", "reload_faults"),
    ),
    "_health": Room(
        f"{TARGET}/_health", ("plugins/module_utils/_health", "plugins/module_utils/_reload"), ("wait_healthy", "reload_faults")
    ),
    "_judge": Room(
        f"{CONTROLLER}/_judge", ("plugins/plugin_utils/_judge", "plugins/test", "plugins/filter"), ("template_plugins", "writing")
    ),
    "_rules": Room(
        f"{CONTROLLER}/_rules",
        ("plugins/plugin_utils/_rules", "plugins/plugin_utils/_judge", "plugins/test"),
        ("refusals", "audit", "preflight"),
    ),
}
