# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret in every field that can hold one, derived from the schema: a new field is in them without being named here.

Each secret has the number of its definition in it, so that a text that shows one says where it was.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field, walk
from ansible_collections.registrar.consul.tests.support.definitions.every_field import one_for_each_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Json, Scope

# In every secret, and in nothing else.
MARKS = ("planted", "deadbeef")
# What comes out of a vault; the texts that hold it are made of it by templates.
PIN = "planted-pin"
# What agents and messages call things by.
_NAMES = ("id", "name")


@dataclass(frozen=True)
class Planted:
    """A service with a secret: the field, what makes it one, and whether the value is of the field's type."""

    path: str
    kind: str
    definition: Json

    @property
    def fits(self) -> bool:
        return self.kind in ("plain", "url", "vault", "opaque")


class Everything(Scope):
    """All that any agent of any edition and platform knows."""

    def knows(self, field: Field) -> bool:
        return True


def planted(scope: Scope, generation: int = 1) -> list[Planted]:
    """Return services with secrets, ids from 1 on; those of another generation have other secrets at the same places."""
    found = []
    for number, (path, kind, definition, value) in enumerate(_plans(scope), 1):
        secret = json.loads(json.dumps(value).replace("NUMBER", f"{number:05}{generation}"))
        service = _with(definition, path, secret)
        found.append(Planted(path, kind, {"name": f"s{number}", **service, "id": f"s{number}"}))
    return found


def listable(scope: Scope) -> list[str]:
    """Return the paths of all texts that somebody could list as secret."""
    known = one_for_each_field(scope)
    fields = [field for field in walk(service_field()) if field.path in known and not _is_name(field)]
    return [field.path for field in fields if field.type in ("string", "array") or field.opaque]


def anew(text: str, generation: int) -> str:
    """Return a text with the secrets of another generation."""
    return re.sub(r"(planted(?:-pin)?-\d{5}|deadbeef[-0-9]{23}\d{5})\d", rf"\g<1>{generation}", text)


def _plans(scope: Scope) -> Iterator[tuple[str, str, Json, Any]]:
    fields = {field.path: field for field in walk(service_field())}
    for path, definition in one_for_each_field(scope).items():
        field = fields[path]
        if _is_name(field):
            continue
        # Templates would be rendered.
        plain = json.loads(json.dumps(definition).replace("{{ j }}", "j"))
        if field.opaque:
            yield path, "opaque", plain, _opaque()
        elif field.type in ("string", "array"):
            if field.sensitive:
                yield path, "plain", plain, "planted-NUMBER"
            yield path, "url", plain, "http://user:planted-NUMBER@127.0.0.1:1/"
            yield path, "vault", plain, f"{PIN}-NUMBER"
            yield path, "shape", plain, {"a": f"{PIN}-NUMBER", "password": "planted-NUMBER"}
        else:
            yield path, "type", plain, f"{PIN}-NUMBER"
            yield path, "type", plain, "http://user:planted-NUMBER@127.0.0.1:1/"
            yield path, "type", plain, "deadbeef-0000-4000-8000-000000NUMBER"


def _opaque() -> Json:
    return {
        "db_password": "planted-NUMBER",
        "deep": {"client": {"api_key": ["planted-NUMBER", "planted-NUMBER"]}},
        "json": '{"cluster": {"client_secret": "planted-NUMBER"}}',
        "broken": '{"auth_token": "planted-NUMBER", ',
        "proxy_url": "https://user:planted-NUMBER@127.0.0.1/",
        "command": "--token=planted-NUMBER --verbose",
        "vault": f"a{PIN}-NUMBER",
    }


def _is_name(field: Field) -> bool:
    return field.name in _NAMES or field.path.endswith("kind")


def _with(definition: Json, path: str, value: Any) -> Json:
    """Return the definition with another value at its only place of this path."""
    changed = copy.deepcopy(definition)
    holder: Any = changed
    steps = [step for part in path.split(".") for step in (part.removesuffix("[]"), *(["[]"] if part.endswith("[]") else []))]
    for step in steps[:-1]:
        holder = holder[_key(holder, step)]
    last = _key(holder, steps[-1])
    if steps[-1] == "args" and isinstance(value, str):
        value = ["/bin/true", value]
    holder[last] = value
    return changed


def _key(holder: Any, step: str) -> Any:
    return 0 if step == "[]" else next(iter(holder)) if step == "*" else step
