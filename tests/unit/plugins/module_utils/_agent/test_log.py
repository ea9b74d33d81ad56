# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of an agent's log."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.log import Ears, Journal, LogFile, catalog_refusal, reload_error

PARSE_ERROR = """\
    2026-11-21T02:22:35.937Z [INFO]  agent: Caught: signal=hangup
    2026-11-21T02:22:35.944Z [ERROR] agent: Reload config failed: error="failed to parse d/zz.json: 1 error occurred:
\t* invalid config key services[0].foo

"
    2026-11-21T02:22:35.945Z [ERROR] agent.proxycfg: watch error: service_id=a error="Connect must be enabled"
"""


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("", None),
        ('2026-11-21T02:22:35.945Z [ERROR] agent.proxycfg: watch error: error="x"\n', None),
        (PARSE_ERROR, "failed to parse d/zz.json: 1 error occurred: * invalid config key services[0].foo"),
        (
            '2026-11-21T02:22:36.946Z [ERROR] agent: Reload config failed: error="Failed reloading services: Failed to register '
            'service "": Service name missing"\n',
            'Failed reloading services: Failed to register service "": Service name missing',
        ),
        ("2019/05/01 10:00:00 [ERR] agent: Reload config failed:  Failed to reload configs\n", "Failed to reload configs"),
        (
            '{"@level":"error","@message":"Reload config failed","@module":"agent","error":"failed to parse x:\\n\\t* key"}\n',
            "failed to parse x: * key",
        ),
        ("Reload config failed", "Reload config failed"),
        (
            'Z [ERROR] agent: Reload config failed: error="first"\n' + PARSE_ERROR,
            "failed to parse d/zz.json: 1 error occurred: * invalid config key services[0].foo",
        ),
    ],
)
def test_the_reason_of_a_failed_reload(log: str, reason: str | None) -> None:
    assert reload_error(log) == reason


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("", ""),
        ("Z [WARN]  agent: Service registration blocked by ACLs: service=web-2 accessorID=\n", ""),
        ("Z [WARN]  agent: Service deregistration blocked by ACLs: service=web accessorID=\n", ""),
        ("Z [WARN]  agent: Check registration blocked by ACLs: check=web accessorID=\n", ""),
        (
            "Z [WARN]  agent: Service registration blocked by ACLs: service=web accessorID=1\nZ [INFO]  agent: Synced service: s=db\n",
            "Service registration blocked by ACLs: service=web accessorID=1",
        ),
        ('2019/05/01 10:00:00 [WARN] agent: Service "web" registration blocked by ACLs\n', 'Service "web" registration blocked by ACLs'),
        (
            '{"@level":"warn","@message":"Service registration blocked by ACLs","@module":"agent","service":"web"}\n',
            "Service registration blocked by ACLs",
        ),
    ],
)
def test_what_the_servers_did_not_take(log: str, words: str) -> None:
    assert catalog_refusal(log, {"web"}) == words


def test_only_what_is_written_from_now_on(tmp_path: Path) -> None:
    path = tmp_path / "consul.log"
    path.write_text("earlier\n")
    log = LogFile.open(os.getpid(), str(path))
    assert log is not None
    assert log.text() == ""
    with path.open("a") as stream:
        stream.write("later\n")
    assert log.text() == "later\n"


def test_the_file_that_the_output_goes_to(tmp_path: Path) -> None:
    descriptors = tmp_path / "proc" / "77" / "fd"
    descriptors.mkdir(parents=True)
    (descriptors / "1").symlink_to("/dev/null")
    assert LogFile.open(77, None, proc=str(tmp_path / "proc")) is None
    (tmp_path / "log").write_text("earlier\n")
    (descriptors / "2").symlink_to(tmp_path / "log")
    assert LogFile.open(77, str(tmp_path / "gone"), proc=str(tmp_path / "proc")) is not None


@pytest.mark.parametrize(
    ("answer", "reason", "listening"),
    [
        ((0, PARSE_ERROR, ""), "failed to parse d/zz.json: 1 error occurred: * invalid config key services[0].foo", True),
        ((0, "[INFO]  agent: Caught: signal=hangup\n", ""), None, True),
        ((0, "2019/05/01 10:00:00 [INFO] agent: Caught signal:  hangup\n", ""), None, True),
        ((0, "", ""), None, False),
        ((1, "", "no journal"), None, False),
        (OSError("no journalctl"), None, False),
    ],
)
def test_the_journal(tmp_path: Path, answer: Any, reason: str | None, listening: bool) -> None:
    asked = []

    def run_command(command: list[str], **_options: Any) -> Any:
        asked.append(command)
        if isinstance(answer, Exception):
            raise answer
        return answer

    ears = Ears(Journal.open(77, run_command, systemd=str(tmp_path)))
    assert (ears.said(), ears.listening) == (reason, listening)
    ears.said()
    ears.close()
    assert len(asked) == 1
    assert asked[0][0] == "journalctl"
    assert asked[0][-2:] == ["_PID=77", "--since=-2s"]


def test_without_systemd_there_is_no_journal(tmp_path: Path) -> None:
    ears = Ears(Journal.open(77, lambda *_command: (0, "", ""), systemd=str(tmp_path / "none")))
    assert (ears.said(), ears.listening) == (None, False)
