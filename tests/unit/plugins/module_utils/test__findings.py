# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task says that was refused."""

from __future__ import annotations

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, error, refusal, render, render_all, warning

ONE, OTHER = error("a.json", "broken", "is broken.", "Mend it."), warning("b.json", "odd", "is odd.")


def test_a_finding_is_a_line() -> None:
    assert ONE == {"path": "a.json", "message": "is broken.", "hint": "Mend it.", "severity": "error", "rule": "broken"}
    assert OTHER["severity"] == "warning"
    assert render(ONE) == "a.json: is broken. Mend it."
    assert render(OTHER) == "b.json: is odd."


def test_errors_are_counted_and_told_one_a_line() -> None:
    assert refusal([ONE]) == "1 error, and nothing was changed."
    assert refusal([ONE, OTHER]) == "2 errors, and nothing was changed."
    assert refusal([ONE], nothing_changed=False) == "1 error."
    assert render_all([ONE, OTHER]) == "a.json: is broken. Mend it.\nb.json: is odd."


def test_an_exception_says_and_keeps_its_reasons() -> None:
    refused = Refused(ONE, OTHER)
    assert (str(refused), refused.findings) == (render_all([ONE, OTHER]), [ONE, OTHER])


def test_names_of_any_bytes_can_be_shown() -> None:
    assert error("b\udcffd.json", "r", "m.")["path"] == "b\ufffdd.json"
