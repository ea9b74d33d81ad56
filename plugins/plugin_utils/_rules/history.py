# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that follow from the story of a field: since when agents know it, until when, in which edition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version

from .._findings import Finding, Place, quoted
from .._schema.tree import Field
from .check import NO_EFFECT
from .rule import REFUSED, rule, warning
from .schema import KIND

TOO_NEW = rule("field-too-new", "a field that the agent does not know yet", REFUSED)
REMOVED = rule("field-removed", "a field that the agent no longer knows", REFUSED)
ENTERPRISE = rule("field-enterprise", "a field that only the Enterprise edition knows", REFUSED)
VALUE_TOO_NEW = rule("value-too-new", "a kind that the agent does not know yet", KIND.agent, stricter=KIND.stricter)
DEPRECATED = warning("deprecated", "a field that later versions have removed", "")


def story_findings(storied: Iterable[tuple[Field, Place, Any]], edition: str) -> Iterator[Finding]:
    """Yield the findings of the fields that a definition uses, each for the versions that it holds for."""
    for field, place, value in storied:
        before, after = _told(field, place, edition)
        yield from before
        since = field.annotation("x-enum-since", {}).get(value) if isinstance(value, str) else None
        if since:
            spans = ((None, parse_version(since)),)
            yield VALUE_TOO_NEW.at(
                place, f"{quoted(value)} exists since Consul {since}, and this is {{version}}", "Upgrade the agent first.", spans
            )
        yield from after


# A set has few different places, each of them in every service.
@lru_cache(maxsize=1024)
def _told(field: Field, place: Place, edition: str) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what a field itself comes to, whatever its value: of its story, and of its effect."""
    story = [*_told_by_version(field, place)]
    if field.edition == "enterprise" and edition != "enterprise":
        story.append(ENTERPRISE.at(place, "exists in Consul Enterprise only", "Leave it out, or set edition: enterprise."))
    return tuple(story), tuple(_effect_findings(field, place))


def _told_by_version(field: Field, place: Place) -> Iterator[Finding]:
    until = field.annotation("x-until")
    for span in field.missing:
        if until and span[1] is None:
            instead = field.annotation("x-replaced-by")
            hint = f"Write {instead} instead." if instead else "Leave it out."
            yield REMOVED.at(place, f"exists in Consul before {until} only, and this is {{version}}", hint, (span,))
        else:
            hint = f"Leave it out, or upgrade the agent to Consul {field.first_version} or later."
            yield TOO_NEW.at(place, f"exists since Consul {_first(field)}, and this is {{version}}", hint, (span,))
    deprecated = field.annotation("x-deprecated")
    if deprecated:
        span = (parse_version(deprecated), parse_version(until))
        hint = f"Write {field.annotation('x-replaced-by')} instead."
        yield DEPRECATED.at(place, f"is deprecated since Consul {deprecated} and gone in {until}", hint, (span,))


def _first(field: Field) -> str:
    since = field.annotation("x-since")
    return ", ".join(since) if isinstance(since, list) else str(since)


def _effect_findings(field: Field, place: Place) -> Iterator[Finding]:
    reason = field.annotation("x-no-effect")
    if reason:
        since = field.annotation("x-no-effect-since")
        spans = ((parse_version(since), None),) if since else None
        yield NO_EFFECT.at(place, "has no effect", "Leave it out.", spans, agent=reason)
