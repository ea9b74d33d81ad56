# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes that were written earlier and never verified: whether there is anybody who could be told of them."""

from __future__ import annotations

from .._agent.absent import looked_for, not_found, remedy
from .._agent.api import BadOptions
from .._agent.facts import AgentFacts
from .._agent.process import AgentProcessError


def nobody_to_tell(facts: AgentFacts, method: str) -> str:
    """Why the files wait, as sentences, when there is no agent to tell; empty when there is one, or one is at least meant."""
    try:
        if facts.process is not None or (facts.answers and method != "signal"):
            return ""
    except (AgentProcessError, BadOptions):
        # The reload says what is wrong.
        return ""
    return "Files that were changed earlier wait in %s, and are read when an agent starts: %s. %s %s" % (
        facts.agents.config_dir,
        not_found(facts),
        looked_for(facts, method),
        remedy(facts, method),
    )
