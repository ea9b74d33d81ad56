# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings that wait for the agent to be known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._write.conditional import (
    conditional_findings,
    packed,
    waiting_findings,
)

FINDING = {"severity": "error", "path": "services[0] (web)", "rule": "field-too-new", "message": "not in {version}.", "hint": ""}


def facts(version: str | None = None, scripts: bool | None = None) -> Any:
    return SimpleNamespace(version=version, scripts_enabled=scripts)


@pytest.mark.parametrize(
    ("since", "until", "version", "holds"),
    [
        (None, "1.10.0", "1.8.7", True),
        (None, "1.10.0", "1.10.0", False),
        (None, "1.10.0", "1.9.17", True),
        ("1.8.0", None, "1.8.0", True),
        ("1.8.0", None, "1.7.14", False),
        ("1.8.0", "1.10.0", "1.10.0-rc1", False),
        ("1.8.0", "1.10.0", "v1.9.0+ent", True),
        ("1.8.0", "1.10.0", "1.9.0+dfsg1", True),
    ],
)
def test_a_finding_holds_for_its_versions(since: str | None, until: str | None, version: str, holds: bool) -> None:
    payload = {"conditional": packed([{"since": since, "until": until, "finding": FINDING}])}

    found = conditional_findings(payload, facts(version))

    assert found == ([dict(FINDING, message=f"not in {version}.")] if holds else [])


def test_findings_stay_in_order_and_each_text_is_packed_once() -> None:
    old = [{"since": None, "until": "1.10.0", "finding": dict(FINDING, path=f"services[{number}]")} for number in range(3)]
    new = {"since": "1.8.0", "until": None, "finding": dict(FINDING, path="services[1]", severity="warning", message="deprecated")}
    payload = {"conditional": packed([*old[:2], new, old[2]])}

    found = conditional_findings(payload, facts("1.8.7"))

    assert [(finding["path"], finding["severity"]) for finding in found] == [
        ("services[0]", "error"),
        ("services[1]", "error"),
        ("services[1]", "warning"),
        ("services[2]", "error"),
    ]
    assert len(payload["conditional"]["texts"]) == 2


def test_an_unknown_version_is_one_warning() -> None:
    payload = {"conditional": packed([{"since": None, "until": "1.10.0", "finding": FINDING}] * 3)}

    found = conditional_findings(payload, facts())

    assert [(finding["severity"], finding["rule"]) for finding in found] == [("warning", "version-unknown")]
    assert "Findings that depend on it: 3." in found[0]["hint"]


@pytest.mark.parametrize(
    ("enabled", "severity", "rule"),
    [(False, "error", "script-checks-disabled"), (None, "warning", "script-checks-unknown")],
)
def test_scripts_need_an_agent_that_runs_them(enabled: bool | None, severity: str, rule: str) -> None:
    payload = {"scripts": ["services[0] (web) → checks[0]", "services[1] (api) → check"]}

    found = conditional_findings(payload, facts(scripts=enabled))

    assert [(finding["severity"], finding["rule"], finding["path"]) for finding in found] == [
        (severity, rule, place) for place in payload["scripts"]
    ]


def test_an_agent_that_runs_scripts_is_fine() -> None:
    assert conditional_findings({"scripts": ["x"]}, facts(scripts=True)) == []


def test_nothing_is_asked_when_nothing_depends_on_it() -> None:
    assert conditional_findings({"conditional": packed([]), "scripts": []}, None) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(("reload", "itself", "said"), [("later", True, 1), ("later", False, 0), ("now", True, 0), ("never", True, 0)])
def test_an_agent_that_reads_changed_files_by_itself_waits_for_no_handler(reload: str, itself: bool, said: int) -> None:
    found = waiting_findings(reload, SimpleNamespace(reloads_itself=itself))  # type: ignore[arg-type]
    assert [(entry["severity"], entry["rule"]) for entry in found] == [("warning", "agent-reloads-itself")] * said
