# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is there to a list for the role: hand-written files, and what was registered through the HTTP API.

Only what can be taken over as it is, so that the agent notices nothing; of all else it is said why it was left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import check_ids, service_id
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK

from .._convert.casing import CasingError, to_file
from .._findings import Place, dotted
from .._judge.definitions import Judged, judge_node_checks, judge_services
from .._judge.verdict import verdict
from .._schema.tree import Field, node_check_field, service_field
from .audit import Audit, is_masked
from .export_text import Exported, Reference, export_text
from .report import numbers_apart

SECRETS = "consul_services_secrets"


def export(audit: Audit) -> dict[str, Any]:
    """Return RV(export)."""
    exported = Exported()
    _take_files(audit, exported)
    _take_registrations(audit, exported)
    _refer_to_secrets(exported)
    return {
        "text": export_text(audit.survey["path"], exported),
        "services": [service_id(service) for _origin, service in exported.services],
        "checks": [service_id(check) for _origin, check in exported.checks],
        "secrets": sorted(exported.secrets),
        "left_out": exported.left_out,
    }


# Files


def _take_files(audit: Audit, exported: Exported) -> None:
    for file in audit.survey["files"]:
        entries = [entry for entry in audit.entries if entry.file == file["name"]]
        reason = _file_reason(file, audit)
        if reason is None:
            exported.services.extend((file["name"], entry.definition) for entry in entries if entry.kind == "service")
            exported.checks.extend((file["name"], entry.definition) for entry in entries if entry.kind == "check")
        elif entries or file["fatal"]:
            exported.left_out.append({"what": file["name"], "reason": reason})


def _file_reason(file: dict[str, Any], audit: Audit) -> str | None:
    """Return why a file cannot be taken over."""
    if file["owner"]:
        return "this collection wrote it: what it holds is in a list already"
    if file["problem"]:
        return f"it {file['problem']}"
    if file["target"]:
        return "it is a link: put the file itself into the directory first"
    if file["settings"]:
        return "it holds settings of the agent as well: move its services and checks to a file of their own first"
    if file["name"] in audit.refused:
        if any(finding["file"] == file["name"] and finding["severity"] == "error" for finding in audit.findings):
            return "its definitions have errors: repair them first"
        return "some versions of Consul refuse its definitions, and that of the agent is not known: name it (consul_version)"
    return None


# What was registered through the HTTP API

_ORIGINS = {"api": "the HTTP API", "unknown": "the agent: in none of its files, perhaps registered through the HTTP API"}


def _take_registrations(audit: Audit, exported: Exported) -> None:
    """Take services, checks of the node, and such that were added to a service which a file declares."""
    for kind, definition_of, taken in (("service", _registered, exported.services), ("check", _registered_check, exported.checks)):
        for found in audit.survey["agent"][f"{kind}s"]:
            if found["origin"] not in _ORIGINS:
                continue
            try:
                taken.append((_ORIGINS[found["origin"]], definition_of(found)))
                exported.registered = True
            except (CasingError, _Unknown) as reason:
                exported.left_out.append({"what": f"{kind} {found['key']}", "reason": str(reason)})


class _Unknown(Exception):
    """The agent does not say what a definition would have to, or what it says makes none."""


def _registered(found: dict[str, Any]) -> dict[str, Any]:
    """Return the definition with which a file would register the same. Raises CasingError and _Unknown."""
    service: dict[str, Any] = to_file(found["answer"], "service")
    if service.get("id") == service.get("name"):
        del service["id"]
    if found["token"]:
        service["token"] = MASK
    checks = [to_file(check, "check") for check in sorted(found["checks"], key=lambda check: numbers_apart(str(check.get("CheckID", ""))))]
    if checks:
        service["checks"] = [_inside(check, service) for check in checks]
        # The ids that the agent would give them by itself.
        anonymous = dict(service, checks=[{} for _check in checks])
        for check, (_place, generated) in zip(service["checks"], check_ids(anonymous, service_id(service)), strict=True):
            if check.get("id") == generated:
                del check["id"]
    _demand_right(service, *judge_services([service]))
    return service


def _registered_check(found: dict[str, Any]) -> dict[str, Any]:
    """Return the check outside services with which a file would register the same. Raises CasingError and _Unknown."""
    check: dict[str, Any] = to_file(found["answer"], "node_check")
    _demand_type(check)
    if check.get("id") == check.get("name"):
        del check["id"]
    if found["token"]:
        check["token"] = MASK
    _demand_right(check, *judge_node_checks([check]))
    return check


def _demand_right(definition: dict[str, Any], judged: Judged) -> None:
    errors = verdict((finding for finding in judged.findings if not is_masked(definition, finding.place)), None).errors
    if errors:
        raise _Unknown(f"{errors[0]['path']}: {errors[0]['message']}")


def _demand_type(check: dict[str, Any]) -> None:
    if not any(field.annotation("x-check-type") and name in check for name, field in node_check_field().properties.items()):
        raise _Unknown("the agent does not tell what its checks do; as root on its machine (become: true) they can be read")


def _inside(check: dict[str, Any], service: dict[str, Any]) -> dict[str, Any]:
    """Return a check as it stands inside its service."""
    _demand_type(check)
    if check.get("name") == f"Service '{service['name']}' check":
        del check["name"]
    return {key: value for key, value in check.items() if key != "service_id"}


# Secrets


def _refer_to_secrets(exported: Exported) -> None:
    for field, prefix, entries in ((service_field(), "", exported.services), (node_check_field(), "check ", exported.checks)):
        for index, (origin, definition) in enumerate(entries):
            identifier = prefix + service_id(definition)

            def refer(place: Place, identifier: str = identifier, origin: str = origin) -> Reference:
                name = f"{identifier}/{dotted(place)}"
                exported.secrets[name] = origin
                return Reference(SECRETS, name)

            entries[index] = (origin, _referring(field, definition, (), refer))


def _referring(field: Field, value: Any, place: Place, refer: Any) -> Any:
    """Return a definition with a reference in the place of each secret."""
    if field.sensitive or field.opaque or not isinstance(value, (dict, list)):
        return _replaced(value, place, refer)
    if isinstance(value, list) and field.items is not None:
        return [_referring(field.items, item, (*place, index), refer) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return _replaced(value, place, refer)
    # Of a key that nobody here knows all is masked.
    return {
        key: _referring(child, item, (*place, key), refer) if child else _replaced(item, (*place, key), refer)
        for key, item, child in _children(field, value)
    }


def _children(field: Field, value: dict[str, Any]) -> Iterator[tuple[str, Any, Field | None]]:
    """Yield what is below a mapping, in the order of the documentation."""
    order = {key: position for position, key in enumerate(field.properties)}
    for key in sorted(value, key=lambda key: order.get(key, len(order))):
        yield key, value[key], field.properties.get(key) or field.values


def _replaced(value: Any, place: Place, refer: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, (*place, key), refer) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, (*place, index), refer) for index, item in enumerate(value)]
    return refer(place) if isinstance(value, str) and MASK in value else value
