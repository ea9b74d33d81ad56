# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets without Ansible and without a cluster."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.hosts import DATACENTER, DEFINITIONS, Values, read_hosts
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.run import Question, judge_fleet
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import read_terms

Json = dict[str, Any]


def judged(hosts: dict[str, Any], **question: Any) -> Json:
    """The result of hosts that are given with their lists, or with all of their variables. Nothing else is there, unless said."""
    variables = {name: rendered(own if isinstance(own, dict) else {DEFINITIONS: own}) for name, own in hosts.items()}
    read = read_hosts(variables, [DEFINITIONS], lambda name: Values(variables[name], lambda value: value))
    terms = read_terms(question.pop("terms", {"consul_version": "1.21.0"}))
    return judge_fleet(read, Question(terms, **{"external": (), **question}))


def rendered(variables: Json) -> Json:
    """The variables with the one template that they have rendered, to the same name on each host."""
    own: Json = json.loads(json.dumps(variables).replace("{{ inventory_hostname }}", "here"))
    return own


def found(hosts: dict[str, Any], **question: Any) -> list[tuple[str, list[str]]]:
    """Rules and places."""
    return [(finding["rule"], finding["places"]) for finding in judged(hosts, **question)["findings"]]


def at(datacenter: str, definitions: list[Json], **variables: Any) -> Json:
    return {DEFINITIONS: definitions, DATACENTER: datacenter, **variables}
