# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait still waits for, in a file for the controller: what a module says it reads only when the module has ended."""

from __future__ import annotations

import contextlib
import functools
import os
import time
from typing import Any

from .._findings import Refused
from .report import Hide
from .wait import Ailing, Health, Tell

# In the directory on the target that Ansible has made for the module, for its user alone, and removes afterwards.
FILE = "waiting"
# What comes before it on the same line: a login may print lines of its own.
MARK = "registrar.consul waits: "
_NEW = FILE + ".new"
# People get to see one of many. Seconds.
_PAUSE = 2.0
# A line or two of a terminal, however many checks there are, and whatever they are called.
_SHOWN, _LONGEST_NAME = 5, 80


class Notice:
    """Notes down how a wait stands, where somebody may look: where the controller has told the module of its directory.

    It does not tell one that runs as another user than root and whoever logs in, who could not write there.
    """

    def __init__(self, module: Any, hide: Hide) -> None:
        # What `tmpdir` returns otherwise is a directory that the controller does not know, made by asking for it.
        self._directory: str | None = getattr(module, "_tmpdir", None)
        self._hide = hide
        self._told: float | None = None

    def saying(self, words: str) -> Tell:
        """For one wait. words say what is meant by the checks that are named."""
        return functools.partial(self._tell, words)

    def _tell(self, words: str, health: Health | None) -> None:
        now = time.monotonic()
        if self._directory is None:
            return
        if health is None:
            self._told = None
            self._remove(FILE)
        elif self._told is None or now - self._told >= _PAUSE:
            self._told = now
            # It is only a notice: that there is none is no failure of the run.
            with contextlib.suppress(Refused, OSError):
                self._write("%s%s: %s\n" % (MARK, words, self._text(health)))

    def _write(self, text: str) -> None:
        """As a whole or not at all. Raises OSError."""
        new, file = (os.path.join(self._directory or "", name) for name in (_NEW, FILE))
        self._remove(_NEW)
        # A new one: the directory may be another user's, who must not choose where root writes.
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(text.encode("utf-8", "replace"))
        os.replace(new, file)

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(self._directory or "", name))

    def _text(self, health: Health) -> str:
        if health.trouble or not health.ailing:
            return "the agent does not show its checks"
        ailing = sorted(health.ailing, key=lambda one: (one.is_too_fresh, one.identifier))
        more = " and %d more" % (len(ailing) - _SHOWN) if len(ailing) > _SHOWN else ""
        return ", ".join(self._named(one) for one in ailing[:_SHOWN]) + more

    def _named(self, one: Ailing) -> str:
        """Its name and state. Not its output, which may be anything."""
        # Hidden first: what is cut in the middle would not be found.
        name = self._hide(one.identifier)
        short = name if len(name) <= _LONGEST_NAME else name[:_LONGEST_NAME] + "…"
        return "%s (%s, %s%d s)" % (short, one.status or "missing", "only " if one.is_too_fresh else "", one.seconds)
