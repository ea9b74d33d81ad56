# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a value is that somebody wants converted: a definition, a check, or what some path of the HTTP API answers.

Shapes seen on 1.8.7; later agents add keys to them, which the schema lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash

from .._findings import Place
from .._schema.tree import Field, node_check_field, service_field

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One service or check inside the value.

    A `reported` one comes from an agent or the catalog, with everything that these add to a definition.
    `definition` is what an agent reports below a check's Definition, `checks` are those reported with a service.
    """

    field: Field
    content: Json
    place: Place
    reported: bool = False
    definition: Json | None = None
    checks: tuple[Part, ...] = ()


class NotConvertibleError(ValueError):
    """The value is nothing that could be converted."""


def parts(value: Any, kind: str, place: Place = ()) -> Part | list[Any]:
    """Return the services and checks in a value of this kind, `auto` to find out which it is.

    Raises NotConvertibleError when there are none.
    """
    if isinstance(value, (list, tuple)):
        return [parts(item, _ITEM_KINDS.get(kind, kind), (*place, index)) for index, item in enumerate(value)]
    if not isinstance(value, Mapping):
        raise NotConvertibleError("must be a mapping, or a list of mappings")
    found = recognise(value) if kind == "auto" else kind
    return _OPENERS[found](value, place)


def recognise(value: Json) -> str:
    """Return the kind of a mapping."""
    keys = {squash(str(key)): item for key, item in value.items()}
    if isinstance(keys.get("service"), Mapping) and keys.keys() & {"node", "aggregatedstatus"}:
        return "health"
    if "node" in keys and "services" in keys:
        return "node"
    if any(isinstance(keys.get(key), (Mapping, list, tuple)) for key in ("service", "services")):
        raise NotConvertibleError("is a whole file. Convert what stands below its keys service, services, check and checks")
    if "servicename" in keys and "checkid" not in keys:
        return "catalog"
    if _is_map_of(service_field(), value):
        return "services"
    if _is_map_of(node_check_field(), value):
        return "checks"
    if _known_keys(service_field(), keys) >= _known_keys(node_check_field(), keys):
        return "service"
    return "node_check" if "serviceid" in keys else "check"


def _known_keys(field: Field, keys: Json) -> int:
    return sum(key in field.spellings or key in field.elsewhere for key in keys)


def _is_map_of(field: Field, value: Json) -> bool:
    """Whether these are services or checks by their ids."""
    return bool(value) and all(isinstance(item, Mapping) and _is_named(field, key, item) for key, item in value.items())


def _is_named(field: Field, identifier: str, item: Json) -> bool:
    # A service has its read name beside the id, a check its own spelling of it.
    mark = _READ_NAME if field is service_field() else squash(_check_field().properties["id"].api_name or "")
    keys = {squash(str(key)): content for key, content in item.items()}
    ids = [content for key, content in keys.items() if field.spellings.get(key) == "id"]
    return mark in keys and identifier in ids


def _check_field() -> Field:
    """Return the tree of a check inside a service."""
    return service_field().properties["check"]


def _service(value: Json, place: Place) -> Part:
    spelled = {squash(str(key)) for key in value}
    return Part(service_field(), value, place, reported=_READ_NAME in spelled and "name" not in spelled)


def _check(value: Json, place: Place) -> Part:
    return _reported_check(value, place) or Part(_check_field(), value, place)


def _node_check(value: Json, place: Place) -> Part:
    return _reported_check(value, place) or Part(node_check_field(), value, place)


def _reported_check(value: Json, place: Place) -> Part | None:
    """Return a check that comes from an agent or the catalog, which report all checks on their own."""
    spelled = {squash(str(key)): key for key in value}
    if not spelled.keys() & {"node", "definition"}:
        return None
    definition = value.get(spelled.get("definition", ""))
    content = {key: item for key, item in value.items() if squash(str(key)) != "definition"}
    return Part(node_check_field(), content, place, reported=True, definition=definition if isinstance(definition, Mapping) else None)


def _each(opener: Callable[[Json, Place], Part]) -> Callable[[Json, Place], list[Any]]:
    """Return the opener of services or checks by their ids."""
    return lambda value, place: [opener(_mapping(item), (*place, str(key))) for key, item in value.items()]


def _catalog(value: Json, place: Place) -> Part:
    """Return the service of a catalog entry: what has Service before its name; the rest is the node's."""
    placement = {squash(name) for name, field in service_field().properties.items() if field.edition}
    named = {str(key): item for key, item in value.items()}
    content = {key[len(_READ_NAME) :].lstrip("_-"): item for key, item in named.items() if key.lower().startswith(_READ_NAME)}
    if not content:
        raise NotConvertibleError(_OTHER_KIND)
    content.update((key, item) for key, item in named.items() if squash(key) in placement)
    return Part(service_field(), content, place, reported=True)


def _health(value: Json, place: Place) -> Part:
    """Return the service of a health entry, with those of its checks that are its own."""
    keys = {squash(str(key)): key for key in value}
    service = _mapping(value.get(keys.get("service", "")))
    identifier = _of(service, "id")
    listed = _of(value, "checks") or ()
    if not isinstance(listed, (list, tuple)):
        raise NotConvertibleError(_OTHER_KIND)
    checks = [
        _check(_mapping(check), (*place, keys["checks"], index))
        for index, check in enumerate(listed)
        if _of(_mapping(check), "serviceid") == identifier
    ]
    return Part(service_field(), service, (*place, keys["service"]), reported=True, checks=tuple(checks))


def _node(value: Json, place: Place) -> Part | list[Any]:
    return parts(_of(value, "services"), "services", (*place, "Services"))


def _of(value: Json, squashed: str) -> Any:
    return next((item for key, item in value.items() if squash(str(key)) == squashed), None)


def _mapping(value: Any) -> Json:
    if not isinstance(value, Mapping):
        raise NotConvertibleError(_OTHER_KIND)
    return value


_OTHER_KIND = "is not of the kind that it is said to be"
_READ_NAME = squash(service_field().properties["name"].annotation("x-read-name"))
_OPENERS: dict[str, Callable[[Json, Place], Part | list[Any]]] = {
    "service": _service,
    "check": _check,
    "node_check": _node_check,
    "services": _each(_service),
    "checks": _each(_node_check),
    "catalog": _catalog,
    "health": _health,
    "node": _node,
}
# What the items of a list are when the list as a whole is of this kind.
_ITEM_KINDS = {"services": "service", "checks": "node_check"}
KINDS = ("auto", *_OPENERS)
