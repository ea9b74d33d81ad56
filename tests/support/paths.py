# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in a checkout."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
CACHE = REPOSITORY / ".cache"
# A collection can only be imported from a path that ends in ansible_collections/<namespace>/<name>.
TREE = CACHE / "tree"


def ensure_tree() -> Path:
    """Make the checkout importable as a collection, and return the folder to put on the search paths."""
    link = TREE / "ansible_collections" / "registrar" / "consul"
    link.parent.mkdir(parents=True, exist_ok=True)
    try:
        link.symlink_to(Path("../../../.."), target_is_directory=True)
    except FileExistsError:
        if link.resolve() != REPOSITORY:
            raise RuntimeError(f"{link} leads to {link.resolve()}, not to this checkout. Remove it and try again.") from None
    return TREE


def python_path(*folders: Path) -> str:
    """Return the PYTHONPATH for a further process: these folders and the ansible-core of this one, which ansible-test has elsewhere."""
    found = find_spec("ansible")
    assert found is not None
    assert found.origin is not None
    return os.pathsep.join(map(str, [*folders, Path(found.origin).parents[1]]))
