# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What in a definition must not be seen, and the definition without it.

Secret are the fields that the schema marks, whatever stands under a key with the name of a secret, the places that somebody listed,
texts that somebody knows, and passwords inside of texts: in URLs, in JSON, behind the name of a secret.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from itertools import chain
from typing import Any, Callable, Collection, Iterable, Iterator, Mapping, NamedTuple, Tuple

from .fields import SENSITIVE_FIELDS, USER_KEY_FIELDS
from .parse import DEFINITION_KEYS

MASK = "********"
# Shorter ones cannot be told from ordinary words in somebody else's text.
SHORTEST = 6

Place = Tuple[Any, ...]
Steps = Tuple[str, ...]
Hide = Callable[[Place, Any], Any]

# A key with one of these in its name is taken for a secret: no field of ours has it, but perhaps a mistyped one or opaque configuration.
_NAMES = r"token|secret|passw|pwd|passphrase|credential|authorization|cookie|(?:api|access|private)[-_.]?key"
_TELLTALE = re.compile(_NAMES, re.IGNORECASE)
# Names of settings that are about secrets without being any.
_ABOUT = ("ttl", "file", "path", "policy", "dir", "bucket", "perfill", "url")
_OPAQUE = "config"

# From the beginning of a word on: from each of its letters on, a long word would take minutes.
_SCHEME = r"(?<![\w+.-])[\w+.-]+://"
# Behind the colon, up to the last @ of the host part; a password may have a slash in it, a port is followed by one.
_IN_URL = re.compile(r"(%s[^/?#\s:@\[]*:)([^\s/?#]+|(?!\d*[/?#])\S+)(?=@)" % _SCHEME)
_NAMED = re.compile(
    r"""([\w.-]{0,60}(?:%s)[\w.-]{0,60})"""  # the name
    r"""(\\*["']?\s*=\s*\\*["']?|\\*["']\s*:\s*\\*["']?|:\s+["']?)((?:bearer|basic)\s+)?"""
    r"""((?<=["'])(?:\\.|[^"'\\])+|[^\s&#;,"'\\{}\[\]]+)""" % _NAMES,
    re.IGNORECASE,
)
# An option of a command, and what follows it unless that is another one.
_OPTION = r"--?[\w.-]{0,60}(?:%s)[\w.-]{0,60}" % _NAMES
_OPTION_ALONE = re.compile(_OPTION + r"\Z", re.IGNORECASE)
_OPTION_WITH = re.compile(r"""((?<!\S)%s)(\s+["']?)()((?<=["'])[^"']+|[^\s"'-][^\s"']*)""" % _OPTION, re.IGNORECASE)
# Consul's own tokens, those of others by their form, and what nobody would write as a word.
_LIKE_A_SECRET = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z|(?:bearer|basic)\s|-----BEGIN |eyJ[\w-]+\.|\$ANSIBLE_VAULT"
    r"|(?:hvs|s|ghp|xox[a-z])[._-]\w{16}"
    r"|(?=[^/.:\s]*\d)(?=[^/.:\s]*[A-Za-z])[\w+/=-]{24,}\Z",
    re.IGNORECASE,
)
_PLACE = re.compile(r"""(?:^|(?<=.)\.)([^.\[\]"']+)|\[(?:\d*|\*)\]|\["([^"]*)"\]""")


class Secrets:
    """What is secret: by nature, and besides at places (see steps_of), and texts that hold one of the values."""

    def __init__(self, places: Iterable[Iterable[str]] = (), values: Collection[str] = ()) -> None:
        self.places: tuple[Steps, ...] = tuple(tuple(steps) for steps in places)
        self._in_definition = _Spot(_FIELDS, tuple(tuple(_plain(step) for step in steps) for steps in self.places))
        self._values = frozenset(values)
        long = sorted((re.escape(value) for value in self._values if len(value) >= SHORTEST), key=len, reverse=True)
        self._long = re.compile("|".join(long)) if long else None

    def of_checks(self) -> Secrets:
        """The same for checks outside services: places are told from a check then, not from what holds it."""
        below = [steps[1:] or ("*",) for steps in self.places if _plain(steps[0]) in ("checks", "*")]
        return Secrets(below, self._values) if self.places else self

    def concealed(self, definition: Any, hide: Hide | None = None) -> Any:
        """Return definitions, as a file or the HTTP API has them, with what is secret masked: types and shapes stay."""
        return self._walk(definition, (), self._in_definition, hide or _mask)

    def is_at(self, place: Place, value: Any) -> bool:
        """Whether what stands at a place of a definition is secret as a whole."""
        return self._spot(("service", *place)).secret or (bool(self._values) and self._is_known(place, value))

    def concealed_file(self, document: Mapping[str, Any], hide: Hide | None = None) -> dict[str, Any]:
        """The same for a whole file. Settings of the agent itself have secrets of their own, which nobody here knows: all are masked."""
        return {key: self._walk(child, (key,), self._top(key), hide or _mask) for key, child in document.items()}

    def definitions_of(self, document: Mapping[str, Any], hide: Hide | None = None) -> dict[str, Any]:
        """Return those keys of a file that hold definitions, concealed. All others are the agent's own settings, and stay here."""
        return self.concealed_file({key: child for key, child in document.items() if key.lower() in DEFINITION_KEYS}, hide)

    def texts(self, definition: Any) -> set[str]:
        """Return all that is secret in a definition, as it would show in a text."""
        found: set[str] = set()
        self.concealed(definition, lambda _place, value: found.add(str(value)))
        return found

    def steps(self, definition: Any) -> set[Steps]:
        """Return the places at which one of the values stands."""
        return {_steps(place) for place, value in _leaves(definition, ()) if self._is_known(place, value)} if self._values else set()

    def values_in(self, definition: Any) -> set[str]:
        """Return those of the values that stand in a definition, if only as a part of a text."""
        held = [str(value) for place, value in _leaves(definition, ()) if self._is_known(place, value)] if self._values else []
        return {value for value in self._values for text in held if value in text}

    def hides(self, place: Place) -> bool:
        """Whether all that stands at a place of a file is secret."""
        return self._spot(place).secret

    def hides_field(self, field: str, of_check: bool) -> bool:
        """Whether a field of a service or its check is secret, by the name that comparisons give it."""
        steps = [step.partition("[")[0] for step in field.split(".")]
        return self.hides(("service", *(["check"] if of_check else []), *steps))

    def concealed_at(self, place: Place, value: Any, hide: Hide | None = None) -> Any:
        """Return a value that stands at a place of a file with what is secret in it masked."""
        return self._walk(value, (), self._spot(place), hide or _mask)

    def _spot(self, place: Place) -> _Spot:
        spot = self._top(place[0])
        for step in _steps(place[1:]):
            spot = _below(spot, step)
        return spot

    def _top(self, key: str) -> _Spot:
        name, spot = key.lower(), self._in_definition
        if name not in DEFINITION_KEYS:
            return spot._replace(secret=True)
        return spot if name.startswith("service") else _below(spot, key)

    def _walk(self, value: Any, place: Place, spot: _Spot, hide: Hide) -> Any:
        if isinstance(value, dict):
            return {key: self._walk(child, (*place, key), _below(spot, str(key)), hide) for key, child in value.items()}
        if isinstance(value, (list, tuple)):
            pairs = enumerate(zip(chain((None,), value), value))
            return [self._walk(item, (*place, index), _behind(before, item, spot), hide) for index, (before, item) in pairs]
        if spot.secret or (self._values and self._is_known(place, value)):
            return hide(place, value) if value not in (None, "") and not isinstance(value, bool) else value
        return cleaned(value, lambda piece: hide(place, piece)) if isinstance(value, str) else value

    def _is_known(self, place: Place, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)) or _is_name(_steps(place)):
            return False
        text = str(value)
        return text in self._values or bool(self._long and self._long.search(text))


_FIELDS, _IN_OPAQUE, _IN_PUBLIC = "fields", "opaque", "public"


class _Spot(NamedTuple):
    """Where a walk is: whose names the keys are, what is left of the listed places, and whether all that is here is secret.

    Items of lists are alike: a single one and a list of one are, to an agent.
    """

    names: str
    listed: tuple[Steps, ...]
    secret: bool = False


@functools.lru_cache(maxsize=8192)
def _below(spot: _Spot, step: str) -> _Spot:
    key = step.lower()
    if spot.secret or (spot.names == _FIELDS and key == "definition"):
        # So an agent calls what is in a check.
        return spot
    names, listed = spot.names, spot.listed
    if listed:
        plain = _plain(step)
        listed = tuple(steps[1:] for steps in listed if steps[0] in (plain, "*"))
        if () in listed:
            return _Spot(names, (), True)
    if (names == _FIELDS and key in SENSITIVE_FIELDS) or (names != _IN_PUBLIC and is_telltale(key)):
        return _Spot(names, (), True)
    if names == _FIELDS and key in USER_KEY_FIELDS:
        # The agent hands out the others to everybody.
        names = _IN_OPAQUE if key == _OPAQUE else _IN_PUBLIC
    return _Spot(names, listed)


def _behind(before: Any, item: Any, spot: _Spot) -> _Spot:
    """The spot of an argument: secret behind an option with the name of one."""
    if not (isinstance(before, str) and isinstance(item, str)) or before[:1] != "-" or item[:1] == "-":
        return spot
    return spot._replace(secret=True) if _OPTION_ALONE.match(before) and is_telltale(before) else spot


NATURAL = Secrets()


def holds_secret(document: Mapping[str, Any]) -> bool:
    """Whether a file holds a token or the like: one that nobody but the agent should read."""
    return any(is_telltale(key) and _has_text(child) for key, child in _fields(document))


@functools.lru_cache(maxsize=4096)
def is_telltale(key: str) -> bool:
    """Whether a key has the name of a secret."""
    name = key.lower()
    return name == "encrypt" or (bool(_TELLTALE.search(name)) and not name.endswith(_ABOUT))


def cleaned(text: str, hide: Callable[[str], Any]) -> str:
    """Return a text with what hide makes of the secrets in it."""
    if text[:1] in ("{", "["):
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(text)
            shown = NATURAL._walk(value, (), _Spot(_IN_OPAQUE, ()), lambda _place, piece: hide(str(piece)))
            return text if shown == value else json.dumps(shown, ensure_ascii=False)
    if "://" in text:
        text = _IN_URL.sub(lambda found: found.group(1) + str(hide(found.group(2))), text)
    if _TELLTALE.search(text):
        text = _NAMED.sub(lambda found: _named(found, hide), text)
        text = _OPTION_WITH.sub(lambda found: _named(found, hide), text)
    return text


def _named(found: re.Match[str], hide: Callable[[str], Any]) -> str:
    name, between, scheme, value = found.groups()
    shown = str(hide(value)) if is_telltale(name) and value != MASK else value
    return name + between + (scheme or "") + shown


def suspicious(text: str) -> bool:
    """Whether a text could have secrets in it: a quick look."""
    return "://" in text or bool(_TELLTALE.search(text))


def looks_secret(text: str) -> bool:
    """Whether a text that stands in a wrong place could be a token or a key."""
    return bool(_LIKE_A_SECRET.match(text.strip()))


def steps_of(path: str) -> Steps:
    """Return the keys of a place as messages write it: `proxy.config["a.b"].c`. Raises ValueError.

    A star stands for every key, and an index, which may be left out, for all items.
    """
    steps, end = [], 0
    for found in _PLACE.finditer(path):
        if found.start() != end:
            break
        end = found.end()
        key = found.group(1) if found.group(1) is not None else found.group(2)
        steps += [] if key is None else [key]
    if end != len(path) or not steps:
        raise ValueError("%s is no place in a definition." % json.dumps(path[:60]))
    return tuple(steps)


def _mask(place: Place, value: Any) -> Any:
    """A text, so that nobody takes it for the true value; but a number in a field that must be text stays one, and is judged as such."""
    keys = {step.lower() for step in place if isinstance(step, str)}
    return 0 if not isinstance(value, str) and keys & SENSITIVE_FIELDS and _OPAQUE not in keys else MASK


def _plain(key: str) -> str:
    """One spelling for what files and the HTTP API say, and for what may be one or a list."""
    plain = key.replace("_", "").lower()
    return "checks" if plain == "check" else plain


def _steps(place: Place) -> Steps:
    return tuple(step for step in place if isinstance(step, str))


def _is_name(steps: Steps) -> bool:
    """Whether it is an id or a name: the agent tells it to everybody, and files and results are called by it."""
    return steps[-1:] in (("id",), ("name",)) and not USER_KEY_FIELDS.intersection(steps)


def _leaves(value: Any, place: Place) -> Iterator[tuple[Place, Any]]:
    if isinstance(value, (dict, list, tuple)):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _leaves(child, (*place, key))
    else:
        yield place, value


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with what is below it, except among keys of the users' own, which the agent hands out to everybody."""
    for child in value if isinstance(value, list) else ():
        yield from _fields(child)
    for key, child in value.items() if isinstance(value, dict) else ():
        yield key, child
        if key.lower() not in USER_KEY_FIELDS or key.lower() in SENSITIVE_FIELDS:
            yield from _fields(child)


def _has_text(value: Any) -> bool:
    return any(isinstance(leaf, str) and bool(leaf) for _place, leaf in _leaves(value, ()))
