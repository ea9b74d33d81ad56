# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings as users get them, made here for both sides, and the one way to refuse."""

from __future__ import annotations

from typing import Collection, Dict, Iterable, Sequence

Finding = Dict[str, str]
# Of more names than this a message has the first ones.
SHOWN = 10


class Refused(Exception):
    """Something stands in the way; every reason is a finding. The one exception of the config-dir transaction."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__(render_all(findings))
        self.findings: list[Finding] = list(findings)


class Unfinished(Refused):
    """The one refusal after which some files may have changed; the next run finishes what was begun."""


def error(path: str, rule: str, message: str, hint: str = "") -> Finding:
    """Return a finding that stops the run. Message and hint are whole sentences without a value that may be secret."""
    return finding("error", path, rule, message, hint)


def warning(path: str, rule: str, message: str, hint: str = "") -> Finding:
    """Return a finding that does not stop the run."""
    return finding("warning", path, rule, message, hint)


def render(found: Finding) -> str:
    """Return a finding as one line: place, what is wrong, what to do."""
    text = "{}: {}".format(found["path"], found["message"])
    return "{} {}".format(text, found["hint"]) if found["hint"] else text


def render_all(findings: Iterable[Finding]) -> str:
    """Return findings one per line."""
    return "\n".join(map(render, findings))


def refusal(errors: Collection[Finding], nothing_changed: bool = True) -> str:
    """Return the message of a task that was refused; the errors themselves are for `errors` of its result."""
    count = "1 error" if len(errors) == 1 else "%d errors" % len(errors)
    return "%s%s." % (count, ", and nothing was changed" if nothing_changed else "")


def some_of(names: Sequence[str], most: int = SHOWN, between: str = ", ") -> str:
    """Return the first of these names, and how many more there are."""
    more = "%sand %d more" % (between, len(names) - most) if len(names) > most else ""
    return between.join(names[:most]) + more


def finding(severity: str, path: str, rule: str, message: str, hint: str) -> Finding:
    """Return a finding as users get it, whichever side it comes from."""
    # Names of files may be any bytes; results are UTF-8.
    shown = (text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for text in (path, message, hint))
    return dict(zip(("path", "message", "hint"), shown), severity=severity, rule=rule)
