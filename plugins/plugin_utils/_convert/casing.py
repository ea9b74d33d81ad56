# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys between the snake_case of definition files and the CamelCase of the HTTP API.

Every key is spelled by its place in the schema, never by a rule for words. The keys of user data are never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.durations import format_duration, parse_duration
from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash

from .._findings import Place, did_you_mean, dotted, quoted
from .._schema.tree import Field, camel_case, node_check_field, service_field
from .._schema.unchecked import node_check_tree, service_tree
from .api_shapes import KINDS, NotConvertibleError, Part, parts


class CasingError(ValueError):
    """What cannot be converted, with one line for each problem; never with a value."""


def to_file(value: Any, kind: str = "auto", *, unchecked: tuple[str, ...] = ()) -> Any:
    """Return the value as definition files spell it. What an agent or the catalog only adds is left out.

    A mapping gives a definition, lists and maps by id give a list of definitions. The keys at the paths of `unchecked`, which the
    schema lacks, are spelled by the plain rule, and what is below them stays. Raises CasingError.
    """
    return _converted(value, kind, _filed, unchecked)


def to_api(value: Any, kind: str = "auto", *, body: bool = False, unchecked: tuple[str, ...] = ()) -> tuple[Any, list[str]]:
    """Return the value as the HTTP API spells it, and notes on what it would not register as a file with the same does.

    Only spellings change, so that nothing is lost on the way back. A `body` has no notes: what the API does not know is left
    out, and defaults that it does not have are written out. Raises CasingError.
    """
    notes: list[str] = []

    def convert(part: Part, problems: list[str]) -> Any:
        known = len(problems)
        content = _filed(part, problems) if part.reported else part.content
        return None if len(problems) > known else _ApiSpeller(problems, notes, body).value(part.field, content, part.place)

    return _converted(value, kind, convert, unchecked), notes


def _converted(value: Any, kind: str, convert: Callable[[Part, list[str]], Any], unchecked: tuple[str, ...]) -> Any:
    if kind not in KINDS:
        raise CasingError(f"kind: {quoted(str(kind))} does not exist. Write one of {', '.join(KINDS)}.")
    problems: list[str] = []

    def each(found: Part | list[Any]) -> Any:
        return [each(part) for part in found] if isinstance(found, list) else convert(_widened(found, unchecked), problems)

    try:
        result = each(parts(value, kind))
    except NotConvertibleError as error:
        raise CasingError(f"What is to be converted {error}.") from None
    if problems:
        raise CasingError("\n".join(problems))
    return result


def _widened(part: Part, unchecked: tuple[str, ...]) -> Part:
    """Return the part with a place for these new keys."""
    if not unchecked:
        return part
    # A check by itself may come from either place.
    everywhere = (*unchecked, *(f"check.{path[len('checks[].') :]}" for path in unchecked if path.startswith("checks[].")))
    service = service_tree(tuple(dict.fromkeys(everywhere)))
    check = service.properties["check"]
    trees = {service_field(): service, node_check_field(): node_check_tree(unchecked), service_field().properties["check"]: check}
    return replace(part, field=trees[part.field], checks=tuple(_widened(below, unchecked) for below in part.checks))


def _filed(part: Part, problems: list[str]) -> Any:
    """Return a service or check as a file spells it."""
    if not part.reported:
        return _FileSpeller(problems).value(part.field, part.content, part.place)
    speller = _ReportSpeller(problems)
    result = speller.value(part.field, part.content, part.place)
    if part.definition:
        result.update(speller.value(part.field, part.definition, (*part.place, "Definition")))
    checks = [check for check in (_filed(check, problems) for check in part.checks) if _has_type(part.field, check)]
    if checks:
        # Inside a service it has no effect to name it.
        result["checks"] = [{key: value for key, value in check.items() if key != "service_id"} for check in checks]
    # Otherwise values may be of any kind, and the result is not wanted.
    if not problems:
        _drop_assigned_port(result)
        _drop_derived_addresses(result)
    return result


def _has_type(service: Field, check: Mapping[str, Any]) -> bool:
    """Whether the agent said what the check does; most agents only tell its name and state."""
    items = service.properties["checks"].items
    return items is not None and any(items.properties[key].annotation("x-check-type") for key in check)


def _drop_assigned_port(service: dict[str, Any]) -> None:
    """Leave out the port that no definition may have beside what else is there.

    Agents give one to a sidecar although it has a socket (seen on 1.16.7), and repeat the default one of named ports (1.22.7).
    """
    if "socket_path" in service or service.get("ports"):
        service.pop("port", None)


def _drop_derived_addresses(service: dict[str, Any]) -> None:
    """Leave out the tagged addresses that agents make from an IP address by themselves, and those that the servers assign."""
    tagged = service.get("tagged_addresses")
    if not tagged:
        return
    from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import derived_addresses, is_virtual

    derived = {name: _address(address) for name, address in derived_addresses(service).items()}
    kept = {name: address for name, address in tagged.items() if derived.get(name) != _address(address) and not is_virtual(str(name))}
    if kept:
        service["tagged_addresses"] = kept
    else:
        del service["tagged_addresses"]


def _address(tagged: Mapping[str, Any] | None) -> tuple[str, int]:
    return ((tagged or {}).get("address") or "", (tagged or {}).get("port") or 0)


class _Speller:
    """One walk over one service or check."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems

    def spell(self, field: Field, place: Place) -> str | None:
        """Return the key of a field, None to leave it out."""
        raise NotImplementedError

    def scalar(self, field: Field, value: Any) -> Any:
        return value

    def is_dropped(self, parent: Field, field: Field, value: Any) -> bool:
        """Whether the converted value of a field is left out."""
        return False

    def is_foreign(self, field: Field, key: str, place: Place) -> bool:
        """Whether a key that is no field is left out without a word; otherwise it is a problem."""
        return False

    def items(self, field: Field, value: list[Any] | tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
        return iter(enumerate(value))

    def value(self, field: Field, value: Any, place: Place) -> Any:
        below = field.items or field.values
        if value is None:
            return None
        if not field.properties and (below is None or not below.properties):
            return self.scalar(field, value)
        wanted: Any = (list, tuple) if field.items else Mapping
        if not isinstance(value, wanted):
            self._problem(place, f"must be a {'list' if field.items else 'mapping'}.")
            return value
        if below is None:
            return self._mapping(field, value, place)
        if field.items:
            return [self.value(below, item, (*place, index)) for index, item in self.items(below, value)]
        return {key: self.value(below, item, (*place, key)) for key, item in value.items()}

    def _mapping(self, field: Field, value: Mapping[Any, Any], place: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        seen: dict[str, str] = {}
        for key, item in value.items():
            where = (*place, str(key))
            name = key if key in field.properties else field.spellings.get(squash(str(key)))
            if name is None:
                self._no_field(field, str(key), where)
                continue
            if name in seen:
                self._problem(where, f"is the same field as {dotted((seen[name],))}. Keep one of them.")
                continue
            seen[name] = str(key)
            child = field.properties[name]
            spelled = self.spell(child, where)
            if spelled is None:
                continue
            converted = self.value(child, item, where)
            if not self.is_dropped(field, child, converted):
                result[spelled] = converted
        return result

    def _no_field(self, field: Field, key: str, place: Place) -> None:
        if self.is_foreign(field, key, place):
            return
        elsewhere = field.elsewhere.get(squash(key))
        if elsewhere:
            self._problem(place, f"is no key of a definition. Leave it out: {elsewhere}.")
            return
        # The catalog writes ServiceID and ServicePort for id and port.
        near = field.spellings.get(squash(key).replace("service", "", 1)) or did_you_mean(key, list(field.properties))
        hint = f"Did you mean {near}?" if near else f"Known keys: {', '.join(sorted(field.properties))}."
        self._problem(place, f"is no key that Consul knows here. {hint}")

    def _problem(self, place: Place, text: str) -> None:
        self.problems.append(f"{dotted(place)}: {text}" if place else f"What is to be converted {text}")


class _FileSpeller(_Speller):
    """As definition files spell it."""

    def spell(self, field: Field, place: Place) -> str | None:
        return field.name

    def scalar(self, field: Field, value: Any) -> Any:
        # Bodies of the HTTP API may say durations in nanoseconds, files may not.
        if isinstance(value, int) and not isinstance(value, bool) and _is_duration(field):
            return format_duration(value)
        return value


class _ReportSpeller(_FileSpeller):
    """As definition files spell it, without what agents add to every definition."""

    def is_dropped(self, parent: Field, field: Field, value: Any) -> bool:
        if field.name in parent.required or _is_whole(parent):
            return False
        if value is None or value in ("", [], {}):
            return not (value == {} and field.annotation("x-presence"))
        if isinstance(value, bool):
            return not value and not field.annotation("default")
        if _is_duration(field) and isinstance(value, str):
            return _is_zero(value)
        return value == 0 or _has_only_defaults(field, value)

    def is_foreign(self, field: Field, key: str, place: Place) -> bool:
        return squash(key) in field.elsewhere

    def _mapping(self, field: Field, value: Mapping[Any, Any], place: Place) -> dict[str, Any]:
        result = super()._mapping(field, value, place)
        # Agents report what belongs to one type of check on all of them.
        return {key: item for key, item in result.items() if item or _has_company(field.properties[key], result)}

    def items(self, field: Field, value: list[Any] | tuple[Any, ...]) -> Iterator[tuple[int, Any]]:
        return ((index, item) for index, item in enumerate(value) if not _is_derived(field, item))


class _ApiSpeller(_Speller):
    """As the HTTP API spells it. Seen on 1.8.7: files may say one of two weights, bodies have to say both."""

    def __init__(self, problems: list[str], notes: list[str], body: bool) -> None:
        super().__init__(problems)
        self.notes = notes
        self.body = body

    def spell(self, field: Field, place: Place) -> str | None:
        if field.api_name is not None:
            return field.api_name
        if self.body:
            return None
        self.notes.append(f"{dotted(place)}: the HTTP API has no place for it")
        return camel_case(field.name)

    def _mapping(self, field: Field, value: Mapping[Any, Any], place: Place) -> dict[str, Any]:
        result = super()._mapping(field, value, place)
        if self.body and result.get("Check") and isinstance(result.get("Checks"), list) and result["Checks"]:
            # Checks without an id are numbered. A file's check comes last, a body's first.
            result["Checks"] = [*result["Checks"], result.pop("Check")]
        if _is_whole(field):
            defaults = {child.api_name or "": child.annotation("default") for child in field.properties.values()}
            lacking = {key: default for key, default in defaults.items() if default and key not in result}
            if self.body:
                result.update(lacking)
            elif lacking:
                self.notes.append(f"{dotted(place)}: the HTTP API has no default for {' and '.join(lacking)}")
        return result


def _is_duration(field: Field) -> bool:
    return bool(field.annotation("x-rule") == "duration")


def _is_zero(duration: str) -> bool:
    try:
        return parse_duration(duration) == 0
    except ValueError:
        return False


def _is_whole(field: Field) -> bool:
    """Whether agents report the object with all of its keys, since each has a default: weights."""
    return bool(field.properties) and all("default" in child.raw for child in field.properties.values())


def _has_only_defaults(field: Field, value: Any) -> bool:
    """Whether an object says what the agent assumes without it, such as weights of 1 and 1."""
    return (
        _is_whole(field)
        and isinstance(value, dict)
        and all(item == field.properties[key].annotation("default") for key, item in value.items())
    )


def _has_company(field: Field, beside: Mapping[str, Any]) -> bool:
    """Whether the fields without which a field has no effect are there, if there are such."""
    company = field.annotation("x-only-with", ())
    return not company or any(name in beside for name in company)


def _is_derived(field: Field, item: Any) -> bool:
    """Whether the agent made this item of a list: a path exposed for a check, an upstream from central configuration."""
    if not isinstance(item, Mapping):
        return False
    said = {squash(str(key)) for key, content in item.items() if content}
    own = {squash(name) for name in field.annotation("x-own-with", ())}
    return bool(own and not own & said) or any(item[key] is True and squash(str(key)) in field.elsewhere for key in item)
