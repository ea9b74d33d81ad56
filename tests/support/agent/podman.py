# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Consul agent in a container of Podman's, as root or as a user without rights.

``python -m ….podman`` says why no container can be run here, if that is so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._agent.namespaces import network_of
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import PATIENCE, AgentError, Answer, ConsulAgent

INSIDE = "/consul/config"
# A user that no machine has, and what the users of its containers are called outside.
USER = 4242
FIRST_ID = 300000
# runc takes cgroups of every version, and limits that may not be raised are no obstacle when they are lowered.
_ENGINE = ("--runtime", "runc", "--cgroup-manager", "cgroupfs")
_LIMITS = ("--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024")
# What a dynamically linked binary needs.
_SYSTEM = ("/usr", "/lib", "/lib64")
# Gives the user a name and further ids, which the programs of Podman ask for, in mounts of its own and nowhere else.
_AS_USER = """
for file in passwd group subuid subgid; do mount --bind "$0/$file" "/etc/$file" || exit; done
exec setpriv --reuid "$1" --regid "$1" --clear-groups --inh-caps=-all -- "${@:2}"
"""


class Podman:
    """The engine with a state of its own below ``root``; ``rootless`` is that of a user without rights."""

    def __init__(self, root: Path, *, rootless: bool = False) -> None:
        self.root = root
        self._rootless = rootless
        root.mkdir()
        self.rootfs = root / "rootfs"
        for name in ("home", "run", "rootfs", "store", "state"):
            (root / name).mkdir()
        for path in ("proc", "sys", "dev", "tmp", "bin", *(place.lstrip("/") for place in _SYSTEM)):
            (self.rootfs / path).mkdir()
        if rootless:
            self._make_user()

    @property
    def as_user(self) -> list[str]:
        """The command that runs the command behind it as who owns the containers."""
        if not self._rootless:
            return []
        return ["unshare", "--mount", "--propagation", "private", "bash", "-c", _AS_USER, str(self.root), str(USER)]

    def command(self, *arguments: str) -> list[str]:
        """The command line of a call."""
        home = ["env", f"HOME={self.root / 'home'}", f"XDG_RUNTIME_DIR={self.root / 'run'}"]
        own = ["--root", str(self.root / "store"), "--runroot", str(self.root / "state"), "--storage-driver", "vfs"]
        return [*self.as_user, *home, "podman", *own, *_ENGINE, *arguments]

    def container(self, name: str, options: Sequence[str], *command: str) -> list[str]:
        """The command line that runs one. No image is needed: the system's libraries are mounted into an empty root."""
        mounts = [word for path in _SYSTEM if os.path.isdir(path) for word in ("-v", f"{path}:{path}:ro")]
        mounts += ["-v", f"{consul_binary().resolve()}:/bin/consul:ro"]
        # Whatever becomes of us, it ends.
        limits = ["--rm", "--timeout", "600", *_LIMITS]
        return self.command("run", *limits, "--name", name, *mounts, *options, "--rootfs", f"{self.rootfs}:O", *command)

    def ask(self, *arguments: str) -> str:
        """What a call says. Raises AgentError when it fails."""
        done = subprocess.run(self.command(*arguments), check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise AgentError(f"podman {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def end(self) -> None:
        """Wait until nothing of it is at work any more: what cleans up behind a container does so in the background.

        Raises AgentError when that does not happen.
        """
        # The process that keeps the user namespace of a user's containers.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            os.kill(int((self.root / "run/libpod/tmp/pause.pid").read_text(encoding="ascii")), signal.SIGKILL)
        end = time.monotonic() + PATIENCE
        while any(os.fsencode(self.root) in line for line in _command_lines()):
            if time.monotonic() > end:
                raise AgentError(f"processes of Podman stay: {self.root}")
            time.sleep(0.02)

    def _make_user(self) -> None:
        for name in ("passwd", "group"):
            line = f"registrar:x:{USER}:{USER}::{self.root / 'home'}:/bin/sh\n" if name == "passwd" else f"registrar:x:{USER}:\n"
            (self.root / name).write_text(line + Path("/etc", name).read_text(encoding="utf-8"), encoding="utf-8")
        for name in ("subuid", "subgid"):
            (self.root / name).write_text(f"registrar:{FIRST_ID}:65536\n", encoding="utf-8")
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, USER, USER)


class PodmanAgent(ConsulAgent):
    """Its config-dir is mounted from the host, read-only, as ``/consul/config``. ``options`` are further ones of ``podman run``.

    ``http_port`` may be one that is taken outside, with a network of its own.
    """

    def __init__(self, root: Path, engine: Podman, options: Sequence[str], http_port: int | None = None, **rest: Any) -> None:
        if http_port is not None:
            rest["config"] = {**rest.get("config", {}), "ports": {"http": http_port}}
        super().__init__(root, **rest)
        self.http_port = http_port or self.http_port
        self.engine = engine
        self._options = tuple(options)
        self._name = root.name
        self._pid = 0

    @property
    def command(self) -> list[str]:
        mounts = ("-v", f"{self.config_dir}:{INSIDE}:ro", "-v", f"{self.base_config}:/base.json:ro")
        agent = ("/bin/consul", "agent", "-dev", "-config-file", "/base.json", "-config-dir", INSIDE)
        return self.engine.container(self._name, [*mounts, *self._options], *agent)

    @property
    def pid(self) -> int:
        """The agent as it is called on the host. Raises AgentError while there is none."""
        if not self._pid:
            self._pid = int(self.engine.ask("inspect", "--format", "{{.State.Pid}}", self._name))
        return self._pid

    def request(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        try:
            network = f"/proc/{self.pid}/ns/net"
        except AgentError as error:
            # Podman has not come that far.
            raise ConnectionRefusedError(str(error)) from None
        with network_of(network):
            return super().request(method, path, body, token=token)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(AgentError):
                self.engine.ask("rm", "--force", "--time", "0", self._name)
        self._pid = 0
        super()._end(how)


def _command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


def main() -> int:
    """Say why no container can be run here, if that is so."""
    with tempfile.TemporaryDirectory(prefix="registrar-consul-") as folder:
        Path(folder).chmod(0o755)
        for rootless in (False, True):
            engine = Podman(Path(folder, str(rootless)), rootless=rootless)
            command = engine.container("probe", ["--network", "none"], "/bin/consul", "version")
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            engine.end()
            if done.returncode != 0:
                print(f"Podman cannot run a container {'without root' if rootless else 'as root'}: {done.stderr.strip()}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
