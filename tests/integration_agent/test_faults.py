# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every call that changes the file system is hit once, by kill -9 and by errors of the system, with a real agent beside it.

After each: every file is the old one or the new one, the agent takes a reload and a restart, finishing what was begun gives
exactly the old files or exactly the new ones, the next run converges, and nothing else was touched.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import recover, restore, verified
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, Unfinished
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.faults.calls import Recorder, ends_by_kill, fail_at
from ansible_collections.registrar.consul.tests.support.faults.children import begin
from ansible_collections.registrar.consul.tests.support.faults.memory import folder_in_memory
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, per_service, write

OLD = [{"name": "web", "port": 80, "meta": {"generation": "old"}}, {"name": "api", "port": 81}, {"name": "gone", "port": 82}]
NEW = [{"name": "web", "port": 80, "meta": {"generation": "new"}}, {"name": "api", "port": 81}, {"name": "come", "port": 83}]
FOREIGN = {
    "foreign.json": '{"service": {"name": "db", "port": 5432}}',
    "other.hcl": 'service { name = "cache" port = 6379 }\n',
    "README": "x",
}
ERRORS = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO)

# What a refusal comes to that did not matter.
DONE = RuntimeWarning("done all the same")

Files = dict[str, tuple[str, int]]


@dataclass(frozen=True)
class Scenario:
    """What is there before, and what is done then."""

    name: str
    prepare: Callable[[Path], object]
    act: Callable[[Path], object]
    # Whether files may change even though what was asked for is refused: something older had to be finished first.
    resumes: bool = False


def opened(action: Callable[[ConfigDir], object]) -> Callable[[Path], object]:
    def run(path: Path) -> None:
        with ConfigDir(str(path)) as directory:
            recover(directory)
            action(directory)

    return run


settle = opened(verified)


def verified_first(files: dict[str, str | None]) -> Callable[[Path], object]:
    def prepare(path: Path) -> None:
        write(path, files)
        settle(path)

    return prepare


def with_checks(service: str, bound: dict[str, str]) -> dict[str, str | None]:
    """A file for a service, and one for each check outside it with the service that it belongs to: no reload may find one without."""
    checks = {name: {"name": name, "service_id": owner, "ttl": "1h"} for name, owner in bound.items()}
    files = {f"check-{name}.json": json.dumps({"checks": [check]}) for name, check in checks.items()}
    return {f"service-{service}.json": json.dumps({"services": [{"name": service}]}), **files}


def pending_change(path: Path) -> None:
    verified_first(per_service(OLD))(path)
    write(path, per_service(NEW))


def interrupted_change(path: Path) -> None:
    """A commit that was killed when it was decided, and nothing more: the next run has to finish it."""
    verified_first(bundle(OLD))(path)
    untouched = path.parent / "untouched"
    shutil.copytree(path, untouched, symlinks=True)
    for position in range(1, 1000):
        assert ends_by_kill(lambda: write(path, per_service(NEW)), position)
        with ConfigDir(str(path)) as directory:
            journal = load_journal(directory)
        if journal is not None and journal.intent is not None:
            break
        reset(path, untouched)
    shutil.rmtree(untouched)


SCENARIOS = [
    Scenario("the first commit ever", lambda _path: None, lambda path: write(path, bundle(NEW))),
    Scenario("a bundle changes", verified_first(bundle(OLD)), lambda path: write(path, bundle(NEW))),
    Scenario("three of four files change", verified_first(per_service(OLD)), lambda path: write(path, per_service(NEW))),
    Scenario("another layout", verified_first(bundle(OLD)), lambda path: write(path, per_service(NEW))),
    Scenario(
        "a bound check goes from one service to another",
        verified_first(with_checks("gone", {"lag": "gone", "old": "gone"})),
        lambda path: write(path, with_checks("come", {"lag": "come", "new": "come"})),
    ),
    Scenario("a set goes", verified_first(per_service(OLD)), lambda path: write(path, {})),
    Scenario("a second change before the first is verified", pending_change, lambda path: write(path, bundle(OLD))),
    Scenario("an interrupted commit is finished", interrupted_change, lambda path: write(path, per_service(NEW)), resumes=True),
    Scenario("a change is rolled back", pending_change, opened(lambda directory: restore(directory, "the agent refused it"))),
    Scenario("a change is verified", pending_change, settle),
]


@pytest.fixture(scope="module")
def fast_root() -> Iterator[Path]:
    """Kill -9 loses nothing that was written, so no disk is needed."""
    with folder_in_memory() as folder:
        yield folder


@pytest.fixture
def fast_tmp(fast_root: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=fast_root) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def agent(fast_root: Path) -> Iterator[ConsulAgent]:
    with ConsulAgent(fast_root / "agent") as running:
        yield running


class Bench:
    """One scenario, ready to be interrupted again and again."""

    def __init__(self, scenario: Scenario, agent: ConsulAgent, tmp_path: Path) -> None:
        self.scenario = scenario
        self.agent = agent
        self.path = agent.config_dir
        self._start = tmp_path / "start"
        self._copy = tmp_path / "copy"
        self._agreeable: list[Files] = []
        clear(self.path)
        for name, text in FOREIGN.items():
            (self.path / name).write_text(text, encoding="utf-8")
        scenario.prepare(self.path)
        shutil.copytree(self.path, self._start, symlinks=True)
        self.old = files(self.path)
        scenario.act(self.path)
        self.new = files(self.path)
        self.again()

    def again(self) -> None:
        """Back to the beginning."""
        reset(self.path, self._start)
        self._foreign = foreign(self.path)

    def check_now(self) -> None:
        """Whatever happened, each file is whole, and the agent can live with all of them."""
        now = files(self.path)
        for name, state in now.items():
            assert state in (self.old.get(name), self.new.get(name)), f"{name} is neither the old nor the new file"
        # A removed one may still be there, and a new one not yet; one that stays never goes.
        assert self.old.keys() & self.new.keys() <= now.keys()
        assert foreign(self.path) == self._foreign
        self._demand_agent(now)
        assert services(self.old) & services(self.new) <= services(now)

    def check_recovery(self) -> None:
        """Finishing what was begun, and nothing else, leaves exactly the old or exactly the new files."""
        shutil.copytree(self.path, self._copy, symlinks=True)
        with ConfigDir(str(self._copy)) as directory:
            recover(directory)
            recovered = files(self._copy)
            assert recovered in (self.old, self.new)
            assert recover(directory) == load_journal(directory)
            # From there, the last verified state can be had back.
            if load_journal(directory) is not None:
                restore(directory, "a test")
        shutil.rmtree(self._copy)

    def check_next_run(self) -> None:
        """The next run converges, and leaves nothing lying about."""
        self.scenario.act(self.path)
        assert files(self.path) == self.new
        settle(self.path)
        assert foreign(self.path) == self._foreign
        left = {str(path.relative_to(self.path / ".registrar")) for path in (self.path / ".registrar").rglob("*") if path.is_file()}
        assert left <= {"manifest.json", "lock"}
        self._demand_agent(self.new)

    def _demand_agent(self, now: Files) -> None:
        """The agent takes these files, in a reload and in a restart. It sees nothing but them: once for each is enough."""
        if now not in self._agreeable:
            self.agent.reload()
            assert set(self.agent.services()) == services(now) | {"db", "cache"}
            self.agent.restart()
            assert set(self.agent.services()) == services(now) | {"db", "cache"}
            self._agreeable.append(now)


def clear(path: Path) -> None:
    for entry in path.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def reset(path: Path, start: Path) -> None:
    clear(path)
    shutil.copytree(start, path, symlinks=True, dirs_exist_ok=True)


def files(path: Path) -> Files:
    """Ours, with content and mode."""
    found = (entry for entry in path.iterdir() if entry.name not in FOREIGN and entry.name != ".registrar")
    return {entry.name: (entry.read_text(encoding="utf-8"), stat.S_IMODE(entry.stat().st_mode)) for entry in found}


def foreign(path: Path) -> dict[str, Any]:
    return {name: ((path / name).stat().st_ino, (path / name).stat().st_mtime_ns, (path / name).read_text("utf-8")) for name in FOREIGN}


def services(found: Files) -> set[str]:
    text = "".join(content for content, _mode in found.values())
    return {name for name in ("web", "api", "gone", "come") if f'"name": "{name}"' in text}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_killed_at_every_call(
    scenario: Scenario, agent: ConsulAgent, fast_tmp: Path, record_property: Callable[[str, object], None]
) -> None:
    bench = Bench(scenario, agent, fast_tmp)
    survived = 0
    while ends_by_kill(lambda: scenario.act(bench.path), survived + 1):
        bench.check_now()
        bench.check_recovery()
        bench.check_next_run()
        survived += 1
        bench.again()

    # The run that was not interrupted any more has made all the calls.
    assert survived >= 3
    record_property("counted", f"{scenario.name}: {survived} calls, killed at each of them, survived {survived}")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_refused_by_the_system_at_every_call(
    scenario: Scenario, lasting: bool, agent: ConsulAgent, fast_tmp: Path, record_property: Callable[[str, object], None]
) -> None:
    bench = Bench(scenario, agent, fast_tmp)
    tried = unfinished = 0
    while (outcome := refused(scenario, bench.path, tried + 1, lasting)) is not None:
        if isinstance(outcome, Unfinished):
            unfinished += 1
            assert "Remove the cause and run the play again" in str(outcome)
        elif not scenario.resumes:
            assert files(bench.path) == (bench.new if outcome is DONE else bench.old), f"call {tried + 1}: {outcome}"
        bench.check_now()
        bench.check_next_run()
        tried += 1
        bench.again()

    assert tried >= 3
    record_property(
        "counted",
        f"{scenario.name}: {tried} refusals{' that last' if lasting else ''}, survived {tried}, {unfinished} left to the next run",
    )


def refused(scenario: Scenario, path: Path, position: int, lasting: bool) -> Exception | None:
    """Have a call refused, and return what came of it; None when there are fewer calls."""
    recorder = Recorder(fail_at(position, ERRORS[position % len(ERRORS)], lasting=lasting))
    try:
        with recorder:
            scenario.act(path)
    except (Refused, OSError) as problem:
        return problem
    if len(recorder.calls) < position:
        return None
    return DONE


def test_a_directory_without_permission_is_said_to_be_one() -> None:
    def denied() -> None:
        if os.geteuid() == 0:
            # Permissions do not hold root back.
            os.setgid(65534)
            os.setuid(65534)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            write(path, bundle(OLD))
            path.chmod(0o555)
            with pytest.raises(Refused) as refused:
                write(path, bundle(NEW))
            message = str(refused.value)
            path.chmod(0o755)
            assert files(path)["services-web.json"][0] == bundle(OLD)["services-web.json"]
            assert "Permission denied. Nothing that the agent reads has changed." in message
            assert "Run the task as a user who may, such as root (become: true)." in message

    assert ends_well(denied)


def ends_well(action: Callable[[], object]) -> bool:
    """Run the action in a process of its own."""
    return finish(begin(action)) == 0


def finish(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_two_runs_at_once_exclude_each_other(agent: ConsulAgent) -> None:
    clear(agent.config_dir)
    path = agent.config_dir

    def run(name: str) -> None:
        for number in range(40):
            current = [{"name": f"{name}-{index}", "port": number} for index in range(3)]
            write(path, bundle(current, f"services-{name}.json"), owner=f"set:{name}", lock_timeout=60)

    children = [begin(partial(run, name)) for name in ("left", "right")]

    assert [finish(child) for child in children] == [0, 0]
    assert set(files(path)) == {"services-left.json", "services-right.json"}
    with ConfigDir(str(path)) as directory:
        journal = load_journal(directory)
    assert journal is not None
    assert set(journal.files) == {"services-left.json", "services-right.json"}
    agent.reload()
    assert set(agent.services()) == {f"{name}-{index}" for name in ("left", "right") for index in range(3)}
