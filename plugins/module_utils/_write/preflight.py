# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask a real consul about the directory as it would be, before anything changes.

`validate` parses the files and finds what makes an agent refuse a reload. It misses what makes an agent stop half-way through a
reload; a trial agent finds that too (all of this seen on 1.4.5 to 1.10.12).
"""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Callable

from .._definition.redact import scrub
from .._findings import Finding, error, warning
from .candidate import Candidate

# A pipe that appears after our look at the directory would keep consul for ever, deaf to SIGTERM.
_LONGEST = 60
# What timeout says then: it was ended, or had to be killed, which somebody else may have done as well.
_TIMED_OUT = (124, 137)
LONGEST_WORDS = 2000
RunCommand = Callable[..., Any]


def with_time_limit(command: list[str], get_bin_path: Callable[[str], str | None]) -> list[str]:
    """Return the command so that it ends in any case, where the system has the tool for that."""
    timeout = get_bin_path("timeout")
    return [timeout, "-k", "5", str(_LONGEST), *command] if timeout else command


def validate(candidate: Candidate, consul: list[str], run_command: RunCommand, workdir: str) -> list[Finding]:
    """Return what `consul validate` has against the directory as it would be.

    `consul` is the command, time limit included; `workdir` is a private folder for the new contents.
    """
    with tempfile.TemporaryDirectory(prefix="validate-", dir=workdir) as folder:
        check = _Validation(candidate, consul, run_command, folder)
        words = check.refusal(with_settings=True, changed=True)
        if words is None:
            return []
        if not any(found.definitions.settings for found in candidate.staying):
            return [check.finding(words)]
        # Settings may be complete only together with the agent's command line and other directories.
        own_words = check.refusal(with_settings=False, changed=True)
        if own_words is not None:
            return [check.finding(own_words)]
        message = "cannot be judged as a whole by consul validate: %s" % words
        hint = "The definitions are fine by themselves; look at the other settings in the directory."
        return [warning(candidate.directory.path, "preflight-settings", message, hint)]


class _Validation:
    def __init__(self, candidate: Candidate, consul: list[str], run_command: RunCommand, folder: str) -> None:
        self._candidate = candidate
        self._consul = consul
        self._run = run_command
        self._folder = folder
        # The first file: later ones override what it says. Without it consul asks for a data_dir and looks for an address.
        helper = {"data_dir": os.path.join(folder, "data"), "bind_addr": "127.0.0.1"}
        self._helper = self._write("helper", "helper.json", json.dumps(helper).encode("ascii"))

    def refusal(self, with_settings: bool, changed: bool) -> str | None:
        """Return consul's words against the directory, after the change or as it is; None when there are none."""
        files = self._files(with_settings, changed)
        if not files:
            return None
        code, output, errors = self._run([*self._consul, "validate", self._helper, *files])
        return None if code == 0 else self._words(code, "%s\n%s" % (output, errors))

    def finding(self, words: str) -> Finding:
        """Blame the change, or what was there before it."""
        place = self._candidate.directory.path
        if self.refusal(with_settings=False, changed=False) is None:
            return error(place, "preflight-validate", "consul validate refuses the new definitions: %s" % words)
        message = "consul validate refuses what is there already, so that no reload would be applied: %s." % words.rstrip(".")
        return error(place, "directory-broken", message, "Repair it first; this task changed nothing.")

    def _files(self, with_settings: bool, changed: bool) -> list[str]:
        directory = self._candidate.directory
        staying = [found for found in self._candidate.staying if with_settings or not found.definitions.settings]
        paths = {found.name: directory.place(found.name) for found in staying}
        for change in self._candidate.changes:
            if changed and change.new is not None:
                paths[change.name] = self._write("new", change.name, change.new)
            elif not changed and change.old is not None:
                paths[change.name] = directory.place(change.name)
        return [paths[name] for name in sorted(paths, key=os.fsencode)]

    def _write(self, folder: str, name: str, data: bytes) -> str:
        os.makedirs(os.path.join(self._folder, folder), mode=0o700, exist_ok=True)
        path = os.path.join(self._folder, folder, name)
        with open(path, "wb") as stream:
            stream.write(data)
        return path

    def _words(self, code: int, output: str) -> str:
        if code in _TIMED_OUT:
            return "it did not come to an end within %d seconds%s" % (_LONGEST, "" if code == 124 else ", or was killed")
        words = output.replace(os.path.join(self._folder, "new") + os.sep, self._candidate.directory.path + os.sep)
        return " ".join(scrub(words, self._candidate.secrets()).split())[:LONGEST_WORDS]
