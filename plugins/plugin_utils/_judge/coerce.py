# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coercion: what templating did to a value is undone where only one reading is possible.

`"8080"` becomes 8080 where the schema says integer, `"true"` becomes true, a meta value 1 becomes "1",
null means absent unless an empty block there would mean something. Anything with two readings is an error,
never a guess. Wrong shapes, unknown keys and values out of range stay as they are: the validator explains them.
"""

from __future__ import annotations

import math
import re
from typing import Any

from .._findings import Finding, Place
from .._rules.spelling import wrong_key
from .._rules.types import AMBIGUOUS, NOT_JSON, kind_of, null_block, shown, wrong_type
from .._schema.tree import Field

_INTEGER = re.compile(r"^-?(0|[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"^-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,15})?\Z")
_LIKE_A_NUMBER = re.compile(r"^\s*([-+]?[0-9][0-9a-fA-FxXoObB_.,eE+-]*)?\s*\Z")
_WRITE_NUMBER = "Write a plain decimal number, or leave the key out."
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}
_LIKE_A_BOOLEAN = {"", "yes", "no", "on", "off", "y", "n", "t", "f", "true", "false", "0", "1"}


class Coercion:
    """One pass over one definition, which hints take values from.

    With `literal` nothing is coerced: the definition is what stands in a file already.
    `findings` are the ambiguous values; `storied` the places of fields that not every agent knows or that need
    a word, in the order of the input, with the coerced value; `braced` the texts that could be templates which
    nobody has rendered.
    """

    def __init__(self, definition: Any = None, *, literal: bool = False) -> None:
        self.literal = literal
        self.definition: dict[str, Any] = definition if isinstance(definition, dict) else {}
        self.findings: list[Finding] = []
        self.storied: list[tuple[Field, Place, Any]] = []
        self.braced: list[tuple[Field, Place, str]] = []

    def value(self, field: Field, value: Any, place: Place = ()) -> Any:
        """Return the value as the schema wants it, made of plain Python types."""
        if isinstance(value, list) and len(value) == 1 and field.type != "array" and not field.opaque:
            self.findings.append(wrong_type(field, place, value))
            (value,) = value
        result = (_LITERAL if self.literal else _BY_TYPE)[field.type](self, field, value, place)
        if field.has_story:
            self.storied.append((field, place, result))
        return result

    def _object(self, field: Field, value: Any, place: Place) -> Any:
        if field.opaque or not isinstance(value, dict):
            return self._plain(value, place)
        result: dict[str, Any] = {}
        properties, values = field.properties, field.values
        for key, item in value.items():
            name = key if key.__class__ is str and key.isascii() else self._key(key, place, value)
            child = properties.get(name) or values
            if child is None:
                self._wrong_key(field, name, value, result, place)
            elif item is not None:
                result[name] = self.value(child, item, (*place, name))
            else:
                self._null(child, result, (*place, name))
        return result

    def _wrong_key(self, field: Field, key: str, given: dict[str, Any], result: dict[str, Any], place: Place) -> None:
        """Say what is wrong with a key, and go on as if the key that was meant stood there: it is neither missing nor unjudged."""
        finding, meant = wrong_key(field, place, key, given, self.definition)
        self.findings.append(finding)
        for name, item in meant.items():
            if item is not None and name not in given and name not in result:
                result[name] = self.value(field.properties[name], item, (*place, key))

    def _null(self, child: Field, result: dict[str, Any], there: Place) -> None:
        """A null in a file is an absent field, but an agent has to know the field; among user keys it is an empty value."""
        found = null_block(child, there, in_file=self.literal)
        if found:
            self.findings.append(found)
        if not self.literal:
            return
        if child.has_story:
            self.storied.append((child, there, None))
        if not child.name:
            result[str(there[-1])] = _EMPTY[child.type]()

    def _array(self, field: Field, value: Any, place: Place) -> Any:
        child = field.items
        if child is None or not isinstance(value, (list, tuple)):
            return self._plain(value, place)
        return [self.value(child, item, (*place, index)) for index, item in enumerate(value)]

    def _as_it_is(self, field: Field, value: Any, place: Place) -> Any:
        return self._written(field, value, place) if isinstance(value, str) else self._plain(value, place)

    def _string(self, field: Field, value: Any, place: Place) -> Any:
        if isinstance(value, str) or _is_encrypted(value):
            return self._written(field, value, place)
        if field.exact or isinstance(value, bool):
            return self._ambiguous(field, value, place, "Put it in quotes, exactly as Consul should have it.")
        if isinstance(value, int):
            if field.annotation("x-rule") == "duration":
                return self._ambiguous(field, value, place, 'A duration needs its unit: write "10s", "5m" or "1h".')
            return str(int(value))
        if isinstance(value, float):
            return self._ambiguous(field, value, place, "Put it in quotes: 1.10 without quotes is the number 1.1.")
        return self._plain(value, place)

    def _integer(self, field: Field, value: Any, place: Place) -> Any:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str):
            if _INTEGER.match(value) and len(value) <= 19:
                return int(value)
            if _LIKE_A_NUMBER.match(value):
                return self._ambiguous(field, value, place, _WRITE_NUMBER)
        return self._plain(value, place)

    def _literal_integer(self, field: Field, value: Any, place: Place) -> Any:
        """JSON has one kind of number: 80.0 is 80."""
        return self._integer(field, value, place) if isinstance(value, float) else self._plain(value, place)

    def _number(self, field: Field, value: Any, place: Place) -> Any:
        if isinstance(value, str):
            if _NUMBER.match(value):
                return float(value) if "." in value else int(value)
            if _LIKE_A_NUMBER.match(value):
                return self._ambiguous(field, value, place, _WRITE_NUMBER)
        return self._plain(value, place)

    def _boolean(self, field: Field, value: Any, place: Place) -> Any:
        if isinstance(value, str) and value in _BOOLEANS:
            return _BOOLEANS[value]
        like = value.strip().lower() in _LIKE_A_BOOLEAN if isinstance(value, str) else isinstance(value, (int, float))
        if like and not isinstance(value, bool):
            return self._ambiguous(field, value, place, "Write true or false.")
        return self._plain(value, place)

    def _plain(self, value: Any, place: Place) -> Any:
        """Return data of any shape as plain JSON types (Ansible hands over tagged subclasses)."""
        if value is None or isinstance(value, bool):
            return None if value is None else bool(value)
        if isinstance(value, str) or _is_encrypted(value):
            return self._text(value, place)
        if isinstance(value, int):
            return int(value)
        if isinstance(value, float):
            if math.isfinite(value):
                return float(value)
            return self._refuse(place, "JSON has no such number", "Write a finite number.")
        if isinstance(value, dict):
            return {self._key(key, place, value): self._plain(item, (*place, str(key))) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._plain(item, (*place, index)) for index, item in enumerate(value)]
        return self._refuse(place, f"{kind_of(value)} has no form in JSON", "Put it in quotes.")

    def _written(self, field: Field, value: Any, place: Place) -> Any:
        text = self._text(value, place)
        if "{" in text and not field.braces:
            self.braced.append((field, place, text))
        return text

    def _text(self, value: Any, place: Place) -> Any:
        plain = value if value.__class__ is str else str(value)
        if plain.isascii() or _is_unicode(plain):
            return plain
        return self._refuse(place, "has bytes that are no UTF-8", "Read the text with its right encoding.")

    def _key(self, key: Any, place: Place, beside: dict[Any, Any]) -> str:
        if isinstance(key, str):
            return str(key) if _is_unicode(key) else self._refuse((*place, "�"), "a key has bytes that are no UTF-8", "Write it as text.")
        if isinstance(key, int) and not isinstance(key, bool):
            if str(int(key)) in beside:
                self._refuse((*place, str(key)), "the key stands there twice, as text and as a number", "Keep one of them.")
            return str(int(key))
        self._refuse((*place, str(key)), "the key is not text", "Put the key in quotes.")
        return str(key)

    def _ambiguous(self, field: Field, value: Any, place: Place, hint: str) -> Any:
        self.findings.append(AMBIGUOUS.at(place, f"{shown(field, value)} could be meant in more than one way here", hint))
        return value

    def _refuse(self, place: Place, message: str, hint: str) -> str:
        self.findings.append(NOT_JSON.at(place, message, hint))
        return ""


_BY_TYPE = {
    "object": Coercion._object,
    "array": Coercion._array,
    "string": Coercion._string,
    "integer": Coercion._integer,
    "number": Coercion._number,
    "boolean": Coercion._boolean,
}
_LITERAL = {
    **_BY_TYPE,
    "string": Coercion._as_it_is,
    "integer": Coercion._literal_integer,
    "number": Coercion._as_it_is,
    "boolean": Coercion._as_it_is,
}


_EMPTY: dict[str, type] = {"object": dict, "array": list, "string": str}


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _is_encrypted(value: Any) -> bool:
    """Whether this is a vaulted value of ansible-core before 2.19, which is no str."""
    return bool(getattr(type(value), "__ENCRYPTED__", False))
