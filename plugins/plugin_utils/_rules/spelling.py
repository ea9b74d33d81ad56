# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that no file can have: what is wrong with them, and which key was meant.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import Finding, Place, did_you_mean
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import REFUSED, rule
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, squash

_PLAIN = re.compile(r"[A-Za-z0-9_-]+\Z")
UNKNOWN_KEY = rule("unknown-key", "a key that no version of Consul knows at this place", REFUSED)
KEY_CASE = rule(
    "key-case",
    "a key in the spelling of the HTTP API, or in an old one",
    REFUSED,
    stricter="agents read a few CamelCase keys in files; with one spelling for each key, files stay readable and comparable",
)
DOCUMENT_KEY = rule(
    "document-key",
    "a file with other keys than service, services, check and checks",
    REFUSED,
    stricter="other keys are settings of the agent, which this collection does not manage",
)


def wrong_key(field: Field, place: Place, key: str, beside: Container[str]) -> tuple[Finding, str | None]:
    """Return the finding for a key that the field does not have, and the key that was meant where that is plain.

    `beside` are the keys that stand in the same mapping.
    """
    there = (*place, key)
    meant = field.spellings.get(squash(key))
    if meant:
        hint = f"Leave it out, {meant} is there already." if meant in beside else f"Write {meant}."
        return KEY_CASE.at(there, f"is spelled {meant} in a file", hint), meant
    elsewhere = field.elsewhere.get(squash(key))
    if elsewhere:
        return UNKNOWN_KEY.at(there, "is no key of a definition file", f"Leave it out: {elsewhere}."), None
    near = did_you_mean(key, list(field.properties))
    hint = f"Did you mean {near}?" if near else f"Known keys: {', '.join(sorted(field.properties))}."
    finding = UNKNOWN_KEY.at(there, "is no key that Consul knows here", hint)
    # Below a key of the user's own there is no path that all definitions have.
    listable = "*" not in field.path and _PLAIN.match(key)
    return replace(finding, unchecked=f"{field.path}.{key}".lstrip(".") if listable else ""), near
