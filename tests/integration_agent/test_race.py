# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand commits while somebody else reloads the agent in a loop; and the same with the way in which copy writes.

Each commit keeps one service and gives the other a new id, so that the agent must have two services of ours at any time.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.faults.memory import folder_in_memory
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, text_of, write

COMMITS = 1000


def services(number: int) -> list[dict[str, Any]]:
    return [{"name": "web", "port": 80}, {"name": "api", "id": f"api-{number}", "port": 81}]


class Reloader(threading.Thread):
    """Reloads the agent as fast as it can, and looks at what it has each time, and in the catalog all the time."""

    def __init__(self, agent: ConsulAgent) -> None:
        super().__init__(daemon=True)
        self.seen: Counter[str] = Counter()
        self._agent = agent
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.is_set():
            self.seen["reloads"] += 1
            if self._agent.request("PUT", "/v1/agent/reload").status != 200:
                self.seen["refused"] += 1
            ids = set(self._agent.services()) - {"db"}
            if "web" not in ids or len(ids) < 2:
                self.seen["missing"] += 1
            if len(ids) > 2:
                self.seen["twice"] += 1
            if not self._agent.get("/v1/catalog/service/web"):
                self.seen["missing in the catalog"] += 1

    def finish(self) -> Counter[str]:
        self._enough.set()
        self.join()
        return self.seen


@pytest.fixture
def agent() -> Iterator[ConsulAgent]:
    with folder_in_memory() as folder, ConsulAgent(folder / "agent") as running:
        running.write("foreign.json", {"service": {"name": "db"}})
        yield running


def race(agent: ConsulAgent, commit: Callable[[int], object]) -> Counter[str]:
    """Commit while the agent is reloaded, and return what was seen."""
    commit(0)
    agent.reload()
    agent.wait_until(lambda: bool(agent.get("/v1/catalog/service/web")), "does not get its services into the catalog")
    reloader = Reloader(agent)
    reloader.start()
    for number in range(1, COMMITS):
        commit(number)
    return reloader.finish()


def told(seen: Counter[str]) -> str:
    counts = [f"{seen[what]} {what}" for what in ("refused", "missing", "twice", "missing in the catalog")]
    return f"{COMMITS} commits, {seen['reloads']} reloads: {', '.join(counts)}"


@pytest.mark.slow
def test_our_commits_are_never_seen_half_done(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    seen = race(agent, lambda number: write(agent.config_dir, bundle(services(number))))

    record_property("counted", f"ours: {told(seen)}")
    assert set(seen) == {"reloads"}, told(seen)
    agent.reload()
    assert set(agent.services()) == {"db", "web", f"api-{COMMITS - 1}"}


def test_the_way_in_which_copy_writes_is(agent: ConsulAgent, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    # As remote_tmp often is: not on the file system of the directory.
    source, destination = tmp_path / "source", agent.config_dir / "services-web.json"
    assert tmp_path.stat().st_dev != agent.config_dir.stat().st_dev, "the test needs /dev/shm to be a file system of its own"
    move = ansible_module().atomic_move

    def commit(number: int) -> None:
        source.write_text(text_of(services(number)), encoding="utf-8")
        move(str(source), str(destination))

    # It is a race: nearly always won in the first round, about ten times.
    for _round in range(5):
        seen = race(agent, commit)
        record_property("counted", f"copy: {told(seen)}")
        if seen["twice"] + seen["refused"] + seen["missing"]:
            break
    else:
        pytest.fail("nothing was seen half done")


def ansible_module() -> Any:
    """The real AnsibleModule, which copy and template move their files with."""
    from ansible.module_utils import basic

    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": {}}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    return basic.AnsibleModule(argument_spec={})
