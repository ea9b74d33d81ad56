# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hear what an agent says about a reload: no version reports success, all say ``Reload config failed`` with the reason.

All sources are opened before the signal, so that nothing said afterwards is missed.
"""

from __future__ import annotations

import glob
import http.client
import json
import math
import os
import re
import time
from typing import Any, Callable, Collection

from .api import AgentApi, ApiError

FAILED = "Reload config failed"
# "Caught: signal=hangup" since 1.7, "Caught signal:  hangup" before.
_RECEIVED = re.compile(r"Caught:? signal[:=]\s*hangup")
# 2026-11-21T02:22:35.944Z since 1.5, 2019/05/01 10:00:00 before.
_NEXT_LINE = re.compile(r"\n\s*(?:\d{4}[-/]\d\d[-/]\d\d[T ]|\{\"@)")
# What HTTP puts before each piece of a log.
_CHUNK_SIZE = re.compile(r"(?:^|\r\n)[0-9a-f]+\r\n")
_JOURNAL_PAUSE = 0.5
# A warning, with the id of the service behind it, or before it in agents before 1.7.
_NOT_TAKEN = re.compile(r"Service (?:\S+ )?registration blocked by ACLs|Syncing service failed")
_REASON = re.compile(r"""^\s*(?::\s*)?(?:error=)?"?""")
# So 1.21.4 and 1.22.7 write a reason of several lines, with tabs as Go escapes them; 1.12.9 did not.
_BEHIND_BARS = re.compile(r"^\s*\| ?(.*)$", re.MULTILINE)


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
    reason = _REASON.sub("", rest[: end.start()] if end else rest)
    lines = _BEHIND_BARS.findall(reason) if reason.lstrip().startswith("|") else ()
    # On one line they escape quotes instead.
    reason = " ".join(lines).replace(r"\t", " ") if lines else reason.rstrip('" \n').replace(r"\"", '"')
    return " ".join(reason.split()) or FAILED


def catalog_refusal(text: str, identifiers: Collection[str]) -> str:
    """What a log last says about one of these services that the servers did not take; empty when it says nothing."""
    for line in reversed(text.splitlines()):
        found = _NOT_TAKEN.search(line)
        if found is not None and not set(re.split(r"[\s\"'=,:{}]+", line)).isdisjoint(identifiers):
            return found.group() if line.lstrip().startswith("{") else line[found.start() :].strip()
    return ""


class LogStream:
    """``/v1/agent/monitor``: the agent's log over HTTP, from now on."""

    certain = True

    def __init__(self, response: http.client.HTTPResponse, stream: Any) -> None:
        self._response = response
        self._stream = stream
        self._text = ""

    @classmethod
    def open(cls, api: AgentApi) -> LogStream | None:
        """None where the agent does not let us listen. Needs agent:read under ACLs."""
        try:
            # With ACLs it warns of what the servers do not take.
            level = "warn" if api.where.token else "err"
            response, connection = api.stream("/v1/agent/monitor", {"loglevel": level})
        except ApiError:
            return None
        connection.setblocking(False)
        return cls(response, connection)

    def text(self) -> str:
        """All that was said so far; never waits."""
        while True:
            try:
                # Below the chunks of HTTP, whose framing would wait.
                more = self._response.fp.read1(65536)
            except OSError:
                more = b""
            if not more:
                return _CHUNK_SIZE.sub("", self._text)
            self._text += more.decode("utf-8", "replace")

    def close(self) -> None:
        """Stop listening."""
        self._response.close()
        self._stream.close()


class LogFile:
    """The agent's log file, or the file that its standard output goes to, from now on."""

    certain = True

    def __init__(self, path: str, offset: int) -> None:
        self._path = path
        self._offset = offset

    @classmethod
    def open(cls, pid: int, log_file: str | None, proc: str = "/proc") -> LogFile | None:
        """None where it logs into no file that we may read."""
        for path in (*_log_files(log_file), *(os.path.join(proc, str(pid), "fd", number) for number in "12")):
            if os.path.isfile(path) and os.access(path, os.R_OK):
                return cls(path, os.path.getsize(path))
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


class Journal:
    """systemd's journal of the agent's process, from now on."""

    def __init__(self, pid: int, run_command: Callable[..., Any]) -> None:
        self._command = ["journalctl", "--no-pager", "--quiet", "--output=cat", "_PID=%d" % pid]
        self._run_command = run_command
        self._opened = time.monotonic()
        self._asked = 0.0
        self._text = ""

    @classmethod
    def open(cls, pid: int, run_command: Callable[..., Any], systemd: str = "/run/systemd/system") -> Journal | None:
        """None where systemd is not at work."""
        return cls(pid, run_command) if os.path.isdir(systemd) else None

    def text(self) -> str:
        """All that was logged so far, as of the last half second: asking costs a process."""
        now = time.monotonic()
        if now - self._asked < _JOURNAL_PAUSE:
            return self._text
        self._asked = now
        since = "--since=-%ds" % math.ceil(now - self._opened + 1)
        try:
            code, output, _errors = self._run_command([*self._command, since], handle_exceptions=False)
        except OSError:
            return ""
        self._text = output if code == 0 else ""
        return self._text

    @property
    def certain(self) -> bool:
        """Whether it would have told of a refusal: it has told of the signal."""
        return bool(_RECEIVED.search(self._text))

    def close(self) -> None:
        """Nothing is held."""


class Ears:
    """What is heard of the agent; refusal is what it has said already."""

    def __init__(self, source: LogStream | LogFile | Journal | None, refusal: str | None = None) -> None:
        self._source = source
        self._refusal = refusal

    def said(self) -> str | None:
        """The reason of a refusal, once there was one."""
        if self._refusal is None and self._source is not None:
            self._refusal = reload_error(self._source.text())
        return self._refusal

    def of_catalog(self, identifiers: Collection[str]) -> str:
        """Why the servers did not take one of these services, in the agent's words; empty when it did not say."""
        return catalog_refusal(self._source.text(), identifiers) if self._source is not None else ""

    @property
    def listening(self) -> bool:
        """Whether a refusal would be heard."""
        return self._source is not None and self._source.certain

    def close(self) -> None:
        """Stop listening."""
        if self._source is not None:
            self._source.close()


def _log_files(given: str | None) -> list[str]:
    """What this setting may stand for: 1.8.7 and 1.12.9 put the time when they created a file into its name, 1.21.4 and 1.22.7 do not."""
    if not given:
        return []
    path = os.path.join(given, "consul.log") if os.path.isdir(given) else given
    stem, extension = os.path.splitext(path)
    return [path, *sorted(glob.glob("%s-*%s" % (glob.escape(stem), extension or ".log")))[-1:]]


def _from_json(line: str) -> str:
    try:
        return " ".join(str(json.loads(line).get("error") or FAILED).split())
    except ValueError:
        return FAILED
