# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role offers what its modules offer, with the same types and defaults, and documents all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.plugins.module_utils._options import set_spec

ROOT = Path(__file__).resolve().parents[3]
ROLE = ROOT / "roles" / "consul_services"
# Options of the modules that make no sense in the role: what the controller fills in, and a reload without a change.
NOT_OFFERED = {"payload", "force"}


def read(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


def documented() -> dict[str, dict[str, Any]]:
    options: dict[str, dict[str, Any]] = read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return options


def reload_options() -> dict[str, dict[str, Any]]:
    text = (ROOT / "plugins" / "modules" / "agent_reload.py").read_text(encoding="utf-8")
    options: dict[str, dict[str, Any]] = yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])["options"]
    return options


def passed(file: str, module: str) -> dict[str, str]:
    """Return option -> the role's variable, for the task that runs the module."""
    (arguments,) = [task[module] for task in read(file) if module in task]
    return {option: text.strip("{} ").split(" ")[0] for option, text in arguments.items()}


def test_every_default_is_documented_as_it_is() -> None:
    assert read("defaults/main.yml") == {name: option["default"] for name, option in documented().items() if "default" in option}


def test_every_option_of_the_modules_is_passed_on() -> None:
    assert set(passed("tasks/main.yml", "registrar.consul.service_definitions")) == set(set_spec()) - NOT_OFFERED
    assert set(reload_options()) - NOT_OFFERED <= set(passed("handlers/main.yml", "registrar.consul.agent_reload"))


def test_no_variable_is_without_use() -> None:
    used = {
        *passed("tasks/main.yml", "registrar.consul.service_definitions").values(),
        *passed("handlers/main.yml", "registrar.consul.agent_reload").values(),
    }
    assert set(documented()) == used


@pytest.mark.parametrize(("option", "variable"), passed("tasks/main.yml", "registrar.consul.service_definitions").items())
def test_a_variable_is_what_its_option_is(option: str, variable: str) -> None:
    spec, said = set_spec()[option], documented()[variable]
    assert {key: said.get(key) for key in ("type", "elements", "default", "choices")} == {
        key: spec.get(key) for key in ("type", "elements", "default", "choices")
    }
