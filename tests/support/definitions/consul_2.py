# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definitions with every field, and every value of a choice, that Consul has had since 1.22."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PORTS: list[Json] = [{"name": "http", "port": 8080, "default": True}, {"name": "grpc", "port": 9090}]
MULTIPORT: Json = {"name": "api", "id": "api-1", "ports": PORTS, "check": {"ttl": "30s"}}
MESHED: Json = {
    "name": "shop",
    "ports": PORTS,
    "connect": {
        "sidecar_service": {
            "proxy": {
                "local_service_port": 8080,
                "local_service_ports": PORTS,
                "upstreams": [
                    {"destination_name": "api", "destination_port": "http", "local_bind_port": 9192},
                    {"destination_name": "api", "destination_port": "grpc", "local_bind_port": 9193},
                    {"destination_name": "api", "local_bind_port": 9194},
                ],
            }
        }
    },
}
GATEWAY: Json = {"name": "models", "kind": "inference-gateway", "port": 8443}
MODEL: Json = {
    "name": "gpt",
    "port": 8001,
    "ai": {
        "role": "inference-model",
        "inference_model": {"protocol": "openai", "path": "/v1", "defaults": {"max_tokens": 4096, "temperature": 0.2}},
    },
}
TOOLS: Json = {
    "name": "tools",
    "port": 8002,
    "ai": {"role": "mcp-server", "mcp_server": {"transport": "streamable-http", "path": "/mcp", "protocol_version": "2025-03-26"}},
}
AGENT: Json = {
    "name": "reviewer",
    "port": 8003,
    "ai": {
        "role": "ai-agent",
        "agent": {
            "inference": {"specialization": ["coding", "code-review"], "vendor": "anthropic"},
            "mcp": {"port": 15102, "hitl": {"port": 16102, "approval_timeout": "1m30s"}},
            "rate_limits": {"tool_calls_per_minute": 120, "tool_calls_per_hour": 3000},
            "interceptor": {"port": 21102},
        },
    },
}
DEFAULT_AGENT: Json = {"name": "helper", "port": 8004, "ai": {"role": "ai-agent", "agent": {"mcp": {"hitl": {}}, "interceptor": {}}}}
EVERYTHING = [MULTIPORT, MESHED, GATEWAY, MODEL, TOOLS, AGENT, DEFAULT_AGENT]


def with_model(protocol: str) -> Json:
    """Return a model of another protocol."""
    return {"name": "m", "ai": {"role": "inference-model", "inference_model": {"protocol": protocol}}}


def with_tools(transport: str) -> Json:
    """Return tools that are reached otherwise."""
    return {"name": "t", "ai": {"role": "mcp-server", "mcp_server": {"transport": transport, "protocol_version": "2025-03-26"}}}
