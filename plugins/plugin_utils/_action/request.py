# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From definitions to what the target needs: judged, rendered, and nothing more.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id
from ansible_collections.registrar.consul.plugins.module_utils._write.conditional import packed
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import bundle_name, render_json, service_file_name
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import Judged, judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import Verdict, verdict


@dataclass(slots=True)
class Request:
    """What came of the definitions: the verdict, and the payload for the target where nothing speaks against it."""

    verdict: Verdict
    payload: dict[str, Any]


def set_request(services: Sequence[Any], set_name: str, layout: str, terms: Terms) -> Request:
    """Judge and render a whole set."""
    judged = judge_services(services, edition=terms.edition, hcl=terms.format == "hcl", secrets=terms.secrets)
    definitions = [entry.definition for entry in judged]

    def files() -> dict[str, list[dict[str, Any]]]:
        if layout == "bundle":
            return {bundle_name(set_name, terms.format): definitions} if definitions else {}
        return {service_file_name(service_id(entry), terms.format): [entry] for entry in definitions}

    return _request(judged, f"set:{set_name}", files, terms)


def definition_request(definition: Mapping[str, Any], file_name: str | None, terms: Terms) -> Request:
    """Judge and render one definition."""
    identifier = service_id(dict(definition))
    label = f"service ({identifier})" if identifier else "service"
    judged = judge_services([definition], [label], terms.edition, hcl=terms.format == "hcl", secrets=terms.secrets)

    def name() -> str:
        return file_name or service_file_name(service_id(judged[0].definition), terms.format)

    return _request(judged, None, lambda: {name(): [judged[0].definition]}, terms)


def absent_request(owner: str, files: dict[str, None]) -> Request:
    """Ask for the absence of these files, or with an owner of a set for the absence of all of its files."""
    return Request(Verdict(), {"owner": owner, "files": files})


def _request(judged: Sequence[Judged], owner: str | None, files: Callable[[], dict[str, list[dict[str, Any]]]], terms: Terms) -> Request:
    found = [finding for entry in judged for finding in entry.findings]
    result = verdict(found, terms.version, strict=terms.strict, silence=terms.silence)
    if result.errors:
        return Request(result, {})
    contents = files()
    payload: dict[str, Any] = {
        "owner": owner or f"file:{next(iter(contents))}",
        "files": {name: _text(services, terms) for name, services in contents.items()},
        "conditional": packed(result.conditional),
        "scripts": [place for entry in judged for place in entry.scripts],
    }
    places = {*terms.secrets.places, *terms.secrets.steps([entry.definition for entry in judged])}
    if places:
        # Not what is secret but where: what stood there before and what comes after is secret, too.
        payload["secret_places"] = sorted(places)
    if terms.format == "hcl":
        payload["definitions"] = {name: {"services": services} for name, services in contents.items()}
    return Request(result, payload)


def _text(services: list[dict[str, Any]], terms: Terms) -> str:
    if terms.format == "json":
        return render_json(services)
    from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import render_hcl

    return render_hcl(sorted(services, key=service_id), terms.header)
