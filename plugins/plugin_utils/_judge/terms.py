# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The terms of judging, read from the options of modules, filters, tests and lookups alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL, Secrets, steps_of
from ansible_collections.registrar.consul.plugins.module_utils._definition.unchecked import places_of
from ansible_collections.registrar.consul.plugins.module_utils._options import judge_spec
from ansible_collections.registrar.consul.plugins.module_utils._versions import Version, parse_version

from .._findings import did_you_mean, quoted
from .._schema.versions import MINORS


class TermsError(AnsibleActionFail):
    """An option makes no sense, or jsonschema is missing. The message names the option, the reason and the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(message)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Terms:
    """How definitions are to be judged and written. `version` None: whatever the agent turns out to be.

    `unchecked` are paths that the schema lacks, `checked` those that were listed beside them, and that it has.
    """

    version: Version | None
    edition: str = "community"
    strict: bool = False
    silence: tuple[str, ...] = ()
    format: str = "json"
    header: str = ""
    unchecked: tuple[str, ...] = ()
    checked: tuple[str, ...] = ()
    secrets: Secrets = NATURAL


def read_terms(options: Mapping[str, Any]) -> Terms:
    """Return what the options of the doc fragment `_judge` say. Raises TermsError."""
    unchecked, checked = read_unchecked(options.get("unchecked"))
    return Terms(
        version=read_version(options.get("consul_version"), auto=True),
        edition=choice(options, "edition", judge_spec()),
        strict=flag(options, "strict"),
        silence=_silence(options.get("silence")),
        unchecked=unchecked,
        checked=checked,
        secrets=_secrets(options.get("secret_paths"), unchecked),
    )


def read_unchecked(given: str | Iterable[Any] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the paths of the option unchecked that the schema lacks, and those that it has. Raises TermsError."""
    texts = _entries("unchecked", given)
    if not texts:
        return (), ()
    from .._schema.unchecked import PathError, read_paths

    try:
        return read_paths(texts)
    except PathError as error:
        raise TermsError(f"unchecked: {error}") from None


def read_version(text: Any, *, auto: bool = False) -> Version | None:
    """Return a version; None where none is named, and for `auto` where that is allowed. Raises TermsError."""
    if not text or (auto and text == "auto"):
        return None
    try:
        version = parse_version(str(text))
    except ValueError:
        wanted = "auto, nor a version" if auto else "a version"
        raise TermsError(f"consul_version: {quoted(str(text))} is not {wanted} such as 1.8.7.") from None
    if isinstance(text, float) and version[1] and (version[0], version[1] * 10) in MINORS:
        raise TermsError(f"consul_version: {text} without quotes could be {text} or {text}0. Put it in quotes.")
    return version


def choice(options: Mapping[str, Any], name: str, spec: Mapping[str, Any]) -> str:
    """Return the value of an option that has choices, its default without one. Raises TermsError."""
    value = str(options.get(name, spec[name]["default"]))
    if value not in spec[name]["choices"]:
        raise TermsError(f"{name}: {quoted(value)} is not one of {', '.join(spec[name]['choices'])}.")
    return value


def flag(options: Mapping[str, Any], name: str) -> bool:
    """Return the value of a switch, false without one. Raises TermsError when it is neither true nor false."""
    try:
        return bool(boolean(options.get(name, False)))
    except TypeError:
        raise TermsError(f"{name}: must be true or false.") from None


def demand_known(options: Iterable[str], known: Sequence[str]) -> None:
    """Raise TermsError for an option that does not exist."""
    for name in options:
        if name not in known:
            near = did_you_mean(name, known)
            hint = f"Did you mean {near}?" if near else f"Options: {', '.join(known)}."
            raise TermsError(f"{name}: is no option. {hint}")


def demand_library() -> None:
    """Raise TermsError where jsonschema is missing."""
    if not find_spec("jsonschema"):
        raise TermsError(
            "The Python library jsonschema is needed on the controller, beside ansible-core itself: "
            "install it there, for example with pip install jsonschema."
        )


def _silence(given: str | Iterable[Any] | None) -> tuple[str, ...]:
    silenced = _entries("silence", given)
    if not silenced:
        return ()
    # Imports all rules: most tasks silence nothing.
    from .._rules.book import RULES

    unknown = [entry for entry in silenced if entry not in RULES or RULES[entry].severity != "warning"]
    if unknown:
        raise TermsError(f"silence: {', '.join(unknown)}: no rule that only warns has this id. The documentation lists the rules.")
    return silenced


def _secrets(given: str | Iterable[Any] | None, unchecked: tuple[str, ...]) -> Secrets:
    try:
        places = sorted({steps_of(entry) for entry in _entries("secret_paths", given)} | places_of(unchecked))
    except ValueError as problem:
        raise TermsError(f"secret_paths: {problem} Write it as messages do, such as meta.license or proxy.config.pin.") from None
    return Secrets(places) if places else NATURAL


def _entries(name: str, given: str | Iterable[Any] | None) -> tuple[str, ...]:
    """The entries of a list, or of a text with commas as Ansible takes lists; an empty text is an empty list. Raises TermsError."""
    if given is not None and (isinstance(given, Mapping) or not isinstance(given, Iterable)):
        raise TermsError(f"{name}: must be a list.")
    entries = given.split(",") if isinstance(given, str) else given or ()
    return tuple(entry for entry in (str(entry).strip() for entry in entries) if entry)
