# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded verdicts of 21 versions of Consul on 231 files: we say the same, for each version.

`validate_exit` is what `consul validate` of that version answered; versions with an x are its decoding and validating code alone.
`agent_reload` is what a real agent made of it: 200 when it loaded the file, and the services that it then had.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id, sidecar_of
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Unparsable, document_in
from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import RULES
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import HALF_LOADED, NEVER_SYNCED

RECORDED = json.loads((Path(__file__).resolve().parents[4] / "fixtures" / "agent-verdicts.json").read_text(encoding="utf-8"))
DOCUMENTS = [case for case in RECORDED if "json" in case]
TEXTS = [case for case in RECORDED if "raw" in case]
# The reload with this check blocks for a minute from 1.6.10 on, and the measurement gave up before that: no verdict.
TIMED_OUT = {("ck_alias_both", "1.6.10"), ("ck_alias_both", "1.8.7"), ("ck_alias_both", "1.10.12")}
# Faults that no `consul validate` finds, so that its yes says nothing about them. Before 1.11 there are more.
NOT_FOUND_BY_VALIDATE = (HALF_LOADED, NEVER_SYNCED, RULES["check-name-required"].agent)
CHECKS_VALIDATED: Version = (1, 11, 0)


def verdicts(case: dict[str, Any]) -> Iterator[tuple[str, Version, bool, bool]]:
    """Yield version as recorded, version, whether the agent accepts the file, and whether a real agent has loaded it."""
    for recorded, exit_code in case["validate_exit"].items():
        loaded = case["agent_reload"].get(recorded)
        if (case["case"], recorded) in TIMED_OUT:
            assert loaded["status"] == -1
            continue
        yield (
            recorded,
            parse_version(recorded.lstrip("x")),
            exit_code == 0 and (loaded is None or loaded["status"] == 200),
            loaded is not None,
        )


def test_the_record_is_complete() -> None:
    assert len(RECORDED) == 231
    assert len({version for case in RECORDED for version in case["validate_exit"]}) == 21


@pytest.mark.parametrize("case", DOCUMENTS, ids=[case["case"] for case in DOCUMENTS])
def test_what_we_accept_the_agent_accepts(case: dict[str, Any]) -> None:
    findings = judge_document(case["json"])

    for recorded, version, accepted, _loaded in verdicts(case):
        if not verdict(findings, version).errors:
            assert accepted, f"{recorded} refuses what we accept"


@pytest.mark.parametrize("case", DOCUMENTS, ids=[case["case"] for case in DOCUMENTS])
def test_what_we_accept_the_agent_has(case: dict[str, Any]) -> None:
    findings = judge_document(case["json"])

    for recorded, loaded in case["agent_reload"].items():
        if loaded["status"] == 200 and not verdict(findings, parse_version(recorded)).errors:
            assert set(loaded["services"]) == set(declared_ids(case["json"]))


@pytest.mark.parametrize("case", DOCUMENTS, ids=[case["case"] for case in DOCUMENTS])
def test_what_we_refuse_the_agent_refuses_unless_we_say_why_we_are_stricter(case: dict[str, Any]) -> None:
    findings = judge_document(case["json"])

    for recorded, version, accepted, loaded in verdicts(case):
        if not accepted:
            continue
        for error in verdict(findings, version).errors:
            assert RULES[error["rule"]].stricter or not decided(version, loaded, error), f"{recorded} accepts it: {error}"


def decided(version: Version, loaded: bool, error: dict[str, str]) -> bool:
    """Whether the record can tell that the agent accepts what we refuse: where only validate was asked, it misses some faults."""
    if loaded:
        return True
    return version >= CHECKS_VALIDATED and not any(sentence in error["message"] for sentence in NOT_FOUND_BY_VALIDATE)


@pytest.mark.parametrize("case", TEXTS, ids=[case["case"] for case in TEXTS])
def test_texts_that_we_would_not_write_are_read_as_the_agent_reads_them(case: dict[str, Any]) -> None:
    """Broken JSON is refused by what reads the files of others on the target; what it can read is judged like all else."""
    try:
        document = document_in("case.json", case["raw"].encode())
    except Unparsable:
        document = None

    for recorded, version, accepted, _loaded in verdicts(case):
        ours = document is not None and not verdict(judge_document(document, literal=True), version).errors
        assert ours == accepted, recorded
    for loaded in case["agent_reload"].values():
        assert document is not None
        assert loaded["services"] == list(declared_ids(document))


def declared_ids(document: dict[str, Any]) -> Iterator[str]:
    for service in [*(document.get("services") or []), *([document["service"]] if document.get("service") else [])]:
        yield service_id(service)
        sidecar = sidecar_of(service)
        if sidecar:
            yield sidecar[0]
