# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of whatever a test or filter is given."""

from __future__ import annotations

from typing import Any

from .._schema.versions import NEWEST
from .terms import demand_known, demand_library, flag, read_terms, read_version

_OPTIONS = ("consul_version", "edition", "literal", "silence", "strict", "unchecked")


def errors_of(value: Any, **options: Any) -> list[dict[str, str]]:
    """Return the errors of a definition, of a list of them, or of the document of a file, for agents of one version.

    The options are those of modules, and `literal`. Raises TermsError.
    """
    # A quarter of a second: only where something is judged.
    from .document import judge_document
    from .verdict import verdict

    demand_library()
    demand_known(options, _OPTIONS)
    version = read_version(options.get("consul_version")) or NEWEST
    terms = read_terms(options)
    literal = None if options.get("literal") is None else flag(options, "literal")
    document = value
    if isinstance(value, (list, tuple)):
        # A list stands for the services of a play, not of a file.
        document, literal = {"services": list(value)}, bool(literal)
    findings = judge_document(document, terms.edition, literal=literal, unchecked=terms.unchecked)
    return verdict(findings, version, strict=terms.strict, silence=terms.silence).errors
