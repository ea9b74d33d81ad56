# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test or filter is given: one definition, or the document of a whole file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .._findings import Finding
from .._rules.rule import REFUSED
from .._rules.spelling import DOCUMENT_KEY, KEY_CASE, TAKEN, TAKEN_BLOCKS
from .._rules.types import ONE_ITEM_LIST, TYPE, kind_of
from .._rules.unique import bound_check_findings
from .definitions import judge_node_checks, judge_services, label_of

DOCUMENT_KEYS = ("service", "services", "check", "checks")


def judge_document(
    document: Any, edition: str = "community", *, literal: bool | None = None, unchecked: tuple[str, ...] = ()
) -> list[Finding]:
    """Return the findings of a bare service definition, or of a document with services and checks.

    A document is judged as it would stand in a file, a bare definition as a module would coerce it,
    unless `literal` says otherwise. At the paths of `unchecked`, which the schema lacks, anything may stand.
    """
    if not isinstance(document, dict):
        wrong = TYPE.at((), f"must be a mapping, not {kind_of(document)}", "Write a definition, or services: with a list.")
        return [replace(wrong, label="definition")]
    is_document = _is_document(document)
    literal = is_document if literal is None else literal
    if not is_document:
        label = label_of(0, document).replace("services[0]", "service", 1)
        (judged_alone,) = judge_services([document], [label], edition, literal=literal, unchecked=unchecked)
        return judged_alone.findings
    findings = list(_shape_findings(document))
    labels, services = _listed(document, "service", label_of)
    check_labels, checks = _listed(document, "check", lambda index, _check: f"checks[{index}]")
    judged = judge_services(services, labels, edition, literal=literal, unchecked=unchecked)
    judged_checks = judge_node_checks(checks, check_labels, edition, literal=literal, beside=judged, unchecked=unchecked)
    for entry in [*judged, *judged_checks]:
        findings.extend(entry.findings)
    bound = bound_check_findings([entry.definition for entry in judged], [entry.definition for entry in judged_checks])
    findings.extend(replace(finding, label=check_labels[index]) for index, finding in bound)
    return findings


def _is_document(document: dict[str, Any]) -> bool:
    # What an agent answers for a service has its name under Service.
    lowered = {str(key).lower(): value for key, value in document.items()}
    has_services = any(key in lowered and not isinstance(lowered[key], str) for key in ("service", "services"))
    return has_services or lowered.keys() <= set(DOCUMENT_KEYS)


def _shape_findings(document: dict[str, Any]) -> Iterator[Finding]:
    for key, value in document.items():
        plural, name = key in ("services", "checks"), str(key).lower()
        if name in DOCUMENT_KEYS and key not in DOCUMENT_KEYS:
            twice = sum(str(other).lower() == name for other in document) > 1
            agent = REFUSED if twice else TAKEN if name == "check" else TAKEN_BLOCKS
            yield KEY_CASE.at((key,), f"is spelled {name} in a file", f"Write {name}.", agent=agent)
        elif key not in DOCUMENT_KEYS:
            yield DOCUMENT_KEY.at((str(key),), "belongs to the agent's own configuration", "Leave it out.")
        elif plural and value is not None and not isinstance(value, (list, tuple)):
            yield TYPE.at((key,), f"must be a list, not {kind_of(value)}", "Write a list, one entry for each.")
        elif not plural and isinstance(value, (list, tuple)):
            found = ONE_ITEM_LIST if len(value) == 1 else TYPE
            yield found.at((key,), "must be a mapping, not a list", f"Write {key}s for several.")


def _listed(document: dict[str, Any], kind: str, label: Callable[[int, Any], str]) -> tuple[list[str], list[Any]]:
    """Return the labels and definitions of all services or checks: those of the list, and the one beside it."""
    several, single = document.get(f"{kind}s"), document.get(kind)
    listed = list(several) if isinstance(several, (list, tuple)) else []
    labels = [label(index, value) for index, value in enumerate(listed)]
    if single is None or isinstance(single, (list, tuple)):
        return labels, listed
    return [*labels, label(0, single).replace(f"{kind}s[0]", kind, 1)], [*listed, single]
