# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A throw-away agent that loads the directory as it would be, and finds what `consul validate` misses.

It joins nobody, listens on loopback and a unix socket, and gets only the definitions. Its checks are told to run once in ten
years, so that none does before the agent has ended again. Seen on 1.8.7: ready or refused after 0.1 to 0.3 seconds, 1.2 with
1,000 services.
"""

from __future__ import annotations

import copy
import json
import os
import re
import socket
import tempfile
import threading
import time
from typing import Any, Container

from .._agent.api import AgentApi, ApiError, Endpoint
from .._definition.durations import parse_duration
from .._definition.identity import SERVICE, ids_of, sidecar_of
from .._definition.parse import Definitions
from .._definition.redact import scrub
from .._findings import Finding, error, warning
from .candidate import Candidate
from .preflight import LONGEST_WORDS, RunCommand

_SELDOM = "87600h"
_PATIENCE = 50.0
_POLL = 0.02
# Unix sockets have short paths; folders of tasks may be deep.
_LONGEST_SOCKET = 100
_REASON = re.compile(r"\[ERROR\] +(?:agent: )?(.*)|==> (Error.*)")


def trial(candidate: Candidate, consul: list[str], run_command: RunCommand, workdir: str, scripts: bool) -> list[Finding]:
    """Return what an agent has against the definitions of the directory as it would be.

    `scripts` tells whether the real agent may run script checks.
    """
    place = candidate.directory.path
    everything = {**{found.name: found.definitions for found in candidate.staying}, **candidate.coming}
    with tempfile.TemporaryDirectory(prefix="trial-", dir=workdir if len(workdir) < _LONGEST_SOCKET - 20 else None) as folder:
        _write(folder, [everything[name] for name in sorted(everything, key=os.fsencode)])
        agent = _Trial(folder)
        code, output, errors = run_command([*consul, *_arguments(folder, scripts)], before_communicate_callback=agent.watch)
        agent.join()
    if agent.services is None:
        reasons = [found.group(1) or found.group(2) for found in map(_REASON.search, (output + "\n" + errors).splitlines()) if found]
        words = scrub(" ".join(reasons), candidate.secrets())[:LONGEST_WORDS]
        if not words or code != 1 or agent.was_ended:
            return [warning(place, "preflight-trial", "the trial agent did not come to a verdict (status %s). %s" % (code, words))]
        return [error(place, "preflight-trial", "an agent refuses to load the directory as it would be: %s" % words)]
    wanted = {identity.name for part in everything.values() for identity in ids_of(part) if identity.kind == SERVICE}
    missing = sorted(wanted - agent.services)
    if missing:
        return [error(place, "preflight-trial", "an agent would not register %s." % ", ".join(missing))]
    return []


class _Trial:
    """Watches the agent from beside run_command, which waits for its end."""

    def __init__(self, folder: str) -> None:
        self.services: set[str] | None = None
        # Whether the end is none of its own making, and neither are its words.
        self.was_ended = False
        self._api = AgentApi(Endpoint("unix://" + _socket(folder)), timeout=5.0)
        self._thread: threading.Thread | None = None

    def watch(self, process: Any) -> None:
        """Begin to watch a process that was just started."""
        self._thread = threading.Thread(target=self._until_loaded, args=(process,), daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until there is nothing more to watch."""
        if self._thread is not None:
            self._thread.join()

    def _until_loaded(self, process: Any) -> None:
        """The agent answers HTTP only after it has loaded everything."""
        end = time.monotonic() + _PATIENCE
        while process.poll() is None and time.monotonic() < end:
            try:
                self.services = set(self._api.get("/v1/agent/services"))
                break
            except ApiError:
                time.sleep(_POLL)
        self._api.close()
        if process.poll() is None:
            self.was_ended = True
            process.terminate()


def _socket(folder: str) -> str:
    return os.path.join(folder, "http.sock")


def _arguments(folder: str, scripts: bool) -> list[str]:
    settings = {
        "addresses": {"http": "unix://" + _socket(folder)},
        "bind_addr": "127.0.0.1",
        "data_dir": os.path.join(folder, "data"),
        "disable_update_check": True,
        "enable_local_script_checks": scripts,
        # Ends at once when told to.
        "leave_on_terminate": False,
        "node_name": "trial",
        "ports": {"dns": -1, "grpc": -1, "https": -1, "serf_lan": _free_port(), "serf_wan": -1},
    }
    path = os.path.join(folder, "settings.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(settings, stream)
    return ["agent", "-config-file", path, "-config-dir", os.path.join(folder, "definitions")]


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write(folder: str, everything: list[Definitions]) -> None:
    os.mkdir(os.path.join(folder, "definitions"), 0o700)
    known = {identity.name for part in everything for identity in ids_of(part) if identity.kind == SERVICE}
    for number, (services, checks, _settings) in enumerate(everything):
        content = {
            "services": [_seldom(service) for service in services],
            "checks": [_seldom_check(_unbound(check, known)) for check in checks],
        }
        with open(os.path.join(folder, "definitions", "%06d.json" % number), "w", encoding="utf-8") as stream:
            json.dump(content, stream)


def _seldom(service: dict[str, Any]) -> dict[str, Any]:
    service = copy.deepcopy(service)
    sidecar = sidecar_of(service)
    for part in (service, *(sidecar or ())[1:]):
        if isinstance(part.get("check"), dict):
            part["check"] = _seldom_check(part["check"])
        if isinstance(part.get("checks"), list):
            part["checks"] = [_seldom_check(check) for check in part["checks"]]
    if sidecar is not None and not (sidecar[1].get("check") or sidecar[1].get("checks")):
        # Else the agent adds checks of its own, which run every ten seconds.
        sidecar[1]["check"] = {"ttl": _SELDOM}
    return service


def _unbound(check: dict[str, Any], known: Container[Any]) -> dict[str, Any]:
    """What is bound to a service that no file here has: it comes from elsewhere, where this agent does not look."""
    return {key: value for key, value in check.items() if key != "service_id" or not isinstance(value, str) or value in known}


def _seldom_check(check: Any) -> Any:
    """A wrong interval stays as it is: the agent is to find it."""
    if not isinstance(check, dict):
        return check
    try:
        positive = parse_duration(check.get("interval", "")) > 0
    except (ValueError, TypeError, AttributeError):
        positive = False
    return dict(check, interval=_SELDOM) if positive else check
