# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same definitions as JSON and as HCL: an agent reads the same, field by field and text by text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.plugin_utils._convert import hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import render_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import render_json
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.hcl import hcl_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field
from ansible_collections.registrar.consul.tests.support.agent.answered import settled
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.drawn import drawn, drawn_services
from ansible_collections.registrar.consul.tests.support.definitions.every_field import HOSTILE as HOSTILE_TEXT
from ansible_collections.registrar.consul.tests.support.definitions.every_field import one_for_each_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import HOSTILE, Scope, texts

StartAgent = Callable[..., ConsulAgent]
Json = dict[str, Any]
Counted = Callable[[str, object], None]
GENERATED = 150
CONFIGS = 400
TEXTS = 400
MORE_HOSTILE = [
    *("$", "${", "$${", "${}", '${"', "\\${x}", "\\\\${x}", "$\\{", "\\u0024", "\\n", "\\", '\\"', '"${"', "%{", "%%{x}", "${${}}"),
    *("<<EOF", "<<-EOF\na\nEOF\n", "*/", "/* x", "# x", "//", "\r\n", "\v\f\a\b", "\x1b[31m", "\x85", "\ue123", "\uffff", "\U0010ffff"),
]
HEADER = 'Ansible managed: /* "quoted" */ ${x} <<EOF \ue123\n\n# über\x00'


@pytest.fixture(scope="module")
def scope() -> Scope:
    return Scope(consul_version(consul_binary()))


def read_at_start(start_agent: StartAgent, name: str, text: str) -> tuple[list[Json], Json]:
    """What an agent says it read in its files, with everything below checks, and its services."""
    agent = start_agent(enable_local_script_checks=True, config={"ports": {"sidecar_min_port": 20000, "sidecar_max_port": 20999}})
    agent.stop()
    agent.write(name, text)
    agent.start()
    read = agent.get("/v1/agent/self")["DebugConfig"]["Services"]
    return _without_headers(read), settled(agent.services())


def _without_headers(value: Any) -> Any:
    """Without the headers that an agent puts into a check when it runs for the first time."""
    own = (["Consul Health Check"], ["text/plain, text/*, */*"])
    if isinstance(value, dict):
        return {key: _without_headers(item) for key, item in value.items() if item not in own}
    return [_without_headers(item) for item in value] if isinstance(value, list) else value


def test_every_field_is_read_the_same(start_agent: StartAgent, scope: Scope, record_property: Counted) -> None:
    fields = one_for_each_field(scope)
    # An agent may end with a panic when it starts with a check of another node.
    definitions = [
        definition for definition in [*fields.values(), *drawn_services(scope, GENERATED)] if "alias_node" not in json.dumps(definition)
    ]
    good = [definition for definition in definitions if not list(hcl_findings(service_field(), definition))]
    as_json = read_at_start(start_agent, "all.json", render_json(good))
    as_hcl = read_at_start(start_agent, "all.hcl", render_hcl(good, HEADER))
    assert [service["ID"] for service in as_json[0]] == sorted(definition["id"] for definition in good)
    assert as_hcl == as_json
    read = {definition["id"] for definition in good}
    count = sum(definition["id"] in read for definition in fields.values())
    assert {path for path, definition in fields.items() if definition["id"] not in read} <= {
        path for path in fields if "alias_node" in path
    }
    hostile = sum(json.dumps(HOSTILE_TEXT)[1:-1] in json.dumps(definition) for definition in fields.values())
    record_property(
        "counted", f"{count} of {len(fields)} fields ({hostile} with hostile texts) and {len(good)} definitions were read the same in HCL"
    )


def test_checks_of_other_nodes_are_read_the_same(start_agent: StartAgent, scope: Scope) -> None:
    definitions = [definition for path, definition in one_for_each_field(scope).items() if "alias_node" in path]
    seen = []
    for name, text in (("all.json", render_json(definitions)), ("all.hcl", render_hcl(definitions))):
        agent = start_agent()
        agent.write(name, text)
        agent.reload()
        seen.append({identifier: (check["ServiceID"], check["Name"], check["Type"]) for identifier, check in agent.checks().items()})
        # It would wait a minute for the other node.
        agent.kill()
    assert seen[0] == seen[1]
    assert {definition["id"] for definition in definitions} <= {check[0].replace("-sidecar-proxy", "") for check in seen[0].values()}


def test_every_text_is_read_the_same(agent: ConsulAgent, record_property: Counted) -> None:
    hostile = [*HOSTILE, *MORE_HOSTILE, *drawn(texts(), TEXTS)]
    definitions = [{"name": "web", "id": f"s{number}", "tags": [text], "address": text} for number, text in enumerate(hostile)]
    definitions.append({"name": "keys", "kind": "connect-proxy", "port": 1, "proxy": _proxy({text: text for text in hostile})})
    agent.write("all.hcl", render_hcl(definitions, HEADER))
    agent.reload()
    registered = agent.services()
    for number, text in enumerate(hostile):
        assert (registered[f"s{number}"]["Tags"], registered[f"s{number}"]["Address"]) == ([text], text)
    assert registered["keys"]["Proxy"]["Config"] == {text: text for text in hostile}
    record_property("counted", f"{len(hostile)} hostile texts were read from HCL as they were written, as values and as keys")


def _proxy(config: Json) -> Json:
    return {"destination_service_name": "web", "config": config}


def _configs() -> st.SearchStrategy[Json]:
    numbers = st.one_of(st.integers(-(10**20), 10**20), st.sampled_from([2**53, 2**53 + 1, 0.1, -2.5, 1e22, 1e-7, 1e300]))
    leaves = st.one_of(st.booleans(), numbers, texts())
    deep = st.recursive(
        leaves, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts(), inner, max_size=3)), max_leaves=8
    )
    return st.dictionaries(texts(), deep, min_size=1, max_size=3)


def test_user_data_is_read_the_same_or_refused(agent: ConsulAgent, monkeypatch: pytest.MonkeyPatch, record_property: Counted) -> None:
    """What is refused would indeed be read as something else: the rule is neither too lax nor too strict."""
    upstream = {"destination_name": "db", "local_bind_port": 1}
    definitions = [
        {
            "name": "p",
            "id": f"p{number}",
            "kind": "connect-proxy",
            "port": 1,
            "proxy": {**_proxy(config), "upstreams": [{**upstream, "config": config}]},
        }
        for number, config in enumerate(drawn(_configs(), CONFIGS))
    ]
    as_json = _registered(agent, "all.json", render_json(definitions))
    refused = {definition["id"] for definition in definitions if list(hcl_findings(service_field(), definition))}
    monkeypatch.setattr(hcl, "hcl_findings", lambda *_anything: [])
    as_hcl = _registered(agent, "all.hcl", render_hcl(definitions))
    assert {identifier for identifier, service in as_json.items() if as_hcl[identifier] != service} == refused
    assert 0 < len(refused) < len(definitions) / 2
    record_property(
        "counted", f"{len(definitions) - len(refused)} configurations were read the same in HCL, {len(refused)} were rightly refused"
    )


def _registered(agent: ConsulAgent, name: str, text: str) -> Json:
    for path in agent.config_dir.iterdir():
        path.unlink()
    agent.write(name, text)
    agent.reload()
    return agent.services()


def test_null_does_not_exist_in_hcl(agent: ConsulAgent) -> None:
    """So a definition with one is refused, which JSON can hold."""
    answer = {}
    for name, text in (("all.json", '{"services": [{"name": "web", "meta": null}]}'), ("all.hcl", 'services { name = "db" meta = null }')):
        agent.write(name, text)
        answer[name] = agent.request("PUT", "/v1/agent/reload")
    assert (answer["all.json"].status, answer["all.hcl"].status) == (200, 500)
    assert "IDENT null" in answer["all.hcl"].text


def test_no_services_are_read_too(agent: ConsulAgent) -> None:
    agent.write("all.hcl", render_hcl([{"name": "web"}]))
    agent.reload()
    assert set(agent.services()) == {"web"}
    agent.write("all.hcl", render_hcl([], HEADER))
    agent.reload()
    assert agent.services() == {}
