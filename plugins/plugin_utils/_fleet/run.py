# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run: from what hosts declare to findings, a table, and a map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .._judge.terms import Terms
from .addresses import address_faults
from .agreement import agreement_faults
from .dot import dot
from .elsewhere import Catalog, Elsewhere
from .faults import Fault, as_findings
from .graph import fit, graph_of
from .hosts import Host
from .hush import Hush
from .judge import Judge
from .mermaid import mermaid
from .model import Contents, Fleet
from .report import calls_as_data, report, services_of
from .ways import Call, Ways, gateway_faults, way_faults

Say = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Question:
    """How a fleet is to be judged. `limited` is why not all of its hosts are there, empty where they are."""

    terms: Terms
    catalog: Catalog | None = None
    external: Sequence[str] | None = None
    limited: str = ""


def judge_fleet(hosts: Iterable[Host], question: Question, say: Say = lambda _what, _count: None) -> dict[str, Any]:
    """Return the result of a fleet. Raises nothing on what hosts declare: that is what findings are for."""
    judge = Judge(question.terms)
    read: list[Host] = []
    fleet = Fleet(_judged(judge, hosts, read, say))
    say("all together", len(read))
    unread = question.limited or ("definitions of other hosts could not be made" if any(host.problems for host in read) else "")
    elsewhere = Elsewhere(question.catalog, question.external, unread)
    calls = list(Ways(fleet, elsewhere).calls())
    faults = [*judge.faults, *_together(fleet, elsewhere, calls)]
    hush = Hush(judge.secrets, [name for _host, service in fleet.services for name in (service.name, service.identifier)])
    findings = hush.data(as_findings(faults, strict=question.terms.strict, silence=question.terms.silence))
    services = hush.data(services_of(fleet, calls))
    summary = {
        "hosts": len(read),
        "services": len(services),
        "instances": sum(service["instances"] for service in services),
        "upstreams": len(calls),
        "lists": judge.lists,
        "lists_judged": judge.judged,
        "undecided": judge.undecided,
        "errors": sum(finding["severity"] == "error" for finding in findings),
        "warnings": sum(finding["severity"] == "warning" for finding in findings),
    }
    graph = hush.graph(fit(graph_of(fleet, calls)))
    return {
        "findings": findings,
        "services": services,
        "calls": hush.data(calls_as_data(calls)),
        "summary": summary,
        "mermaid": mermaid(graph),
        "dot": dot(graph),
        "report": report(summary, findings, services, _notes(summary, question)),
    }


def _judged(judge: Judge, hosts: Iterable[Host], read: list[Host], say: Say) -> Iterator[tuple[Host, Contents]]:
    for host in hosts:
        read.append(host)
        yield from judge.host(host)
        say("read and judged", len(read))


def _together(fleet: Fleet, elsewhere: Elsewhere, calls: Sequence[Call]) -> Iterator[Fault]:
    yield from way_faults(calls)
    yield from gateway_faults(fleet, elsewhere)
    yield from agreement_faults(fleet, elsewhere)
    yield from address_faults(fleet)


def _notes(summary: dict[str, Any], question: Question) -> Iterator[str]:
    if not summary["instances"]:
        yield "No host declares a service: consul_fleet_variables names the variables that hold definitions."
    if question.limited:
        yield f"Not all hosts were looked at: {question.limited}."
