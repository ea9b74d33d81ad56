# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to happen so that the files of one owner are as wanted: found out before anything does."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from .._findings import Finding, Refused, error, warning
from .config_dir import ConfigDir, FileState, bad_name, digest_of
from .manifest import Owned, owner_in_words
from .permissions import Owners
from .transaction import Change


class Wanted(NamedTuple):
    """The files that one owner wants. None is absent; whatever else the owner has is to go."""

    owner: str
    contents: dict[str, bytes | None]
    services: dict[str, list[str]]
    adopt: bool = False
    repair: bool = True
    unchecked: Mapping[str, list[str]] | None = None
    secret_places: Sequence[Sequence[str]] = ()
    ports: Mapping[str, Mapping[str, int]] | None = None


class Plan(NamedTuple):
    """Changes to make, drift that was met (file, what), and findings; with an error among them nothing may be done."""

    changes: list[Change]
    drift: list[dict[str, str]]
    findings: list[Finding]


def plan(directory: ConfigDir, wanted: Wanted, manifest: dict[str, Owned], owners: Owners) -> Plan:
    """Compare what is wanted with what is there."""
    planner = _Planner(directory, wanted, manifest, owners, Plan([], [], []))
    surplus = [name for name, owned in manifest.items() if owned.owner == wanted.owner and name not in wanted.contents]
    for name in sorted([*wanted.contents, *surplus]):
        try:
            planner.look_at(name)
        except Refused as refused:
            planner.plan.findings.extend(refused.findings)
    return planner.plan


class _Planner(NamedTuple):
    directory: ConfigDir
    wanted: Wanted
    manifest: dict[str, Owned]
    owners: Owners
    plan: Plan

    def look_at(self, name: str) -> None:
        """Plan what one file needs. Raises Refused."""
        reason = bad_name(name)
        if reason:
            hint = "Use a plain file name that ends in .json or .hcl."
            raise Refused(error(self.directory.place(name), "file-name", "%s." % reason, hint))
        state, old = self.directory.look(name)
        owned = self.manifest.get(name)
        if owned is not None and owned.owner != self.wanted.owner:
            self._demand_adoption(name, "belongs to %s, and not to %s." % (owner_in_words(owned.owner), owner_in_words(self.wanted.owner)))
            owned = None
        elif owned is None and state is not None:
            same = "; its content is the wanted one" if old == self.wanted.contents.get(name) else ""
            self._demand_adoption(name, "exists, and was not written by this collection%s." % same)
        if owned is not None:
            drift = self._drift(owned, state)
            if drift:
                self.plan.drift.append({"file": name, "what": drift})
                if not self.wanted.repair and self._left_alone(name, owned, drift, old):
                    return
        self._add(name, owned, state, old)

    def _add(self, name: str, owned: Owned | None, state: FileState | None, old: bytes | None) -> None:
        new = self.wanted.contents.get(name)
        if new is None:
            if owned is not None or state is not None:
                self.plan.changes.append(Change(name, "removed", state, old, None, None, None))
            return
        digest = digest_of(new)
        if owned is not None and state is not None and state.digest == owned.digest == digest and self.owners.fits(state):
            return
        after = self.owners.state(digest, state if owned is not None else None)
        action = self._action(owned, state, digest)
        unchecked, places = (self.wanted.unchecked or {}).get(name, []), [list(steps) for steps in self.wanted.secret_places]
        ports = (self.wanted.ports or {}).get(name)
        now_owned = Owned(self.wanted.owner, digest, self.wanted.services.get(name, []), unchecked, places, ports)
        self.plan.changes.append(Change(name, action, state, old, after, new, now_owned))

    @staticmethod
    def _action(owned: Owned | None, state: FileState | None, digest: str) -> str:
        if owned is None:
            return "created" if state is None else "adopted"
        if owned.digest == digest:
            return "repaired"
        return "created" if state is None else "updated"

    def _drift(self, owned: Owned, state: FileState | None) -> str | None:
        if state is None:
            return "deleted"
        if state.digest != owned.digest:
            return "edited"
        return None if self.owners.fits(state) else "permissions"

    def _left_alone(self, name: str, owned: Owned, drift: str, old: bytes | None) -> bool:
        """Report drift instead of repairing it; refuse where a new content would have to overwrite it."""
        new = self.wanted.contents.get(name)
        as_before = new is not None and digest_of(new) == owned.digest
        by_hand = "was %s by hand since it was written" % drift
        if as_before:
            words = "has other permissions than those asked for" if drift == "permissions" else by_hand
            hint = "Set drift: repair to have it put right."
            self.plan.findings.append(warning(self.directory.place(name), "file-%s" % drift, words + ".", hint))
        elif drift != "permissions" and old != new:
            hint = "Set drift: repair to have it overwritten, or put it back first."
            raise Refused(error(self.directory.place(name), "file-%s" % drift, by_hand + ", and is to change now.", hint))
        return as_before

    def _demand_adoption(self, name: str, message: str) -> None:
        if not self.wanted.adopt:
            hint = "Set adopt: true to take it over, or choose another name."
            raise Refused(error(self.directory.place(name), "file-not-ours", message, hint))
