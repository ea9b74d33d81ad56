# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema for other tools."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleLookupError
from jsonschema.validators import Draft202012Validator

from ansible_collections.registrar.consul.plugins.lookup.schema import DOCUMENTATION, LookupModule
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field

OPTIONS = yaml.safe_load(DOCUMENTATION)["options"]


class Lookup(LookupModule):
    """The lookup with the options of a call; finding it and its defaults is Ansible's work."""

    def set_options(self, var_options: Any = None, direct: Any = None, **_more: Any) -> None:
        self.given = {**{name: option.get("default") for name, option in OPTIONS.items()}, **direct}

    def get_option(self, option: str, hostvars: Any = None) -> Any:
        return self.given[option]


def schema(**options: Any) -> dict[str, Any]:
    (found,) = Lookup().run([], None, **options)
    return found


@pytest.mark.parametrize("kind", ["service", "check", "file"])
@pytest.mark.parametrize("options", [{}, {"consul_version": "1.8.7"}, {"edition": "enterprise", "annotated": True}])
def test_it_is_a_schema_and_nothing_else(kind: str, options: dict[str, Any]) -> None:
    found = schema(kind=kind, **options)
    Draft202012Validator.check_schema(found)
    text = json.dumps(found)
    assert '"x-' not in text
    assert "$ref" not in text
    assert ('"description"' in text) is bool(options.get("annotated"))


def test_it_is_about_one_version_and_edition() -> None:
    everything = set(schema(edition="enterprise")["properties"])
    assert everything == set(service_field().properties)
    assert everything - set(schema()["properties"]) == {"ai", "namespace", "partition"}
    assert {"socket_path", "ports", "locality", "proxy_destination"} & set(schema(consul_version="1.8.7")["properties"]) == set()
    assert schema(consul_version="1.8.7")["title"] == "A service of Consul 1.8.7"


@pytest.mark.parametrize(
    ("document", "valid"),
    [
        ({"service": {"name": "web"}}, True),
        ({"services": [{"name": "web", "checks": [{"ttl": "10s"}]}], "check": {"ttl": "10s"}, "checks": []}, True),
        ({"services": {"name": "web"}}, False),
        ({"service": {"name": "web", "prt": 1}}, False),
        ({"datacenter": "dc1"}, False),
    ],
)
def test_files_are_validated_with_it(document: Any, valid: bool) -> None:
    assert Draft202012Validator(schema(kind="file")).is_valid(document) is valid


def test_terms_and_versions_that_make_no_sense() -> None:
    with pytest.raises(AnsibleLookupError, match=r'consul_version: "old" is not a version such as 1\.8\.7'):
        schema(consul_version="old")
    with pytest.raises(AnsibleLookupError, match=r"takes options only"):
        Lookup().run(["service"])
