# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The services and checks in the text of a file, as agents understand them.

Seen on 1.0.8 to 1.10.12: field names in any case, in JSON and HCL alike; a list of one mapping is the mapping.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from .fields import LIST_FIELDS, OLD_SPELLINGS, USER_KEY_FIELDS

DEFINITION_KEYS = ("service", "services", "check", "checks")
# Nobody nests so deeply, and walks through what is nested like this would come to no end. The same as in HCL.
_DEEPEST = 100
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Unparsable(Exception):
    """The agent could not parse the file; the message has the line and the reason, and no value."""


class Definitions(NamedTuple):
    """The services and the checks of their own in one file, with field names as in the documentation.

    `settings` tells whether the file configures anything else about the agent.
    """

    services: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    settings: bool = False


def parse(name: str, data: bytes) -> Definitions:
    """Return the definitions in a file of this name. Raises Unparsable where the agent could not read it either."""
    return definitions_in(document_in(name, data), is_hcl(name))


def is_hcl(name: str) -> bool:
    """Whether an agent reads a file of this name as HCL."""
    return not name.endswith(".json")


def document_in(name: str, data: bytes) -> dict[str, Any]:
    """Return what a file of this name says, as it is written there. Raises Unparsable."""
    if not data:
        return {}
    text = data.decode("utf-8", "replace")
    document = (_hcl(text) if is_hcl(name) else _json(text)) or {}
    _demand_shallow(document)
    if _SURROGATE.search(text):
        # Half a character stands for one that is unknown (1.8.7 to 1.22.7), and is nothing that Python could write.
        halves = json.dumps(document, ensure_ascii=False).encode("utf-16-le", "surrogatepass")
        document = json.loads(halves.decode("utf-16-le", "replace"))
    return document


def _demand_shallow(document: dict[str, Any]) -> None:
    level: list[Any] = [document]
    for _depth in range(_DEEPEST):
        holders = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, (dict, list)))
        level = [child for holder in holders for child in holder]
    if level:
        raise Unparsable("nested too deeply")


def definitions_in(document: dict[str, Any], hcl: bool = False) -> Definitions:
    """Return the definitions as the agent understands them."""
    top = {key.lower(): item for key, item in document.items()}
    services, service, checks, check = (_objects(top.get(key), hcl) for key in ("services", "service", "checks", "check"))
    # In the agent's order: those of the plural first.
    return Definitions(services + service, checks + check, any(key not in DEFINITION_KEYS for key in top))


def _json(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise Unparsable("nested too deeply") from None
    except ValueError as problem:
        # What Python has to say of a value as such (NaN, a number with more digits than it reads) comes without its line.
        line, reason = getattr(problem, "lineno", None), getattr(problem, "msg", str(problem))
        raise Unparsable("line %s: %s" % (line, reason) if line else reason) from None
    if value is not None and not isinstance(value, dict):
        raise Unparsable("not an object")
    return value


def _hcl(text: str) -> dict[str, Any]:
    # Imported here: most directories have no such file.
    from .hcl import HclError, read_hcl

    try:
        return read_hcl(text)
    except HclError as problem:
        raise Unparsable(str(problem)) from None


def _no_constant(name: str) -> None:
    raise ValueError("%s is no JSON value" % name)


def _objects(value: Any, hcl: bool) -> list[dict[str, Any]]:
    """An object, a list of objects or nothing, as a list of objects with plain field names."""
    items = value if isinstance(value, list) else [value]
    return [_plain(item, hcl) for item in items if isinstance(item, dict)]


def _plain(value: Any, hcl: bool) -> Any:
    """Agents match field names whatever their case; the keys of users stay as they are."""
    if isinstance(value, list):
        return [_plain(item, hcl) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {}
    for key, child in value.items():
        name = OLD_SPELLINGS.get(key.lower(), key.lower())
        meant = _as_meant(name, child, hcl)
        plain[name] = meant if name in USER_KEY_FIELDS else _plain(meant, hcl)
    return plain


def _as_meant(name: str, child: Any, hcl: bool) -> Any:
    """A block that is not repeated is a list of one in HCL; a list of one mapping is the mapping, in both formats (1.0 on)."""
    if name in LIST_FIELDS:
        return [child] if hcl and isinstance(child, dict) else child
    if isinstance(child, list) and len(child) == 1 and isinstance(child[0], dict):
        return child[0]
    return child
