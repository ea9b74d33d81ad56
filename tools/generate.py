# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes everything that follows from the schema and the rules: ``generate.py``, or ``generate.py --check`` to only look.

With --check the exit status is 1 when a file is not what it would be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def _make_importable() -> None:
    """The one step that cannot be imported: tests/support/paths.py knows how, but is itself part of the collection."""
    sys.path.insert(0, str(REPOSITORY / "tests"))
    from support.paths import ensure_tree

    sys.path[0] = str(ensure_tree())


def outputs() -> dict[str, str]:
    """Return the texts of all generated files by their paths in the repository."""
    from ansible_collections.registrar.consul.tools.generators import casing_page, field_facts, service_fields

    generators: tuple[Callable[[], dict[str, str]], ...] = (casing_page.outputs, field_facts.outputs, service_fields.outputs)
    return {path: text for generator in generators for path, text in generator().items()}


def stale(wanted: dict[str, str]) -> list[str]:
    """Return the paths of the files that are not what they would be."""
    return [path for path, text in wanted.items() if _content(REPOSITORY / path) != text]


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(arguments: list[str]) -> int:
    _make_importable()
    wanted = outputs()
    changed = stale(wanted)
    if arguments == ["--check"]:
        for path in changed:
            print(f"{path} is not what the schema and the rules say: run make generate")
        return 1 if changed else 0
    for path in changed:
        (REPOSITORY / path).parent.mkdir(parents=True, exist_ok=True)
        (REPOSITORY / path).write_text(wanted[path], encoding="utf-8")
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
