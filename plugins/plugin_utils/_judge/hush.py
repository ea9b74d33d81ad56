# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings without the secrets of the definition that they are about.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import scrub
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import SHORTEST, Secrets
from ansible_collections.registrar.consul.plugins.plugin_utils._findings import Finding, Place, quoted

_UNSAID = "this value"


def hushed(findings: list[Finding], given: Any, definition: Any, secrets: Secrets) -> list[Finding]:
    """Return the findings about a definition, which was given otherwise perhaps, without a secret of either."""
    if not findings:
        return findings
    texts = secrets.texts([given, definition])
    return [_hushed(finding, given, definition, texts) for finding in findings] if texts else findings


def _hushed(finding: Finding, given: Any, definition: Any, texts: set[str]) -> Finding:
    own = {str(value) for value in (_value_at(given, finding.place), _value_at(definition, finding.place)) if value is not None} & texts
    long = {shown for text in texts if len(text) >= SHORTEST for shown in (text, quoted(text)[1:-1])}
    message, hint = (scrub(_without_own(text, own), long) for text in (finding.message, finding.hint))
    return replace(finding, message=message, hint=hint)


def _without_own(text: str, own: Iterable[str]) -> str:
    """What stands at the place of the finding may be as short as a port."""
    for value in own:
        text = text.replace(quoted(value), _UNSAID)
        text = re.sub(rf"(?<![\w.]){re.escape(value.lower())}(?![\w.])", _UNSAID, text) if value.isdigit() else text
    return text


def _value_at(value: Any, place: Place) -> Any:
    for step in place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
