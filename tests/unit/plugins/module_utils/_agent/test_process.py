# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which process is taken for the agent of a directory, on a /proc of our own making."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.process import (
    CLOCK_MARGIN,
    AgentProcessError,
    Agents,
    flags,
    started_after,
)
from ansible_collections.registrar.consul.plugins.module_utils._clock import Clock, now

TICKS = os.sysconf("SC_CLK_TCK")


class FakeProc:
    """A /proc with the processes that a test puts there."""

    def __init__(self, root: Path) -> None:
        self.root = root / "proc"
        (self.root / "sys/kernel/random").mkdir(parents=True)
        (self.root / "sys/kernel/random/boot_id").write_text("boot-1\n")
        (self.root / "uptime").write_text("1000.00 2000.00\n")
        self.config_dir = root / "consul.d"
        self.config_dir.mkdir()

    def add(
        self,
        pid: int,
        *argv: str,
        exe: str = "/usr/bin/consul",
        parent: int = 1,
        namespaces: str = "{pid}",
        started: float = 500.0,
        cwd: Path | None = None,
        groups: str = "",
        root: Path | None = None,
    ) -> None:
        process = self.root / str(pid)
        process.mkdir()
        (process / "cmdline").write_bytes(b"".join(os.fsencode(word) + b"\0" for word in argv))
        (process / "exe").symlink_to(exe)
        (process / "cwd").symlink_to(cwd or "/")
        (process / "root").symlink_to(root or "/")
        (process / "status").write_text(
            f"Name:\tconsul\nPPid:\t{parent}\nUid:\t0\t100\t0\t0\nGid:\t0\t200\t0\t0\nGroups:\t{groups}\n"
            f"NSpid:\t{namespaces.format(pid=pid)}\n"
        )
        fields = ["S", str(parent), *["0"] * 17, str(int(started * TICKS)), "0"]
        (process / "stat").write_text(f"{pid} (a (b) c) {' '.join(fields)}\n")

    def agent(self, pid: int, **options: object) -> None:
        self.add(pid, "consul", "agent", "-config-dir", str(self.config_dir), **options)  # type: ignore[arg-type]

    def agents(self, run_command: object = None) -> Agents:
        return Agents(str(self.config_dir), proc=str(self.root), run_command=run_command)  # type: ignore[arg-type]


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    return FakeProc(tmp_path)


def found(agents: Agents, **named: object) -> int | None:
    process = agents.find(**named)  # type: ignore[arg-type]
    return process.pid if process else None


@pytest.mark.parametrize(
    "arguments",
    [
        ["-config-dir", "{dir}"],
        ["-config-dir={dir}"],
        ["--config-dir", "{dir}"],
        ["--config-dir={dir}/"],
        ["-config-file", "{dir}"],
        ["-config-file", "/etc/other.json", "-config-dir", "/etc", "-config-dir", "{dir}"],
        ["-dev", "-config-dir", "./consul.d"],
    ],
)
def test_the_agent_is_known_by_the_directory_it_reads(proc: FakeProc, arguments: list[str]) -> None:
    words = [word.format(dir=proc.config_dir) for word in arguments]
    proc.add(77, "consul", "agent", *words, cwd=proc.config_dir.parent)
    assert found(proc.agents()) == 77


def test_a_link_to_the_directory_is_the_directory(proc: FakeProc, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(proc.config_dir)
    proc.add(77, "consul", "agent", "-config-dir", str(tmp_path / "link"))
    assert found(proc.agents()) == 77


@pytest.mark.parametrize("command", ["watch", "lock", "monitor", "exec", "reload", "validate"])
def test_other_consul_commands_are_never_taken(proc: FakeProc, command: str) -> None:
    proc.add(77, "consul", command, "-config-dir", str(proc.config_dir))
    assert found(proc.agents()) is None


@pytest.mark.parametrize(
    "options",
    [
        {"exe": "/usr/bin/vim"},
        {"exe": "/usr/bin/python3.11"},
    ],
)
def test_what_only_looks_like_an_agent_is_not_taken(proc: FakeProc, options: dict[str, str]) -> None:
    proc.agent(77, **options)
    assert found(proc.agents()) is None


@pytest.mark.parametrize("exe", ["/usr/bin/consul (deleted)", "/opt/consul-1.18.2", "/opt/consul-enterprise"])
def test_an_upgraded_or_renamed_binary_is_still_the_agent(proc: FakeProc, exe: str) -> None:
    proc.agent(77, exe=exe)
    assert found(proc.agents()) == 77


def test_an_agent_in_a_container_is_an_agent(proc: FakeProc) -> None:
    proc.agent(77, namespaces="{pid} 1")
    proc.agent(78, namespaces="{pid} 12 1")
    assert [process.own_pid for process in proc.agents().all()] == [1, 1]
    assert found(proc.agents(), pid=77) == 77


def test_a_path_is_what_it_is_in_the_root_of_the_process(proc: FakeProc, tmp_path: Path) -> None:
    """Two containers call their directory alike; an absolute link in there would lead us to the host's directory."""
    for pid, target in ((77, "/consul/config"), (78, "/data")):
        root = tmp_path / f"rootfs-{pid}"
        for folder in ("etc", "consul", "data"):
            (root / folder).mkdir(parents=True)
        (root / "etc/consul.d").symlink_to(target)
        proc.add(pid, "consul", "agent", "-config-dir", "/etc/consul.d", root=root, namespaces="{pid} 1")
    proc.config_dir.rmdir()
    proc.config_dir.symlink_to(tmp_path / "rootfs-77/consul/config")
    (tmp_path / "rootfs-77/consul/config").mkdir()
    assert found(proc.agents()) == 77


def test_a_relative_path_in_another_root(proc: FakeProc, tmp_path: Path) -> None:
    root = tmp_path / "rootfs"
    (root / "srv").mkdir(parents=True)
    (root / "srv/consul.d").symlink_to("/real")
    (root / "real").mkdir()
    proc.add(77, "consul", "agent", "-config-dir", "consul.d", root=root, cwd=root / "srv")
    assert proc.agents().path_of(proc.agents().all()[0], "consul.d") == f"{proc.root}/77/root/real"
    assert proc.agents().path_of(proc.agents().all()[0], "/a\0b") == f"{proc.root}/77/root/a\0b"


def test_numbers_of_another_namespace_are_not_signalled(proc: FakeProc) -> None:
    """/proc may be the host's in a container: its numbers are those of others there."""
    proc.agent(os.getpid())
    (process,) = proc.agents().all()
    (proc.root / "self").symlink_to("1")
    assert not proc.agents().may_signal(process)
    (proc.root / "self").unlink()
    (proc.root / "self").symlink_to(str(os.getpid()))
    assert proc.agents().may_signal(process)


@pytest.mark.parametrize("empty", [True, False])
def test_without_proc_there_are_no_agents(tmp_path: Path, empty: bool) -> None:
    (tmp_path / "proc").mkdir() if empty else None
    agents = Agents(str(tmp_path), proc=str(tmp_path / "proc"))
    assert (agents.find(), agents.all(), agents.sees_processes()) == (None, [], False)


def test_agents_with_other_directories_are_left_alone(proc: FakeProc, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    proc.add(76, "consul", "agent", "-config-dir", str(tmp_path / "other"))
    proc.agent(77)
    assert found(proc.agents()) == 77


def test_two_agents_of_one_directory_have_to_be_told_apart(proc: FakeProc) -> None:
    proc.agent(77)
    proc.agent(78)
    with pytest.raises(AgentProcessError, match=r"2 consul agents .* \(pids 77, 78\)"):
        proc.agents().find()
    assert found(proc.agents(), pid=78) == 78


def test_facts_about_the_process(proc: FakeProc) -> None:
    proc.agent(77, started=12.5, parent=5, groups="7 8")
    process = proc.agents().find()
    assert process is not None
    assert (process.uid, process.gid, process.groups, process.parent, process.started) == (100, 200, [7, 8], 5, 12.5)


def test_a_named_process_has_to_be_an_agent(proc: FakeProc) -> None:
    proc.add(70, "consul", "watch", "-type", "services")
    with pytest.raises(AgentProcessError, match="Process 70 is not a running consul agent"):
        proc.agents().find(pid=70)
    with pytest.raises(AgentProcessError, match="Process 71 is not a running consul agent"):
        proc.agents().find(pid=71)


def test_a_named_agent_has_to_read_the_directory(proc: FakeProc) -> None:
    proc.add(70, "consul", "agent", "-config-dir", "/etc")
    with pytest.raises(AgentProcessError, match="pid 70 does not read"):
        proc.agents().find(pid=70)


@pytest.mark.parametrize("content", ["77", "77\n", " 77 "])
def test_pid_file(proc: FakeProc, tmp_path: Path, content: str) -> None:
    proc.agent(77)
    (tmp_path / "pid").write_text(content)
    assert found(proc.agents(), pid_file=str(tmp_path / "pid")) == 77


@pytest.mark.parametrize("content", [None, "", "4711", "70", "garbage", "-1", "1"])
def test_a_stale_pid_file_is_no_obstacle(proc: FakeProc, tmp_path: Path, content: str | None) -> None:
    proc.add(70, "sleep", "1000", exe="/usr/bin/sleep")
    if content is not None:
        (tmp_path / "pid").write_text(content)
    assert found(proc.agents(), pid_file=str(tmp_path / "pid")) is None
    proc.agent(77)
    assert found(proc.agents(), pid_file=str(tmp_path / "pid")) == 77


def test_the_pid_file_of_a_wrapper_leads_to_its_agent(proc: FakeProc, tmp_path: Path) -> None:
    proc.add(70, "pipexec", "--", exe="/usr/bin/pipexec")
    proc.add(71, "sh", "-c", "consul", exe="/bin/dash", parent=70)
    proc.agent(77, parent=71)
    proc.agent(88)
    (tmp_path / "pid").write_text("70")
    assert found(proc.agents(), pid_file=str(tmp_path / "pid")) == 77


@pytest.mark.parametrize("number", ["1", "30"])
def test_the_pid_file_of_an_agent_in_a_container_has_its_number_inside(proc: FakeProc, tmp_path: Path, number: str) -> None:
    """On the host the same number is somebody else: nobody of interest, or an agent of another directory."""
    proc.add(30, "consul", "agent", "-config-dir", "/etc")
    proc.add(31, "consul", "agent", "-config-dir", "/etc", namespaces="31 1")
    proc.agent(77, namespaces=f"77 5 {number}")
    proc.agent(88)
    (tmp_path / "pid").write_text(number)
    assert found(proc.agents(), pid_file=str(tmp_path / "pid")) == 77


def test_a_number_that_means_two_agents_names_neither(proc: FakeProc, tmp_path: Path) -> None:
    proc.agent(30)
    proc.agent(77, namespaces="77 30")
    (tmp_path / "pid").write_text("30")
    with pytest.raises(AgentProcessError, match=r"2 consul agents read .* \(pids 77, 30\)"):
        found(proc.agents(), pid_file=str(tmp_path / "pid"))


def test_the_right_pid_of_an_agent_in_a_container_is_named(proc: FakeProc) -> None:
    proc.agent(77, namespaces="77 1")
    with pytest.raises(
        AgentProcessError, match=r"Give the pid that the agent has on this host \(77: it is called 1 in its container only\)"
    ):
        proc.agents().find(pid=1)
    proc.agent(78, namespaces="78 1")
    with pytest.raises(AgentProcessError, match=r"Give the agent's own pid, or leave"):
        proc.agents().find(pid=1)


def test_who_has_lost_its_ancestors_descends_from_nobody(proc: FakeProc, tmp_path: Path) -> None:
    """The one between ended while we looked."""
    proc.agent(78, parent=60)
    proc.agent(79)
    (tmp_path / "pid").write_text("50")
    with pytest.raises(AgentProcessError, match="2 consul agents"):
        found(proc.agents(), pid_file=str(tmp_path / "pid"))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((0, "MainPID=77\n", ""), 77),
        ((0, "MainPID=0\n", ""), 78),
        ((1, "", "no such unit"), 78),
        (OSError("no systemctl"), 78),
    ],
)
def test_systemd_names_the_process_where_it_knows_it(proc: FakeProc, answer: object, expected: int) -> None:
    asked: list[list[str]] = []

    def run_command(command: list[str], **_options: object) -> object:
        asked.append(command)
        if isinstance(answer, Exception):
            raise answer
        return answer

    if expected == 77:
        proc.agent(77)
    proc.agent(78)
    assert found(proc.agents(run_command), service="consul.service") == expected
    assert asked == [["systemctl", "show", "--property=MainPID", "consul.service"]]


def test_a_process_that_took_over_the_number_is_another_one(proc: FakeProc) -> None:
    proc.agent(77, started=500.0)
    process = proc.agents().find()
    assert process is not None
    assert proc.agents().alive(process)
    assert not proc.agents().alive(process._replace(started=499.0))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (Clock("boot-1", 400.0), True),
        (Clock("boot-1", 600.0), False),
        (Clock("boot-1", 499.97), True),
        (Clock("boot-1", 499.98), False),
        (Clock("boot-1", 499.99), False),  # the clock's grain: in doubt it has not read the files
        (Clock("boot-0", 600.0), True),
        (Clock("", 0.0), False),  # nobody knows when
    ],
)
def test_whether_the_agent_started_after_a_moment(proc: FakeProc, moment: Clock, expected: bool) -> None:
    proc.agent(77, started=500.0)
    process = proc.agents().find()
    assert process is not None
    assert started_after(process, moment, proc=str(proc.root)) is expected


def test_moments_are_of_the_clock_by_which_processes_start(proc: FakeProc) -> None:
    """In some containers /proc tells for how long the container is up, and the start of processes as the host has it."""
    agents, before = Agents("/nonexistent"), now(str(proc.root))
    with subprocess.Popen(["sleep", "9"]) as process:
        started = agents._started(process.pid)
        process.kill()
    assert before.uptime - CLOCK_MARGIN <= started <= now(str(proc.root)).uptime


def test_the_real_proc_can_be_read() -> None:
    moment = now()
    assert len(moment.boot_id) == 36
    agents = Agents("/nonexistent")
    assert agents.read(os.getpid()) is None


def test_flags_as_go_reads_them() -> None:
    words = ["consul", "agent", "-dev", "-a", "1", "--b=2", "-c=", "-", "word", "-last"]
    assert list(flags(words)) == [("dev", "-a"), ("a", "1"), ("b", "2"), ("c", ""), ("last", "")]


@pytest.mark.parametrize(("failure", "may"), [(None, True), (ProcessLookupError(), True), (PermissionError(), False)])
def test_who_may_be_signalled(proc: FakeProc, monkeypatch: pytest.MonkeyPatch, failure: Exception | None, may: bool) -> None:
    def kill(pid: int, number: int) -> None:
        assert (pid, number) == (77, 0)
        if failure is not None:
            raise failure

    proc.agent(77)
    (process,) = proc.agents().all()
    monkeypatch.setattr(os, "kill", kill)
    assert not proc.agents().may_signal(process), "whose numbers these are is not known"
    (proc.root / "self").symlink_to(str(os.getpid()))
    assert proc.agents().may_signal(process) is may


def test_whose_paths_can_be_told(proc: FakeProc, tmp_path: Path) -> None:
    proc.agent(1)
    proc.agent(77, namespaces="77 1", root=tmp_path)
    proc.agent(78, namespaces="78 1", root=tmp_path / "closed")
    agents = proc.agents()
    assert [agents.may_look_into(process) for process in agents.all()] == [True, True, False]
    assert [agents.has_our_root(process) for process in agents.all()] == [True, False, False]
    assert agents.sees_processes()
    assert agents.all()[0].reads_as == (100, 200, [], agents.all()[0].powers)


def test_links_that_lead_nowhere_are_left_to_whoever_opens_them(proc: FakeProc, tmp_path: Path) -> None:
    root = tmp_path / "rootfs"
    root.mkdir()
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    proc.add(77, "consul", "agent", "-config-dir", "/a", root=root)
    (process,) = proc.agents().all()
    assert proc.agents().path_of(process, "/a") == f"{proc.root}/77/root/a"


def test_the_binary_of_another_user_is_what_it_calls_itself(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.readlink

    def readlink(path: str) -> str:
        if path.endswith("/exe"):
            raise PermissionError
        return real(path)

    proc.agent(77)
    monkeypatch.setattr(os, "readlink", readlink)
    assert [process.exe for process in proc.agents().all()] == ["consul"]


def test_without_systemd_a_unit_names_nobody(proc: FakeProc) -> None:
    proc.agent(77)
    assert found(proc.agents(), service="consul.service") == 77
