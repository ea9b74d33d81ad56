# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The block ai: one role, its block, and nothing that is not known there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import render
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.tests.support.definitions import consul_2


def errors(ai: Any) -> list[str]:
    findings = [finding for entry in judge_services([{"name": "web", "ai": ai}], edition="enterprise") for finding in entry.findings]
    return [render(error).partition(" → ")[2] for error in verdict(findings, (2, 1, 0)).errors]


@pytest.mark.parametrize(
    ("role", "blocks", "expected"),
    [
        ("inference-model", ["mcp_server"], ["inference_model: required with", "mcp_server: has no place with"]),
        ("inference-model", ["inference_model", "agent"], ["agent: has no place with"]),
        ("mcp-server", ["agent"], ["mcp_server: required with", "agent: has no place with"]),
        ("ai-agent", [], ["agent: required with"]),
        ("ai-agent", ["agent", "inference_model", "mcp_server"], ["inference_model: has no place", "mcp_server: has no place"]),
    ],
)
def test_a_role_has_its_block_and_no_other(role: str, blocks: list[str], expected: list[str]) -> None:
    content: dict[str, Any] = {
        "inference_model": {"protocol": "openai"},
        "mcp_server": {"transport": "sse", "protocol_version": "2025-03-26"},
        "agent": {},
    }
    found = errors({"role": role, **{block: content[block] for block in blocks}})

    assert len(found) == len(expected)
    for message in expected:
        assert any(error.startswith(f"ai.{message}") for error in found), message


def test_what_only_previews_had_is_said_to_be_so_and_stays_secret() -> None:
    secret = {"type": "bearer", "secret": {"provider": "vault", "path": "kv/ai", "field": "hunter2"}}
    (message,) = errors({**consul_2.TOOLS["ai"], "mcp_server": {**consul_2.TOOLS["ai"]["mcp_server"], "auth": secret}})

    assert message.startswith("ai.mcp_server.auth: is no key of a definition file; ")
    assert message.endswith("Leave it out: only previews of Consul 2.1 had it.")
    assert "hunter2" not in message


@pytest.mark.parametrize(("given", "kept"), [(1, 1), (0.5, 0.5), ("0.5", 0.5), ("1", 1), ("-0.25", -0.25), (0, 0), (1.0, 1.0)])
def test_a_temperature_is_a_number(given: Any, kept: Any) -> None:
    model = {"role": "inference-model", "inference_model": {"protocol": "openai", "defaults": {"temperature": given}}}
    (result,) = judge_services([{"name": "web", "ai": model}], edition="enterprise")

    assert not result.findings or {finding.rule for finding in result.findings} == {"field-too-new"}
    found = result.definition["ai"]["inference_model"]["defaults"]["temperature"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("given", "rule"), [("warm", "must be a number, not text"), ("1e3", "could be meant in more than one way"), (True, "not a boolean")]
)
def test_what_is_no_number_is_no_temperature(given: Any, rule: str) -> None:
    (message,) = errors({"role": "inference-model", "inference_model": {"protocol": "openai", "defaults": {"temperature": given}}})

    assert message.startswith("ai.inference_model.defaults.temperature: ")
    assert rule in message
