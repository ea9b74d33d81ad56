# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles of one play that leave the reload to the end of it share one handler, which has the variables of one of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.application import Application
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.runs.playbook import run_playbook, tasks_play


def role(config_dir: Path, services: list[dict[str, Any]], how: str = "include_role", **options: Any) -> dict[str, Any]:
    given = {"config_dir": str(config_dir), "definitions": services, "reload": "later", **options}
    variables = {f"consul_services_{name}": value for name, value in given.items()}
    return {f"ansible.builtin.{how}": {"name": "registrar.consul.consul_services"}, "vars": variables}


def test_a_directory_that_the_handler_does_not_serve_is_said(start_agent: Callable[..., ConsulAgent], tmp_path: Path) -> None:
    one, other = start_agent(), start_agent()
    for how in ("include_role", "import_role"):
        tasks = [role(agent.config_dir, [{"name": how}], how) for agent in (one, other)]

        refused = run_playbook(tmp_path, tasks_play(*tasks)).failed[0]

        assert (
            f"The files in {one.config_dir} wait for a reload, and this handler brings about that of {other.config_dir} alone"
            in refused.msg
        )
        assert (set(one.services()), set(other.services())) == (set(), {how})

    apart = [tasks_play(role(agent.config_dir, [{"name": "apart"}]))[0] for agent in (one, other)]
    run_playbook(tmp_path, apart).ok()
    assert (set(one.services()), set(other.services())) == ({"apart"}, {"apart"})


def test_a_handler_of_the_play_with_the_same_name_does_not_run_instead(agent: ConsulAgent, tmp_path: Path) -> None:
    included = role(agent.config_dir, [{"name": "web"}])
    own = {"name": "Reload the Consul agent", "registrar.consul.agent_reload": {"config_dir": str(tmp_path)}}
    roles = [{"role": "registrar.consul.consul_services", "vars": included["vars"]}]

    run_playbook(tmp_path, {"hosts": "all", "gather_facts": False, "roles": roles, "handlers": [own]}).ok()

    assert set(agent.services()) == {"web"}


def test_a_directory_of_two_names_is_one(agent: ConsulAgent, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(agent.config_dir)

    run_playbook(tmp_path, tasks_play(role(link, [{"name": "one"}], set="one"), role(agent.config_dir, [{"name": "two"}], set="two"))).ok()

    assert set(agent.services()) == {"one", "two"}


def test_files_on_a_host_that_the_role_was_delegated_to_are_not_forgotten(start_agent: Callable[..., ConsulAgent], tmp_path: Path) -> None:
    here, there = start_agent(), start_agent()
    # The other host has its own directory under the same name.
    python = tmp_path / "python"
    bind = f"mount --bind {there.config_dir} {here.config_dir}"
    python.write_text(f'#!/bin/sh\nexec unshare --mount sh -c \'{bind} && exec {sys.executable} "$@"\' sh "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    pythons = {"here": sys.executable, "there": str(python)}
    hosts = {name: {"ansible_connection": "local", "ansible_python_interpreter": path} for name, path in pythons.items()}
    away = role(here.config_dir, [{"name": "away"}], set="away")
    away["ansible.builtin.include_role"]["apply"] = {"delegate_to": "there"}

    tasks = tasks_play(away, role(here.config_dir, [{"name": "home"}], set="home"), hosts="here")
    refused = run_playbook(tmp_path, tasks, inventory={"all": {"hosts": hosts}}).failed[0]

    assert f"The files in {here.config_dir} of there (as far as can be seen from here) wait for a reload" in refused.msg
    assert (set(here.services()), set(there.services())) == ({"home"}, set())

    run_playbook(tmp_path, tasks_play(away, hosts="here"), inventory={"all": {"hosts": hosts}}).ok()
    assert set(there.services()) == {"away"}


def test_checks_are_waited_for_whichever_role_asks_for_it(agent: ConsulAgent, tmp_path: Path) -> None:
    with Application(lambda: False) as application:
        asking = role(agent.config_dir, [application.service()], set="asking", wait_healthy="{{ 2 + 2 }}")

        refused = run_playbook(tmp_path, tasks_play(asking, role(agent.config_dir, [{"name": "other"}], set="other"))).failed[0]

    assert "1 of 1 checks was not healthy 4 seconds later. The files are as they were before" in refused.msg
    assert agent.services() == {}
