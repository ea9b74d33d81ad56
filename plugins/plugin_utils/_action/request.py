# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From definitions to what the target needs: judged, rendered, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import Secrets, Steps
from ansible_collections.registrar.consul.plugins.module_utils._write.conditional import packed

from .._convert.render import bundle_name, check_file_name, document, render_json, service_file_name
from .._convert.sidecar_ports import Places, with_places
from .._findings import Finding
from .._judge.definitions import Judged, judge_node_checks, judge_services
from .._judge.terms import Terms
from .._judge.verdict import Verdict, verdict
from .._rules.reference import Reference
from .._schema.versions import newest_known


@dataclass(slots=True)
class Request:
    """What came of the definitions: the verdict, and the payload for the target where nothing speaks against it."""

    verdict: Verdict
    payload: dict[str, Any]


Definitions = list[dict[str, Any]]
# The services of each file, and its checks outside services.
Files = dict[str, tuple[Definitions, Definitions]]


def set_request(services: Sequence[Any], set_name: str, layout: str, terms: Terms, checks: Sequence[Any] = ()) -> Request:
    """Judge and render a whole set: services, and checks outside services."""
    how = _how(terms)
    judged = judge_services(services, **how)
    judged_checks = judge_node_checks(checks, beside=judged, **how) if checks else []
    definitions = [entry.definition for entry in judged]
    outside = [entry.definition for entry in judged_checks]

    def files() -> Files:
        if layout == "bundle":
            return {bundle_name(set_name, terms.format): (definitions, outside)} if definitions or outside else {}
        found: Files = {service_file_name(service_id(entry), terms.format): ([entry], []) for entry in definitions}
        return {**found, **{check_file_name(service_id(entry), terms.format): ([], [entry]) for entry in outside}}

    request = _request([*judged, *judged_checks], f"set:{set_name}", files, terms)
    if request.payload and layout == "bundle":
        request.payload["files"].setdefault(bundle_name(set_name, terms.format), None)
    return request


def absent_set_request(set_name: str, layout: str, file_format: str) -> Request:
    """Ask for the absence of a whole set.

    Its one file is named, as a target that has lost its state no longer knows that it is one of the set, and would leave it without a word.
    """
    return absent_request(f"set:{set_name}", {bundle_name(set_name, file_format): None} if layout == "bundle" else {})


def definition_request(definition: Mapping[str, Any], file_name: str | None, terms: Terms) -> Request:
    """Judge and render one definition."""
    identifier = service_id(dict(definition))
    label = f"service ({identifier})" if identifier else "service"
    judged = judge_services([definition], [label], **_how(terms))

    def name() -> str:
        return file_name or service_file_name(service_id(judged[0].definition), terms.format)

    return _request(judged, None, lambda: {name(): ([judged[0].definition], [])}, terms)


def absent_request(owner: str, files: dict[str, None]) -> Request:
    """Ask for the absence of these files, and of all others of the owner."""
    return Request(Verdict(), {"owner": owner, "files": files})


def _how(terms: Terms) -> dict[str, Any]:
    return {"edition": terms.edition, "hcl": terms.format == "hcl", "unchecked": terms.unchecked, "secrets": terms.secrets}


def _request(judged: Sequence[Judged], owner: str | None, files: Callable[[], Files], terms: Terms) -> Request:
    found = [*_about_terms(terms), *(finding for entry in judged for finding in entry.findings)]
    result = verdict(found, terms.version, strict=terms.strict, silence=terms.silence)
    if result.errors:
        return Request(result, {})
    contents = files()
    texts, documents, sidecars = _written(contents, terms)
    payload: dict[str, Any] = {
        "owner": owner or f"file:{next(iter(contents))}",
        "files": texts,
        "conditional": packed(result.conditional),
        "references": [_packed(reference) for entry in judged for reference in entry.references],
        "scripts": [place for entry in judged for place in entry.scripts],
    }
    passed = _passed(judged, contents)
    if passed:
        payload["unchecked"] = passed
    if terms.version is None:
        payload["newest"] = newest_known()
    places = _secret_places(contents, terms.secrets)
    if places:
        # Not what is secret but where: what stood there before and what comes after is secret, too.
        payload["secret_places"] = sorted(places)
    known = {text for services, checks in contents.values() for text in terms.secrets.values_in([services, checks])}
    if known:
        # For this run alone, in which an agent may say a part of what stands there.
        payload["secret_texts"] = sorted(known)
    if documents:
        payload["definitions"] = documents
    if sidecars is not None:
        payload["sidecars"] = sidecars.packed()
    return Request(result, payload)


def _written(contents: Files, terms: Terms) -> tuple[dict[str, str], dict[str, Any], Places | None]:
    """Return the texts of the files, for HCL what they say as well, and the places in both for ports that the target chooses."""
    documents: dict[str, Any] = {}

    def render(placed: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, str]:
        written = {name: ([placed(service) for service in services], checks) for name, (services, checks) in contents.items()}
        if terms.format == "hcl":
            documents.update({name: document(*definitions) for name, definitions in written.items()})
        return {name: _text(*definitions, terms) for name, definitions in written.items()}

    services = (service for definitions in contents.values() for service in definitions[0])
    texts, places = with_places(services, render)
    return texts, documents, places


def _about_terms(terms: Terms) -> list[Finding]:
    if terms.version is None and not terms.checked:
        return []
    from .._rules.directory import known_findings, newer_findings

    return [*newer_findings(terms.version), *known_findings(terms.checked)]


def _passed(judged: Sequence[Judged], contents: Files) -> dict[str, list[str]]:
    """Return the paths of unchecked keys that each file has something at."""
    paths = {id(entry.definition): entry.unchecked for entry in judged if entry.unchecked}
    if not paths:
        return {}
    found = {
        name: sorted({path for definition in (*services, *checks) for path in paths.get(id(definition), ())})
        for name, (services, checks) in contents.items()
    }
    return {name: listed for name, listed in found.items() if listed}


def _packed(reference: Reference) -> list[str]:
    finding = reference.finding.as_dict()
    return [reference.kind, reference.name, *(finding[key] for key in ("path", "rule", "message", "hint"))]


def _secret_places(contents: Files, secrets: Secrets) -> set[Steps]:
    found = set(secrets.places)
    for services, checks in contents.values():
        found |= secrets.steps(services) | secrets.steps({"checks": checks})
    return found


def _text(services: Definitions, checks: Definitions, terms: Terms) -> str:
    if terms.format == "json":
        return render_json(services, checks)
    from .._convert.hcl import render_hcl

    return render_hcl(services, terms.header, checks, terms.unchecked)
