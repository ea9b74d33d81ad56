# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings, references, diffs, audits and reports of fleets without a secret, whatever field of the schema it stands in."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import masked_pair
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL, Secrets, steps_of
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import render_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import render_json
from ansible_collections.registrar.consul.plugins.plugin_utils._findings import Finding, quoted
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_node_checks, judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.hush import hushed
from ansible_collections.registrar.consul.tests.support.definitions.planted import MARKS, PIN, Everything, Planted, anew, listable, planted

SCOPE = Everything(edition="enterprise")
VAULT = Secrets(values=[PIN])


@cache
def everything() -> list[Planted]:
    return planted(SCOPE)


def demand_silence(said: Any) -> None:
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    for mark in MARKS:
        assert mark not in text, text[max(text.index(mark) - 300, 0) :][:500]


@pytest.mark.parametrize("how", [{}, {"literal": True}, {"hcl": True}, {"edition": "enterprise"}], ids=str)
def test_no_finding_quotes_a_secret(how: dict[str, Any]) -> None:
    judged = judge_services([entry.definition for entry in everything()], secrets=VAULT, **how)

    assert sum(bool(result.findings) for result in judged) > len(judged) / 2
    assert sum(len(result.references) for result in judged) > 5
    demand_silence([finding.as_dict() for result in judged for finding in result.findings])
    demand_silence([reference.finding.as_dict() for result in judged for reference in result.references])


def test_no_finding_quotes_what_stands_at_a_listed_place() -> None:
    listed = [entry for entry in everything() if entry.kind in ("vault", "shape", "type")]
    secrets = Secrets(steps_of(entry.path.replace(".*", '["*"]')) for entry in listed)

    judged = judge_services([entry.definition for entry in listed], secrets=secrets)

    demand_silence([finding.as_dict() for result in judged for finding in result.findings])
    demand_silence([reference.finding.as_dict() for result in judged for reference in result.references])


def test_no_finding_about_a_check_outside_services_quotes_a_secret() -> None:
    checks = [
        {"name": "x", "id": str(number), **check} for number, entry in enumerate(everything()) if (check := entry.definition.get("check"))
    ]

    judged = judge_node_checks(checks, beside=[], secrets=VAULT)

    assert sum(len(result.references) for result in judged) > 1
    demand_silence([finding.as_dict() for result in judged for finding in result.findings])
    demand_silence([reference.finding.as_dict() for result in judged for reference in result.references])


@pytest.mark.parametrize("listed", [False, True])
def test_no_diff_shows_a_secret(listed: bool) -> None:
    services = [entry.definition for entry in everything() if entry.fits]
    others = json.loads(anew(json.dumps(services), 2))
    # The target is told where secrets of a vault stand.
    secrets = Secrets([steps_of(path.replace(".*", '["*"]')) for path in listable(SCOPE)] if listed else VAULT.steps(services))

    for name, render in (("a.json", render_json), ("a.hcl", lambda found: render_hcl(found, "", ()))):
        before, after = masked_pair(name, render(services).encode(), render(others).encode(), secrets)
        assert after.count("(changed)") > len(services) - 10
        demand_silence(before + after)


def test_definitions_without_their_natural_secrets() -> None:
    services = [entry.definition for entry in everything() if entry.kind in ("plain", "url")]

    demand_silence(NATURAL.definitions_of({"services": services}))


@pytest.mark.parametrize("secret", ['one"two', "one\ntwo", "long-" * 20])
def test_a_secret_is_found_as_it_is_shown(secret: str) -> None:
    finding = Finding("rule", ("port",), f"got {quoted(secret)} here")
    (said,) = hushed([finding], {"token": secret}, {"token": secret}, NATURAL)
    assert said.message == 'got "********" here'


@pytest.mark.parametrize("value", [4711, "4711", "ab"])
def test_what_stands_at_the_place_is_hidden_however_short(value: Any) -> None:
    finding = Finding("rule", ("port",), f"{value if isinstance(value, int) else quoted(value)} is out of range", "Write 80.")
    (said,) = hushed([finding], {"port": value}, {"port": value}, Secrets(values=[str(value)]))
    assert (said.message, said.hint) == ("this value is out of range", "Write 80.")
    assert hushed([finding], {"port": value}, {"port": value}, NATURAL) == [finding]
