# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tags that wait to be put back, and what is said where they cannot be kept."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files import durable
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.kept_tags import load_tags, save_tags
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused


def test_what_is_saved_is_there_until_nothing_waits(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        save_tags(directory, {})
        assert (load_tags(directory), directory.has_state) == ({}, False)
        save_tags(directory, {"web": ("", "web", ["a"], "b")})
        assert load_tags(directory) == {"web": ["", "web", ["a"], "b"]}
        save_tags(directory, {})
        assert load_tags(directory) == {}
        assert list((tmp_path / ".registrar").iterdir()) == []


def test_what_cannot_be_kept_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(durable, "replace", fail)
    with ConfigDir(str(tmp_path)) as directory, pytest.raises(Refused) as refused:
        save_tags(directory, {"web": (["a"], ["b"])})
    (finding,) = refused.value.findings
    assert finding["path"] == str(tmp_path / ".registrar/tags.json")
    assert finding["message"] == "cannot be written (No space left on device)."
    assert finding["hint"].startswith("Make room")
