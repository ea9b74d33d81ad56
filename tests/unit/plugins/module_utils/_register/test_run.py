# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the writing modules answer: a result, or a failure that says whether anything has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Unfinished, error, warning
from ansible_collections.registrar.consul.plugins.module_utils._register.run import Loading, run_single
from ansible_collections.registrar.consul.plugins.module_utils._write.run import Writer
from ansible_collections.registrar.consul.tests.support.runs.modules import said
from ansible_collections.registrar.consul.tests.support.runs.target import Answering, answer, bundle, text_of

WEB = {"name": "web", "port": 80, "token": "planted"}


def test_a_result_and_its_warnings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = warning("web", "odd", "is odd.", "Mend it.")
    monkeypatch.setattr(Writer, "run", lambda _writer, _then: {"changed": False, "rule_warnings": [found]})
    module = Answering(tmp_path, dict(bundle([WEB])))
    assert answer(module) == {"changed": False, "rule_warnings": [found]}
    assert module.warnings == ["web: is odd. Mend it."]


def test_a_single_definition_is_returned_without_its_secrets(tmp_path: Path) -> None:
    result = answer(Answering(tmp_path, {"service-web.json": text_of([WEB])}), run_single)
    assert (result["changed"], result["path"]) == (True, str(tmp_path / "service-web.json"))
    assert result["definition"] == {"name": "web", "port": 80, "token": "********"}
    assert not result.keys() & {"paths", "services", "failed"}


def test_a_refusal_has_changed_nothing(tmp_path: Path) -> None:
    (tmp_path / "services-web.json").write_text("{}")
    result = answer(Answering(tmp_path, dict(bundle([WEB]))))
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["msg"] == "1 error, and nothing was changed."
    assert len(result["errors"]) == 1


def test_what_is_unfinished_may_have_changed_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_writer: Writer, _then: object) -> None:
        raise Unfinished(error("a.json", "full", "is full."))

    monkeypatch.setattr(Writer, "run", fail)
    result = answer(Answering(tmp_path, {}))
    assert (result["failed"], result["changed"], said(result)) == (True, True, "1 error.\na.json: is full.")


def test_what_the_system_refuses_is_told_with_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_writer: Writer, _then: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Writer, "run", fail)
    result = answer(Answering(tmp_path, {}))
    assert (result["failed"], result["changed"]) == (True, False)
    assert said(result) == (
        "1 error, and nothing was changed.\n"
        f"{tmp_path}: cannot be read or written (No space left on device). Make room on the file system, and run the play again."
    )


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_the_system_refuses_after_the_change_does_not_hide_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check_mode: bool
) -> None:
    def fail(*_arguments: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Loading, "load", fail)
    module = Answering(tmp_path, dict(bundle([WEB])), check_mode=check_mode)
    result = answer(module)
    assert (result["changed"], (tmp_path / "services-web.json").exists()) == (not check_mode, not check_mode)
    assert ("nothing was changed" in result["msg"]) is check_mode


def test_without_a_payload_nothing_is_done(tmp_path: Path) -> None:
    result = answer(Answering(tmp_path, {}, payload=None))
    assert result["failed"]
    assert "the action plugin of this module did not run." in said(result)
    assert list(tmp_path.iterdir()) == []
