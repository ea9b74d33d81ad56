# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: coerces a definition, holds it against the schema and all rules, and says for which agents it is fit.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import checks_of, sidecar_of
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL, Secrets
from ansible_collections.registrar.consul.plugins.plugin_utils._findings import Finding, Place, dotted, in_input_order
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.coerce import Coercion
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.hush import hushed
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.validate import quick_judge, schema_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.access import text
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.check import (
    check_findings,
    node_check_findings,
    runs_scripts,
)
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.hcl import hcl_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.history import story_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.mesh import (
    mesh_findings,
    sidecar_findings,
)
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.opaque import opaque_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import CHECK_REFUSED, HALF_LOADED, NODE_CHECK_REFUSED
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.service import service_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.unique import SIDECAR_PLACE, set_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, node_check_field, service_field


@dataclass(slots=True)
class Judged:
    """One definition after coercion, with all findings for whatever agent, in the order of the input."""

    definition: Any
    findings: list[Finding]
    scripts: list[str] = dataclass_field(default_factory=list)


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
    secrets: Secrets = NATURAL,
) -> list[Judged]:
    """Judge services that are to stand on one node together.

    `literal` ones stand in a file and are not coerced; `hcl` ones are to be written as HCL. No finding quotes one of the secrets.
    """
    results = [_judge(service_field(), value, _service_rules, edition, literal) for value in definitions]
    named = labels or [label_of(index, result.definition) for index, result in enumerate(results)]
    services = [
        (label, result.definition if isinstance(result.definition, dict) else {}) for label, result in zip(named, results, strict=True)
    ]
    if hcl:
        for result in results:
            refused = {finding.place for finding in result.findings}
            found = hcl_findings(service_field(), result.definition)
            result.findings.extend(finding for finding in found if finding.place not in refused)
    for index, finding in set_findings(services):
        results[index].findings.append(finding)
    for label, definition, result in zip(named, definitions, results, strict=True):
        _finish(result, label, definition, secrets)
    return results


def judge_node_checks(
    definitions: Sequence[Any], labels: Sequence[str], edition: str = "community", *, literal: bool = False
) -> list[Judged]:
    """Judge checks that stand outside a service."""
    results = [_judge(node_check_field(), value, _node_check_rules, edition, literal) for value in definitions]
    for label, definition, result in zip(labels, definitions, results, strict=True):
        _finish(result, label, definition)
    return results


def label_of(index: int, definition: Any) -> str:
    """Return what messages call the service at this index of a list: `services[3] (web)`."""
    name = text(definition, "id") or text(definition, "name") if isinstance(definition, dict) else ""
    clean = "".join(char if char.isprintable() else "�" for char in name[:60])
    return f"services[{index}] ({clean})" if clean else f"services[{index}]"


def _judge(root: Field, value: Any, rules: Callable[[dict[str, Any]], Iterator[Finding]], edition: str, literal: bool) -> Judged:
    coercion = Coercion(literal=literal)
    definition = coercion.value(root, value)
    findings = coercion.findings
    refused = {finding.place for finding in findings}
    findings.extend(finding for finding in schema_findings(root, definition) if finding.place not in refused)
    if isinstance(definition, dict):
        refused = {finding.place for finding in findings}
        findings.extend(story_findings(coercion.storied, edition))
        findings.extend(finding for finding in rules(definition) if finding.place not in refused)
    return Judged(definition, findings)


def _service_rules(service: dict[str, Any]) -> Iterator[Finding]:
    yield from _rules_of_one(service, ())
    yield from mesh_findings(service, ())
    sidecar = sidecar_of(service)
    if sidecar:
        yield from _rules_of_one(sidecar[1], SIDECAR_PLACE)
        yield from sidecar_findings(service, sidecar[1], SIDECAR_PLACE)


def _rules_of_one(service: dict[str, Any], place: Place) -> Iterator[Finding]:
    yield from service_findings(service, place)
    for where, check in checks_of(service):
        yield from check_findings(check, (*place, *where), HALF_LOADED if place else CHECK_REFUSED)
    yield from opaque_findings(service, place)


def _node_check_rules(check: dict[str, Any]) -> Iterator[Finding]:
    yield from check_findings(check, (), NODE_CHECK_REFUSED)
    yield from node_check_findings(check, ())


def _finish(result: Judged, label: str, definition: Any, secrets: Secrets = NATURAL) -> None:
    """Put the findings in order, and the label of the definition on each."""
    result.findings = [
        Finding(found.rule, found.place, found.message, found.hint, found.severity, found.spans, label)
        for found in in_input_order(hushed(result.findings, definition, result.definition, secrets), definition)
    ]
    if isinstance(result.definition, dict):
        result.scripts = [f"{label} → {dotted(place)}" for place in _script_places(result.definition)]


def _script_places(service: dict[str, Any]) -> Iterator[Place]:
    sidecar = sidecar_of(service)
    for prefix, holder in (((), service), (SIDECAR_PLACE, sidecar[1] if sidecar else {})):
        yield from ((*prefix, *place) for place, check in checks_of(holder) if runs_scripts(check))
