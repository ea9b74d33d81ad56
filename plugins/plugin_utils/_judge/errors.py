# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of whatever a test or filter is given."""

from __future__ import annotations

from typing import Any

from .._schema.versions import NEWEST
from .terms import demand_library, read_terms, read_version


def errors_of(value: Any, *, consul_version: Any = None, literal: bool | None = None, **options: Any) -> list[dict[str, str]]:
    """Return the errors of a definition, of a list of them, or of the document of a file, for agents of one version.

    The options are edition, strict, silence and unchecked, as modules have them. Raises TermsError.
    """
    # A quarter of a second: only where something is judged.
    from .document import judge_document
    from .verdict import verdict

    demand_library()
    terms = read_terms(options)
    version = read_version(consul_version) or NEWEST
    document = value
    if isinstance(value, (list, tuple)):
        # A list stands for the services of a play, not of a file.
        document, literal = {"services": list(value)}, bool(literal)
    findings = judge_document(document, terms.edition, literal=literal, unchecked=terms.unchecked)
    return verdict(findings, version, strict=terms.strict, silence=terms.silence).errors
