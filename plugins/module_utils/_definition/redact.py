# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep secrets out of everything that leaves the target: files are shown without them, and so are the words of others."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any, Collection, Iterable, Mapping

from .hcl import HclError, Place, read_with_places
from .parse import Unparsable, document_in
from .secret import (
    MASK,
    NATURAL,
    SHORTEST,
    Hide,
    Secrets,
    cleaned,
    suspicious,
)

CHANGED = "******** (changed)"
UNREADABLE = "(not shown: it cannot be parsed, so nobody knows what in it is secret)\n"


def masked(definition: Any, secrets: Secrets = NATURAL) -> Any:
    """Return a definition with its secrets masked."""
    return secrets.concealed(definition, _always(MASK))


def masked_pair(name: str, before: bytes | None, after: bytes | None, secrets: Secrets = NATURAL) -> tuple[str, str]:
    """Return the contents of a file before and after a change with secrets masked, fit for a diff.

    A secret that changes shows as such, though not how.
    """
    old, new = _File(name, before, secrets), _File(name, after, secrets)
    changed = {place for place in old.found.keys() & new.found.keys() if old.found[place] != new.found[place]}
    return old.shown(()), new.shown(changed)


def secret_values(name: str, data: bytes, secrets: Secrets = NATURAL) -> set[str]:
    """Return the secret texts in a file, for scrub."""
    found = _File(name, data, secrets).found.values()
    return {text for texts in found for text in texts if len(text) >= SHORTEST}


def secrets_of(document: Mapping[str, Any]) -> set[str]:
    """Return the secret texts in the definitions of a file, for scrub."""
    found: set[str] = set()
    NATURAL.definitions_of(document, lambda _place, value: found.add(str(value)))
    return {text for text in found if len(text) >= SHORTEST}


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Return somebody else's words, such as the agent's, without these texts."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text


class _File:
    """A file's content, and its secrets by their places."""

    def __init__(self, name: str, data: bytes | None, secrets: Secrets) -> None:
        self.text = (data or b"").decode("utf-8", "replace")
        self.found: dict[Any, list[str]] = {}
        self._secrets = secrets
        self._json: Any = None
        self._cuts: list[tuple[Place, Any]] = []
        self._readable = True
        try:
            if not data:
                return
            if name.endswith(".json") or self.text.lstrip()[:1] == "{":
                self._json = document_in(".json", data)
                secrets.concealed_file(self._json, self._note)
            else:
                self._read_hcl()
        except (Unparsable, HclError):
            self._readable = False

    def shown(self, changed: Collection[Any]) -> str:
        """The text with the secrets masked."""
        if not self._readable:
            return UNREADABLE
        if self._json is None:
            return self._shown_hcl(changed)
        shown = self._secrets.concealed_file(self._json, lambda place, _value: CHANGED if place in changed else MASK)
        return json.dumps(shown, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def _note(self, place: Any, value: Any) -> str:
        self.found.setdefault(place, []).append(str(value))
        return MASK

    def _noting(self, key: Any) -> Hide:
        return lambda _place, value: self._note(key, value)

    def _read_hcl(self) -> None:
        times: Counter[Any] = Counter()
        end = 0
        for place in sorted(read_with_places(self.text)[1], key=lambda place: place.start):
            written = self.text[place.start : place.end]
            whole = bool(place.path) and self._secrets.hides(place.path)
            if place.start < end or not (whole or (written[:1] != "{" and suspicious(written))):
                continue
            if not place.path:
                self._cuts.append((place, cleaned(written, lambda _piece: MASK)))
                continue
            # Blocks may be repeated, so the path alone does not tell them apart.
            key = (*place.path, times[place.path])
            times[place.path] += 1
            value = read_with_places("value = %s" % written)[0]["value"]
            if self._secrets.concealed_at(place.path, value, self._noting(key)) != value:
                self._cuts.append((Place(key, place.start, place.end), None if whole else value))
                end = place.end

    def _shown_hcl(self, changed: Collection[Any]) -> str:
        """Cut the secrets out of the text, of its comments too; all the rest stays as it was written."""
        parts, position = [], 0
        for (key, start, end), value in self._cuts:
            parts.append(self.text[position:start])
            position = end
            if not key:
                parts.append(value)
                continue
            mask = CHANGED if key in changed else MASK
            shown = mask if value is None else self._secrets.concealed_at(key[:-1], value, _always(mask))
            parts += [json.dumps(shown, ensure_ascii=False), "\n" if self.text[end - 1] == "\n" else ""]
        return "".join(parts) + self.text[position:]


def _always(mask: str) -> Hide:
    return lambda _place, _value: mask
