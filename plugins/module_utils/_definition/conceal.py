# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions without their secrets, still fit to be judged: texts are masked, types and shapes stay.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import SENSITIVE_FIELDS, USER_KEY_FIELDS
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import DEFINITION_KEYS
from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import MASK

# A key with one of these in its name is taken for a secret wherever it stands: in no field of ours, but perhaps in a mistyped one.
_TELLTALE = ("token", "secret", "passw", "credential", "authorization", "cookie", "apikey", "api_key", "api-key", "private")
# Names of settings that are about secrets without being any.
_ABOUT = ("_ttl", "_file", "_path", "_policy", "_dir")


def concealed(value: Any) -> Any:
    """Return definitions, as a file or the HTTP API has them, with every text in a secret place masked."""
    if isinstance(value, list):
        return [concealed(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _concealed_field(key.lower(), child) for key, child in value.items()}


def definitions_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return those keys of a file that hold definitions, concealed. All others are the agent's own settings, and stay here."""
    return {key: concealed(child) for key, child in document.items() if key.lower() in DEFINITION_KEYS}


def holds_secret(document: Mapping[str, Any]) -> bool:
    """Whether a file holds a token or the like: one that nobody but the agent should read."""
    return any(_is_telltale(key) and _has_text(child) for key, child in _fields(document))


def _concealed_field(key: str, child: Any) -> Any:
    if key in SENSITIVE_FIELDS or _is_telltale(key):
        return _masked(child)
    return child if key in USER_KEY_FIELDS else concealed(child)


def _masked(value: Any) -> Any:
    """The mask in the place of every text and number; the empty text is no secret."""
    if isinstance(value, dict):
        return {key: _masked(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, str):
        return value and MASK
    return 0 if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def _is_telltale(key: str) -> bool:
    name = key.lower()
    return name == "encrypt" or (any(word in name for word in _TELLTALE) and not name.endswith(_ABOUT))


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key with what is below it, except among keys of the users' own, which the agent hands out to everybody."""
    for child in value if isinstance(value, list) else ():
        yield from _fields(child)
    for key, child in value.items() if isinstance(value, dict) else ():
        yield key, child
        if key.lower() not in USER_KEY_FIELDS or key.lower() in SENSITIVE_FIELDS:
            yield from _fields(child)


def _has_text(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_text(child) for child in value.values())
    if isinstance(value, list):
        return any(_has_text(item) for item in value)
    return isinstance(value, str) and bool(value)
