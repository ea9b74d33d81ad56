# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of templates that nobody has rendered: agents take their text for the value (seen on 1.8.7 and 1.21.4)."""

from __future__ import annotations

import re

from .._findings import Finding, Place
from .._schema.tree import Field
from .rule import warning

UNRENDERED = warning(
    "template-unrendered",
    "a template that was not rendered, in a field that is no text for people and no argument of a command",
    "the agent takes the template itself for the value",
)

# What Ansible, consul-template and go-sockaddr would have rendered; and what Nomad, Compose or a shell would have.
_DOUBLE_BRACES = re.compile(r"\{\{.*?\}\}|\{%[-+]?\s.*?%\}", re.DOTALL)
_DOLLAR = re.compile(r"\$\{[A-Za-z_][\w.\"\[\]-]*\}")
# The functions with which an agent finds addresses of its own: in its bind addresses only (read in the source of 1.21.4).
_ADDRESS_FUNCTION = re.compile(r"\{\{[^}]*\b(Get(All|Default|Private|Public|Interface)\w*|sockaddr)\b")


def template_finding(field: Field, place: Place, value: str) -> Finding | None:
    """Return the finding for a text with braces, None where they are no template. The text is not shown: it may be a secret."""
    if _ADDRESS_FUNCTION.search(value):
        hint = "Write {{ ansible_facts['default_ipv4']['address'] }}, or leave the key out for the address of the node."
        what = "has a template for an agent's own bind address, which agents expand nowhere else"
        return UNRENDERED.at(place, what, hint if field.name == "address" else "Write the address itself.")
    if _DOUBLE_BRACES.search(value):
        hint = "Write the value itself: Ansible renders neither !unsafe values nor what it has read from files or hosts."
        return UNRENDERED.at(place, "has a template that was not rendered", hint)
    if not field.sensitive and _DOLLAR.search(value):
        return UNRENDERED.at(
            place, "has a variable of another tool, which nobody fills in here", "Write the value, or {{ }} with a variable of Ansible's."
        )
    return None
