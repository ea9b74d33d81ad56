# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema as other tools want it: plain JSON Schema, complete in itself."""

from __future__ import annotations

from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._versions import Version

from .tree import json_schema, node_check_field, service_field
from .versions import format_version

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KINDS = {"service": "a service", "check": "a check", "file": "a definition file"}


def published_schema(kind: str, version: Version | None = None, edition: str = "community", *, annotated: bool = False) -> dict[str, Any]:
    """Return the JSON Schema of a service, a check or a whole file, for one version of Consul or for all of them."""
    whose = f"Consul {format_version(version)}" if version else "Consul"
    title = f"{KINDS[kind]} of {whose}"
    return {"$schema": DIALECT, "title": title[:1].upper() + title[1:], **_body(kind, version, edition, annotated)}


def _body(kind: str, version: Version | None, edition: str, annotated: bool) -> dict[str, Any]:
    if kind == "service":
        return json_schema(service_field(), version, edition, annotated=annotated)
    if kind == "check":
        return json_schema(node_check_field(), version, edition, annotated=annotated)
    service = _body("service", version, edition, annotated)
    check = _body("check", version, edition, annotated)
    below = {"service": service, "services": _list_of(service), "check": check, "checks": _list_of(check)}
    return {"type": "object", "additionalProperties": False, "properties": below}


def _list_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}
