# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the test valid_service_definition and the filter service_definition_errors have in common.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._findings import quoted
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST, Version, parse_version

EDITIONS = ("community", "enterprise")


class AssertionTermsError(ValueError):
    """The judge cannot work like this: an option that makes no sense, or jsonschema is missing."""


def errors_of(
    value: Any,
    consul_version: str | None = None,
    edition: str = "community",
    strict: bool = False,
    silence: str | Sequence[str] = (),
    literal: bool | None = None,
) -> list[dict[str, str]]:
    """Return the errors of a definition, of a list of them, or of the document of a file, for agents of one version.

    Raises AssertionTermsError.
    """
    # A quarter of a second: only where something is judged.
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.validate import missing_library
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import unknown_rules, verdict

    missing = missing_library()
    if missing:
        raise AssertionTermsError(missing)
    if edition not in EDITIONS:
        raise AssertionTermsError(f"edition: {quoted(str(edition))} is not one of {', '.join(EDITIONS)}.")
    silenced = [entry.strip() for entry in silence.split(",")] if isinstance(silence, str) else [str(entry) for entry in silence]
    unknown = unknown_rules(entry for entry in silenced if entry)
    if unknown:
        raise AssertionTermsError(f"silence: {', '.join(unknown)}: no rule that only warns has this id. The documentation lists the rules.")
    version = _version(consul_version)
    document = value
    if isinstance(value, (list, tuple)):
        # A list stands for the services of a play, not of a file.
        document, literal = {"services": list(value)}, bool(literal)
    findings = judge_document(document, edition, literal=literal)
    return verdict(findings, version, strict=strict, silence=silenced).errors


def _version(text: str | None) -> Version:
    if not text:
        return NEWEST
    try:
        return parse_version(str(text))
    except ValueError:
        raise AssertionTermsError(f"consul_version: {quoted(str(text))} is not a version such as 1.8.7.") from None
