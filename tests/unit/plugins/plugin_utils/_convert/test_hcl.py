# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""HCL text, read back by the collection's own reader; the agent reads it in the integration tests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.module_utils._definition.hcl import read_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import HclError, definitions_in, render_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.hcl import hcl_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import Field, service_field
from ansible_collections.registrar.consul.tests.support.definitions import consul_2
from ansible_collections.registrar.consul.tests.support.definitions.shapes import complete, shapes
from ansible_collections.registrar.consul.tests.support.definitions.strategies import texts

WEB = {
    "checks": [{"interval": "10s", "http": "http://127.0.0.1:8080/health", "header": {"X-Api": ["a", "b"]}}, {"ttl": "1m"}],
    "name": "web",
    "meta": {"z": "1", "a b": 'say "hi"'},
    "port": 8080,
    "tags": ["primary", "v2"],
    "enable_tag_override": False,
    "tagged_addresses": {"lan": {"address": "10.0.0.1", "port": 80}, "none": {}},
    "connect": {"sidecar_service": {}},
}
WEB_HCL = """\
# Written by Ansible
#
# Do not edit

services {
  id = "db"
  name = "db"
  kind = "connect-proxy"
  proxy {
    config = {
      "limits" = {
        "names" = [
          [1, 2],
          {},
          {
            "a" = 1.5
          },
        ]
      }
      "list" = [1, true, "x"]
    }
    upstreams = []
  }
}

services {
  name = "web"
  tags = ["primary", "v2"]
  port = 8080
  tagged_addresses = {
    "lan" = {
      address = "10.0.0.1"
      port = 80
    }
    "none" = {}
  }
  enable_tag_override = false
  meta = {
    "a b" = "say \\"hi\\""
    "z" = "1"
  }
  checks = [
    {
      http = "http://127.0.0.1:8080/health"
      header = {
        "X-Api" = ["a", "b"]
      }
      interval = "10s"
    },
    {
      ttl = "1m"
    },
  ]
  connect {
    sidecar_service {}
  }
}
"""
DB = {
    "name": "db",
    "id": "db",
    "kind": "connect-proxy",
    "proxy": {"upstreams": [], "config": {"list": [1, True, "x"], "limits": {"names": [[1, 2], {}, {"a": 1.5}]}}},
}


def with_config(config: Any) -> dict[str, Any]:
    return {"name": "p", "kind": "connect-proxy", "port": 1, "proxy": {"destination_service_name": "x", "config": config}}


def test_the_text_is_one_that_people_would_write() -> None:
    assert render_hcl([WEB, DB], "Written by Ansible\n\nDo not edit\n") == WEB_HCL


def test_the_order_of_the_input_does_not_matter() -> None:
    turned = {key: WEB[key] for key in reversed(WEB)}
    assert render_hcl([DB, turned]) == render_hcl([WEB, DB])


def test_no_services_are_said_too() -> None:
    assert render_hcl([]) == "services = []\n"
    assert render_hcl([], "header") == "# header\n\nservices = []\n"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain / % %{x} # 'x' $x {}", "\"plain / % %{x} # 'x' $x {}\""),
        ('say "hi"', r'"say \"hi\""'),
        ("C:\\new", r'"C:\\new"'),
        ("a\nb\r\n\tc", r'"a\nb\r\n\tc"'),
        ("${x}", r'"\u0024{x}"'),
        ("$${x} ${", r'"$\u0024{x} \u0024{"'),
        ("\\${x}", r'"\\\u0024{x}"'),
        ("\x00\x1b\x7f\x85", r'"\u0000\u001b\u007f\u0085"'),
        ("\ue123\ufeff\u2028\u202e\u200b", r'"\ue123\ufeff\u2028\u202e\u200b"'),
        ("über 日本 🦊 \ufffd", '"über 日本 🦊 \ufffd"'),
        ("<<EOF\nx\nEOF", r'"<<EOF\nx\nEOF"'),
    ],
)
def test_texts_are_escaped(text: str, written: str) -> None:
    assert render_hcl([{"name": text}]) == f"services {{\n  name = {written}\n}}\n"


@pytest.mark.parametrize("definition", consul_2.EVERYTHING, ids=lambda definition: definition["name"])
def test_what_came_since_1_22_is_read_back(definition: Any) -> None:
    assert read_hcl(render_hcl([definition]))["services"] == definition


@given(texts(), texts())
def test_texts_and_keys_are_read_back(text: str, key: str) -> None:
    service = {"name": text, "meta": {key: text}, "tags": [text, key]}
    assert read_hcl(render_hcl([service], text))["services"] == service


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (-5, "-5"),
        (2**53, "9007199254740992"),
        (2**53 + 2, "9007199254740994.0"),
        (10**25, "1e+25"),
        (0.5, "0.5"),
        (1e-7, "1e-07"),
    ],
)
def test_numbers_are_those_of_json(number: float, written: str) -> None:
    assert f'"n" = {written}\n' in render_hcl([with_config({"n": number})])


def test_every_field_of_the_schema_is_written() -> None:
    definition = without_data(service_field(), complete(service_field()))
    assert read_hcl(render_hcl([definition]))["services"] == definition


@given(st.lists(shapes(service_field()), min_size=2, max_size=3))
def test_definitions_are_read_back(definitions: list[dict[str, Any]]) -> None:
    services = [{**without_data(service_field(), definition), "id": str(index)} for index, definition in enumerate(definitions)]
    assert read_hcl(render_hcl(services))["services"] == services


def without_data(field: Field, value: Any) -> Any:
    """The value without user data of any shape, which HCL cannot say all of."""
    if field.opaque:
        return {}
    if isinstance(value, dict):
        below = {key: field.properties.get(key) or field.values for key in value}
        return {key: without_data(below[key], item) for key, item in value.items() if below[key] is not None}
    return [without_data(field.items, item) for item in value] if isinstance(value, list) and field.items is not None else value


@pytest.mark.parametrize(
    "config",
    [
        {"a": {"b": {"c": {}}}},
        {"a": [1], "b": [{"c": 1, "d": [1], "e": {"f": {}}}], "g": [[1]]},
        {"a": {"b": [1, [2], {"c": 1}], "d": []}},
        {"a": [{"b": [1]}, {"c": 1}]},
        {"a": [[{"b": 1}], [2]]},
    ],
)
def test_data_that_hcl_can_say(config: Any) -> None:
    assert list(hcl_findings(service_field(), with_config(config))) == []


@pytest.mark.parametrize(
    ("config", "place"),
    [
        ({"a": None}, "proxy.config.a"),
        ({"a": [1, None]}, "proxy.config.a[1]"),
        ({"a": {"b": [1]}}, "proxy.config.a.b"),
        ({"a": {"b": [1, {"c": [{}]}]}}, "proxy.config.a.b[1].c"),
        ({"a": [{"b": {}}, 1]}, "proxy.config.a[0].b"),
        ({"a": [[{"b": {"c": 1}}], 1]}, "proxy.config.a[0][0].b"),
        ({"a": 10**400}, "proxy.config.a"),
    ],
)
def test_data_that_hcl_cannot_say_is_refused(config: Any, place: str) -> None:
    service = with_config(config)
    assert [finding.path for finding in hcl_findings(service_field(), service)] == [place]
    with pytest.raises(HclError) as caught:
        render_hcl([service])
    assert str(caught.value).startswith(f"{place}: ")
    assert str(caught.value).endswith((" Write the file as JSON.", " Leave it out."))


def test_nulls_among_names_and_items_are_refused() -> None:
    service = {"name": "x", "port": None, "meta": {"a": None}, "tags": [None], "tagged_addresses": {"lan": None}}
    with pytest.raises(HclError) as caught:
        render_hcl([{**service, "check": {"header": {"x": None}}}])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "meta.a",
        "tags[0]",
        "tagged_addresses.lan",
        "check.header.x",
    ]


def test_upstreams_and_sidecars_have_data_as_well() -> None:
    proxy = {"upstreams": [{"destination_name": "x", "config": {"a": None}}]}
    service = {"name": "web", "proxy": proxy, "connect": {"sidecar_service": {"proxy": proxy}}}
    assert [finding.path for finding in hcl_findings(service_field(), service)] == [
        "proxy.upstreams[0].config.a",
        "connect.sidecar_service.proxy.upstreams[0].config.a",
    ]


def test_the_judge_knows_when_the_file_is_to_be_hcl() -> None:
    service = with_config({"a": {"b": [1]}, "c": None})
    (judged,) = judge_services([service], hcl=True)
    (finding,) = [finding.as_dict() for finding in judged.findings if finding.rule == "not-in-hcl"]
    assert finding == {
        "severity": "error",
        "path": "services[0] (p) → proxy.config.a.b",
        "rule": "not-in-hcl",
        "message": "is a list of one item below another key; an agent would read something else from an HCL file.",
        "hint": "Write the file as JSON.",
    }
    assert len({finding.place for finding in judged.findings}) == len(judged.findings)
    assert "not-in-hcl" not in {finding.rule for finding in judge_services([service])[0].findings}


@pytest.mark.parametrize(
    ("service", "message"),
    [
        ({"name": "x", "Port": 1}, "x.Port: is no key of a definition file."),
        ({"name": "x", "checks": {}}, "x.checks: must be a list."),
        ({"name": "x", "check": []}, "x.check: must be a mapping."),
        ({"name": "x", "tagged_addresses": []}, "x.tagged_addresses: must be a mapping."),
        ({"name": "x", "checks": ["x"]}, "x.checks[0]: must be a mapping."),
    ],
)
def test_what_is_no_definition_is_refused(service: dict[str, Any], message: str) -> None:
    with pytest.raises(HclError) as caught:
        render_hcl([service])
    assert str(caught.value) == message


def test_templated_values_become_what_they_were() -> None:
    service = {"name": "web", "port": "8080", "enable_tag_override": "true", "meta": {"n": 1}, "address": None}
    read = {"name": "web", "port": 8080, "enable_tag_override": True, "meta": {"n": "1"}}
    assert definitions_in(service) == ([read], [])
    assert definitions_in([service, service]) == ([read, read], [])
    assert definitions_in({"services": [service], "service": service}) == ([read, read], [])
    assert definitions_in({"checks": [{"name": "disk", "failures_before_critical": "2"}]}) == (
        [],
        [{"name": "disk", "failures_before_critical": 2}],
    )


@pytest.mark.parametrize("value", ["web", None, [1], 5])
def test_only_definitions_are_rendered(value: Any) -> None:
    with pytest.raises(HclError, match=r"must be a definition, or a list of them"):
        definitions_in(value)


def test_what_can_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(HclError) as caught:
        definitions_in([{"name": "web"}, {"name": "db", "port": "0x50", "Check": {"ttl": 5}}])
    assert [line.split(":")[0] for line in str(caught.value).splitlines()][:2] == ["[1].port", "[1].Check"]


def test_checks_outside_services_are_blocks_of_their_own() -> None:
    checks = [
        {"name": "disk", "ttl": "10m"},
        {"id": "a", "service_id": "web", "http": "http://a/", "interval": "1m", "header": {"X": ["y"]}},
    ]
    text = render_hcl([{"name": "web"}], "", checks)
    assert text.startswith('services {\n  name = "web"\n}\n\nchecks {\n  id = "a"\n')
    assert read_hcl(text)["checks"] == [checks[1], checks[0]]
    assert render_hcl([], "", checks[:1]) == 'checks {\n  name = "disk"\n  ttl = "10m"\n}\n'
