# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit says to people."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._survey.report import fleet_report, report, summary_table

AGENT: dict[str, Any] = {"version": "1.8.7", "state": "running", "compared": True, "services": []}
SUMMARY = {
    "files": 1,
    "services": 2,
    "checks": 0,
    "errors": 0,
    "warnings": 0,
    "duplicates": 0,
    "missing": 0,
    "different": 0,
    "unexpected": 0,
}


def result(**more: Any) -> dict[str, Any]:
    return {"config_dir": "/etc/consul.d", "agent": AGENT, "summary": SUMMARY, "findings": [], **more}


def finding(message: str) -> dict[str, str]:
    return {"severity": "error", "path": "a.json", "message": message, "hint": "", "rule": "some-rule"}


def test_a_clean_directory_is_said_to_be_clean() -> None:
    assert report(result()) == (
        "/etc/consul.d  |  Consul 1.8.7, running  |  1 file  |  2 services  |  0 errors, 0 warnings\n\n  Nothing to complain about.\n"
    )


def test_agents_that_nobody_could_look_at_are_called_so() -> None:
    assert "Consul 1.8.7, running, not compared" in report(result(agent={**AGENT, "compared": False}))
    assert "Consul of unknown version, no agent running" in report(result(agent={**AGENT, "version": None, "state": "absent"}))


def test_long_texts_are_wrapped_and_stay_below_their_place() -> None:
    lines = report(result(findings=[finding("word " * 60)])).splitlines()
    assert max(map(len, lines)) <= 110
    assert all(line.startswith(" " * 11) for line in lines[3:])


def test_nothing_reaches_the_terminal_that_does_something_to_it() -> None:
    text = report(result(findings=[finding("\x1b[2J\x07\u202e")], config_dir="/a\tb"))
    assert text.isprintable() is False
    assert "".join(text.splitlines()).isprintable()


def test_tables_are_aligned_numbers_to_the_right() -> None:
    assert summary_table([("A", "N"), ("long name", "7"), ("b", "100")]) == "A            N\nlong name    7\nb          100\n"


def test_hosts_without_a_result_have_their_line_too() -> None:
    text = fleet_report({"db1": {"msg": "no route"}, "web1": {**result(), "report": "all well\n"}})
    assert text.splitlines() == [
        "=== db1 ===",
        "  error    no route",
        "",
        "=== web1 ===",
        "all well",
        "",
        "HOST  CONSUL  AGENT     FILES  SERVICES  ERRORS  WARNINGS  DRIFT",
        "db1   -       not seen      -         -       -         -      -",
        "web1  1.8.7   running       1         2       0         0      0",
    ]
