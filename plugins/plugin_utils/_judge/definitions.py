# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: coerces a definition, holds it against the schema and all rules, and says for which agents it is fit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import checks_of, sidecar_of
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK, NATURAL, Secrets

from .._findings import Finding, Place, dotted, in_input_order, quoted
from .._rules.access import text
from .._rules.address import address_findings
from .._rules.ai import ai_findings
from .._rules.check import check_findings, node_check_findings, runs_scripts
from .._rules.hcl import hcl_findings
from .._rules.history import story_findings
from .._rules.mesh import mesh_findings, sidecar_findings
from .._rules.opaque import opaque_findings
from .._rules.ports import community_findings, ports_findings
from .._rules.reference import Reference, open_check_references, open_references
from .._rules.rule import CHECK_REFUSED, HALF_LOADED, NODE_CHECK_REFUSED
from .._rules.service import service_findings
from .._rules.spelling import whole_file
from .._rules.template import template_finding
from .._rules.unique import SIDECAR_PLACE, node_check_id_findings, set_findings
from .._schema.tree import Field, service_field
from .._schema.unchecked import node_check_tree, service_tree
from .coerce import Coercion
from .hush import hushed
from .validate import quick_judge, schema_findings


@dataclass(slots=True)
class Judged:
    """One definition after coercion, with all findings for whatever agent, in the order of the input.

    `definition` is empty where it was no mapping; `unchecked` are the paths of new keys, in the schema's spelling, that it has
    something at.
    """

    definition: dict[str, Any]
    findings: list[Finding]
    scripts: list[str] = dataclass_field(default_factory=list)
    unchecked: list[str] = dataclass_field(default_factory=list)
    # Names that no service of the set has, though one of the node must.
    references: list[Reference] = dataclass_field(default_factory=list)


def prepare() -> None:
    """Read the schema and make its judge, in a process that forks before it judges anything."""
    quick_judge(service_field())


def judge_services(
    definitions: Sequence[Any],
    labels: Sequence[str] | None = None,
    edition: str = "community",
    *,
    literal: bool = False,
    hcl: bool = False,
    unchecked: tuple[str, ...] = (),
    secrets: Secrets = NATURAL,
) -> list[Judged]:
    """Judge services that are to stand on one node together.

    `literal` ones stand in a file and are not coerced; `hcl` ones are to be written as HCL; at the paths of `unchecked`, which the
    schema lacks, anything may stand. No finding quotes one of the secrets.
    """
    root = service_tree(unchecked)
    results = [_judge(root, value, _service_rules, edition, literal) for value in definitions]
    labels = labels or [label_of(index, result.definition) for index, result in enumerate(results)]
    services = [(label, result.definition) for label, result in zip(labels, results, strict=True)]
    if hcl:
        _add_hcl_findings(root, results)
    for index, finding in set_findings(services):
        results[index].findings.append(finding)
    for index, reference in open_references(services):
        results[index].references.append(reference)
    for label, definition, result in zip(labels, definitions, results, strict=True):
        _finish(result, label, definition, secrets)
    return results


def judge_node_checks(
    definitions: Sequence[Any],
    labels: Sequence[str] | None = None,
    edition: str = "community",
    *,
    literal: bool = False,
    hcl: bool = False,
    beside: Sequence[Judged] | None = None,
    unchecked: tuple[str, ...] = (),
    secrets: Secrets = NATURAL,
) -> list[Judged]:
    """Judge checks that stand outside services; with the services `beside` them also whether each id is the only one."""
    root = node_check_tree(unchecked)
    results = [_judge(root, value, _node_check_rules, edition, literal) for value in definitions]
    labels = labels or [check_label_of(index, result.definition) for index, result in enumerate(results)]
    if hcl:
        _add_hcl_findings(root, results)
    services = [judged.definition for judged in beside or ()]
    checks = [result.definition for result in results]
    for index, reference in open_check_references(services, checks):
        results[index].references.append(reference)
    if beside is not None:
        for index, finding in node_check_id_findings(services, list(zip(labels, checks, strict=True))):
            results[index].findings.append(finding)
    for label, definition, result in zip(labels, definitions, results, strict=True):
        result.findings = [
            replace(found, unchecked=f"checks[].{found.unchecked}") if found.unchecked else found for found in result.findings
        ]
        _finish(result, label, definition, secrets.of_checks())
    return results


def label_of(index: int, definition: Any) -> str:
    """Return what messages call the service at this index of a list: `services[3] (web)`."""
    return _named(f"services[{index}]", definition)


def check_label_of(index: int, definition: Any) -> str:
    """Return what messages call the check at this index of a list of checks outside services: `checks[3] (disk)`."""
    return _named(f"checks[{index}]", definition)


def _named(place: str, definition: Any) -> str:
    name = text(definition, "id") or text(definition, "name") if isinstance(definition, dict) else ""
    clean = name[:60] if name.isprintable() else "".join(char if char.isprintable() else "�" for char in name[:60])
    return f"{place} ({clean})" if clean else place


def _add_hcl_findings(root: Field, results: Sequence[Judged]) -> None:
    for result in results:
        refused = {finding.place for finding in result.findings}
        found = hcl_findings(root, result.definition)
        result.findings.extend(finding for finding in found if finding.place not in refused)


def _judge(root: Field, value: Any, rules: Callable[[dict[str, Any]], Iterator[Finding]], edition: str, literal: bool) -> Judged:
    whole = whole_file(value) if root is service_field() else None
    if whole:
        # Of what stands below it everything would be said of the wrong place.
        return Judged({}, [whole])
    coercion = Coercion(value, literal=literal)
    definition = coercion.value(root, value)
    findings = coercion.findings
    refused = {finding.place for finding in findings}
    findings.extend(finding for finding in schema_findings(root, definition) if finding.place not in refused)
    if not isinstance(definition, dict):
        return Judged({}, findings)
    refused = {finding.place for finding in findings}
    findings.extend(story_findings(coercion.storied, edition))
    found = [*rules(definition)]
    if rules is _service_rules and edition != "enterprise":
        found.extend(community_findings(definition))
    if coercion.braced:
        templates = [finding for finding in (template_finding(*braced) for braced in coercion.braced) if finding]
        # Of a template nothing else is worth a word, unless it makes the agent refuse the definition.
        unrendered = {finding.place for finding in templates}
        found = [finding for finding in found if not (finding.severity == "warning" and finding.place in unrendered)] + templates
    findings.extend([finding for finding in found if finding.place not in refused] if refused else found)
    passed = [field.path for field, _place, _value in coercion.storied if field.unchecked]
    return Judged(definition, findings, unchecked=list(dict.fromkeys(passed)))


def _service_rules(service: dict[str, Any]) -> Iterator[Finding]:
    yield from _rules_of_one(service, ())
    if not _OF_MESH.isdisjoint(service):
        yield from mesh_findings(service, ())
    sidecar = sidecar_of(service)
    if sidecar:
        yield from _rules_of_one(sidecar[1], SIDECAR_PLACE)
        yield from sidecar_findings(service, sidecar[1], SIDECAR_PLACE)


# Thousands of services are judged at once, and most of them have little: rules of keys that are not there are not even asked.
_OF_MESH, _OF_PORTS = frozenset({"kind", "proxy", "connect"}), frozenset({"ports", "proxy"})


def _rules_of_one(service: dict[str, Any], place: Place) -> Iterator[Finding]:
    yield from service_findings(service, place)
    if not _OF_PORTS.isdisjoint(service):
        yield from ports_findings(service, place)
    if "ai" in service:
        yield from ai_findings(service, place)
    yield from address_findings(service, place)
    for where, check in checks_of(service):
        yield from check_findings(check, (*place, *where), HALF_LOADED if place else CHECK_REFUSED)
    yield from opaque_findings(service, place)


def _node_check_rules(check: dict[str, Any]) -> Iterator[Finding]:
    yield from check_findings(check, (), NODE_CHECK_REFUSED)
    yield from node_check_findings(check, ())


def _finish(result: Judged, label: str, definition: Any, secrets: Secrets) -> None:
    """Put the findings in order, and the label of the definition on each."""
    found = in_input_order(hushed(result.findings, definition, result.definition, secrets), definition)
    result.findings = [finding.labelled(label) for finding in found]
    result.references = [_without_secret(reference, label, secrets) for reference in result.references]
    own = [label] if runs_scripts(result.definition) else []
    result.scripts = own + [f"{label} → {dotted(place)}" for place in _script_places(result.definition)]


def _without_secret(reference: Reference, label: str, secrets: Secrets) -> Reference:
    """Return a reference whose finding does not quote the name, where that is secret: there is nothing else to quote in it."""
    finding = reference.finding.labelled(label)
    if secrets.is_at(finding.place, reference.name):
        finding = replace(finding, message=finding.message.replace(quoted(reference.name), quoted(MASK)))
    return reference._replace(finding=finding)


def _script_places(service: dict[str, Any]) -> Iterator[Place]:
    sidecar = sidecar_of(service)
    for prefix, holder in (((), service), (SIDECAR_PLACE, sidecar[1] if sidecar else {})):
        yield from ((*prefix, *place) for place, check in checks_of(holder) if runs_scripts(check))
