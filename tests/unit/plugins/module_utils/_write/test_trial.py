# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of the words of an agent that was started for trial; that real ones say them is tested elsewhere."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import parse
from ansible_collections.registrar.consul.plugins.module_utils._write.trial import trial

WEB = parse("web.json", b'{"service": {"name": "web", "id": "web-1"}}')


class Process:
    """Runs until it is told to end."""

    def __init__(self, runs: bool) -> None:
        self.runs = runs

    def poll(self) -> int | None:
        return None if self.runs else 0

    def terminate(self) -> None:
        self.runs = False


def tried(tmp_path: Path, code: int = 0, output: str = "", errors: str = "", runs: bool = False) -> list[tuple[str, str, str]]:
    """The findings for a service beside one that stays, of an agent that ends like this."""
    process = Process(runs)

    def run_command(command: list[str], before_communicate_callback: Any) -> tuple[int, str, str]:
        assert command[0] == "consul"
        before_communicate_callback(process)
        return code, output, errors

    staying = [SimpleNamespace(name="db.json", definitions=parse("db.json", b'{"service": {"name": "db"}}'))]
    candidate: Any = SimpleNamespace(directory=SimpleNamespace(path="/etc/consul.d"), staying=staying, secrets=lambda: {"planted"})
    found = trial(candidate, {"web.json": WEB}, ["consul"], run_command, str(tmp_path), False)
    assert not process.runs
    assert list(tmp_path.iterdir()) == []
    return [(finding["severity"], finding["path"], finding["message"]) for finding in found]


@pytest.mark.parametrize(
    ("output", "errors", "words"),
    [
        ("==> Error starting agent: no name\n", "", "Error starting agent: no name"),
        ("", "    2026 [ERROR] agent: error starting: bad planted\nmore\n", "error starting: bad ********"),
        ("x [ERROR] one\n", "==> Error two\nx [INFO] three\n", "one Error two"),
    ],
)
def test_the_words_of_a_refusal(tmp_path: Path, output: str, errors: str, words: str) -> None:
    refused = ("error", "/etc/consul.d", f"an agent refuses to load the directory as it would be: {words}")
    assert tried(tmp_path, 1, output, errors) == [refused]


@pytest.mark.parametrize(("code", "output"), [(1, "nothing to see"), (2, "==> Error of another kind"), (-9, "")])
def test_another_end_is_no_verdict(tmp_path: Path, code: int, output: str) -> None:
    ((severity, _path, message),) = tried(tmp_path, code, output)
    assert severity == "warning"
    assert message.startswith(
        f"the trial agent did not come to a verdict (status {code}). {output.removeprefix('==> ') if code == 2 else ''}"
    )


def test_what_the_agent_would_not_have_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AgentApi, "get", lambda _api, path: {"db": {}} if path == "/v1/agent/services" else None)
    assert tried(tmp_path, runs=True) == [("error", "/etc/consul.d", "an agent would not register web-1.")]
    monkeypatch.setattr(AgentApi, "get", lambda _api, _path: {"db": {}, "web-1": {}})
    assert tried(tmp_path, runs=True) == []
