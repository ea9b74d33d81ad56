# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a directory declares: now, as last verified, and by the hand of others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared, declared
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, changes_to, per_service, write

SIDECAR = {"name": "s", "connect": {"sidecar_service": {"checks": [{"alias_node": "n3", "interval": "1s"}]}}}


def looked_at(config_dir: Path, *others: str, verify: bool = False) -> Declared:
    with ConfigDir(str(config_dir)) as directory:
        if verify:
            verified(directory)
        return declared(directory, load_journal(directory), None, others)


def keys(declared_part: Any) -> tuple[set[str], set[str]]:
    return set(declared_part.services), set(declared_part.checks)


def foreign(path: Path, **content: Any) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def test_what_is_declared_now_and_what_was_before(tmp_path: Path) -> None:
    write(tmp_path, bundle([{"name": "web", "check": {"ttl": "1s"}}, {"name": "old", "namespace": "team"}]))
    looked_at(tmp_path, verify=True)
    write(tmp_path, bundle([{"name": "web", "port": 80}, {"name": "new"}]))
    found = looked_at(tmp_path)
    assert keys(found.wanted) == ({"web", "new"}, set())
    assert keys(found.before) == ({"web", "team/old"}, {"service:web"})
    assert found.namespaces == ["team"]
    assert keys(looked_at(tmp_path, verify=True).before) == ({"web", "new"}, set())


@pytest.mark.parametrize("verify", [True, False])
def test_what_check_mode_foresees_is_what_is_declared_then(tmp_path: Path, verify: bool) -> None:
    foreign(tmp_path / "foreign.json", service={"name": "f"})
    write(tmp_path, per_service([{"name": "web", "check": {"alias_node": "n"}}, {"name": "old"}, {"name": "z"}]))
    looked_at(tmp_path, verify=verify)
    if not verify:
        write(tmp_path, per_service([{"name": "web", "port": 1}, {"name": "old"}, {"name": "z"}]))
    coming = per_service([{"name": "web", "port": 2, "meta": {"unknown": "x"}}, {"name": "new"}, {"name": "z"}])
    changes = changes_to(tmp_path, coming)
    with ConfigDir(str(tmp_path)) as directory:
        foreseen = declared(directory, load_journal(directory), None, planned=changes)
    write(tmp_path, coming)
    assert foreseen == looked_at(tmp_path)
    assert keys(foreseen.wanted)[0] == {"web", "new", "z"}


def test_before_its_adoption_a_broken_file_declared_nothing(tmp_path: Path) -> None:
    (tmp_path / "services-web.json").write_text("{")
    write(tmp_path, bundle([{"name": "web"}]), adopt=True)
    found = looked_at(tmp_path)
    assert (keys(found.wanted), keys(found.before)) == (({"web"}, set()), (set(), set()))


def test_what_others_declare_here_and_elsewhere(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    write(here, bundle([{"name": "web"}]))
    first = foreign(tmp_path / "a.json", service={"name": "a"})
    last = foreign(tmp_path / "z.json", check={"name": "z", "ttl": "1s"})
    foreign(here / "foreign.json", services=[{"name": "f"}, {"name": "g", "check": {"ttl": "1s"}}])
    found = looked_at(here, first, str(here / "foreign.json"), str(here / "services-web.json"), last)
    assert keys(found.elsewhere) == ({"a", "f", "g"}, {"z", "service:g"})
    assert [Path(content.place).name for content in found.everything] == ["a.json", "foreign.json", "services-web.json", "z.json"]
    assert [Path(content.place).name for content in found.of_others] == ["foreign.json", "a.json", "z.json"]
    assert (found.total, found.problems, found.slow) == (3, [], False)


def test_checks_that_copy_the_state_of_a_node(tmp_path: Path) -> None:
    write(tmp_path, bundle([{"name": "web", "check": {"alias_node": "n1"}}, {"name": "db", "check": {"ttl": "1s"}}]))
    path = foreign(tmp_path / "foreign.json", checks=[{"name": "c", "AliasNode": "n2"}, {"name": "d", "ttl": "1s"}], services=[SIDECAR])
    beyond = tmp_path / "beyond"
    beyond.mkdir()
    last = foreign(beyond / "z.json", check={"name": "z", "alias_node": "n4"})
    found = looked_at(tmp_path, path, last)
    assert found.alias_nodes == [("check service:web", "n1"), (path, "n2"), (path, "n3"), (last, "n4")]
    assert found.slow


def test_checks_that_belong_to_a_service(tmp_path: Path) -> None:
    write(tmp_path, bundle([{"name": "web", "check": {"ttl": "1s"}}]))
    path = foreign(tmp_path / "foreign.json", checks=[{"name": "c", "service_id": "web", "ttl": "1s"}, {"name": "d", "ttl": "1s"}])
    assert looked_at(tmp_path).bound == [(path, "c", "web")]
