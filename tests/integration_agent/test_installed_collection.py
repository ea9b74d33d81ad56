# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tarball, installed as a user installs it, and then cut down to what an installed collection may rely on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.playbook import ansible_environment, run_playbook

# Galaxy's rules: a collection has to work when these are all that is left of it. The JSON files are ansible-galaxy's own.
KEPT = {"meta", "playbooks", "plugins", "roles", "FILES.json", "MANIFEST.json"}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The folder with the collection from the tarball, as a search path."""
    target = tmp_path / "installed"
    environment = ansible_environment(tmp_path, collections=target)
    galaxy = [str(Path(sys.executable).with_name("ansible-galaxy")), "collection"]
    copy = subprocess.run([REPOSITORY / "tools" / "tree.sh", tmp_path / "tree"], check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run([*galaxy, "build", copy, "--output-path", tmp_path], check=True, capture_output=True, env=environment)
    (tarball,) = tmp_path.glob("*.tar.gz")
    subprocess.run([*galaxy, "install", "--offline", "-p", target, tarball], check=True, capture_output=True, env=environment)
    return target


def test_the_role_works_from_what_an_installed_collection_may_rely_on(installed: Path, tmp_path: Path, agent: ConsulAgent) -> None:
    for path in (installed / "ansible_collections" / "registrar" / "consul").iterdir():
        if path.name not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    play = {
        "hosts": "all",
        "gather_facts": False,
        "roles": [
            {
                "role": "registrar.consul.consul_services",
                "consul_services_config_dir": str(agent.config_dir),
                "consul_services_http_addr": agent.http_addr,
                "consul_services_definitions": [{"name": "web", "port": 80, "check": {"ttl": "10s"}}],
            }
        ],
    }
    result = run_playbook(tmp_path / "run", play, collections=installed).ok()
    assert result.changed > 0
    assert set(agent.services()) == {"web"}
    assert run_playbook(tmp_path / "run", play, collections=installed).ok().changed == 0
