# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a fleet to people, and its table by service as data."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._rules.mesh import PROXY
from .._survey.report import WIDTH, counted, finding_lines, printable, summary_table
from .model import Fleet, Key
from .ways import BROKEN, OK, Call

# More findings than this are counted, not printed; all of them are in the result.
SHOWN_FINDINGS = 200
# So many names of a cell, or of hosts, are shown.
_SHOWN_NAMES = 4
_MARKS = {BROKEN: "!", OK: ""}
_HEADINGS = ("SERVICE", "KIND", "INSTANCES", "HOSTS", "CALLED BY", "CALLS")


@dataclass(slots=True)
class _Row:
    name: str
    kind: str = ""
    instances: int = 0
    hosts: dict[str, None] = field(default_factory=dict)
    called_by: dict[str, None] = field(default_factory=dict)
    calls: dict[str, str] = field(default_factory=dict)


def services_of(fleet: Fleet, calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return every service with its hosts, its callers, and whom it calls; ways that are not as they should be by their state."""
    rows: dict[Key, _Row] = {}
    for host, service in fleet.services:
        if service.kind != PROXY:
            row = rows.setdefault(service.key, _Row(service.name, service.kind))
            row.instances += 1
            row.hosts[host.name] = None
    for call in calls:
        caller = rows.setdefault(call.proxy.key, _Row(call.proxy.name))
        name = call.upstream.name
        caller.calls[name] = max(caller.calls.get(name, OK), call.way.state, key=(OK, "unclear", BROKEN).index)
        if call.upstream.key in rows and not call.upstream.is_query:
            rows[call.upstream.key].called_by[call.proxy.name] = None
    return [_as_data(key, row) for key, row in sorted(rows.items(), key=lambda item: item[0][::-1])]


def _as_data(key: Key, row: _Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "namespace": key.namespace,
        "partition": key.partition,
        "kind": row.kind,
        "instances": row.instances,
        "hosts": list(row.hosts),
        "called_by": sorted(row.called_by),
        "calls": [{"name": name, "state": state} for name, state in sorted(row.calls.items())],
    }


def report(summary: dict[str, Any], findings: Sequence[dict[str, Any]], services: Sequence[dict[str, Any]], notes: Iterable[str]) -> str:
    """Return the report: what there is, every finding, a line for each service."""
    lines = [_headline(summary)]
    for note in notes:
        lines += textwrap.wrap(note, WIDTH, initial_indent="  ", subsequent_indent="  ")
    for finding in findings[:SHOWN_FINDINGS]:
        lines += ["", *finding_lines(finding, _other_places(finding))]
    if len(findings) > SHOWN_FINDINGS:
        lines += ["", f"  and {len(findings) - SHOWN_FINDINGS} more findings: all are in the result, and in fleet.json."]
    if not findings:
        lines += ["", "  Nothing to complain about."]
    text = printable("\n".join(lines) + "\n")
    return f"{text}\n{summary_table([_HEADINGS, *map(_table_row, services)])}" if services else text


def _headline(summary: dict[str, Any]) -> str:
    parts = [
        counted(summary["hosts"], "host"),
        counted(summary["services"], "service"),
        counted(summary["instances"], "instance"),
        counted(summary["upstreams"], "upstream"),
        f"{counted(summary['errors'], 'error')}, {counted(summary['warnings'], 'warning')}",
    ]
    return "  |  ".join(parts)


def _other_places(finding: dict[str, Any]) -> Iterator[str]:
    others = finding["places"][1:]
    yield from others[:_SHOWN_NAMES]
    if len(others) > _SHOWN_NAMES:
        places, hosts = counted(len(others) - _SHOWN_NAMES, "more place"), counted(len(finding["hosts"]), "host")
        yield f"and {places}, on {hosts} in all"


def _table_row(service: dict[str, Any]) -> tuple[str, ...]:
    calls = [f"{call['name']}{_MARKS.get(call['state'], '?')}" for call in service["calls"]]
    numbers = (str(service["instances"]), str(len(service["hosts"])))
    return (service["name"], service["kind"] or "service", *numbers, shortened(service["called_by"]), shortened(calls))


def shortened(names: Sequence[str]) -> str:
    """Return `a, b, c, d and 5 more`."""
    shown = ", ".join(names[:_SHOWN_NAMES])
    return shown if len(names) <= _SHOWN_NAMES else f"{shown} and {len(names) - _SHOWN_NAMES} more"


def calls_as_data(calls: Iterable[Call]) -> list[dict[str, Any]]:
    """Return the ways between services, each once, with the hosts from which they lead."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    hosts: dict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    for call in calls:
        upstream = call.upstream
        kind = "prepared_query" if upstream.is_query else "service"
        key = (call.proxy.name, kind, upstream.name, upstream.datacenter, upstream.peer, upstream.port, call.way.state)
        names = ("from", "type", "to", "datacenter", "peer", "port", "state")
        found.setdefault(key, {**dict(zip(names, key, strict=True)), "rule": call.way.rule.id if call.way.rule else ""})
        hosts[key][call.host.name] = None
    return [{**found[key], "hosts": list(hosts[key])} for key in sorted(found)]
