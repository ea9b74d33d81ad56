# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep secrets out of everything that leaves the target: the schema says which fields are secret, and they are masked whole.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Container, FrozenSet, Iterable, Iterator, Mapping, Tuple

from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import SENSITIVE_FIELDS, USER_KEY_FIELDS
from ansible_collections.registrar.consul.plugins.module_utils._definition.hcl import HclError, Place, read_with_places
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import DEFINITION_KEYS
from ansible_collections.registrar.consul.plugins.module_utils._definition.unchecked import names_of

MASK = "********"
CHANGED = "******** (changed)"
UNREADABLE = "(not shown: it cannot be parsed, so nobody knows what in it is secret)\n"
# Shorter ones cannot be told from ordinary words in somebody else's text.
_SHORTEST = 6

Path = Tuple[Any, ...]
# The names on the way to each unchecked key.
Listed = FrozenSet[Tuple[str, ...]]


def masked(definition: Any, unchecked: Iterable[str] = ()) -> Any:
    """Return a definition with its secrets masked, and what stands at the paths of `unchecked`: nobody knows whether that is secret."""
    return _masked(definition, set(), ("service",), _listed(unchecked))


def masked_pair(name: str, before: bytes | None, after: bytes | None, unchecked: Iterable[str] = ()) -> tuple[str, str]:
    """Return the contents of a file before and after a change with secrets masked, fit for a diff.

    A secret that changes shows as such, though not how.
    """
    old, new = _File(name, before, unchecked), _File(name, after, unchecked)
    changed = {path for path in old.secrets.keys() & new.secrets.keys() if old.secrets[path] != new.secrets[path]}
    return old.shown(set()), new.shown(changed)


def secret_values(name: str, data: bytes, unchecked: Iterable[str] = ()) -> set[str]:
    """Return the secret texts in a file, for scrub."""
    found: set[str] = set()
    for value in _File(name, data, unchecked).secrets.values():
        found.update(text for text in _texts(value) if len(text) >= _SHORTEST)
    return found


def secrets_of(document: Mapping[str, Any]) -> set[str]:
    """Return the secret texts in the definitions of a file, for scrub."""
    definitions = {key: child for key, child in document.items() if key.lower() in DEFINITION_KEYS}
    return {text for _path, value in _walk(definitions, (), _listed(())) for text in _texts(value) if len(text) >= _SHORTEST}


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return somebody else's words, such as the agent's, without these texts."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


class _File:
    """A file's content, and its secrets by their paths."""

    def __init__(self, name: str, data: bytes | None, unchecked: Iterable[str] = ()) -> None:
        self.text = (data or b"").decode("utf-8", "replace")
        self.secrets: dict[Path, Any] = {}
        self._json: Any = None
        self._places: dict[Path, Place] = {}
        self._unchecked = _listed(unchecked)
        self._readable = True
        try:
            if not data:
                return
            if name.endswith(".json") or self.text.lstrip()[:1] == "{":
                self._json = dict(json.loads(self.text))
                self.secrets = dict(_walk(self._json, (), self._unchecked))
            else:
                self._read_hcl()
        except (ValueError, TypeError, RecursionError, HclError):
            self._readable = False

    def shown(self, changed: Container[Path]) -> str:
        """The text with the secrets masked."""
        if not self._readable:
            return UNREADABLE
        if self._json is not None:
            return json.dumps(_masked(self._json, changed, (), self._unchecked), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        return self._shown_hcl(changed)

    def _read_hcl(self) -> None:
        times: Counter[Path] = Counter()
        for place in read_with_places(self.text)[1]:
            if _secret_here(place.path, self._unchecked):
                # Blocks may be repeated, so the path alone does not tell them apart.
                path = (*place.path, times[place.path])
                times[place.path] += 1
                self._places[path] = place
                value = self.text[place.start : place.end]
                self.secrets[path] = list(read_with_places("value = %s" % value)[0].values())

    def _shown_hcl(self, changed: Container[Path]) -> str:
        """Cut the secret values out of the text; all the rest stays as it was written."""
        parts, position = [], 0
        for path, (_keys, start, end) in sorted(self._places.items(), key=lambda item: item[1].start):
            ending = "\n" if self.text[end - 1] == "\n" else ""
            parts += [self.text[position:start], '"%s"' % (CHANGED if path in changed else MASK), ending]
            position = end
        return "".join(parts) + self.text[position:]


def _listed(unchecked: Iterable[str]) -> Listed:
    return frozenset(map(names_of, unchecked))


def _secret(path: Path, unchecked: Listed) -> bool:
    """Whether the last step of a path, in a whole file, leads to a secret."""
    if unchecked and tuple(step.lower() for step in path[1:] if isinstance(step, str)) in unchecked and isinstance(path[-1], str):
        return True
    key = path[-1].lower() if isinstance(path[-1], str) else ""
    # Settings of the agent itself have secrets of their own, which our schema does not know.
    return key in SENSITIVE_FIELDS or (len(path) == 1 and key not in DEFINITION_KEYS)


def _of_user(path: Path) -> bool:
    return isinstance(path[-1], str) and path[-1].lower() in USER_KEY_FIELDS


def _secret_here(path: Path, unchecked: Listed) -> bool:
    """Whether a path leads to a secret, and not to something below one or below keys of the user's own."""
    above = [path[:length] for length in range(1, len(path))]
    return _secret(path, unchecked) and not any(_secret(step, unchecked) or _of_user(step) for step in above)


def _walk(value: Any, path: Path, unchecked: Listed) -> Iterator[tuple[Path, Any]]:
    for key, child in _children(value):
        here = (*path, key)
        if _secret(here, unchecked):
            yield here, child
        elif not _of_user(here):
            yield from _walk(child, here, unchecked)


def _masked(value: Any, changed: Container[Path], path: Path, unchecked: Listed) -> Any:
    if isinstance(value, list):
        return [_masked(item, changed, (*path, index), unchecked) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return value
    shown = {}
    for key, child in value.items():
        here = (*path, key)
        if _secret(here, unchecked):
            shown[key] = CHANGED if here in changed else MASK
        else:
            shown[key] = child if _of_user(here) else _masked(child, changed, here, unchecked)
    return shown


def _children(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for _key, child in _children(value):
        yield from _texts(child)
