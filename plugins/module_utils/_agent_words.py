# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hear what an agent says about a reload: no version reports success, all say ``Reload config failed`` with the reason.

The log stream of the API and the log file are opened before the signal, so that nothing said afterwards is missed; systemd's
journal is asked once the reload is known to have failed.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import stat
from typing import Any, Callable

from ansible_collections.registrar.consul.plugins.module_utils._agent_api import AgentApi, ApiError

FAILED = "Reload config failed"
# 2026-11-21T02:22:35.944Z since 1.5, 2019/05/01 10:00:00 before.
_NEXT_LINE = re.compile(r"\n\s*(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\{\"@)")
_REASON = re.compile(r"""^\s*(?::\s*)?(?:error=)?"?""")


def reload_error(text: str) -> str | None:
    """The reason of the last failed reload in a log, on one line; None when none failed."""
    start = text.rfind(FAILED)
    if start < 0:
        return None
    line = text[text.rfind("\n", 0, start) + 1 :]
    if line.lstrip().startswith("{"):
        return _from_json(line.partition("\n")[0])
    rest = text[start + len(FAILED) :]
    end = _NEXT_LINE.search(rest)
    words = " ".join(_REASON.sub("", rest[: end.start()] if end else rest).split())
    return words.rstrip('" ').strip() or FAILED


class LogStream:
    """``/v1/agent/monitor``: the agent's log over HTTP, from now on."""

    def __init__(self, response: http.client.HTTPResponse, stream: Any) -> None:
        self._response = response
        self._stream = stream
        self._text = ""

    @classmethod
    def open(cls, api: AgentApi) -> LogStream | None:
        """None where the agent does not let us listen. Needs agent:read under ACLs."""
        try:
            response, connection = api.stream("/v1/agent/monitor", {"loglevel": "err"})
        except ApiError:
            return None
        connection.setblocking(False)
        return cls(response, connection)

    def text(self) -> str:
        """All that was said so far; never waits."""
        while True:
            try:
                # Below the chunks of HTTP, whose framing would wait: their size lines do no harm here.
                more = self._response.fp.read1(65536)
            except OSError:
                more = b""
            if not more:
                return self._text
            self._text += more.decode("utf-8", "replace")

    def close(self) -> None:
        """Stop listening."""
        self._response.close()
        self._stream.close()


class LogFile:
    """The agent's log file, or the file that its standard output goes to, from now on."""

    def __init__(self, path: str, offset: int) -> None:
        self._path = path
        self._offset = offset

    @classmethod
    def open(cls, pid: int, log_file: str | None, proc: str = "/proc") -> LogFile | None:
        """None where it logs into no file that we may read."""
        for path in (log_file, *(os.path.join(proc, str(pid), "fd", number) for number in "12")):
            try:
                status = os.stat(path or "")
            except OSError:
                continue
            if path and stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK):
                return cls(path, status.st_size)
        return None

    def text(self) -> str:
        """All that was written so far."""
        try:
            with open(self._path, "rb") as stream:
                stream.seek(self._offset)
                return stream.read().decode("utf-8", "replace")
        except OSError:
            return ""

    def close(self) -> None:
        """Nothing is held."""


def journal_error(pid: int, since: float, run_command: Callable[..., Any]) -> str | None:
    """The reason from systemd's journal; since is the age of the oldest line to look at, in seconds."""
    command = ["journalctl", "--no-pager", "--quiet", "--output=cat", "--since=-%ds" % int(since + 1), "_PID=%d" % pid]
    try:
        code, output, _errors = run_command(command, handle_exceptions=False)
    except OSError:
        return None
    return reload_error(output) if code == 0 else None


def _from_json(line: str) -> str:
    try:
        return " ".join(str(json.loads(line).get("error") or FAILED).split())
    except ValueError:
        return FAILED
