# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether each id is the only one, and whether an agent would refuse the directory."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.elsewhere import OtherFile
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import DefinitionFile, Reader
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import Change, FileState
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding
from ansible_collections.registrar.consul.plugins.module_utils._write.candidate import Candidate, definitions_before
from ansible_collections.registrar.consul.plugins.module_utils._write.cross_check import cross_check

WEB = Definitions([{"name": "web", "check": {"ttl": "1s"}}], [])
NOTHING = Definitions([], [])


def found(
    *staying: DefinitionFile, coming: Definitions = NOTHING, before: bytes | None = None, after: FileState | None = None, **more: Any
) -> list[Finding]:
    directory: Any = SimpleNamespace(path="/c", place=lambda name: name if name.startswith("/") else f"/c/{name}")
    changes = [Change("a.json", "changed", None, before, after, None, None)]
    earlier = {change.name: definitions_before(change) for change in changes}
    candidate = Candidate(directory, staying, changes, {"a.json": coming}, earlier, more.pop("manifest", {}), "set:a")
    return list(cross_check(candidate, **{"agent": None, **more}))


def test_ids_that_nobody_else_has() -> None:
    assert found(DefinitionFile("b.json", Definitions([{"name": "db"}], [])), coming=WEB) == []


@pytest.mark.parametrize(
    ("manifest", "whose", "hint"),
    [
        ({}, "which this collection did not write", "remove it there first."),
        ({"b.json": Owned("set:b", "", [])}, "of the set b", "let the task of the set b come first, without it."),
    ],
)
def test_ids_that_a_file_has_already(manifest: dict[str, Owned], whose: str, hint: str) -> None:
    service, check = found(DefinitionFile("b.json", WEB), DefinitionFile("c.json", WEB), coming=WEB, manifest=manifest)
    assert (service["path"], service["rule"], service["severity"]) == ("a.json", "service-id-unique", "error")
    assert service["message"].startswith(f'the service id "web" is taken by /c/b.json, {whose}; the agent would register the last one only')
    assert service["hint"] == f"Give one of them another id. If it is to move here, {hint}"
    assert (check["rule"], check["message"].partition(",")[0]) == ("check-id-unique", 'the check id "service:web" is taken by /c/b.json')


def test_ids_that_a_file_has_in_another_case() -> None:
    there = Definitions([{"name": "Web"}], [])
    (told,) = found(DefinitionFile("b.json", there), coming=WEB)
    assert told["message"] == (
        'the service id "web" is taken as "Web" by /c/b.json, which this collection did not write; the agent would register both, '
        "and the catalog would have one of them only."
    )


def test_an_id_that_changes_its_case() -> None:
    """The service, and with it the check that is named after it."""
    before = b'{"service": {"name": "Web", "check": {"ttl": "1s"}}}'
    service, check = found(coming=WEB, before=before)
    assert (service["path"], service["rule"], service["severity"]) == ("a.json", "service-id-unique", "error")
    assert service["message"] == (
        'the service id "web" is "Web" until now; the agent would register one and deregister the other, '
        "and the catalog may end with neither."
    )
    assert check["rule"] == "check-id-unique"
    assert found(coming=WEB, before=before.lower()) == []


def test_ids_that_another_directory_has() -> None:
    told = found(coming=WEB, others=[OtherFile("/other/web.json", {"service": {"name": "web"}})])
    assert [one["message"].partition(";")[0] for one in told] == [
        'the service id "web" is taken by /other/web.json, which the same agent reads'
    ]


@pytest.mark.parametrize(
    ("target", "fatal", "rule", "message"),
    [
        (None, True, "directory-broken", "is no JSON; it stands in the way"),
        ("/x", True, "directory-broken", "is no JSON (a link to /x); it stands in the way"),
        ("/x", False, "file-empty", "is no JSON (a link to /x): the agent gets nothing from it."),
    ],
)
def test_files_that_give_an_agent_nothing(target: str | None, fatal: bool, rule: str, message: str) -> None:
    (told,) = found(DefinitionFile("b.json", NOTHING, target, "is no JSON", fatal))
    assert (told["path"], told["rule"], told["severity"]) == ("/c/b.json", rule, "error" if fatal else "warning")
    assert told["message"].startswith(message)


def test_files_that_the_agent_could_not_read() -> None:
    agent = Reader(1000, 1000, [])
    (told,) = found(coming=WEB, after=FileState("", 0o640, 0, 0), agent=agent)
    assert (told["path"], told["rule"]) == ("/c/a.json", "file-unreadable")
    assert "the user with id 1000" in told["message"]
    assert found(coming=WEB, after=FileState("", 0o640, 0, 1000), agent=agent) == []
    assert found(coming=WEB, after=FileState("", 0o640, 0, 0)) == []
    assert found(agent=agent) == []
