# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of generated definitions: we and the real agent must agree on each.

Zero that we accept and the agent refuses, loses or changes; zero that we refuse and the agent accepts, except by rules that
say why they are stricter. ``make fuzz`` goes on with other seeds for as long as one likes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.differential import Differential, Tally
from ansible_collections.registrar.consul.tests.support.definitions.mutations import mutants, odd_documents
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope, examples, services

VALID = 220
ODD = 420


def differential(seed: int, valid: int, odd: int) -> Tally:
    """Compare this many valid and odd definitions, always the same for a seed."""
    scope = Scope(consul_version(consul_binary()))
    groups = [[service] for service in examples(services(scope), valid, seed)]
    groups += [mutant.services for mutant in examples(mutants(scope), odd, seed)]
    with ConsulAgent(enable_local_script_checks=True) as judge, ConsulAgent(enable_local_script_checks=True) as agent:
        comparison = Differential(judge, agent)
        for document in examples(odd_documents(scope), odd // 6, seed):
            comparison.compare_document(document)
        return comparison.compare_all(groups)


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow), pytest.param(3, marks=pytest.mark.slow)]
)
def test_we_and_the_agent_agree(seed: int, record_property: Callable[[str, object], None]) -> None:
    # On every day half of them.
    share = 1 if seed else 2
    tally = differential(seed, VALID // share, ODD // share)

    record_property("counted", f"differential test {seed}: {tally}")
    assert not tally.disagreements, f"{tally}\n" + "\n".join(tally.disagreements[:10])
    assert tally.counts["judged as they stand"] > 500 // share
    assert tally.counts["written and compared"] > 250 // share
    assert tally.counts["refused by the agent"] > 75 // share
