# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A newcomer pastes the commands of the getting-started page, one after the other, into a shell in a fresh checkout."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary
from ansible_collections.registrar.consul.tests.support.faults.children import die_with_parent
from ansible_collections.registrar.consul.tests.support.paths import CACHE, REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import Block, blocks
from ansible_collections.registrar.consul.tests.support.runs.network import own_network

PAGE = REPOSITORY / "docs" / "docsite" / "rst" / "getting_started.rst"
PATIENCE = 300
NEXT = "=== next block ==="


def test_every_command_as_it_stands(tmp_path: Path) -> None:
    page = blocks(PAGE)
    checkout = fresh_checkout(tmp_path)
    said = pasted(page, checkout, tmp_path)

    tools, agent, playbook, look, again, mistake, change, removal, end = said
    assert "was installed successfully" in tools
    assert agent == end == ""
    assert "failed=0" in playbook
    assert "changed=1" in playbook
    assert '"name": "web"' in look
    assert {"consul", "db", "db-sidecar-proxy", "web"} <= set(look.split())
    assert "changed=0" in again
    assert "failed=1" in mistake
    # Ansible breaks long lines.
    assert " ".join(only(page, "text").text.split()) in " ".join(mistake.split())
    assert "db-sidecar-proxy" in mistake.rpartition("PLAY RECAP")[2]
    assert '+      "port": 9090' in change
    assert change.count("failed=0") == 2
    assert removal.rpartition("rescued")[2].split()[-1] == "consul"


def only(page: list[Block], language: str) -> Block:
    found = [block for block in page if block.language == language]
    assert len(found) == 1
    return found[0]


def fresh_checkout(workdir: Path) -> Path:
    """A copy of the working tree, in which the setup has nothing left to fetch."""
    made = subprocess.run([REPOSITORY / "tools" / "tree.sh", workdir], check=True, capture_output=True, text=True)
    checkout = Path(made.stdout.strip())
    binary = checkout / ".cache" / "consul" / "usr" / "bin" / "consul"
    binary.parent.mkdir(parents=True)
    binary.symlink_to(consul_binary())
    (checkout / ".cache" / "venv").symlink_to(CACHE / "venv")
    return checkout


def pasted(page: list[Block], checkout: Path, workdir: Path) -> list[str]:
    """What each block of commands said. Raises AssertionError when one failed."""
    script = f"\necho '{NEXT}'\n".join(block.text for block in page if block.language == "shell")
    home = workdir / "home"
    home.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(workdir), "LANG": "C.UTF-8", "ANSIBLE_NOCOLOR": "1"}
    process = subprocess.Popen(
        [*own_network(), "bash", "-e", "-o", "pipefail", "-c", script],
        cwd=checkout,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509 - it only makes two system calls
    )
    try:
        output, _nothing = process.communicate(timeout=PATIENCE)
    finally:
        # The agent, where the commands did not come as far as its end.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert process.returncode == 0, output
    return [part.strip() for part in output.split(NEXT)]
