# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters as Ansible sees them: their names, their errors, their warnings, and what importing them costs."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.registrar.consul.plugins.filter.service_definition_errors import service_definition_errors
from ansible_collections.registrar.consul.plugins.filter.to_camel_case import to_camel_case
from ansible_collections.registrar.consul.plugins.filter.to_hcl import to_hcl
from ansible_collections.registrar.consul.plugins.filter.to_snake_case import to_snake_case
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.api_shapes import KINDS
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY, TREE, python_path

PACKAGE = "ansible_collections.registrar.consul.plugins.filter"
FOLDER = REPOSITORY / "plugins" / "filter"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _self, message, *_rest, **_more: seen.append(message))
    return seen


def documentation(name: str) -> Any:
    return yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_each_file_has_one_filter_and_its_documentation(name: str) -> None:
    assert set(import_module(f"{PACKAGE}.{name}").FilterModule().filters()) == {name}
    assert documentation(name)["DOCUMENTATION"]["name"] == name


def test_the_kinds_are_those_of_the_documentation() -> None:
    for name in ("to_snake_case", "to_camel_case"):
        assert documentation(name)["DOCUMENTATION"]["options"]["kind"]["choices"] == list(KINDS)


def test_importing_the_filters_imports_nothing_else_of_the_collection() -> None:
    code = f"import sys; from importlib import import_module; [import_module('{PACKAGE}.' + name) for name in {NAMES}]; print(*sys.modules)"
    environment = {**os.environ, "PYTHONPATH": python_path(TREE)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    modules = done.stdout.split()
    assert f"{PACKAGE}.to_hcl" in modules
    assert not [name for name in modules if name.startswith("jsonschema") or "plugin_utils" in name]


def test_spelling_needs_no_jsonschema() -> None:
    code = (
        f"import sys; from {PACKAGE} import to_hcl, to_snake_case, to_camel_case; to_snake_case.to_snake_case({{'Name': 'x'}});"
        "to_camel_case.to_camel_case({'name': 'x'}); to_hcl.to_hcl({'name': 'x'}); print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": python_path(TREE)}
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert not [name for name in done.stdout.split() if name.startswith("jsonschema")]


def test_a_missing_jsonschema_is_said() -> None:
    code = (
        f"import sys; sys.modules['jsonschema'] = None; from {PACKAGE}.service_definition_errors import service_definition_errors;"
        "service_definition_errors({'name': 'x'})"
    )
    environment = {**os.environ, "PYTHONPATH": python_path(TREE)}
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=environment)
    assert "The Python library jsonschema is needed on the controller" in done.stderr.splitlines()[-1]


def test_what_the_api_does_not_have_is_a_warning(warnings: list[str]) -> None:
    assert to_camel_case({"name": "web", "token": "secret"}) == {"Name": "web", "Token": "secret"}
    assert warnings == [
        "registrar.consul.to_camel_case: token: the HTTP API has no place for it. Write body=true for what registers the same "
        "as a file; a token goes into the header X-Consul-Token."
    ]


def test_without_it_there_is_no_warning(warnings: list[str]) -> None:
    assert to_camel_case({"name": "web", "token": "secret"}, body=True) == {"Name": "web"}
    assert to_camel_case({"name": "web", "token": "secret"}, body="yes") == {"Name": "web"}
    assert to_camel_case({"name": "web"}) == {"Name": "web"}
    assert warnings == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: to_snake_case({"Nam": "secret"}),
            "registrar.consul.to_snake_case: Nam: is no key that Consul knows here. Did you mean name?",
        ),
        (
            lambda: to_camel_case({"nam": "secret"}),
            "registrar.consul.to_camel_case: nam: is no key that Consul knows here. Did you mean name?",
        ),
        (
            lambda: to_snake_case({}, "x"),
            'registrar.consul.to_snake_case: kind: "x" does not exist. Write one of ' + ", ".join(KINDS) + ".",
        ),
        (
            lambda: to_hcl({"name": "x", "proxy": {"config": {"a": None}}}),
            "registrar.consul.to_hcl: proxy.config.a: null does not exist in HCL. Leave it out.",
        ),
        (lambda: to_camel_case({"name": "x"}, body="perhaps"), "registrar.consul.to_camel_case: body: must be true or false."),
        (
            lambda: service_definition_errors({"name": "x"}, consul_version="old"),
            'registrar.consul.service_definition_errors: consul_version: "old" is not a version such as 1.8.7.',
        ),
        (
            lambda: service_definition_errors({"name": "x"}, edition="pro"),
            'registrar.consul.service_definition_errors: edition: "pro" is not one of community, enterprise.',
        ),
        (
            lambda: service_definition_errors({"name": "x"}, silence="dns-nam"),
            "registrar.consul.service_definition_errors: silence: dns-nam: no rule that only warns has this id. "
            "The documentation lists the rules.",
        ),
    ],
)
def test_errors_are_those_of_a_filter(call: Any, message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        call()
    assert str(caught.value) == message


def test_hcl_has_a_header() -> None:
    assert to_hcl({"name": "web", "port": "80"}, header="one\ntwo") == '# one\n# two\n\nservices {\n  name = "web"\n  port = 80\n}\n'
    assert to_hcl([]) == "services = []\n"
    assert to_hcl([], header=5) == "# 5\n\nservices = []\n"


def test_errors_are_listed_for_people_and_programs() -> None:
    broken = {"name": "web", "checks": [{"http": "http://127.0.0.1/"}]}
    (error,) = service_definition_errors(broken)
    assert error == {
        "severity": "error",
        "path": "service (web) → checks[0].interval",
        "rule": "check-interval-required",
        "message": error["message"],
        "hint": "Add interval: 10s.",
    }
    assert [entry["path"] for entry in service_definition_errors([{"name": "db"}, broken])] == ["services[1] (web) → checks[0].interval"]
    assert service_definition_errors({"services": [{"name": "db"}]}) == []
