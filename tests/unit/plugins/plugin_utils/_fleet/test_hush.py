# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a fleet holds no secret of any of its hosts."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.hosts import DEFINITIONS, Values, read_hosts
from ansible_collections.registrar.consul.plugins.plugin_utils._fleet.run import Question, judge_fleet
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST
from ansible_collections.registrar.consul.tests.support.definitions.fleet import mesh_service, service, upstream
from ansible_collections.registrar.consul.tests.support.definitions.judged_fleet import judged
from ansible_collections.registrar.consul.tests.support.definitions.planted import MARKS, PIN, Everything, planted


class Sealed:
    """As ansible-core has values of a vault before 2.19."""

    __ENCRYPTED__ = True

    def __str__(self) -> str:
        return PIN


def test_neither_findings_nor_maps_nor_tables_have_a_secret() -> None:
    definitions = [entry.definition for entry in planted(Everything(edition="enterprise"))]
    # Ports that are taken, destinations that nobody has, addresses that several share, protocols that differ.
    more = [
        service("shared", 80, address=f"{PIN}-1"),
        mesh_service("caller", 81, [upstream(f"{PIN}-2", 1), upstream("web", 2, destination_peer=f"{PIN}-3")]),
        mesh_service("speaker", 82, [], config={"protocol": f"{PIN}-4"}),
    ]
    raw = {DEFINITIONS: json.loads(json.dumps([*definitions, *more]).replace(PIN, "{{ pin }}")), "pin": Sealed()}

    def template(value: Any) -> Any:
        return json.loads(json.dumps(value).replace("{{ pin }}", PIN))

    hosts = read_hosts(["h1", "h2", "h3"], [DEFINITIONS], lambda _name: Values(raw, template))
    result = judge_fleet(hosts, Question(Terms(NEWEST), external=()))

    assert {"address-shared", "upstream-unregistered", "upstream-unseen"} <= {finding["rule"] for finding in result["findings"]}
    for what, said in result.items():
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        for mark in MARKS:
            assert mark not in text, f"{what}: {text[max(text.index(mark) - 200, 0) :][:400]}"


def test_places_are_listed_by_a_host_or_for_all_and_names_are_shown() -> None:
    callers = [mesh_service("caller", 80, [upstream("secret-one", 1)]), service("secret-two", 81, meta={"a": "secret-two"})]
    hosts = {"h1": {DEFINITIONS: callers, "consul_services_secret_paths": ["connect.sidecar_service.proxy.upstreams"]}}

    own = judged(hosts, terms={"consul_version": "1.21.0", "secret_paths": ["meta"]})

    assert "secret-one" not in json.dumps(own)
    assert own["findings"][0]["message"].startswith('no host registers "********"')
    assert [call["to"] for call in own["calls"]] == ["********"]
    assert "secret-two" in [found["name"] for found in own["services"]]
    assert "secret-one" in json.dumps(judged({"h1": callers}))


def test_lists_of_hosts_with_the_same_secrets_are_judged_once() -> None:
    alike = {DEFINITIONS: [service("web", 80)], "consul_services_secret_paths": ["meta.a"]}
    assert judged({"h1": alike, "h2": alike, "h3": alike[DEFINITIONS]})["summary"]["lists_judged"] == 2
