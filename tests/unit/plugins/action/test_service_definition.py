# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action makes of its options before anything is sent to a target."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail

from ansible_collections.registrar.consul.plugins.action.service_definition import ActionModule
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import Request


def requested(variables: dict[str, Any] | None = None, **options: Any) -> Request:
    action = ActionModule.__new__(ActionModule)
    action._task = SimpleNamespace(args=options, get_ds=lambda: options, vars={})
    action._templar = SimpleNamespace(available_variables=variables or {}, template=lambda text: text.replace("{{ who }}", "us"))
    return action.request(action.options())


def test_the_file_to_be_absent_is_known_by_each_name() -> None:
    wanted: tuple[dict[str, Any], ...] = (
        {"name": "web"},
        {"id": "web", "name": "x"},
        {"name": "web", "port": "x"},
    )
    payload = {"owner": "file:service-web.json", "files": {"service-web.json": None}}
    for options in wanted:
        assert requested(state="absent", **options).payload == {**payload, "service": "web"}
    for options in ({"file": "service-web.json"}, {"name": "web", "file": "service-web.json"}, {"name": "web", "format": "json"}):
        assert requested(state="absent", **options).payload == payload
    assert requested(state="absent", name=8080).payload["owner"] == "file:service-8080.json"


@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_option_that_does_not_exist_is_told_from_a_field(state: str) -> None:
    with pytest.raises(AnsibleActionFail, match=r"config_dri: is no option of this module. Did you mean config_dir\?"):
        requested(state=state, name="web", config_dri="/etc/other")


def test_a_misspelt_field_is_for_the_judge_and_of_what_is_to_be_absent_refused() -> None:
    assert [error["rule"] for error in requested(name="web", tagz=[], zzzzzz=1).verdict.errors] == ["unknown-key", "unknown-key"]
    for name in ("tagz", "zzzzzz"):
        with pytest.raises(AnsibleActionFail, match=f"{name}: is no option of this module"):
            requested(state="absent", id="web", **{name: []})
    assert requested(state="absent", id="web", tagz=[], unchecked=["tagz"]).payload
    (text,) = requested(name="web", config_dri=1, unchecked=["config_dri"]).payload["files"].values()
    assert "config_dri" in text


@pytest.mark.parametrize("options", [{"file": ["a"]}, {"file": {"a": 1}, "state": "absent"}, {"name": ["web"], "state": "absent"}])
def test_what_names_a_file_is_text(options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleActionFail, match=r"must be text, not a (list|mapping)"):
        requested(**{"name": "web", **options})


def test_the_header_is_templated_where_a_file_has_one() -> None:
    variables = {"ansible_managed": "Managed by {{ who }}"}
    (text,) = requested(variables, name="web", format="hcl").payload["files"].values()
    assert text.startswith("# Managed by us\n")
    assert requested({"ansible_managed": None}, name="web").payload["files"]
