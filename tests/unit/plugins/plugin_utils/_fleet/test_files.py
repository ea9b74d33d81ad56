# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a report."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.plugin_utils._fleet import files
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.files import write_files


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert write_files(folder, {"x": "ä\n", "y": "1"}, only_look=True) == ["x", "y"]
    assert not folder.exists()
    assert write_files(folder, {"x": "ä\n", "y": "1"}, only_look=False) == ["x", "y"]
    assert write_files(folder, {"x": "ä\n", "y": "2"}, only_look=False) == ["y"]
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == {"x": "ä\n", "y": "2"}
    assert stat.S_IMODE((folder / "x").stat().st_mode) & 0o600 == 0o600


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x").write_text("old", encoding="utf-8")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fchmod", full)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path, {"x": "new"}, only_look=False)
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("x", "old")]


def test_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    assert write_files(tmp_path, {"x": "new"}, only_look=False) == ["x"]
