# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read out of an agent's log."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import log as agent_log
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, Endpoint
from ansible_collections.registrar.consul.plugins.module_utils._agent.log import (
    Ears,
    Journal,
    LogFile,
    LogStream,
    catalog_refusal,
    reload_error,
)
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock

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
        (
            '2026-11-21T02:22:36.946Z [ERROR] agent: Reload config failed: error="Failed to register \\"\\": Service name missing"\n',
            'Failed to register "": Service name missing',
        ),
        (
            "2026-11-21T02:22:35.944Z [ERROR] agent: Reload config failed:\n  error=\n  | failed to parse d/zz.json: 1 error occurred:\n"
            "  | \\t* invalid config key services[0].foo\n  | \n  \n2026-11-21T02:22:35.945Z [DEBUG] agent: | Node info in sync\n",
            "failed to parse d/zz.json: 1 error occurred: * invalid config key services[0].foo",
        ),
        ("2019/05/01 10:00:00 [ERR] agent: Reload config failed:  Failed to reload configs\n", "Failed to reload configs"),
        (
            '{"@level":"error","@message":"Reload config failed","@module":"agent","error":"failed to parse x:\\n\\t* key"}\n',
            "failed to parse x: * key",
        ),
        ('==> plain\n{"@message":"Reload config failed","error":"one"}\n', "one"),
        ('\n{"@message":"Reload config failed","error":"one"}\n', "one"),
        ('{"@message":"other"}\n2019/05/01 10:00:00 [ERR] agent: Reload config failed: one\n', "one"),
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


@pytest.mark.parametrize(
    ("given", "name"), [("c.log", "c-1795788667302813499.log"), ("c", "c-1795788667302813499.log"), ("", "consul.log"), ("c.log", "c.log")]
)
def test_agents_put_the_time_into_the_name_of_their_log(tmp_path: Path, given: str, name: str) -> None:
    for existing in ("c-1695788667302813499.log", name):
        (tmp_path / existing).write_text("")
    log = LogFile.open(os.getpid(), f"{tmp_path}/{given}", proc="/nonexistent")
    assert log is not None
    (tmp_path / name).write_text("said")
    assert log.text() == "said"


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


class Monitor:
    """An agent that says something and goes on to listen, with the token of whoever asks."""

    def __init__(self, said: str, token: str | None = None, denied: bool = False) -> None:
        self.where = Endpoint("http://127.0.0.1:1", token)
        self.denied = denied
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.open: set[str] = {"response", "connection"}
        self.blocking = True
        self.fp = io.BufferedReader(io.BytesIO(said.encode()))  # type: ignore[arg-type]

    def stream(self, path: str, query: dict[str, str]) -> Any:
        self.asked.append((path, query))
        if self.denied:
            raise AclDenied("Permission denied")
        return self, self.Connection(self)

    def close(self) -> None:
        self.open.discard("response")

    class Connection:
        def __init__(self, monitor: Monitor) -> None:
            self.monitor = monitor

        def setblocking(self, blocking: bool) -> None:
            self.monitor.blocking = blocking

        def close(self) -> None:
            self.monitor.open.discard("connection")


def test_the_agent_is_listened_to_over_http() -> None:
    monitor: Any = Monitor(PARSE_ERROR)
    ears = Ears(LogStream.open(monitor))
    assert (ears.listening, monitor.blocking) == (True, False)
    assert ears.said() == "failed to parse d/zz.json: 1 error occurred: * invalid config key services[0].foo"
    assert monitor.asked == [("/v1/agent/monitor", {"loglevel": "err"})]
    assert ears.of_catalog({"web"}) == ""
    ears.close()
    assert monitor.open == set()


def test_the_sizes_of_chunks_are_no_words_of_the_agent() -> None:
    lines = (
        f"2026-11-21T02:22:35.944Z {said}\n" for said in ('[ERROR] agent: Reload config failed: error="no name"', "[WARN]  agent: more")
    )
    monitor: Any = Monitor("".join(f"{len(line):x}\r\n{line}\r\n" for line in lines))
    assert Ears(LogStream.open(monitor)).said() == "no name"


def test_with_a_token_warnings_are_heard_as_well() -> None:
    monitor: Any = Monitor("Z [WARN]  agent: Service registration blocked by ACLs: service=web\n", token="a token")
    ears = Ears(LogStream.open(monitor))
    assert monitor.asked == [("/v1/agent/monitor", {"loglevel": "warn"})]
    assert ears.of_catalog({"web"}) == "Service registration blocked by ACLs: service=web"
    assert ears.said() is None


def test_who_may_not_listen_does_not() -> None:
    monitor: Any = Monitor("", denied=True)
    assert LogStream.open(monitor) is None


def test_ears_without_a_source_hear_nothing_but_what_was_said() -> None:
    assert (Ears(None).said(), Ears(None).listening, Ears(None).of_catalog({"web"})) == (None, False, "")
    assert Ears(None, "parsing failed").said() == "parsing failed"


def test_the_journal_is_asked_twice_a_second_for_all_since_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, asked = Clock(), []

    def run_command(command: list[str], **_options: Any) -> tuple[int, str, str]:
        asked.append(command[-1])
        return 0, f"{len(asked)}", ""

    monkeypatch.setattr(agent_log, "time", clock)
    journal = Journal(77, run_command)
    texts = []
    for seconds in (0, 0.25, 0.25, 2.0, 0.49):
        clock.sleep(seconds)
        texts.append(journal.text())
    assert texts == ["1", "1", "2", "3", "3"]
    # It knows whole seconds only: rather one too many.
    assert asked == ["--since=-1s", "--since=-2s", "--since=-4s"]
