# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What service_definition_info and the audit say to people: plain text, to be pasted anywhere."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 110
_INDENT = " " * 11


def report(result: dict[str, Any]) -> str:
    """Return the report on one directory: where, what is there, and every finding."""
    lines = [_headline(result), *_origins(result["agent"]["services"])]
    for finding in result["findings"]:
        lines += ["", *finding_lines(finding)]
    if not result["findings"]:
        lines += ["", "  Nothing to complain about."]
    return printable("\n".join(lines) + "\n")


def one_line(text: str) -> str:
    """Return the text without characters that do something to a terminal or a file: names of files and services come from anybody."""
    return "".join(char if char.isprintable() else "�" for char in text)


def printable(text: str) -> str:
    """The same for a text of several lines."""
    return "\n".join(map(one_line, text.split("\n")))


def numbers_apart(text: str) -> tuple[tuple[int, str], ...]:
    """Sort web2 before web10."""
    # [0-9], since there are digits that are no numbers to int.
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"([0-9]+)", text))


def summary_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells, the first of them the headings, as a table; numbers stand to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numeric = [all(cell.isdigit() or cell == "-" for cell in column[1:]) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = (cell.rjust(width) if right else cell.ljust(width) for cell, width, right in zip(row, widths, numeric, strict=True))
        lines.append("  ".join(cells).rstrip())
    return printable("\n".join(lines) + "\n")


def agent_in_words(agent: dict[str, Any]) -> str:
    """Return the agent as the report calls it: `Consul 1.8.7, running`."""
    version = f"Consul {agent['version']}" if agent["version"] else "Consul of unknown version"
    if agent["state"] != "running":
        return f"{version}, no agent running"
    return f"{version}, running" if agent["compared"] else f"{version}, running, not compared"


def counted(number: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _headline(result: dict[str, Any]) -> str:
    summary = result["summary"]
    parts = [
        result["config_dir"],
        agent_in_words(result["agent"]),
        counted(summary["files"], "file"),
        counted(summary["services"], "service"),
        *([f"{counted(summary['checks'], 'check')} outside services"] if summary["checks"] else []),
        f"{counted(summary['errors'], 'error')}, {counted(summary['warnings'], 'warning')}",
    ]
    return "  |  ".join(parts)


def _origins(services: Iterable[dict[str, str]]) -> list[str]:
    """Say what the agent has besides, and that it is no drift."""
    said = {
        "api": "Registered through the HTTP API",
        "elsewhere": "From other files of the agent",
        "unknown": "Not from these files, perhaps through the HTTP API",
    }
    lines = []
    for origin, words in said.items():
        ids = [service["id"] for service in services if service["origin"] == origin]
        if ids:
            lines += textwrap.wrap(f"{words}: {', '.join(ids)}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    return lines


def finding_lines(finding: dict[str, Any], others: Iterable[str] = ()) -> list[str]:
    """Each place in a line of its own, then what is wrong there and what helps, and the rule by which it can be looked up."""
    text = " ".join(part for part in (finding["message"], finding["hint"], f"[{finding['rule']}]") if part)
    wrapped = textwrap.wrap(text, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT, break_long_words=False)
    return [f"  {finding['severity']:<8} {finding['path']}", *(f"{_INDENT}{other}" for other in others), *wrapped]


def fleet_report(results: dict[str, dict[str, Any]]) -> str:
    """Return the reports of all hosts, one below the other, and a table with a line for each."""
    blocks = [_host_block(host, result) for host, result in results.items()]
    return "\n".join([*blocks, summary_table([_HEADINGS, *(_host_row(host, result) for host, result in results.items())])])


_HEADINGS = ("HOST", "CONSUL", "AGENT", "FILES", "SERVICES", "ERRORS", "WARNINGS", "DRIFT")


def _host_block(host: str, result: dict[str, Any]) -> str:
    text = result.get("report") or f"  error    {result['msg']}\n"
    return printable(f"=== {host} ===\n{text}")


def _host_row(host: str, result: dict[str, Any]) -> tuple[str, ...]:
    if "summary" not in result:
        return (host, "-", "not seen", "-", "-", "-", "-", "-")
    summary, agent = result["summary"], result["agent"]
    state = agent["state"] if agent["compared"] or agent["state"] != "running" else "not compared"
    drift = sum(summary[what] for what in ("missing", "different", "unexpected")) if agent["compared"] else "-"
    counts = (summary["files"], summary["services"], summary["errors"], summary["warnings"], drift)
    return (host, agent["version"] or "-", state, *map(str, counts))
