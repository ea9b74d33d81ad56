# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The YAML of a list for the role."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.audit import audit
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.export import export
from ansible_collections.registrar.consul.plugins.plugin_utils._survey.export_text import Exported, export_text


class _Loader(yaml.SafeLoader):
    """Reads YAML as Ansible does, where it takes the text of !unsafe as it is."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def loaded(text: str) -> Any:
    return yaml.load(text, Loader=_Loader)["consul_services_definitions"]


def surveyed(files: dict[str, Any], registered: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """What the target would have found."""
    described = [
        {
            "name": name,
            "owner": None,
            "target": None,
            "hcl": False,
            "problem": None,
            "empty": False,
            "fatal": False,
            "settings": False,
            "document": document,
        }
        for name, document in files.items()
    ]
    agent = {
        "version": "1.8.7",
        "state": "running",
        "asked": True,
        "compared": True,
        "scripts": True,
        "hidden": [],
        "drift": [],
        "checks": [],
        "services": registered or [],
    }
    return {"path": "/etc/consul.d", "files": described, "deleted": [], "journal": None, "findings": [], "agent": agent}


def exported(files: dict[str, Any], registered: list[dict[str, Any]] | None = None, unchecked: tuple[str, ...] = ()) -> dict[str, Any]:
    return export(audit(surveyed(files, registered), Terms(parse_version("1.8.7"), unchecked=unchecked)))


TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["{{ x }}", "{% if %}", "{#", "yes", "0123", "1e3", "~", "a: b", " x ", "\n", "#", "\x85", "\u2028 a"]),
)


@given(st.dictionaries(TEXTS, TEXTS, max_size=5), TEXTS)
@example({"\x85": "a\u2028b"}, "{{ \u2029 }}" + 60 * " long\n")
def test_what_was_there_is_read_again(meta: dict[str, str], text: str) -> None:
    service = {"name": "web", "meta": meta, "tags": [text]}
    assert loaded(export_text("/x", Exported([("a.json", service)]))) == [service]


@pytest.mark.parametrize("text", ["{{ x }}", "a {% raw %}", "{# c", "echo '{{.State}}'"])
def test_what_looks_like_a_template_is_marked_as_none(text: str) -> None:
    assert "!unsafe" in export_text("/x", Exported([("a.json", {"name": "web", "tags": [text]})]))


def test_secrets_become_references_and_are_listed() -> None:
    service = {"name": "we'b", "token": MASK, "checks": [{"id": "c", "http": "http://a/", "interval": "1s", "header": {"A": [MASK, ""]}}]}
    result = exported({"a.json": {"service": service}})
    assert result["secrets"] == ["we'b/checks[0].header.A[0]", "we'b/token"]
    (found,) = loaded(result["text"])
    assert found["token"] == '{{ consul_services_secrets["we\'b/token"] }}'
    assert found["checks"][0]["header"] == {"A": ['{{ consul_services_secrets["we\'b/checks[0].header.A[0]"] }}', ""]}
    assert '#   "we\'b/token": from a.json' in result["text"]


def test_what_is_masked_below_a_key_that_nobody_checks_is_a_reference_too() -> None:
    service = {"name": "web", "new_thing": {"mode": MASK}}
    result = exported({"web.json": {"service": service}}, unchecked=("new_thing",))
    assert result["secrets"] == ["web/new_thing.mode"]
    assert loaded(result["text"]) == [{"name": "web", "new_thing": {"mode": '{{ consul_services_secrets["web/new_thing.mode"] }}'}}]


def test_fields_come_in_the_order_of_the_documentation() -> None:
    result = exported(
        {"a.json": {"service": {"checks": [{"interval": "1s", "tcp": "a:1", "id": "x"}], "port": 1, "name": "web", "id": "w"}}}
    )
    assert [list(service) for service in loaded(result["text"])] == [["id", "name", "port", "checks"]]
    assert list(loaded(result["text"])[0]["checks"][0]) == ["id", "tcp", "interval"]


def test_files_with_faults_are_left_out() -> None:
    files = {"good.json": {"service": {"name": "good"}}, "bad.json": {"service": {"name": "bad", "prot": 1}}, "none.json": {}}
    result = exported(files)
    assert result["services"] == ["good"]
    assert result["left_out"] == [{"what": "bad.json", "reason": "its definitions have errors: repair them first"}]
    assert "# Left out: bad.json: its definitions" in result["text"]


def test_what_only_some_versions_refuse_is_left_out_with_that_reason() -> None:
    survey = surveyed({"web.json": {"service": {"name": "web", "check": {"h2ping": "127.0.0.1:1", "interval": "1s"}}}})
    survey["agent"]["version"] = None
    (left_out,) = export(audit(survey, Terms(None)))["left_out"]
    assert left_out["reason"].startswith("some versions of Consul refuse its definitions, and that of the agent is not known")


def registration(**more: Any) -> dict[str, Any]:
    answer = {"ID": "api", "Service": "api", "Tags": [], "Meta": {}, "Port": 1, "Weights": {"Passing": 1, "Warning": 1}}
    return {"key": "api", "origin": "api", "answer": answer, "checks": [], "token": False, **more}


def check(identifier: str, name: str = "Service 'api' check", **definition: Any) -> dict[str, Any]:
    answer = {"Node": "n", "CheckID": identifier, "Name": name, "Notes": "", "ServiceID": "api", "ServiceName": "api", "ServiceTags": []}
    return {**answer, "Type": "ttl", "Definition": definition}


def test_what_was_registered_comes_back_as_it_was_written() -> None:
    checks = [check(f"service:api:{number}", TTL=number * 1000000000) for number in (1, 10, 2, 3, 4, 5, 6, 7, 8, 9)]
    result = exported({}, [registration(checks=checks, token=True)])
    (found,) = loaded(result["text"])
    assert found["checks"] == [{"ttl": f"{number}s"} for number in range(1, 11)]
    assert found["token"] == '{{ consul_services_secrets["api/token"] }}'
    assert {key: found[key] for key in found if key not in ("checks", "token")} == {"name": "api", "port": 1}
    assert "consul_services_take_over" in result["text"]


def test_digits_that_are_no_numbers_are_sorted_as_they_are() -> None:
    result = exported({}, [registration(checks=[check(name, TTL=1000000000) for name in ("1²10", "a", "1²9")])])
    assert [found["id"] for found in loaded(result["text"])[0]["checks"]] == ["1²9", "1²10", "a"]


def test_ids_and_names_of_ones_own_stay() -> None:
    result = exported({}, [registration(checks=[check("alive", "is it?", TTL=1000000000)])])
    assert loaded(result["text"])[0]["checks"] == [{"id": "alive", "name": "is it?", "ttl": "1s"}]


def test_checks_that_nobody_knows_are_not_guessed() -> None:
    result = exported({}, [registration(checks=[check("alive")])])
    assert result["services"] == []
    assert result["left_out"][0]["what"] == "service api"
    assert "become: true" in result["left_out"][0]["reason"]
    assert "consul_services_definitions: []" in result["text"]


def test_what_comes_from_elsewhere_or_was_removed_is_no_list_of_ours() -> None:
    assert exported({}, [registration(origin="elsewhere"), registration(origin="removed")])["services"] == []
