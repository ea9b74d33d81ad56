# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/editor.md: check-jsonschema with the published schemas, on files as the page has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY

GOOD = {"consul_services_definitions": [{"name": "web", "port": 80, "checks": [{"http": "http://127.0.0.1", "interval": "10s"}]}]}
BAD = {"consul_services_definitions": [{"name": "web", "port": "80", "checks": [{"http": "http://127.0.0.1", "intervall": "10s"}]}]}


def check(folder: Path, schema: str, name: str, content: Any) -> subprocess.CompletedProcess[str]:
    """Run the command of the page, with proxies that do not exist: nothing may come from a network."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content) if name.endswith(".json") else yaml.safe_dump(content), encoding="utf-8")
    no_network = {"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1", "XDG_CACHE_HOME": str(folder / "cache")}
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [program, "--schemafile", REPOSITORY / "docs" / "schema" / schema, name]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder, env={**os.environ, **no_network})


@pytest.mark.parametrize("draft", ["", ".draft-07"])
def test_a_good_file_passes(tmp_path: Path, draft: str) -> None:
    variables = check(tmp_path, f"role-1.8{draft}.json", "group_vars/web/consul.yml", GOOD)
    definitions = check(tmp_path, f"definitions-1.8{draft}.json", "web.json", {"services": GOOD["consul_services_definitions"]})

    assert (variables.returncode, definitions.returncode) == (0, 0), variables.stdout + definitions.stdout
    assert variables.stdout in (REPOSITORY / "docs" / "editor.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("draft", ["", ".draft-07"])
def test_a_bad_file_is_refused_in_the_words_of_the_page(tmp_path: Path, draft: str) -> None:
    variables = check(tmp_path, f"role-1.8{draft}.json", "group_vars/web/consul.yml", BAD)
    definitions = check(tmp_path, f"definitions-1.8{draft}.json", "web.json", {"services": BAD["consul_services_definitions"]})

    assert (variables.returncode, definitions.returncode) == (1, 1)
    assert variables.stdout.strip() in (REPOSITORY / "docs" / "editor.md").read_text(encoding="utf-8")
    assert "intervall" in definitions.stdout
