# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job before your eyes: a real agent, a real playbook, and what the catalog says of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))

from tests.support.paths import TREE, ensure_tree  # noqa: E402

sys.path.insert(0, str(ensure_tree()))

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent  # noqa: E402

EXAMPLES = REPOSITORY / "docs" / "examples"


def main() -> int:
    with ConsulAgent(mode="server") as agent:
        title(f"A Consul agent runs, and reads {agent.config_dir}")
        title("The playbook, first run")
        play(agent, "demo.yml")
        title("The services as the agent's catalog has them")
        registered = catalog(agent)
        print(registered)
        title("The playbook, second run")
        again = play(agent, "demo.yml")
        title("A broken definition")
        play(agent, "broken.yml", fails=True)
        same = catalog(agent) == registered
        title(f"The catalog is {'as it was' if same else 'NOT as it was'}")
    return 0 if same and "changed=0" in again else 1


def title(text: str) -> None:
    print(f"\n\033[1m=== {text}\033[0m\n", flush=True)


def play(agent: ConsulAgent, name: str, *, fails: bool = False) -> str:
    """Run a playbook of the examples on this machine, and return what it printed. Raises SystemExit when it ends otherwise."""
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        *("--inventory", "localhost,", "--connection", "local"),
        *("--extra-vars", f"consul_config_dir={agent.config_dir} ansible_python_interpreter={sys.executable}"),
        str(EXAMPLES / name),
    ]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(TREE),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOWS": "true",
        "ANSIBLE_FORCE_COLOR": "true" if sys.stdout.isatty() else "false",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
    }
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout.strip(), flush=True)
    if (done.returncode != 0) != fails:
        raise SystemExit(f"{name} ended with {done.returncode}.")
    return done.stdout


def catalog(agent: ConsulAgent) -> str:
    """Return the catalog's services as a table, once the agent has brought all of its own there: that takes it a moment."""
    agent.wait_until(lambda: agent.services().keys() <= catalogued(agent), "does not get its services into the catalog")
    rows = [("SERVICE", "ID", "PORT", "KIND", "TAGS", "CHECKS")]
    checks = agent.checks()
    for name in sorted(agent.get("/v1/catalog/services")):
        for entry in agent.get(f"/v1/catalog/service/{name}"):
            mine = [check["Status"] for check in checks.values() if check["ServiceID"] == entry["ServiceID"]]
            rows.append(
                (
                    name,
                    entry["ServiceID"],
                    str(entry["ServicePort"] or ""),
                    entry["ServiceKind"],
                    ",".join(entry["ServiceTags"]),
                    ", ".join(f"{mine.count(state)} {state}" for state in sorted(set(mine))),
                )
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)


def catalogued(agent: ConsulAgent) -> set[str]:
    """Return the ids of the services that the catalog has of the agent's node."""
    return set(agent.get("/v1/catalog/node/test")["Services"])


if __name__ == "__main__":
    sys.exit(main())
