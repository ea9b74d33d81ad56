# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reference of all rules."""

from __future__ import annotations

import textwrap

from ansible_collections.registrar.consul.plugins.plugin_utils._rules import fleet
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import RULES, entered
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import Rule
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import ALWAYS, Span, format_version
from ansible_collections.registrar.consul.tools.generators.common import MARKDOWN_HEADER

PATH = "docs/reference/rules.md"

_PAGE = """\
{header}
# Rules

What is judged beyond the plain spelling of a definition. Each rule has an id, which stands in the results of tasks (`errors`,
`rule_warnings`) beside place, message and hint.

An *error* stops the task before anything is changed: without it, the agent would refuse the definition, lose it, or read it as something
else. A *warning* lets the task go on; `silence` takes its id, and `strict` makes errors of all warnings. Every rule comes from
what real agents did, or from their source. Where we refuse what an agent takes, the rule says why.

These look at several hosts at once. They are found by the playbook `registrar.consul.fleet`, and stop no task of a host:
{of_fleets}.

## Errors

{errors}
## Warnings

{warnings}"""


def outputs() -> dict[str, str]:
    rules = sorted(RULES.values(), key=lambda rule: rule.id)
    page = _PAGE.format(
        header=MARKDOWN_HEADER,
        of_fleets=textwrap.fill(", ".join(f"`{rule}`" for rule in sorted(entered([fleet]))), 140, break_on_hyphens=False),
        errors="\n".join(_entry(rule) for rule in rules if rule.severity == "error"),
        warnings="\n".join(_entry(rule) for rule in rules if rule.severity == "warning"),
    )
    return {PATH: page}


def _entry(rule: Rule) -> str:
    lines = [f"### {rule.id}", "", f"{rule.catches[0].upper()}{rule.catches[1:]}.", ""]
    if rule.agent:
        lines.append(f"- Otherwise: {rule.agent}.")
    if rule.words:
        said, _semicolon, where = rule.words.rpartition("; ")
        lines.append(f"- The agent's words: {said} ({where}).")
    lines.append(f"- Holds for: {_versions(rule.spans)}.")
    if rule.stricter:
        lines.append(f"- Stricter than agents: {rule.stricter}.")
    return "\n".join([*lines, ""])


def _versions(spans: tuple[Span, ...]) -> str:
    if spans == ALWAYS:
        return "all versions"
    return ", ".join(_span(span) for span in spans)


def _span(span: Span) -> str:
    low, high = span
    if low and high:
        return f"Consul {format_version(low)} up to, but not including, {format_version(high)}"
    return f"Consul {format_version(low)} and later" if low else f"Consul before {format_version(high or (0, 0, 0))}"
