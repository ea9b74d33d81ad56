# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the block ai: one role, and the block of that role.

Read in agent/structs/service_ai.go, before 2.1 came out; agents of that version were not run.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._findings import Finding, Place
from .access import Mapping, mapping_at, text
from .rule import REFUSED, rule

_READ = "read in agent/structs/service_ai.go of 2.1"

# The schema says these; the block is looked at below.
ROLE = rule("ai-role", "an ai block without a role that Consul knows", REFUSED, words=f'invalid ai.role "model"; {_READ}')
PROTOCOL = rule(
    "ai-protocol",
    "a model without a protocol that Consul knows",
    REFUSED,
    words=f'invalid ai.inference_model.protocol "http" (must be one of openai, anthropic, passthrough); {_READ}',
)
TRANSPORT = rule(
    "ai-transport",
    "an MCP server without a transport that Consul knows",
    REFUSED,
    words=f'invalid ai.mcp_server.transport "http" (must be one of streamable-http, sse, stdio); {_READ}',
)
PROTOCOL_VERSION = rule(
    "ai-protocol-version",
    "an MCP server without the version of its protocol",
    REFUSED,
    words=f"ai.mcp_server.protocol_version must be set; {_READ}",
)
NUMBER = rule(
    "ai-number",
    "a port of an AI agent outside 0 to 65535, or a limit below 0",
    REFUSED,
    stricter="agents take ports above 65535",
    words=f"ai.agent.mcp.port must not be negative, and the same of the other keys; {_READ}",
)
BLOCK = rule(
    "ai-block",
    "an ai block with another block than that of its role, or without that",
    REFUSED,
    words='ai.role "mcp-server" requires the mcp_server sub-block; '
    f'ai.role "mcp-server" requires only the mcp_server sub-block to be set; {_READ}',
)

# The block of each role, and what has to stand in it.
_BLOCKS = {
    "inference-model": ("inference_model", "protocol: openai"),
    "mcp-server": ("mcp_server", "transport and protocol_version"),
    "ai-agent": ("agent", "{} for all defaults"),
}


def ai_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of the ai block of one service, or of the sidecar at a place inside one."""
    block = mapping_at(service, "ai")
    role = text(block, "role")
    if role not in _BLOCKS:
        return
    wanted, content = _BLOCKS[role]
    if wanted not in block:
        yield BLOCK.at((*place, "ai", wanted), f"required with role {role}", f"Add it, with {content}.")
    for other, _content in _BLOCKS.values():
        if other != wanted and other in block:
            yield BLOCK.at((*place, "ai", other), f"has no place with role {role}", "Leave it out, or write its role.")
