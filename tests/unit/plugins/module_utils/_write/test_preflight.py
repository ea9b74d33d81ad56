# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the words of `consul validate`; that real ones say them is tested elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import Secrets
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import scan
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import Change
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding
from ansible_collections.registrar.consul.plugins.module_utils._write.candidate import Candidate
from ansible_collections.registrar.consul.plugins.module_utils._write.preflight import validate, with_time_limit


def document(secret: str) -> bytes:
    return json.dumps({"service": {"name": "web", "token": f"{secret}-token", "meta": {"a": f"{secret}-meta"}}}).encode()


def changed(directory: ConfigDir, name: str, new: bytes | None) -> Change:
    before, old = directory.look(name)
    return Change(name, "changed", before, old, None, new, None)


def test_words_about_whatever_file_are_without_its_secrets(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    for name in ("staying", "leaving", "changing"):
        (tmp_path / "config" / f"{name}.json").write_bytes(document(name))
    secrets = [f"{name}-{what}" for name in ("staying", "leaving", "changing", "coming") for what in ("token", "meta")]

    def refusing(command: list[str], **_options: Any) -> tuple[int, str, str]:
        return 1, "", " ".join(secrets)

    with ConfigDir(str(tmp_path / "config"), look_only=True) as directory:
        staying = list(scan(directory, {"leaving.json", "changing.json"}))
        changes = [changed(directory, "changing.json", document("coming")), changed(directory, "leaving.json", None)]
        candidate = Candidate(directory, staying, changes, {}, {}, {}, "set:a", Secrets([("meta", "a")]))
        (finding,) = validate(candidate, ["consul"], refusing, str(tmp_path))

    masked = " ".join(["********"] * 8)
    assert finding["message"].endswith(f"refuses what is there already, so that no reload would be applied: {masked}.")


# Whom it blames


def validated(folder: Path, code: int = 1, **refused: str) -> tuple[list[Finding], list[list[str]]]:
    """What is found when consul refuses the files with these words in them, and with which files it was asked."""
    asked = []
    (folder / "config").mkdir()
    (folder / "config" / "settings.json").write_text('{"server": true, "service": {"name": "set"}}', encoding="utf-8")
    (folder / "config" / "staying.json").write_text('{"service": {"name": "staying"}}', encoding="utf-8")
    (folder / "config" / "changing.json").write_text('{"service": {"name": "before"}}', encoding="utf-8")

    def run(command: list[str], **_options: Any) -> tuple[int, str, str]:
        assert command[:2] == ["consul", "validate"]
        assert json.loads(Path(command[2]).read_text(encoding="utf-8")).keys() == {"data_dir", "bind_addr"}
        texts = {path: Path(path).read_text(encoding="utf-8") for path in command[3:]}
        private = {Path(path).parent for path in command[2:]} - {folder / "config"}
        assert {parent.stat().st_mode & 0o7777 for parent in private} == {0o700}
        asked.append([Path(path).name for path in texts])
        faults = [f"{path}: {reason}" for path, text in texts.items() for word, reason in refused.items() if f'"{word}"' in text]
        return (code, "x" * 3000 if "long" in refused else "", "  ".join(faults)) if faults else (0, "fine", "")

    with ConfigDir(str(folder / "config"), look_only=True) as directory:
        staying = list(scan(directory, {"changing.json"}))
        coming = {"changing.json": b'{"service": {"name": "after"}}', "another.json": b"{}"}
        changes = [changed(directory, name, data) for name, data in coming.items()]
        found = validate(Candidate(directory, staying, changes, {}, {}, {}, "set:a"), ["consul"], run, str(folder))
    assert [path.name for path in folder.iterdir()] == ["config"]
    return found, asked


def test_what_consul_takes_is_asked_for_once(tmp_path: Path) -> None:
    found, asked = validated(tmp_path, before="refused")
    assert (found, asked) == ([], [["another.json", "changing.json", "settings.json", "staying.json"]])


def test_the_change_is_blamed_for_what_comes_with_it(tmp_path: Path) -> None:
    (found,), asked = validated(tmp_path, after="bad")
    assert (found["path"], found["rule"], found["severity"]) == (str(tmp_path / "config"), "preflight-validate", "error")
    assert found["message"] == f"consul validate refuses the new definitions: {tmp_path}/config/changing.json: bad"
    assert asked[1:] == [["another.json", "changing.json", "staying.json"], ["changing.json", "staying.json"]]


def test_what_was_there_before_is_blamed_where_it_is_refused_without_the_change(tmp_path: Path) -> None:
    (found,), _asked = validated(tmp_path, after="bad", before="bad")
    assert (found["rule"], found["severity"]) == ("directory-broken", "error")


def test_settings_that_are_not_complete_are_a_warning(tmp_path: Path) -> None:
    (found,), asked = validated(tmp_path, set="incomplete")
    assert (found["path"], found["rule"], found["severity"]) == (str(tmp_path / "config"), "preflight-settings", "warning")
    assert found["message"] == f"cannot be judged as a whole by consul validate: {tmp_path}/config/settings.json: incomplete"
    assert len(asked) == 2


def test_words_are_not_endless(tmp_path: Path) -> None:
    (found,), _asked = validated(tmp_path, after="bad", long="")
    assert found["message"].partition(": ")[2] == "x" * 2000


@pytest.mark.parametrize(("code", "more"), [(124, ""), (137, ", or was killed")])
def test_a_consul_that_does_not_end_has_no_words(tmp_path: Path, code: int, more: str) -> None:
    (found,), _asked = validated(tmp_path, code, after="bad")
    assert found["message"].endswith(": it did not come to an end within 60 seconds" + more)


@pytest.mark.parametrize(("tool", "command"), [("/bin/timeout", ["/bin/timeout", "-k", "5", "60", "consul"]), (None, ["consul"])])
def test_a_time_limit_where_there_is_the_tool(tool: str | None, command: list[str]) -> None:
    assert with_time_limit(["consul"], {"timeout": tool}.get) == command
