# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts are secret when a reload has gone wrong: those of the files as they are, as they were, and of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.elsewhere import Content
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import definitions_in
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned, save_manifest
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified
from ansible_collections.registrar.consul.plugins.module_utils._findings import error
from ansible_collections.registrar.consul.plugins.module_utils._reload.hush import Hush
from ansible_collections.registrar.consul.plugins.module_utils._reload.outcome import Outcome
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, write

FOREIGN: dict[str, Any] = {"service": {"name": "x", "token": "foreign-text"}}


@pytest.fixture
def everything() -> list[Content]:
    return [Content("/x.json", FOREIGN, definitions_in(FOREIGN, False))]


def test_an_outcome_that_is_good_says_nothing_of_files(tmp_path: Path) -> None:
    with ConfigDir(str(tmp_path)) as directory:
        outcome = Outcome.proved("api")
        assert Hush(directory).outcome(outcome) is outcome


def test_secrets_of_all_files_are_left_out_of_all_that_is_said(tmp_path: Path, everything: list[Content]) -> None:
    write(tmp_path, bundle([{"name": "web", "token": "earlier-text"}]))
    with ConfigDir(str(tmp_path)) as directory:
        verified(directory)
    write(tmp_path, bundle([{"name": "web", "token": "present-text"}]))
    words = "earlier-text present-text foreign-text known-text short"
    findings = (error("service web", "rule", words), error("service web → token", "rule", words), error("service web → port", "rule", "80"))
    with ConfigDir(str(tmp_path)) as directory:
        hush = Hush(directory, everything, ["known-text", "short"])
        said = hush.outcome(Outcome.failed(words, findings, words))
        value = hush.value([words, 1])
        text = hush.text(words)
    hidden = "******** ******** ******** ******** short"
    assert (said.reason, said.words, value, text) == (hidden, hidden, [hidden, 1], hidden)
    assert [finding["message"] for finding in said.findings] == [hidden, "is not as the file says.", "80"]
    assert [finding["path"] for finding in said.findings] == [finding["path"] for finding in findings]


def test_what_is_secret_in_checks_alone_is_shown_elsewhere(tmp_path: Path) -> None:
    findings = [error(f"service web{place} → notes", "rule", "is x, not y.") for place in (" → check service:web", "")]
    with ConfigDir(str(tmp_path)) as directory:
        directory.create_state()
        save_manifest(directory, {"a.json": Owned("set:web", "", [], secret_places=[["checks", "notes"]])})
        said = Hush(directory).findings(findings)
    assert [finding["message"] for finding in said] == ["is not as the file says.", "is x, not y."]
