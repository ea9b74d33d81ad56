# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the one consul agent that reads a config-dir, and never another process.

SIGHUP ends ``consul watch``, ``consul lock``, ``consul monitor`` and every program that does not expect it. So a process counts
only when its binary is consul, its first argument is ``agent`` and it was told to read this very directory: whatever the directory
is called where the process lives, be it in a container.
"""

from __future__ import annotations

import os
import stat
from typing import Any, Callable, Iterator, NamedTuple

from .._clock import Clock, now
from .namespaces import Powers, inside, powers, shares

DELETED = " (deleted)"
SOURCE_FLAGS = ("config-dir", "config-file")
# /proc gives the start of a process in hundredths of a second, cut off.
CLOCK_MARGIN = 0.02


class AgentProcessError(Exception):
    """The process that was named is not the agent of this directory, or several agents are: nobody may be signalled."""


class AgentProcess(NamedTuple):
    """A running ``consul agent``."""

    pid: int
    parent: int
    argv: list[str]
    exe: str
    uid: int
    gid: int
    groups: list[int]
    started: float  # seconds since boot
    powers: Powers | None = None
    own_pid: int | None = None  # what it is called in its own namespace, where that is another one than ours

    @property
    def reads_as(self) -> tuple[int, int, list[int], Powers | None]:
        """What decides which files it can read."""
        return self.uid, self.gid, self.groups, self.powers

    @property
    def sources(self) -> list[str]:
        """The files and directories that it was told to read, in its order, as it calls them."""
        return self.flag_values(*SOURCE_FLAGS)

    def flag_values(self, *names: str) -> list[str]:
        """Values of ``-name value`` and ``--name=value``, in order."""
        return [value for flag, value in flags(self.argv) if flag in names]


def flags(argv: list[str]) -> Iterator[tuple[str, str]]:
    """The flags of a Go program with their values; a flag that stands alone has the next word, which only its reader can judge."""
    for position, word in enumerate(argv):
        if not word.startswith("-") or word in ("-", "--"):
            continue
        name, equals, value = word.lstrip("-").partition("=")
        yield name, value if equals else (argv[position + 1] if position + 1 < len(argv) else "")


def started_after(process: AgentProcess, moment: Clock, proc: str = "/proc") -> bool:
    """Whether the process began after the moment, so that it has read what was there. In doubt it did not."""
    if not moment.boot_id:
        return False
    return moment.boot_id != now(proc).boot_id or process.started > moment.uptime + CLOCK_MARGIN


class Agents:
    """The consul agents among the processes of this machine."""

    def __init__(self, config_dir: str, proc: str = "/proc", run_command: Callable[..., Any] | None = None) -> None:
        self.config_dir = config_dir
        self.proc = proc
        self._run_command = run_command

    def find(self, pid: int | None = None, pid_file: str | None = None, service: str | None = None) -> AgentProcess | None:
        """The agent of the directory; None when none runs.

        A pid file or a unit that leads nowhere (left over after a crash, the number taken by another program) is no obstacle: the
        agents that run are looked through then.

        Raises AgentProcessError when the process named by pid, or an agent named otherwise, does not read the directory, and
        when several agents read it.
        """
        if pid is not None:
            return self._named(pid)
        process = self._by_pid_file(pid_file) if pid_file else None
        main_pid = self._main_pid(service) if service and process is None else None
        if main_pid:
            process = self._agent_at_or_below(main_pid)
        if process is not None:
            return self._reading(process)
        return self._only([process for process in self.all() if self.reads(process)])

    def all(self) -> list[AgentProcess]:
        """Every agent that can be seen here, whatever it reads."""
        try:
            pids = sorted(int(name) for name in os.listdir(self.proc) if name.isdigit())
        except OSError:
            # No /proc here, as on FreeBSD and macOS.
            return []
        return [process for process in map(self.read, pids) if process is not None]

    def alive(self, process: AgentProcess) -> bool:
        """Whether it still runs, the same process and not another one that got its number."""
        found = self.read(process.pid)
        return found is not None and found.started == process.started

    def read(self, pid: int) -> AgentProcess | None:
        """The agent with this pid; None when there is no such process, or it is not an agent that we may signal."""
        try:
            with open(self._path(pid, "cmdline"), "rb") as stream:
                argv = [os.fsdecode(word) for word in stream.read().rstrip(b"\0").split(b"\0")]
            if len(argv) < 2 or argv[1] != "agent":
                return None
            exe = self._executable(pid, argv)
            if not os.path.basename(exe).startswith("consul"):
                return None
            status = self._status(pid)
            own_pids = status.get("NSpid", "").split()[1:]
            return AgentProcess(
                pid=pid,
                parent=int(status["PPid"]),
                argv=argv,
                exe=exe,
                # The effective ids: those the agent opens its files with.
                uid=int(status["Uid"].split()[1]),
                gid=int(status["Gid"].split()[1]),
                groups=[int(group) for group in status.get("Groups", "").split()],
                started=self._started(pid),
                powers=powers(pid, status, self.proc),
                own_pid=int(own_pids[-1]) if own_pids else None,
            )
        except (OSError, KeyError, ValueError, IndexError):
            # Processes come and go while we look.
            return None

    def reads(self, process: AgentProcess) -> bool:
        """Whether the directory is among those named on the process's command line."""
        for path in process.sources:
            try:
                if os.path.samefile(self.path_of(process, path), self.config_dir):
                    return True
            except OSError:
                continue
        return False

    def path_of(self, process: AgentProcess, path: str) -> str:
        """The path as the process sees it, for us to open: relative to its directory, inside its root, in its mounts."""
        if self._sees_our_files(process):
            return path if os.path.isabs(path) else os.path.join(self._path(process.pid, "cwd"), path)
        root = self._path(process.pid, "root")
        try:
            return inside(root, path if os.path.isabs(path) else os.path.join(self._cwd(process), path))
        except (OSError, ValueError):
            # Links that lead nowhere for the process either, or a path with a NUL.
            return root + "/" + path.lstrip("/")

    def binary_of(self, process: AgentProcess | None) -> str | None:
        """A link to the very file that the agent runs, even when a package has replaced it since; None when it is not for us.

        What a container, or another user of this host, calls consul is theirs: nothing of it runs with the rights of this task.
        """
        if process is None or not self.has_our_root(process):
            return None
        path = self._path(process.pid, "exe")
        try:
            status = os.stat(path)
        except OSError:
            return None
        trusted = status.st_uid in (0, os.geteuid()) and not status.st_mode & stat.S_IWOTH
        return path if trusted and os.access(path, os.X_OK) else None

    def has_our_root(self, process: AgentProcess) -> bool:
        """Whether its root directory is ours, which a container's is not."""
        try:
            return os.path.samefile(self._path(process.pid, "root"), "/")
        except OSError:
            # Not ours to look at: another user's process. Nearly always it lives in the same root.
            return process.own_pid is None

    def may_signal(self, process: AgentProcess) -> bool:
        """Whether a signal of ours would reach it."""
        if not self.numbers_are_ours():
            return False
        try:
            os.kill(process.pid, 0)
        except PermissionError:
            return False
        except ProcessLookupError:
            # It has just ended, which is noticed when it is signalled.
            pass
        return True

    def may_look_into(self, process: AgentProcess) -> bool:
        """Whether we can tell what its paths mean: a container of another user is closed to all but root."""
        return process.own_pid is None or os.access(self._path(process.pid, "root") + "/.", os.X_OK)

    def sees_processes(self) -> bool:
        """Whether /proc shows the processes of others, such as the first one: not without it, nor where it hides them."""
        return os.path.exists(self._path(1, "cmdline"))

    def numbers_are_ours(self) -> bool:
        """Whether /proc shows the processes of our own namespace: otherwise its numbers mean others to us."""
        try:
            return os.readlink(os.path.join(self.proc, "self")) == str(os.getpid())
        except OSError:
            return False

    def _sees_our_files(self, process: AgentProcess) -> bool:
        """Whether a path means the same to the process as to us. Units of systemd mostly have mounts of their own."""
        return self.has_our_root(process) and shares(process.pid, "mnt", self.proc) is not False

    def _cwd(self, process: AgentProcess) -> str:
        """Its directory as an absolute path within its root."""
        root, cwd = (os.readlink(self._path(process.pid, name)) for name in ("root", "cwd"))
        # A root that is only a directory of ours (chroot) is part of the path that we are told.
        return cwd[len(root) :] if root != "/" and (cwd + "/").startswith(root + "/") else cwd

    def _named(self, pid: int) -> AgentProcess:
        process = self.read(pid)
        if process is not None:
            return self._reading(process)
        contained, right = self._called_inside(pid), "the agent's own pid"
        if len(contained) == 1:
            right = "the pid that the agent has on this host (%d: it is called %d in its container only)" % (contained[0].pid, pid)
        raise AgentProcessError(
            "Process %d is not a running consul agent. It was not signalled, since SIGHUP ends other programs. "
            "Give %s, or leave the option out: the agent is then found by its config-dir." % (pid, right)
        )

    def _called_inside(self, pid: int) -> list[AgentProcess]:
        """The agents of the directory that have this number in their own namespace."""
        return [process for process in self.all() if process.own_pid == pid and self.reads(process)]

    def _by_pid_file(self, path: str) -> AgentProcess | None:
        """The agent that the file names. One in a container has written the number that it has in there."""
        try:
            with open(path, encoding="ascii", errors="replace") as stream:
                text = stream.read(32).strip()
        except OSError:
            return None
        pid = int(text) if text.isdigit() else 0
        if pid == 0:
            return None
        process = self._agent_at_or_below(pid)
        found = {one.pid: one for one in self._called_inside(pid)}
        if process is not None and self.reads(process):
            found[process.pid] = process
        return self._only(list(found.values())) or process

    def _reading(self, process: AgentProcess) -> AgentProcess:
        if not self.reads(process):
            raise AgentProcessError(
                "The consul agent with pid %d does not read %s: its command line does not name it with -config-dir or "
                "-config-file. Check config_dir, or name the agent that does." % (process.pid, self.config_dir)
            )
        return process

    def _only(self, found: list[AgentProcess]) -> AgentProcess | None:
        if len(found) > 1:
            raise AgentProcessError(
                "%d consul agents read %s (pids %s). Name one with pid, pid_file or service."
                % (len(found), self.config_dir, ", ".join(str(process.pid) for process in found))
            )
        return found[0] if found else None

    def _agent_at_or_below(self, pid: int) -> AgentProcess | None:
        """The agent with this pid, else the one that a wrapper with this pid runs (Debian's init script: pipexec)."""
        process = self.read(pid)
        if process is not None:
            return process
        return self._only([process for process in self.all() if self._descends_from(process, pid) and self.reads(process)])

    def _descends_from(self, process: AgentProcess, ancestor: int) -> bool:
        parent = process.parent
        while parent > 1:
            if parent == ancestor:
                return True
            try:
                parent = int(self._status(parent)["PPid"])
            except (OSError, KeyError, ValueError):
                return False
        return False

    def _main_pid(self, service: str) -> int | None:
        """systemd's MainPID of the unit, which is 0 when it is stopped; None without systemd, and without the unit."""
        if self._run_command is None:
            return None
        try:
            command = ["systemctl", "show", "--property=MainPID", service]
            code, output, _errors = self._run_command(command, handle_exceptions=False)
        except OSError:
            return None
        value = output.strip().partition("MainPID=")[2]
        return int(value) if code == 0 and value.isdigit() else None

    def _executable(self, pid: int, argv: list[str]) -> str:
        try:
            exe = os.readlink(self._path(pid, "exe"))
        except PermissionError:
            # Another user's process: its own word for it is all there is.
            return argv[0]
        # An upgraded package leaves the old agent running from a deleted file.
        return exe[: -len(DELETED)] if exe.endswith(DELETED) else exe

    def _status(self, pid: int) -> dict[str, str]:
        with open(self._path(pid, "status"), encoding="utf-8", errors="replace") as stream:
            return {name: value.strip() for name, _colon, value in (line.partition(":") for line in stream)}

    def _started(self, pid: int) -> float:
        with open(self._path(pid, "stat"), "rb") as stream:
            # The program's name stands in brackets and may hold blanks and brackets.
            fields = stream.read().rpartition(b")")[2].split()
        return int(fields[19]) / os.sysconf("SC_CLK_TCK")

    def _path(self, pid: int, name: str) -> str:
        return os.path.join(self.proc, str(pid), name)
