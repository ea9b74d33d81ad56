# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of a definition that the user listed as unchecked: nobody here knows what they mean, or how an agent reports them.

Paths are as the user writes them or as the controller's schema does: `proxy.new_thing`, `checks[*].new_thing`, `checks[].new_thing`.
"""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from .durations import same_duration
from .spelling import squash

_STEP = re.compile(r"\[\*?\]|[^.\[\]]+")


class Unchecked(NamedTuple):
    """In the place of the value of such a key: the key as it is written, and the value."""

    key: str
    value: Any


def marked(definition: Mapping[str, Any], paths: Iterable[str]) -> Mapping[str, Any]:
    """Return the definition with each value at one of the paths as Unchecked."""
    for path in paths:
        definition = _marked(definition, _STEP.findall(path))
    return definition


def places_of(paths: Iterable[str]) -> set[tuple[str, ...]]:
    """Return where such keys stand, in services and in checks outside them, as Secrets has places: nobody knows what is in them."""
    names = [tuple(step.lower() for step in _STEP.findall(path) if not step.startswith("[")) for path in paths]
    return {steps for name in names for steps in (name, ("checks", *name))}


def is_reported(want: Unchecked, have: Any) -> bool:
    """Whether an agent reports the value. It may not report it at all, and may add what it fills itself; the same under another
    spelling is the same."""
    return have is None or _covers(want.value, have)


def _marked(value: Any, steps: Sequence[str]) -> Any:
    step, rest = steps[0], steps[1:]
    if step.startswith("["):
        return [_marked(item, rest) for item in value] if isinstance(value, list) else value
    if not isinstance(value, dict):
        return value
    return {key: _below(key, child, rest) if key.lower() == step.lower() else child for key, child in value.items()}


def _below(key: str, child: Any, rest: Sequence[str]) -> Any:
    if rest:
        return _marked(child, rest)
    return None if child is None else Unchecked(key, child)


def _covers(want: Any, have: Any) -> bool:
    if isinstance(want, bool) or isinstance(have, bool):
        return want is have or (not want and not have)
    if isinstance(want, dict) and isinstance(have, dict):
        there = {squash(key): child for key, child in have.items()}
        return all(there.get(squash(key)) is None or _covers(child, there[squash(key)]) for key, child in want.items() if child is not None)
    if isinstance(want, list) and isinstance(have, list):
        return len(want) == len(have) and all(map(_covers, want, have))
    if isinstance(want, list) or isinstance(have, list):
        return _covers_alone(want, have)
    return bool(want == have) or (not want and not have) or same_duration(want, have)


def _covers_alone(want: Any, have: Any) -> bool:
    """A list of one item is the item, and an empty one nothing: agents and HCL take them for each other in some places."""
    alone, other = (want, have) if isinstance(want, list) else (have, want)
    if not alone:
        return not other
    return len(alone) == 1 and (_covers(alone[0], other) if alone is want else _covers(other, alone[0]))
