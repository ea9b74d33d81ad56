# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings without the secrets of the definition that they are about."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import scrub
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import SHORTEST, Secrets

from .._findings import Finding, Place, quoted

_UNSAID = "this value"
# How findings tell values: all others say the same of every definition, and there are thousands of them.
_TELLS = re.compile(r"\"|://|: |\bWrite\b")
_TELLS_OWN = re.compile(r"\"|(?<![\w.])-?\d+(?:\.\d+)?(?![\w.])")


def hushed(findings: list[Finding], given: Any, definition: Any, secrets: Secrets) -> list[Finding]:
    """Return the findings about a definition, which was given otherwise perhaps, without a secret of either."""
    findings = [
        _without_own(finding, given, definition, secrets) if _tells_own(finding.message) or _tells_own(finding.hint) else finding
        for finding in findings
    ]
    if not any(_tells(finding.message) or _tells(finding.hint) for finding in findings):
        return findings
    texts = {text for text in secrets.texts([given, definition]) if len(text) >= SHORTEST}
    long = {shown for text in texts for shown in (text, quoted(text)[1:-1])}
    return [replace(finding, message=scrub(finding.message, long), hint=scrub(finding.hint, long)) for finding in findings]


# Most texts are those of other definitions, too.
@lru_cache(maxsize=2048)
def _tells(text: str) -> bool:
    return bool(_TELLS.search(text))


@lru_cache(maxsize=2048)
def _tells_own(text: str) -> bool:
    return bool(_TELLS_OWN.search(text))


def _without_own(finding: Finding, given: Any, definition: Any, secrets: Secrets) -> Finding:
    """What stands at the place of the finding may be as short as a port."""
    message, hint = finding.message, finding.hint
    for value in (_value_at(given, finding.place), _value_at(definition, finding.place)):
        if not isinstance(value, (str, int, float)) or not secrets.is_at(finding.place, value):
            continue
        said = str(value).lower()
        for shown in (quoted(str(value)), said) if said.replace(".", "").lstrip("-").isdigit() else (quoted(str(value)),):
            message, hint = (re.sub(rf"(?<![\w.]){re.escape(shown)}(?![\w.])", _UNSAID, text) for text in (message, hint))
    return finding if (message, hint) == (finding.message, finding.hint) else replace(finding, message=message, hint=hint)


def _value_at(value: Any, place: Place) -> Any:
    for step in place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
