# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Consul agent on loopback, for the length of a ``with`` block."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.ports import ReservedPorts
from ansible_collections.registrar.consul.tests.support.faults.children import die_with_parent

# Generous, since a loaded machine is slow: only a test that fails ever waits this long.
PATIENCE = 60.0
NODE = "test"
_POLL = 0.01
# The start of a process and the up-time are known in hundredths of a second, and the collection takes nothing for later that is less than
# three of them later (CLOCK_MARGIN): an agent that stops fast and starts again does so visibly after what was written before.
_APART = 0.05


class AgentError(RuntimeError):
    """The agent ended, refused a request, or did not get where the test waited for it."""


@dataclass(frozen=True)
class Answer:
    """What the HTTP API answered."""

    status: int
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


class ConsulAgent:
    """A real agent with its own directories and ports, started on entry and ended on exit.

    ``mode="dev"`` is ready in a tenth of a second, but forgets API-registered services on every reload.
    ``mode="server"`` keeps them in ``data_dir``, and needs about a second.
    ``acl=True`` denies by default; ``token`` is then the bootstrap token, and ``get`` and the like use it unless told otherwise.
    ``config`` is merged into the agent's own configuration file, sub-objects key by key.
    ``root`` is where everything is put; without it, a temporary folder that goes with the agent.
    """

    def __init__(
        self,
        root: Path | None = None,
        *,
        mode: str = "dev",
        acl: bool = False,
        enable_local_script_checks: bool = False,
        config: Mapping[str, Any] | None = None,
        arguments: Sequence[str] = (),
        binary: Path | None = None,
    ) -> None:
        if mode not in ("dev", "server"):
            raise ValueError(f"mode is dev or server, not {mode}")
        self.binary = binary or consul_binary()
        self.mode = mode
        self.token: str | None = str(uuid.uuid4()) if acl else None
        self._own_root = root is None
        self.root = root or Path(tempfile.mkdtemp(prefix="registrar-consul-"))
        self.config_dir = self.root / "consul.d"
        self.data_dir = self.root / "data"
        self.pid_file = self.root / "consul.pid"
        self.log_path = self.root / "consul.log"
        self.base_config = self.root / "base.json"
        self._ports = ReservedPorts(3)
        self.http_port, self._server_port, self._serf_port = self._ports.numbers
        self.http_addr = f"http://127.0.0.1:{self.http_port}"
        self._arguments = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None
        self._log_offset = 0
        self.config_dir.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir(exist_ok=True)
        settings = _merged(self._settings(enable_local_script_checks), config or {})
        self.base_config.write_text(json.dumps(settings, indent=2), encoding="utf-8")

    # The process

    @property
    def pid(self) -> int:
        if self._process is None:
            raise AgentError("the agent is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def command(self) -> list[str]:
        location = ["-dev"] if self.mode == "dev" else ["-data-dir", str(self.data_dir)]
        return [
            *(str(self.binary), "agent", *location),
            *("-config-file", str(self.base_config), "-config-dir", str(self.config_dir), "-pid-file", str(self.pid_file)),
            *self._arguments,
        ]

    @property
    def member_address(self) -> str:
        """Where other agents join it."""
        return f"127.0.0.1:{self._serf_port}"

    def start(self, *, wait: bool = True) -> None:
        """Start the agent, by default until it is ready. Raises AgentError with the log's end when it does not come up."""
        if self.running:
            raise AgentError("the agent is running already")
        time.sleep(_APART)
        with self.log_path.open("ab") as log:
            self._log_offset = log.tell()
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.root,
                env=_environment(),
                preexec_fn=die_with_parent(),  # noqa: PLW1509 - it only makes two system calls
            )
        if wait:
            self.wait_ready()

    def stop(self) -> None:
        """Ask the agent to end, as an init system would, and wait until it has."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the agent without warning: its pid file stays behind."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        self.stop()
        self.start()

    def panicked(self) -> bool:
        """Whether a panic has ended the agent, rather than a request."""
        return "panic: " in self.log() and self.wait_exit() != 0

    def hup(self) -> None:
        """Send SIGHUP, and do not wait for what comes of it."""
        os.kill(self.pid, signal.SIGHUP)

    def wait_exit(self, timeout: float = PATIENCE) -> int:
        """Wait until the agent has ended by itself, and return its exit status."""
        if self._process is None:
            raise AgentError("the agent was not started")
        return self._process.wait(timeout)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(PATIENCE / 4)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # Its HTTP API

    def request(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        """Ask the agent. ``token=""`` asks as nobody; without ``token``, the bootstrap token is used if there is one."""
        token = self.token if token is None else token
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=PATIENCE)
        try:
            payload = None if body is None else json.dumps(body)
            connection.request(method, path, payload, {"X-Consul-Token": token} if token else {})
            response = connection.getresponse()
            return Answer(response.status, response.read().decode("utf-8"))
        finally:
            connection.close()

    def get(self, path: str, *, token: str | None = None) -> Any:
        return self._accepted("GET", path, token=token).json()

    def put(self, path: str, body: Any = None, *, token: str | None = None) -> str:
        return self._accepted("PUT", path, body, token=token).text

    def services(self) -> dict[str, Any]:
        return dict(self.get("/v1/agent/services"))

    def checks(self) -> dict[str, Any]:
        return dict(self.get("/v1/agent/checks"))

    def register(self, service: Mapping[str, Any]) -> None:
        """Register a service through the HTTP API, in the API's spelling."""
        self.put("/v1/agent/service/register", service)

    def reload(self) -> None:
        """Reload, and return when it is done. Raises AgentError with the agent's own reason when it refuses."""
        self.put("/v1/agent/reload")

    def _accepted(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        answer = self.request(method, path, body, token=token)
        if answer.status != 200:
            raise AgentError(f"{method} {path}: {answer.status} {answer.text.strip()}")
        return answer

    # Waiting

    def wait_ready(self, timeout: float = PATIENCE) -> None:
        """Until the agent has a leader, knows its token, is in the catalog, and takes SIGHUP without dying of it."""
        self.wait_until(self._ready, "is not ready", timeout)

    def wait_services(self, ids: Iterable[str], timeout: float = PATIENCE) -> dict[str, Any]:
        """Until all these services are registered; returns all that are."""
        wanted = set(ids)
        self.wait_until(lambda: wanted <= set(self.services()), f"lacks services of {sorted(wanted)}", timeout)
        return self.services()

    def wait_until(self, condition: Callable[[], bool], complaint: str, timeout: float = PATIENCE) -> None:
        """Poll. Raises AgentError when the agent ends or the time is up."""
        end = time.monotonic() + timeout
        while True:
            if not self.running:
                raise AgentError(f"the agent ended\n{self.log()}")
            try:
                if condition():
                    return
            except (OSError, http.client.HTTPException):
                # Not listening yet.
                pass
            if time.monotonic() > end:
                raise AgentError(f"the agent {complaint} after {timeout:.0f} s\n{self.log()}")
            time.sleep(_POLL)

    def log(self) -> str:
        """What the agent has said since it was last started."""
        with self.log_path.open("rb") as log:
            log.seek(self._log_offset)
            return log.read().decode("utf-8", "replace")

    def _ready(self) -> bool:
        # The agent says so after its joins and just before it handles signals, which HTTP answers do not tell.
        if "Consul agent running!" not in self.log():
            return False
        leader = self.request("GET", "/v1/status/leader")
        if leader.status != 200 or not leader.json() or self.request("GET", "/v1/agent/self").status != 200:
            return False
        # A leader is elected before it has registered its own node, and a check of an unknown node ends agents from 1.8 to 1.19.1.
        node = self.request("GET", f"/v1/catalog/node/{NODE}")
        return node.status == 200 and node.json() is not None

    # Its files

    def write(self, name: str, content: Any) -> Path:
        """Put a file into the config-dir by rename: text as it is, anything else as JSON."""
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        staged = self.root / "staged"
        staged.write_text(text, encoding="utf-8")
        return staged.replace(self.config_dir / name)

    def _settings(self, scripts: bool) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "node_name": NODE,
            "bind_addr": "127.0.0.1",
            "disable_update_check": True,
            "enable_local_script_checks": scripts,
            "ports": {
                "http": self.http_port,
                "server": self._server_port,
                "serf_lan": self._serf_port,
                "serf_wan": -1,
                "dns": -1,
                "grpc": -1,
            },
        }
        if consul_version(self.binary) >= (1, 14, 0):
            settings["ports"]["grpc_tls"] = -1
        if self.mode == "server":
            settings.update(server=True, bootstrap=True, performance={"raft_multiplier": 1})
        if self.token:
            manager = "initial_management" if consul_version(self.binary) >= (1, 11, 0) else "master"
            # The agent's own token lets it register its node. None is the default, so that asking as nobody shows nothing.
            settings["acl"] = {
                "enabled": True,
                "default_policy": "deny",
                "tokens": {manager: self.token, "agent": self.token},
            }
        return settings

    # The block

    def __enter__(self) -> ConsulAgent:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the agent and give back what it held."""
        self.kill()
        self._ports.release()
        if self._own_root:
            shutil.rmtree(self.root, ignore_errors=True)


def _environment() -> dict[str, str]:
    """The test's environment without what would change the agent's behaviour."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CONSUL")}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _merged(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged
