# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Consul agent in namespaces of its own, as in a container."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._agent.namespaces import network_of
from ansible_collections.registrar.consul.tests.support.agent import container
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import PATIENCE, Answer, ConsulAgent

# What a container's root is called outside.
FIRST_ID = 300000
# What a dynamically linked binary needs.
SYSTEM = ("/usr", "/lib", "/lib64", "/etc/ssl", "/dev")


class ContainedAgent(ConsulAgent):
    """Needs root. ``namespaces`` are of pid, mnt, net and user.

    ``mounts`` are paths inside with the paths outside that they show; ``reads`` is the config-dir's path inside, where it is another one.
    ``own_root`` gives it a root directory (``rootfs``) with nothing of its own in it but what it needs and the mounts.
    ``http_port`` may be one that is taken outside, with a network namespace.
    With a user namespace everything below ``root`` belongs to the container's user; ``user`` is what that is called inside.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        namespaces: Sequence[str] = ("pid",),
        mounts: Mapping[str, str] | None = None,
        reads: str | None = None,
        own_root: bool = False,
        user: int = 0,
        http_port: int | None = None,
        **options: Any,
    ) -> None:
        if http_port is not None:
            options["config"] = {**options.get("config", {}), "ports": {"http": http_port}}
        super().__init__(root, **options)
        if http_port is not None:
            self.http_port = http_port
        self._namespaces = tuple(namespaces)
        self._reads = reads
        self._settled: dict[str, Any] = {"namespaces": [*namespaces], "mounts": {**(mounts or {})}, "user": user, "first_id": FIRST_ID}
        if own_root:
            self.rootfs.mkdir()
            shown = [path for path in SYSTEM if os.path.isdir(path)]
            self._settled["rootfs"] = str(self.rootfs)
            self._settled["mounts"] = {**{path: path for path in [*shown, *map(str, self._files_inside())]}, **self._settled["mounts"]}
        if "user" in namespaces or user:
            first = FIRST_ID if "user" in namespaces else 0
            self.root.chmod(0o755)
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, first + user, first + user)

    @property
    def rootfs(self) -> Path:
        """What its root is outside, with ``own_root``."""
        return self.root / "rootfs"

    def _files_inside(self) -> list[Path]:
        """What it needs to see under the same path as outside: not the config-dir."""
        self.pid_file.touch()
        return [self.binary, self.data_dir, self.base_config, self.pid_file]

    @property
    def command(self) -> list[str]:
        own = [self._reads if self._reads and word == str(self.config_dir) else word for word in super().command]
        return [sys.executable, container.__file__, json.dumps(self._settled), *own]

    @property
    def pid(self) -> int:
        """The agent as it is called outside. Raises ProcessLookupError while there is none."""
        found = [super().pid]
        for pid in found:
            if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == self.binary.name:
                return pid
            found.extend(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())
        raise ProcessLookupError(f"no {self.binary.name} below {found}")

    def request(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        with network_of(f"/proc/{self.pid}/ns/net") if "net" in self._namespaces else contextlib.nullcontext():
            return super().request(method, path, body, token=token)

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        with contextlib.suppress(OSError):
            os.kill(self.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE / 4)
        super()._end(signal.SIGKILL)
