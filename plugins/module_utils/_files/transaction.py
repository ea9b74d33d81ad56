# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commit, finish, undo, restore: how files change together.

Before the journal is on disk nothing has happened; from then on the change is decided, and whoever comes next finishes it. So a
crash at any instruction leaves, after the next look, exactly the old files or exactly the new ones. Hold the lock for all of it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import Callable, Iterable, Iterator, NamedTuple

from .._clock import Clock, now
from .._findings import Finding, Refused, Unfinished, error, render
from . import durable
from .config_dir import (
    BACKUP,
    STAGE,
    STATE,
    ConfigDir,
    FileState,
    remedy,
    state_of,
    system_refused,
)
from .journal import (
    JOURNAL,
    Entry,
    Intent,
    Journal,
    Step,
    load_journal,
    save_journal,
)
from .manifest import Owned, load_manifest, save_manifest

# Gives a staged file the security label of the place it is meant for: (staged path, final path).
Label = Callable[[str, str], None]


class Change(NamedTuple):
    """What is to happen to one file. None is absent; `owned` is what the manifest says afterwards."""

    name: str
    action: str
    before: FileState | None
    old: bytes | None
    after: FileState | None
    new: bytes | None
    owned: Owned | None


def recover(directory: ConfigDir) -> Journal | None:
    """Finish a commit that was interrupted, and return what is unverified: None when nothing is.

    A file that was edited after the interruption is left alone: it shows as drift. Raises Refused.
    """
    journal = load_journal(directory)
    if journal is None or journal.intent is None:
        return journal
    try:
        return _finish(directory, journal, journal.intent)
    except (OSError, Refused) as problem:
        raise _unfinished(directory, problem) from problem


def commit(directory: ConfigDir, changes: list[Change], reason: str, label: Label | None = None) -> Journal | None:
    """Make the changes, all or none, and return the journal that now waits for a verified reload. Call recover first.

    Raises Refused when the system refuses something, or a file is edited at the same moment; the files are then as before,
    or the finding says that they are not.
    """
    earlier = load_journal(directory)
    manifest = load_manifest(directory)
    try:
        directory.create_state()
        _clean(directory, STAGE)
        _prepare(directory, changes, label)
    except OSError as problem:
        raise Refused(_nothing_changed(directory, problem)) from problem
    files = dict(earlier.files) if earlier else {}
    for change in changes:
        known = files.get(change.name) or Entry(change.before, None, manifest.get(change.name))
        files[change.name] = known._replace(after=change.after)
    owned = {**manifest, **{change.name: change.owned for change in changes}}
    intent = Intent(_steps(changes), {name: entry for name, entry in owned.items() if entry is not None})
    journal = Journal(files, _moment(), reason, intent, earlier.healthy if earlier else None)
    try:
        save_journal(directory, journal)
        return _finish(directory, journal, intent, insist=True)
    except Refused as problem:
        refused = problem
    except OSError as problem:
        refused = Refused(_nothing_changed(directory, problem))
    try:
        _undo(directory, changes, earlier, manifest, label)
    except (OSError, Refused) as problem:
        raise _unfinished(directory, problem) from problem
    raise refused


def restore(directory: ConfigDir, reason: str, label: Label | None = None) -> list[str]:
    """Put every unverified file back to its last verified state, and return the names. Call recover first.

    The journal stays, and so do the backups: call verified when the agent has confirmed the old state.
    Raises Refused when a kept content is missing or the system refuses; the files are then as before the call.
    """
    journal = load_journal(directory)
    if journal is None:
        return []
    commit(directory, [_back(directory, name, entry) for name, entry in journal.files.items()], reason, label)
    return sorted(journal.files)


def note_told(directory: ConfigDir, healthy: Iterable[str] | None) -> Journal | None:
    """Remember what the agent is about to be told to load, and return the journal.

    healthy are the checks that are so before; what a run before this one has noted of them holds. None where nobody waits for them.
    """
    journal = load_journal(directory)
    if journal is None:
        return None
    noted = journal._replace(files={name: _told(entry) for name, entry in journal.files.items()})
    if journal.healthy is None and healthy is not None:
        noted = noted._replace(healthy=tuple(sorted(healthy)))
    if noted != journal:
        save_journal(directory, noted)
    return noted


def verified(directory: ConfigDir) -> None:
    """The agent has loaded what is there: forget the journal, then what was kept to go back to."""
    durable.remove(directory.state, JOURNAL)
    os.fsync(directory.state)
    _clean(directory, BACKUP)
    _clean(directory, STAGE)


def close(directory: ConfigDir, warn: Callable[[str], None]) -> None:
    """The same after all has come out well: where the system refuses it, nothing is lost, and the next run looks again."""
    with _only_warned(directory, warn):
        verified(directory)


def forget(directory: ConfigDir, owner: str, names: Iterable[str], warn: Callable[[str], None]) -> None:
    """Do not wait for these files, nor for what else this owner has changed: somebody else tells the agent.

    What others have changed waits as before.
    """
    journal, manifest, told = load_journal(directory), load_manifest(directory), set(names)
    if journal is None:
        return
    left = {
        name: entry
        for name, entry in journal.files.items()
        if name not in told and not any(owned and owned.owner == owner for owned in (entry.owned_before, manifest.get(name)))
    }
    with _only_warned(directory, warn):
        if left:
            save_journal(directory, journal._replace(files=left))
        else:
            verified(directory)


def verified_contents(directory: ConfigDir, journal: Journal) -> dict[str, bytes | None]:
    """Return what the unverified files held when they were last verified; None is absent, or no longer known."""
    return {name: entry.before and directory.backup(entry.before.digest) for name, entry in journal.files.items()}


def told_contents(directory: ConfigDir, journal: Journal) -> Iterator[tuple[str, bytes]]:
    """Yield what the unverified files held since when the agent was told to load them (see note_told), and hold no more."""
    for name, entry in journal.files.items():
        for digest in entry.told:
            data = directory.backup(digest)
            if data is not None:
                yield name, data


def _told(entry: Entry) -> Entry:
    if entry.after is None or entry.after.digest in entry.told:
        return entry
    return entry._replace(told=(*entry.told, entry.after.digest))


@contextlib.contextmanager
def _only_warned(directory: ConfigDir, warn: Callable[[str], None]) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        found = render(system_refused(directory.place(STATE), problem))
        warn("What was noted of a change that is done could not be put away; the next run looks at it again. %s" % found)


def _back(directory: ConfigDir, name: str, entry: Entry) -> Change:
    before, old = directory.look(name)
    new = None if entry.before is None else directory.backup(entry.before.digest)
    if entry.before is not None and new is None:
        hint = "Put the file right by hand, and run the play again."
        raise Refused(error(directory.place(name), "backup-missing", "cannot be put back: its kept content is gone.", hint))
    return Change(name, "restored", before, old, entry.before, new, entry.owned_before)


def _prepare(directory: ConfigDir, changes: Iterable[Change], label: Label | None) -> None:
    """Keep the old contents and stage the new ones, durably. The waiting comes at the end, once for all."""
    kept, staged = [], []
    for change in changes:
        if change.before is not None and change.old is not None:
            kept.append(_keep(directory, change.before.digest, change.old))
        if change.after is not None and change.new is not None:
            staged.append(_stage(directory, change.name, change.after, change.new, label))
    for part, names in ((BACKUP, kept), (STAGE, staged)):
        for name in names:
            durable.sync_file(directory.part(part), name)
        os.fsync(directory.part(part))
    os.fsync(directory.state)


def _keep(directory: ConfigDir, digest: str, data: bytes) -> str:
    if directory.backup(digest) is None:
        durable.remove(directory.part(BACKUP), digest)
        durable.write_new(directory.part(BACKUP), digest, data)
    return digest


def _stage(directory: ConfigDir, name: str, state: FileState, data: bytes, label: Label | None) -> str:
    staged = _staged_name(name, state)
    part = directory.part(STAGE)
    durable.remove(part, staged)
    durable.write_new(part, staged, data, state.mode, (state.uid, state.gid))
    if label is not None:
        label(os.path.join(directory.place(STATE), STAGE, staged), directory.place(name))
    return staged


def _staged_name(name: str, state: FileState) -> str:
    """One name for each file and content, so that undoing a commit cannot spoil what finishing it would need."""
    return hashlib.sha256(repr((name, tuple(state))).encode("utf-8", "surrogateescape")).hexdigest()


def _finish(directory: ConfigDir, journal: Journal, intent: Intent, insist: bool = False) -> Journal | None:
    """Carry out an intent, from wherever it was left. With insist, raises Refused instead of passing over edited files."""
    edited = _apply(directory, intent.steps)
    if edited and insist:
        message = f"somebody else changed {', '.join(edited)} while this task ran; nothing was changed by the task."
        raise Refused(error(directory.path, "edited-meanwhile", message, "Run the play again."))
    os.fsync(directory.fd)
    save_manifest(directory, intent.manifest)
    if not journal.files:
        verified(directory)
        return None
    done = journal._replace(intent=None, committed=_moment())
    save_journal(directory, done)
    return done


def _apply(directory: ConfigDir, steps: dict[str, Step]) -> list[str]:
    """Rename and remove; return the files that are in neither state, since somebody else has edited them. Raises OSError and Refused.

    New files first, removals last: a service that moves from one file to another is at times in both (the agent keeps one of
    them), and never in none. Services come before the checks that are bound to them, and go after them: `check-` sorts before
    `service-`, so what comes does so from the end of the alphabet, and what goes from its beginning.
    """
    edited = []
    coming = sorted((name for name in steps if steps[name].after is not None), reverse=True)
    going = sorted(name for name in steps if steps[name].after is None)
    for name in [*sorted(coming, key=lambda name: steps[name].before is not None), *going]:
        before, after = steps[name]
        state, _data = directory.look(name)
        if state == after:
            continue
        if state != before:
            edited.append(name)
        elif after is None:
            os.unlink(name, dir_fd=directory.fd)
        elif not _put(directory, name, after):
            edited.append(name)
    return edited


def _put(directory: ConfigDir, name: str, state: FileState) -> bool:
    """Rename the staged content into its place; False when it is gone."""
    try:
        os.rename(_staged_name(name, state), name, src_dir_fd=directory.part(STAGE), dst_dir_fd=directory.fd)
    except FileNotFoundError:
        return False
    return True


def _undo(directory: ConfigDir, changes: list[Change], earlier: Journal | None, manifest: dict[str, Owned], label: Label | None) -> None:
    """Go back to the moment before the commit, the same way as forward. Raises OSError and Refused; what was decided last then holds."""
    if load_journal(directory) == earlier:
        return
    done = [change for change in changes if _holds(directory, change.name, change.after)]
    # The contents to come are not kept: nobody goes back to them.
    back = [change._replace(before=change.after, old=None, after=change.before, new=change.old) for change in done]
    _prepare(directory, back, label)
    base = earlier or Journal({}, _moment(), "")
    intent = Intent(_steps(back), manifest)
    save_journal(directory, base._replace(intent=intent))
    _finish(directory, base, intent)


def _holds(directory: ConfigDir, name: str, state: FileState | None) -> bool:
    """Whether a file is like this. What has become something else than a file is somebody else's work."""
    try:
        content = durable.read_regular(directory.fd, name)
    except durable.NotRegular:
        return False
    return state == (None if content is None else state_of(content))


def _clean(directory: ConfigDir, part: str) -> None:
    for name in os.listdir(directory.part(part)):
        durable.remove(directory.part(part), name)


def _steps(changes: Iterable[Change]) -> dict[str, Step]:
    return {change.name: Step(change.before, change.after) for change in changes}


def _moment() -> Clock:
    try:
        return now()
    except OSError:
        # No /proc: a moment before all others, so that no process counts as started since.
        return Clock("", 0.0)


def _nothing_changed(directory: ConfigDir, problem: OSError) -> Finding:
    message = f"cannot be written to: {problem.strerror}. Nothing that the agent reads has changed."
    return error(directory.path, "system-refused", message, remedy(problem))


def _unfinished(directory: ConfigDir, problem: OSError | Refused) -> Unfinished:
    causes, reason = (problem.findings, "") if isinstance(problem, Refused) else ([], f": {problem.strerror}")
    message = f"a commit was begun and could not be finished{reason}. Some files may be new and others old."
    hint = "Remove the cause and run the play again: it finishes the commit first."
    return Unfinished(*causes, error(directory.path, "commit-unfinished", message, hint))
