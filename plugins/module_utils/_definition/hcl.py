# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader of HCL 1, the language of Consul's .hcl files.

An object given once is a dictionary, one given several times a list of dictionaries, a block label one more dictionary around
its block. `${...}` is text like any other, as it is for agents. Compared with 1.8.7.
"""

from __future__ import annotations

import json
import re
from typing import Any, List, NamedTuple

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_IDENTIFIER = re.compile(r"[^\W\d][\w.\-]*")
_NUMBER = re.compile(r"-?(?:0[xX][0-9a-fA-F]+|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)")
_HEREDOC = re.compile(r"<<-?([^\W]+)\r?\n")
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\\"])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_PLAIN = re.compile(r"[^\"\\\n$]+")
_ESCAPED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_DEEPEST = 100


class HclError(Exception):
    """The text is no HCL; the message has the line and the reason, and nothing of the text's values."""


class Place(NamedTuple):
    """Where in the text the value of a key stands, or, without a path, a comment with the blanks around it."""

    path: tuple[str | int, ...]
    start: int
    end: int


def read_hcl(text: str) -> dict[str, Any]:
    """Return what the text says. Raises HclError."""
    return read_with_places(text)[0]


def read_with_places(text: str) -> tuple[dict[str, Any], list[Place]]:
    """Return what the text says, and where values and comments stand (no places for JSON text). Raises HclError."""
    if text.lstrip()[:1] == "{":
        return _read_json(text), []
    reader = _Reader(text)
    return reader.read(), reader.places


def _read_json(text: str) -> dict[str, Any]:
    try:
        # Agents do not look at what comes after the object.
        value, _end = json.JSONDecoder().raw_decode(text.lstrip())
    except ValueError as problem:
        raise HclError("line %d: %s" % (getattr(problem, "lineno", 1), getattr(problem, "msg", "no JSON"))) from None
    except RecursionError:
        raise HclError("line 1: nested too deeply") from None
    return dict(value)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: list[Place] = []
        self._path: list[str | int] = []

    def read(self) -> dict[str, Any]:
        for character, name in (("\0", "null character"), ("\ufeff", "byte order mark")):
            if character in self.text:
                self.at = self.text.index(character)
                raise self._error("a %s" % name)
        return self._items("")

    # Objects

    def _items(self, closing: str) -> dict[str, Any]:
        """Items up to the closing brace, or up to the end of the text."""
        found: dict[str, Any] = {}
        while True:
            character = self._next()
            if character == closing:
                return found
            if not character:
                raise self._error("the text ends inside an object")
            self._item(found)
            if self._next() == ",":
                self.at += 1

    def _item(self, found: dict[str, Any]) -> None:
        keys = self._keys()
        self._path += keys
        start = self.at
        value = self._value()
        self.places.append(Place(tuple(self._path), start, self.at))
        del self._path[len(self._path) - len(keys) :]
        for label in reversed(keys[1:]):
            value = {label: value}
        _add(found, keys[0], value)

    def _keys(self) -> list[str]:
        """A key with its labels, up to the value."""
        keys: list[str] = []
        while True:
            character = self._next()
            if character == "=" and len(keys) == 1:
                self.at += 1
                self._next()
                return keys
            if character == "{" and keys:
                return keys
            keys.append(self._key(character))

    def _key(self, character: str) -> str:
        if character == '"':
            return self._string()
        match = _IDENTIFIER.match(self.text, self.at)
        if match is None or match.group() in ("true", "false"):
            raise self._error("a key is expected here")
        self.at = match.end()
        return match.group()

    # Values

    def _value(self) -> Any:
        if len(self._path) > _DEEPEST:
            raise self._error("nested too deeply")
        character = self.text[self.at : self.at + 1]
        if character == "{":
            self.at += 1
            found = self._items("}")
            self.at += 1
            return found
        if character == "[":
            return self._list()
        if character == '"':
            return self._string()
        if character == "<":
            return self._heredoc()
        return self._number_or_bool()

    def _list(self) -> list[Any]:
        self.at += 1
        found: list[Any] = []
        separated = True
        while True:
            character = self._next()
            if character == "]":
                self.at += 1
                return found
            if character == ",":
                self.at += 1
                separated = True
                continue
            if not separated:
                raise self._error("a comma or the end of the list is expected here")
            self._path.append(len(found))
            found.append(self._value())
            self._path.pop()
            separated = False

    def _number_or_bool(self) -> Any:
        match = _IDENTIFIER.match(self.text, self.at)
        if match is not None and match.group() in ("true", "false"):
            self.at = match.end()
            return match.group() == "true"
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            raise self._error("a value is expected here")
        value = self._number(number.group())
        self.at = number.end()
        return value

    def _number(self, text: str) -> Any:
        digits = text.lstrip("-")
        base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10
        whole = base == 16 or digits.isdigit()
        try:
            number = (-1 if digits != text else 1) * (int(digits, base) if whole else float(digits))
        except ValueError:
            raise self._error("a number is malformed") from None
        if not (-(2**63) <= number < 2**63 if whole else abs(number) < float("inf")):
            raise self._error("a number is out of range")
        return number

    # Texts

    def _string(self) -> str:
        start = self.at
        self.at += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN.match(self.text, self.at)
            if plain is not None:
                parts.append(plain.group())
                self.at = plain.end()
            character = self.text[self.at : self.at + 1]
            if character == '"':
                self.at += 1
                return "".join(parts)
            if character in ("", "\n"):
                self.at = start
                raise self._error("a text has no end")
            parts.append(self._special(character))

    def _special(self, character: str) -> str:
        """A dollar sign or a backslash inside a text."""
        if character == "$":
            if self.text[self.at + 1 : self.at + 2] == "{":
                return self._interpolation()
            self.at += 1
            return character
        match = _ESCAPE.match(self.text, self.at)
        if match is None:
            raise self._error("an unknown escape")
        self.at = match.end()
        letter, octal, *codes = match.groups()
        if letter:
            return _ESCAPED[letter]
        number = int(octal, 8) if octal else int(next(code for code in codes if code), 16)
        if number > (0xFF if octal else 0x10FFFF):
            raise self._error("an escape for no character")
        return "\ufffd" if 0xD800 <= number < 0xE000 else chr(number)

    def _interpolation(self) -> str:
        """`${...}` with all the braces, quotes and line ends within, untouched."""
        start = self.at
        self.at += 2
        depth = 1
        while depth:
            character = self.text[self.at : self.at + 1]
            if not character:
                self.at = start
                raise self._error("an interpolation has no end")
            depth += {"{": 1, "}": -1}.get(character, 0)
            self.at += 1
        return self.text[start : self.at]

    def _heredoc(self) -> str:
        opening = _HEREDOC.match(self.text, self.at)
        if opening is None:
            raise self._error("a value is expected here")
        marker = opening.group(1)
        indented = opening.group().startswith("<<-")
        position = opening.end()
        while True:
            end = self.text.find("\n", position)
            if end < 0:
                raise self._error("a text up to %s has no end" % marker)
            line = self.text[position:end]
            # Agents do not find the end of <<- where its marker stands at the beginning of the line.
            if line.rstrip("\r").lstrip(" \t\r\v\f") == marker and not (indented and line == marker):
                break
            position = end + 1
        body = self.text[opening.end() : position]
        indent = line[: line.index(marker)]
        self.at = end + 1
        return _without_indent(body, indent) if indented else body + indent

    # Help

    def _next(self) -> str:
        """Go on to what is neither blank nor comment, and return its first character; none at the end."""
        match = _BLANK.match(self.text, self.at)
        if match is not None:
            if match.group().strip():
                self.places.append(Place((), self.at, match.end()))
            self.at = match.end()
        return self.text[self.at : self.at + 1]

    def _error(self, reason: str) -> HclError:
        return HclError("line %d: %s" % (self.text.count("\n", 0, self.at) + 1, reason))


class _Gathered(List[Any]):
    """Objects of one key. A type of its own: to look at all of them for each one more takes seconds with thousands of services."""


def _add(found: dict[str, Any], key: str, value: Any) -> None:
    """Objects of one key gather in a list; of other values the last one stays."""
    earlier = found.get(key)
    several = [earlier] if isinstance(earlier, dict) else earlier
    if not isinstance(value, dict):
        found[key] = value
    elif isinstance(several, _Gathered):
        several.append(value)
    elif isinstance(several, list) and all(isinstance(item, dict) for item in several):
        found[key] = _Gathered([*several, value])
    else:
        found[key] = value


def _without_indent(body: str, indent: str) -> str:
    """Take the marker's indentation off every line, if every line has it."""
    lines = body.split("\n")[:-1]
    if not all(line.startswith(indent) for line in lines):
        return body
    return "".join(line[len(indent) :] + "\n" for line in lines)
