# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent of our own making behind the client of its HTTP API, for runs without a process. What agents do is asked of real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AgentApi, NotFound, ServerError

ADDRESS = "http://127.0.0.1:1"


class ImaginedAgent:
    """Has the services of the JSON files in a directory, each with its first check, once it is told to load them."""

    def __init__(self, config_dir: Path, **answers: Any) -> None:
        self.config_dir = config_dir
        self.services: dict[str, Any] = {}
        self.checks: dict[str, Any] = {}
        self.reloads = 0
        # What it says to the next reload in place of loading anything.
        self.refusals: list[str] = []
        # What it answers at other places, by path.
        self.answers: dict[str, Any] = {
            "/v1/agent/self": {"Config": {"Version": "1.8.7", "NodeName": "n1"}},
            "/v1/agent/members": [{"Name": "n1"}],
            **answers,
        }

    def behind(self, monkeypatch: pytest.MonkeyPatch) -> ImaginedAgent:
        """Let every client talk to this agent."""
        monkeypatch.delenv("CONSUL_HTTP_ADDR", raising=False)
        monkeypatch.setattr(AgentApi, "get", lambda _api, path, query=None: self.get(path, query))
        monkeypatch.setattr(AgentApi, "put", lambda _api, path: self.put(path))
        return self

    def get(self, path: str, _query: Mapping[str, str] | None = None) -> Any:
        known = {"/v1/agent/services": self.services, "/v1/agent/checks": self.checks, **self.answers}
        if path not in known:
            raise NotFound(path)
        if isinstance(known[path], Exception):
            raise known[path]
        return json.loads(json.dumps(known[path]))

    def put(self, path: str) -> None:
        assert path == "/v1/agent/reload"
        self.reloads += 1
        if self.refusals:
            raise ServerError(self.refusals.pop(0))
        self.load()

    def load(self) -> None:
        """Read the files as they are now."""
        self.services, self.checks = {}, {}
        for file in sorted(self.config_dir.glob("*.json")):
            document = json.loads(file.read_text(encoding="utf-8"))
            for service in [*document.get("services", []), *([document["service"]] if "service" in document else [])]:
                self.add(service)

    def add(self, service: Mapping[str, Any]) -> None:
        """Register a service."""
        identifier, name = service.get("id", service["name"]), service["name"]
        self.services[identifier] = {"ID": identifier, "Service": name, "Port": service.get("port", 0), "Tags": service.get("tags", [])}
        if "check" in service:
            key = f"service:{identifier}"
            self.checks[key] = {"CheckID": key, "ServiceID": identifier, "Name": f"Service '{name}' check", "Node": "n1"}
