# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what follows from the schema and the rules: ``generate.py [--check]``.

With --check it only looks, and the exit status is 1 when a file is not what it would be.
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
    from ansible_collections.registrar.consul.tools.generators import (
        casing_page,
        editor_schema,
        field_facts,
        fields_page,
        rules_page,
        service_fields,
    )

    generators: tuple[Callable[[], dict[str, str]], ...] = (
        casing_page.outputs,
        editor_schema.outputs,
        field_facts.outputs,
        fields_page.outputs,
        rules_page.outputs,
        service_fields.outputs,
    )
    return {path: text for generator in generators for path, text in generator().items()}


def stale(wanted: dict[str, str]) -> list[str]:
    """Return the paths of files that are not what they would be, or should not be there at all."""
    return [path for path, text in wanted.items() if _content(REPOSITORY / path) != text] + _left_over(wanted)


def _left_over(wanted: dict[str, str]) -> list[str]:
    """Return files in folders of which all is generated."""
    folders = (REPOSITORY / "docs" / "schema", REPOSITORY / "docs" / "reference")
    found = (str(path.relative_to(REPOSITORY)) for folder in folders for path in sorted(folder.glob("*")))
    return [path for path in found if path not in wanted]


def _content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    _make_importable()
    only_look = "--check" in arguments
    wanted = outputs()
    changed = stale(wanted)
    for path in changed:
        if not only_look:
            _write(REPOSITORY / path, wanted.get(path))
        print(f"{path} is not what the schema and the rules say: run make generate" if only_look else path)
    return 1 if only_look and changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
