# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of service_definition_info: what is in a config-dir, for playbooks and for people."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK, looks_secret

from .._schema.tree import Field, node_check_field, service_field
from .audit import Audit
from .entries import Entry
from .report import report

_FOREIGN = "foreign"
_AGENT_FACTS = ("state", "pid", "version", "edition", "version_source", "compared", "reason")


def info_result(audit: Audit) -> dict[str, Any]:
    """Return all but RV(export)."""
    survey = audit.survey
    owners = {file["name"]: file["owner"] or _FOREIGN for file in survey["files"]}
    result: dict[str, Any] = {
        "config_dir": survey["path"],
        "healthy": audit.healthy,
        "files": _files(audit),
        "services": [_described(entry, owners) for entry in audit.entries if entry.kind == "service"],
        "checks": [_described(entry, owners) for entry in audit.entries if entry.kind == "check"],
        "findings": audit.findings,
        "duplicates": audit.duplicates,
        "drift": _drift(survey["agent"]),
        "agent": _agent(survey["agent"]),
        "pending": survey["journal"] is not None,
    }
    result["summary"] = _summary(result)
    result["report"] = report(result)
    return result


def _files(audit: Audit) -> list[dict[str, Any]]:
    ids: dict[tuple[str, str], list[str]] = {}
    for entry in audit.entries:
        ids.setdefault((entry.file, entry.kind), []).append(_id(entry))
    problems: dict[str, list[str]] = {}
    for finding in audit.findings:
        problems.setdefault(finding["file"], []).append(finding["rule"])
    return [
        {
            "name": file["name"],
            "owner": file["owner"] or _FOREIGN,
            "format": "hcl" if file["hcl"] else "json",
            "mode": file.get("mode"),
            "target": file["target"],
            "edited": file.get("edited", False),
            "settings": file["settings"],
            "services": ids.get((file["name"], "service"), []),
            "checks": ids.get((file["name"], "check"), []),
            "problems": sorted(set(problems.get(file["name"], []))),
        }
        for file in audit.survey["files"]
    ]


def _described(entry: Entry, owners: dict[str, str]) -> dict[str, Any]:
    field = service_field() if entry.kind == "service" else node_check_field()
    name = entry.definition.get("name") if isinstance(entry.definition, dict) else None
    return {
        "id": _id(entry),
        "name": name if isinstance(name, str) else "",
        "file": entry.file,
        "owner": owners[entry.file],
        "place": entry.label,
        "definition": _shown(field, entry.definition),
    }


def _shown(field: Field, value: Any) -> Any:
    """Return a definition in which nothing stands that could be secret: its secrets are masked already, and what is unknown is not."""
    if isinstance(value, list):
        return [_shown(field.items, item) if field.items else item for item in value]
    if isinstance(value, str) and not _is_free_text(field) and looks_secret(value):
        return MASK
    if not isinstance(value, dict) or field.opaque:
        return value
    if field.values is not None:
        return {key: _shown(field.values, item) for key, item in value.items()}
    known = field.properties
    return {key: _shown(known[key], item) if key in known else MASK for key, item in value.items()}


def _is_free_text(field: Field) -> bool:
    return field.type == "string" and not field.annotation("enum") and not field.annotation("pattern")


def _id(entry: Entry) -> str:
    return service_id(entry.definition) if isinstance(entry.definition, dict) else ""


def _drift(agent: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    missing = [{key: entry[key] for key in ("file", "service", "check")} for entry in agent["drift"] if not entry["field"]]
    different = [{key: entry[key] for key in ("file", "service", "check", "field", "reason")} for entry in agent["drift"] if entry["field"]]
    unexpected = [{"service": found["key"], "check": ""} for found in agent["services"] if found["origin"] == "removed"]
    unexpected += [{"service": found["service"], "check": found["key"]} for found in agent["checks"] if found["origin"] == "removed"]
    return {"missing": missing, "different": different, "unexpected": unexpected}


def _agent(agent: dict[str, Any]) -> dict[str, Any]:
    services = [{"id": found["key"], "name": found["answer"].get("Service", ""), "origin": found["origin"]} for found in agent["services"]]
    checks = [{"id": found["key"], "service": found["service"], "origin": found["origin"]} for found in agent["checks"]]
    return {**{key: agent[key] for key in _AGENT_FACTS}, "services": services, "checks": checks}


def _summary(result: dict[str, Any]) -> dict[str, int]:
    severities = Counter(finding["severity"] for finding in result["findings"])
    return {
        "files": len(result["files"]),
        "services": len(result["services"]),
        "checks": len(result["checks"]),
        "errors": severities["error"],
        "warnings": severities["warning"],
        "duplicates": len(result["duplicates"]),
        **{what: len(found) for what, found in result["drift"].items()},
    }
