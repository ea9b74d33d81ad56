# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain JSON Schema files for editors: for definition files and for the role's variables, for each version of Consul that differs.

Unlike the judge's schema they keep references, and so stay small.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import load_schema
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import MINORS, available_spans, contains
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY

FOLDER = "docs/schema"
DRAFTS = {"": "https://json-schema.org/draft/2020-12/schema", ".draft-07": "http://json-schema.org/draft-07/schema#"}
ROLE_SPECS = REPOSITORY / "roles" / "consul_services" / "meta" / "argument_specs.yml"
# Where Jinja may stand for a value of any type; null means absent.
TEMPLATE = {"type": ["string", "null"], "pattern": r"\{\{|\{%"}
JSON_TYPES = {"str": "string", "path": "string", "int": "integer", "float": "number", "bool": "boolean", "list": "array", "dict": "object"}
_DEFINITIONS = {"consul_services_definitions": "#/$defs/service", "consul_services_checks": "#/$defs/check"}

Json = dict[str, Any]


def outputs() -> dict[str, str]:
    """Return the files: of each group of versions with the same schema, the first one names them."""
    found: dict[str, str] = {}
    for version in distinct_versions():
        name = f"{version[0]}.{version[1]}"
        for suffix, draft in DRAFTS.items():
            found[f"{FOLDER}/definitions-{name}{suffix}.json"] = _text(definition_file(version, draft))
            found[f"{FOLDER}/role-{name}{suffix}.json"] = _text(role_variables(version, draft))
    return found


def distinct_versions() -> list[Version]:
    """Return the first minor version of each group that knows the same fields, with its last patch release.

    The first of a major version has its own file even so: nobody looks below 1 for what serves 2.
    """
    kept: list[Version] = []
    before: Json = {}
    for major, minor in MINORS:
        schema = definitions((major, minor, 999))
        if schema != before or minor == 0:
            kept.append((major, minor, 999))
        before = schema
    return kept


def definition_file(version: Version, draft: str) -> Json:
    """Return the schema of a definition file."""
    service, check = {"$ref": "#/$defs/service"}, {"$ref": "#/$defs/check"}
    properties = {
        "service": service,
        "services": {"type": "array", "items": service},
        "check": check,
        "checks": {"type": "array", "items": check},
    }
    title = f"Service definition file of Consul {version[0]}.{version[1]}"
    return _document(draft, title, {"type": "object", "additionalProperties": False, "properties": properties}, definitions(version))


def role_variables(version: Version, draft: str) -> Json:
    """Return the schema of a file with variables of the role: other variables may stand beside them, and Jinja in all of them."""
    options = yaml.safe_load(ROLE_SPECS.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    properties = {name: _option(name, option) for name, option in options.items()}
    defs = {"template": TEMPLATE, **{name: _templated(schema) for name, schema in definitions(version).items()}}
    title = f"Variables of the role registrar.consul.consul_services, for Consul {version[0]}.{version[1]}"
    return _document(draft, title, {"type": "object", "properties": properties}, defs)


def definitions(version: Version) -> dict[str, Json]:
    """Return the parts of the schema that an agent of this version knows, for the community edition."""
    schema = load_schema()
    parts = schema["$defs"]
    plain = {name: _plain(part, version) for name, part in parts.items() if "$ref" not in part and _is_known(part, version)}
    plain["sidecar_service"] = _sidecar(parts["sidecar_service"], plain)
    return _reachable(plain, ["service", "check"])


def _plain(node: Json, version: Version) -> Json:
    kept = {key: value for key, value in node.items() if not key.startswith("x-") and key != "default"}
    if "x-deprecated" in node:
        kept["deprecated"] = True
    if "x-enum-since" in node:
        since = node["x-enum-since"]
        kept["enum"] = [value for value in node["enum"] if value not in since or parse_version(since[value]) <= version]
    if "properties" in node:
        known = {key: child for key, child in node["properties"].items() if _is_known(child, version)}
        kept["properties"] = {key: _plain(child, version) for key, child in known.items()}
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            kept[key] = _plain(node[key], version)
    return kept


def _is_known(node: Json, version: Version) -> bool:
    return node.get("x-edition") != "enterprise" and contains(available_spans(node.get("x-since"), node.get("x-until")), version)


def _sidecar(node: Json, plain: dict[str, Json]) -> Json:
    """Return a service with what the schema says to be different, or to be left out, in a sidecar."""
    properties = dict(plain["service"]["properties"])
    for name in node["x-without"]:
        key, _dot, below = name.partition(".")
        if not below:
            del properties[key]
        elif key in properties:
            inner = plain[properties[key]["$ref"].rsplit("/", 1)[1]]
            kept = {name: child for name, child in inner["properties"].items() if name != below}
            properties[key] = {**properties[key], **inner, "properties": kept}
            del properties[key]["$ref"]
    return {**plain["service"], "description": node["description"], "required": node["required"], "properties": properties}


def _reachable(parts: dict[str, Json], roots: list[str]) -> dict[str, Json]:
    """Return the parts that are used, in the order of the schema."""
    wanted: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name not in wanted:
            wanted.add(name)
            todo.extend(_references(parts[name]))
    return {name: part for name, part in parts.items() if name in wanted}


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].rsplit("/", 1)[1]] if "$ref" in value else []
        return own + [name for child in value.values() for name in _references(child)]
    return [name for child in value for name in _references(child)] if isinstance(value, list) else []


def _templated(node: Json) -> Json:
    """Return a schema that takes a template for every value that is not free text anyway."""
    result = {key: value if key in ("examples", "enum", "required") else _map(value, _templated) for key, value in node.items()}
    is_free = node.get("type") == "string" and not node.keys() & {"enum", "pattern"}
    if "type" not in node or is_free:
        return result
    said = {key: result.pop(key) for key in ("description", "examples", "deprecated") if key in result}
    return {**said, **_unless_template(result)}


def _unless_template(schema: Json) -> Json:
    """Editors explain what is wrong with one alternative better than what is wrong with several."""
    return {"if": {"$ref": "#/$defs/template"}, "else": schema}


def _map(value: Any, change: Callable[[Json], Json]) -> Any:
    """Return the schemas below a keyword, changed."""
    if isinstance(value, dict):
        return change(value) if value.keys() & {"type", "$ref"} else {key: _map(child, change) for key, child in value.items()}
    return value


def _option(name: str, option: Json) -> Json:
    described = option["description"]
    text = described if isinstance(described, str) else " ".join(described)
    if name in _DEFINITIONS:
        schema: Json = {"type": "array", "items": {"$ref": _DEFINITIONS[name]}}
    else:
        schema = {"type": JSON_TYPES[option["type"]]} if option["type"] in JSON_TYPES else {}
        if "choices" in option:
            schema["enum"] = option["choices"]
        if "elements" in option:
            schema["items"] = {"type": JSON_TYPES[option["elements"]]}
    return {"description": text, **_unless_template(schema)}


def _document(draft: str, title: str, body: Json, defs: dict[str, Json]) -> Json:
    schema = {"$schema": draft, "title": title, **body, "$defs": defs}
    return schema if draft == DRAFTS[""] else _as_draft_07(schema)


def _as_draft_07(value: Any) -> Any:
    """Return a schema for draft-07, which has another name for parts, and ignores what stands beside a reference."""
    if isinstance(value, list):
        return [_as_draft_07(item) for item in value]
    if not isinstance(value, dict):
        return value.replace("#/$defs/", "#/definitions/") if isinstance(value, str) else value
    changed = {("definitions" if key == "$defs" else key): _as_draft_07(item) for key, item in value.items()}
    if "$ref" in changed and len(changed) > 1:
        return {**{key: item for key, item in changed.items() if key != "$ref"}, "allOf": [{"$ref": changed["$ref"]}]}
    return changed


def _text(schema: Json) -> str:
    return json.dumps(schema, ensure_ascii=False, separators=(",", ":")) + "\n"
