# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned for one file, by what is there and what is wanted; whole runs are in the tests of the writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir, FileState, digest_of
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned
from ansible_collections.registrar.consul.plugins.module_utils._files.plan import Plan, Wanted, plan

OLD, NEW = b"{}", b'{"a": 1}'


class Owners:
    """Gives every file to 1:2, and keeps what it was told of the owner until now."""

    def __init__(self, fits: bool = True) -> None:
        self._fits = fits
        self.asked: list[bool] = []

    def fits(self, _state: FileState) -> bool:
        return self._fits

    def state(self, digest: str, ours: FileState | None) -> FileState:
        self.asked.append(ours is not None)
        return FileState(digest, 0o640, 1, 2)


def planned(
    tmp_path: Path, there: bytes | None, wanted: bytes | None, owned: bytes | None, owners: Owners | None = None, **options: Any
) -> Plan:
    if there is not None:
        (tmp_path / "a.json").write_bytes(there)
    manifest = {"a.json": Owned("set:web", digest_of(owned), ["web"])} if owned is not None else {}
    with ConfigDir(str(tmp_path)) as directory:
        asked: Any = owners or Owners()
        return plan(directory, Wanted("set:web", {"a.json": wanted}, {"a.json": ["web"]}, **options), manifest, asked)


@pytest.mark.parametrize(
    ("there", "wanted", "owned", "action", "keeps_owner"),
    [
        (None, NEW, None, "created", False),
        (OLD, NEW, None, "adopted", False),
        (OLD, NEW, OLD, "updated", True),
        (None, NEW, OLD, "created", False),
        (None, NEW, NEW, "repaired", False),
        (OLD, NEW, NEW, "repaired", True),
    ],
)
def test_what_is_written(tmp_path: Path, there: bytes | None, wanted: bytes, owned: bytes | None, action: str, keeps_owner: bool) -> None:
    owners = Owners()
    found = planned(tmp_path, there, wanted, owned, owners, adopt=True)
    assert owners.asked == [keeps_owner]
    (change,) = found.changes
    assert (change.action, change.old, change.new, change.before is not None) == (action, there, wanted, there is not None)
    assert change.after == (digest_of(wanted), 0o640, 1, 2)
    assert change.owned == Owned("set:web", digest_of(wanted), ["web"], [], [])


@pytest.mark.parametrize(("there", "owned", "removed"), [(OLD, OLD, True), (None, OLD, True), (OLD, None, True), (None, None, False)])
def test_what_is_removed(tmp_path: Path, there: bytes | None, owned: bytes | None, removed: bool) -> None:
    found = planned(tmp_path, there, None, owned, adopt=True)
    assert [(change.action, change.after, change.new, change.owned) for change in found.changes] == (
        [("removed", None, None, None)] if removed else []
    )


def test_what_is_as_wanted_is_left(tmp_path: Path) -> None:
    assert planned(tmp_path, NEW, NEW, NEW) == ([], [], [])
    found = planned(tmp_path, NEW, NEW, NEW, Owners(fits=False))
    assert ([change.action for change in found.changes], found.drift) == (["repaired"], [{"file": "a.json", "what": "permissions"}])


@pytest.mark.parametrize(
    ("there", "wanted", "fits", "actions", "rules"),
    [
        (OLD, NEW, True, [], ["file-edited"]),
        (None, NEW, True, [], ["file-deleted"]),
        (NEW, NEW, False, [], ["file-permissions"]),
        (NEW, OLD, False, ["updated"], []),
        (NEW, None, False, ["removed"], []),
        (None, None, True, ["removed"], []),
        (OLD, OLD, True, ["updated"], []),
        (OLD, None, True, [], ["file-edited"]),
        (b"else", OLD, True, [], ["file-edited"]),
    ],
)
def test_drift_that_is_only_told(
    tmp_path: Path, there: bytes | None, wanted: bytes | None, fits: bool, actions: list[str], rules: list[str]
) -> None:
    found = planned(tmp_path, there, wanted, NEW, Owners(fits), repair=False)
    assert ([change.action for change in found.changes], [finding["rule"] for finding in found.findings]) == (actions, rules)
    assert len(found.drift) == 1
    assert {finding["severity"] for finding in found.findings} <= ({"warning"} if wanted == NEW else {"error"})
    said = {"file-edited": "was edited by hand", "file-deleted": "was deleted by hand", "file-permissions": "has other permissions than"}
    assert all(finding["message"].startswith(said[finding["rule"]]) for finding in found.findings)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [(NEW, "exists, and was not written by this collection."), (OLD, "by this collection; its content is the wanted one.")],
)
def test_a_file_of_nobody_is_not_taken(tmp_path: Path, wanted: bytes, words: str) -> None:
    found = planned(tmp_path, OLD, wanted, None)
    assert ([finding["rule"] for finding in found.findings], found.changes) == (["file-not-ours"], [])
    assert found.findings[0]["message"].endswith(words)
