# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commit, recover, restore, verified: what they leave behind. Crashes and refusals are in the integration tests."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any, Iterator

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._clock import now
from ansible_collections.registrar.consul.plugins.module_utils._files import durable, transaction
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir, FileState, digest_of, state_of
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import Journal, load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned, load_manifest, save_manifest
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import (
    Change,
    commit,
    note_told,
    recover,
    restore,
    told_contents,
    verified,
    verified_contents,
)
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, Unfinished
from ansible_collections.registrar.consul.tests.support.faults.calls import recording


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[ConfigDir]:
    with ConfigDir(str(tmp_path)) as opened:
        yield opened


def change(directory: ConfigDir, name: str, new: bytes | None, mode: int = 0o640) -> Change:
    content = directory.read(name)
    before = None if content is None else state_of(content)
    old = None if content is None else content.data
    if new is None:
        return Change(name, "removed", before, old, None, None, None)
    after = FileState(digest_of(new), mode, os.getuid(), os.getgid())
    return Change(name, "updated", before, old, after, new, Owned("set:web", after.digest, ["web"]))


def put(directory: ConfigDir, **files: bytes | None) -> Journal | None:
    return commit(directory, [change(directory, f"{name}.json", new) for name, new in files.items()], "a test")


def files(directory: ConfigDir) -> dict[str, bytes]:
    return {name: Path(directory.place(name)).read_bytes() for name in directory.names()}


def state_files(directory: ConfigDir) -> set[str]:
    root = Path(directory.place(".registrar"))
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_a_commit_writes_the_files_and_says_whose_they_are(directory: ConfigDir) -> None:
    put(directory, a=b"1", b=b"2")

    assert files(directory) == {"a.json": b"1", "b.json": b"2"}
    assert stat.S_IMODE(os.stat(directory.place("a.json")).st_mode) == 0o640
    assert load_manifest(directory)["a.json"] == Owned("set:web", digest_of(b"1"), ["web"], [], [])


def test_a_commit_waits_in_the_journal_with_its_moment(directory: ConfigDir) -> None:
    before = now()

    journal = put(directory, a=b"1")

    assert journal == load_journal(directory)
    assert journal is not None
    assert journal.reason == "a test"
    assert journal.committed.boot_id == before.boot_id
    assert journal.committed.uptime >= before.uptime
    assert journal.files["a.json"].before is None


def test_the_oldest_verified_state_stays_the_one_to_go_back_to(directory: ConfigDir) -> None:
    put(directory, a=b"verified")
    verified(directory)

    put(directory, a=b"first", b=b"new")
    put(directory, a=b"second")
    put(directory, b=None)
    journal = load_journal(directory)

    assert journal is not None
    assert verified_contents(directory, journal) == {"a.json": b"verified", "b.json": None}
    assert restore(directory, "the agent refused it") == ["a.json", "b.json"]
    assert files(directory) == {"a.json": b"verified"}


def test_what_is_restored_waits_to_be_verified_as_well(directory: ConfigDir) -> None:
    put(directory, a=b"1")
    verified(directory)
    put(directory, a=b"2")

    restore(directory, "the agent refused it")
    journal = load_journal(directory)

    assert journal is not None
    assert journal.reason == "the agent refused it"
    assert journal.files["a.json"].before == journal.files["a.json"].after
    assert load_manifest(directory)["a.json"].digest == digest_of(b"1")
    assert restore(directory, "once more") == ["a.json"]
    assert files(directory) == {"a.json": b"1"}


def test_a_restored_file_has_its_old_mode_and_its_old_owner_in_the_manifest(directory: ConfigDir) -> None:
    foreign = Path(directory.place("a.json"))
    foreign.write_bytes(b"foreign")
    foreign.chmod(0o604)

    put(directory, a=b"adopted")
    assert "a.json" in load_manifest(directory)
    restore(directory, "the agent refused it")

    assert foreign.read_bytes() == b"foreign"
    assert stat.S_IMODE(foreign.stat().st_mode) == 0o604
    assert load_manifest(directory) == {}


def test_verified_forgets_everything_but_the_files(directory: ConfigDir) -> None:
    put(directory, a=b"1")
    put(directory, a=b"2")

    verified(directory)

    assert load_journal(directory) is None
    assert state_files(directory) == {"manifest.json"}
    assert files(directory) == {"a.json": b"2"}
    assert restore(directory, "nothing to restore") == []


def test_a_damaged_backup_is_made_anew(directory: ConfigDir) -> None:
    put(directory, a=b"1")
    put(directory, b=b"b")
    damaged = Path(directory.place(f".registrar/backup/{digest_of(b'1')}"))
    verified(directory)
    for damage in (lambda: damaged.write_bytes(b"half"), lambda: damaged.symlink_to("x")):
        damaged.unlink(missing_ok=True)
        damage()

        put(directory, a=b"2")
        restore(directory, "the agent refused it")

        assert files(directory)["a.json"] == b"1"


def test_a_missing_backup_is_said_and_nothing_is_restored(directory: ConfigDir) -> None:
    put(directory, a=b"1", b=b"1b")
    verified(directory)
    put(directory, a=b"2", b=b"2b")
    os.unlink(directory.place(f".registrar/backup/{digest_of(b'1b')}"))

    with pytest.raises(Refused, match="its kept content is gone"):
        restore(directory, "the agent refused it")

    assert files(directory) == {"a.json": b"2", "b.json": b"2b"}


def test_a_file_that_is_edited_meanwhile_stops_the_commit_and_stays(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    put(directory, a=b"1", b=b"1")
    verified(directory)
    changes = [change(directory, "a.json", b"2"), change(directory, "b.json", b"2"), change(directory, "c.json", b"2")]
    Path(directory.place("b.json")).write_bytes(b"by hand")

    with pytest.raises(Refused, match=r"changed b\.json while this task ran"):
        commit(directory, changes, "a test")

    assert files(directory) == {"a.json": b"1", "b.json": b"by hand"}
    assert load_journal(directory) is None
    assert load_manifest(directory)["a.json"].digest == digest_of(b"1")


def test_a_file_that_becomes_something_else_meanwhile_stops_the_commit_as_well(directory: ConfigDir) -> None:
    put(directory, a=b"1", b=b"1")
    verified(directory)
    changes = [change(directory, "a.json", b"2"), change(directory, "b.json", b"2")]
    os.unlink(directory.place("a.json"))
    os.symlink("/etc/hostname", directory.place("a.json"))

    with pytest.raises(Refused, match=r"a\.json: is a symbolic link, not a file\. Remove it") as refused:
        commit(directory, changes, "a test")

    assert not isinstance(refused.value, Unfinished)
    assert Path(directory.place("b.json")).read_bytes() == b"1"
    assert (load_journal(directory), load_manifest(directory)["b.json"].digest) == (None, digest_of(b"1"))


def test_what_cannot_be_recovered_may_be_half_there(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "_apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(directory, a=b"2", b=b"2")
    monkeypatch.undo()
    os.mkdir(directory.place("a.json"))

    with pytest.raises(Unfinished, match="is a directory, not a file") as refused:
        recover(directory)

    assert [finding["rule"] for finding in refused.value.findings] == ["not-a-file", "commit-unfinished"]


def test_a_commit_whose_staged_files_are_taken_away_is_none(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = transaction._apply

    def robbed(*arguments: Any) -> Any:
        for staged in Path(directory.place(".registrar/stage")).iterdir():
            staged.unlink()
        return apply(*arguments)

    monkeypatch.setattr(transaction, "_apply", robbed)
    with pytest.raises(Refused, match=r"changed a\.json while this task ran"):
        put(directory, a=b"1")
    assert (files(directory), load_journal(directory)) == ({}, None)


def test_a_refused_commit_leaves_an_earlier_journal_as_it_was(directory: ConfigDir) -> None:
    earlier = put(directory, a=b"1")
    changes = [change(directory, "a.json", b"2"), change(directory, "b.json", b"2")]
    Path(directory.place("b.json")).write_bytes(b"by hand")

    with pytest.raises(Refused):
        commit(directory, changes, "a test")

    journal = load_journal(directory)
    assert journal is not None
    assert earlier is not None
    assert journal.files == earlier.files
    assert journal.reason == earlier.reason
    assert files(directory) == {"a.json": b"1", "b.json": b"by hand"}


def test_new_files_come_before_old_ones_go(directory: ConfigDir) -> None:
    put(directory, bundle=b"1", kept=b"1")

    with recording() as calls:
        put(directory, bundle=None, web=b"2", api=b"2", kept=b"2")

    names = [arguments[-1] for name, arguments in calls if name in ("rename", "unlink")]
    assert [name for name in names if name.endswith(".json") and name not in ("journal.json", "manifest.json")] == [
        "web.json",
        "api.json",
        "kept.json",
        "bundle.json",
    ]


def test_nothing_takes_its_place_before_it_is_on_disk(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    renamed: list[str] = []
    real_fsync, real_rename = os.fsync, os.rename

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real_fsync(descriptor)

    def rename(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        source = os.readlink(f"/proc/self/fd/{src_dir_fd}")
        assert f"{source}/{old}" in synced
        assert new in ("journal.json", "manifest.json") or source in synced
        renamed.append(new)
        synced.remove(f"{source}/{old}")
        real_rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    put(directory, a=b"1")
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "rename", rename)

    put(directory, a=b"2", b=b"2")

    assert renamed == ["journal.json", "b.json", "a.json", "manifest.json", "journal.json"]
    # The old content is kept on disk as well before the journal relies on it.
    assert directory.place(f".registrar/backup/{digest_of(b'1')}") in synced
    assert directory.path in synced


def test_no_name_that_an_agent_would_read_is_ever_there_for_a_while(directory: ConfigDir) -> None:
    with recording() as calls:
        put(directory, a=b"1")
        put(directory, a=b"2")

    created = [arguments[0] for name, arguments in calls if name == "open"]
    assert created
    assert not [name for name in created if name.endswith((".json", ".hcl"))]


def test_an_interrupted_commit_is_finished(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    put(directory, a=b"1", old=b"1")
    monkeypatch.setattr(transaction, "_apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(directory, a=b"2", b=b"2", old=None)
    monkeypatch.undo()

    journal = recover(directory)

    assert files(directory) == {"a.json": b"2", "b.json": b"2"}
    assert journal == load_journal(directory)
    assert journal is not None
    assert journal.intent is None
    assert set(load_manifest(directory)) == {"a.json", "b.json"}


def test_recovery_leaves_alone_what_was_edited_since(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    put(directory, a=b"1", b=b"1")
    monkeypatch.setattr(transaction, "_apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(directory, a=b"2", b=b"2")
    monkeypatch.undo()
    Path(directory.place("a.json")).write_bytes(b"by hand")

    recover(directory)

    assert files(directory) == {"a.json": b"by hand", "b.json": b"2"}
    assert load_manifest(directory)["a.json"].digest == digest_of(b"2")


def interrupted(*_arguments: object) -> list[str]:
    raise KeyboardInterrupt


def test_nothing_to_recover(directory: ConfigDir) -> None:
    assert recover(directory) is None
    journal = put(directory, a=b"1")
    assert recover(directory) == journal


def test_the_label_is_asked_for_while_the_file_is_staged(directory: ConfigDir) -> None:
    labelled: list[tuple[str, str]] = []

    def label(staged: str, final: str) -> None:
        assert Path(staged).read_bytes() == b"1"
        assert not Path(final).exists()
        labelled.append((os.path.dirname(staged), final))

    commit(directory, [change(directory, "a.json", b"1")], "a test", label)

    assert labelled == [(directory.place(".registrar/stage"), directory.place("a.json"))]


@pytest.mark.parametrize("name", ["journal.json", "manifest.json"])
@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"null", b'{"version": 0}', b'{"version": 1}', b'{"version": 1, "files": {"a": 1}}'])
def test_a_damaged_state_is_named_with_its_remedy(directory: ConfigDir, name: str, damage: bytes) -> None:
    put(directory, a=b"1")
    Path(directory.place(f".registrar/{name}")).write_bytes(damage)

    load = load_journal if name == "journal.json" else load_manifest
    with pytest.raises(Refused, match=f"{name}: is damaged. Remove it") as refused:
        load(directory)

    assert [finding["rule"] for finding in refused.value.findings] == ["state-damaged"]


def test_a_state_of_a_newer_version_is_not_called_damaged(directory: ConfigDir) -> None:
    put(directory, a=b"1")
    Path(directory.place(".registrar/manifest.json")).write_bytes(b'{"version": 2, "files": 7}')

    with pytest.raises(Refused, match=r"newer version of this collection\. Update the collection") as refused:
        load_manifest(directory)

    assert [finding["rule"] for finding in refused.value.findings] == ["state-newer"]


def test_what_was_healthy_is_noted_once_and_stays_until_all_is_verified(directory: ConfigDir) -> None:
    """Whoever looks later sees what the change has made of it."""
    assert note_told(directory, ["a"]) is None
    put(directory, a=b"1")

    journal = note_told(directory, ["c", "b"])
    assert journal is not None
    assert journal.healthy == ("b", "c")
    assert load_journal(directory) == journal == note_told(directory, ["d"])
    put(directory, b=b"1")
    restore(directory, "the agent refused it")

    journal = load_journal(directory)
    assert journal is not None
    assert journal.healthy == ("b", "c")


def test_what_the_agent_was_told_to_load_is_known_until_all_is_verified(directory: ConfigDir) -> None:
    """It may have it, whatever has become of the files since."""
    put(directory, a=b"1", b=b"1")
    for _again in range(2):
        noted = note_told(directory, None)
    assert noted is not None
    assert noted == load_journal(directory)
    assert (len(noted.files["a.json"].told), noted.healthy) == (1, None)
    put(directory, a=b"2")  # never told
    put(directory, a=b"3", b=None)
    journal = note_told(directory, None)
    assert journal is not None
    assert sorted(told_contents(directory, journal)) == [("a.json", b"1"), ("b.json", b"1")]

    restore(directory, "the agent refused it")

    journal = load_journal(directory)
    assert journal is not None
    assert sorted(told_contents(directory, journal)) == [("a.json", b"1"), ("a.json", b"3"), ("b.json", b"1")]
    verified(directory)
    assert note_told(directory, None) is None


def test_all_that_the_manifest_says_of_a_file_is_kept(directory: ConfigDir) -> None:
    every = Owned("file:x", "digest", ["web"], ["a.b"], [["service", "meta"]], {"web": 21000})
    directory.create_state()
    for owned in (every, every._replace(ports=None), every._replace(ports=None, secret_places=[]), Owned("set:x", "d", [])):
        save_manifest(directory, {"x.json": owned})
        loaded = load_manifest(directory)["x.json"]
        assert (loaded.ports, list(loaded.secret_places), list(loaded.unchecked)) == (
            owned.ports,
            list(owned.secret_places),
            list(owned.unchecked),
        )
        assert loaded[:3] == owned[:3]


@pytest.mark.parametrize("failing", ["journal.json", "manifest.json"])
def test_what_the_system_refuses_half_way_is_undone(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    earlier = put(directory, a=b"1", gone=b"1")
    labelled: list[str] = []
    real_replace, refused = durable.replace, []

    def replace(parent: int, name: str, data: bytes) -> None:
        if name == failing and not refused:
            refused.append(name)
            raise OSError(errno.ENOSPC, "No space left on device")
        real_replace(parent, name, data)

    monkeypatch.setattr(durable, "replace", replace)
    changes = [change(directory, f"{name}.json", new) for name, new in (("a", b"2"), ("gone", None), ("new", b"2"))]
    with pytest.raises(Refused, match=r"No space left on device\. Nothing that the agent reads has changed") as said:
        commit(directory, changes, "a test", lambda _staged, final: labelled.append(os.path.basename(final)))

    assert files(directory) == {"a.json": b"1", "gone.json": b"1"}
    journal = load_journal(directory)
    assert journal is not None
    assert earlier is not None
    assert (journal.files, journal.reason, journal.intent) == (earlier.files, earlier.reason, None)
    assert set(load_manifest(directory)) == {"a.json", "gone.json"}
    assert said.value.findings[0]["hint"].startswith("Make room")
    assert labelled == ["a.json", "new.json", *(["a.json", "gone.json"] if failing == "manifest.json" else [])]


def test_what_can_neither_be_finished_nor_undone_is_said_to_be_so(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    put(directory, a=b"1")
    monkeypatch.setattr(transaction, "save_manifest", fail)
    with pytest.raises(Unfinished, match=r"could not be finished: Read-only file system\. Some files may be new and others old"):
        put(directory, a=b"2")
    with pytest.raises(Unfinished):
        recover(directory)
    monkeypatch.undo()
    assert recover(directory) is not None
    assert files(directory) == {"a.json": b"1"}


def test_what_was_kept_goes_only_after_the_journal_is_gone_for_good(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a crash in between there would be a journal without its backups."""
    put(directory, a=b"1")
    put(directory, a=b"2")
    done: list[str] = []
    real_remove, real_fsync = durable.remove, os.fsync

    def remove(parent: int, name: str) -> None:
        done.append("journal" if name == "journal.json" else "kept")
        real_remove(parent, name)

    def fsync(descriptor: int) -> None:
        done.append("sync")
        real_fsync(descriptor)

    monkeypatch.setattr(durable, "remove", remove)
    monkeypatch.setattr(os, "fsync", fsync)
    verified(directory)
    assert done == ["journal", "sync", "kept"]


def test_what_was_staged_and_is_gone_is_not_missed_by_a_recovery(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "_apply", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(directory, a=b"1")
    monkeypatch.undo()
    for staged in Path(directory.place(".registrar/stage")).iterdir():
        staged.unlink()

    journal = recover(directory)

    assert files(directory) == {}
    assert journal is not None
    assert journal.intent is None


def test_where_the_moment_is_not_known_no_process_has_started_since(directory: ConfigDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise FileNotFoundError("/proc/uptime")

    monkeypatch.setattr(transaction, "now", fail)
    journal = put(directory, a=b"1")
    assert journal is not None
    assert journal.committed == ("", 0.0)
