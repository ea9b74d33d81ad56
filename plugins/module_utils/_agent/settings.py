# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent's own settings, from its command line and its files as far as we may read them."""

from __future__ import annotations

import json
import os
import re
from typing import Any, Iterator, Mapping, NamedTuple

from .._definition.hcl import HclError, read_hcl
from .process import SOURCE_FLAGS, AgentProcess, Agents, flags

# All that we ask for. Files without any of these words are not worth parsing: most hold services only.
WANTED = (
    "addresses",
    "client_addr",
    "data_dir",
    "enable_local_script_checks",
    "enable_script_checks",
    "log_file",
    "node_name",
    "ports",
    "start_join",
    "start_join_wan",
)
_ANY_WANTED = re.compile("|".join(WANTED).encode("ascii"), re.IGNORECASE)
# Flags with a value, and those that are switches. Flags win over files.
_VALUE_FLAGS = {
    "client": ("client_addr",),
    "data-dir": ("data_dir",),
    "http-port": ("ports", "http"),
    "https-port": ("ports", "https"),
    "log-file": ("log_file",),
    "node": ("node_name",),
}
_LIST_FLAGS = {"join": "start_join", "join-wan": "start_join_wan"}
_SWITCHES = ("enable-local-script-checks", "enable-script-checks", "dev")
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1"}  # noqa: S104 (what agents are told, not us)


class Settings(NamedTuple):
    """Merged settings; complete is False when a file of the agent could not be read."""

    values: dict[str, Any]
    complete: bool

    def http_address(self) -> str | None:
        """Where the agent answers HTTP from this host; None when it does not."""
        ports = self.values.get("ports") or {}
        for scheme, default in (("http", 8500), ("https", -1)):
            port = _number(ports.get(scheme), default)
            if port > 0:
                return _url(scheme, self._listens_at(scheme), port)
        return None

    def scripts_enabled(self) -> bool | None:
        """Whether definitions in files may hold script checks; None when it cannot be known."""
        switches = [self.values.get(key) for key in ("enable_script_checks", "enable_local_script_checks")]
        if any(switch is True for switch in switches):
            return True
        return False if self.complete else None

    def joins(self) -> int:
        """How many addresses the agent joins before it handles signals."""
        return len(_list(self.values.get("start_join"))) + len(_list(self.values.get("start_join_wan")))

    def _listens_at(self, scheme: str) -> str:
        addresses = self.values.get("addresses") or {}
        given = str(addresses.get(scheme) or self.values.get("client_addr") or "127.0.0.1")
        # A template cannot be worked out from here; most of those agents listen on loopback as well.
        return "127.0.0.1" if "{{" in given else given.split(maxsplit=1)[0]


def settings_of(process: AgentProcess, agents: Agents) -> Settings:
    """Read what the process was started with."""
    values: dict[str, Any] = {}
    complete = True
    for path in source_files(process, agents):
        try:
            _merge(values, _read(path))
        except (OSError, ValueError, HclError):
            complete = False
    for name, value in flags(process.argv):
        if name == "hcl":
            complete = complete and _merge_fragment(values, value)
        elif name in _VALUE_FLAGS:
            _merge(values, _nested(_VALUE_FLAGS[name], value))
        elif name in _LIST_FLAGS:
            values[_LIST_FLAGS[name]] = [*_list(values.get(_LIST_FLAGS[name])), value]
    for name in _SWITCHES:
        if _switched_on(process.argv, name):
            values[name.replace("-", "_")] = True
    return Settings(values, complete)


def source_files(process: AgentProcess, agents: Agents) -> Iterator[str]:
    """The files that the agent reads, by its command line; a directory that cannot be listed stands for itself."""
    for name, value in flags(process.argv):
        if name not in SOURCE_FLAGS:
            continue
        path = agents.path_of(process, value)
        if not os.path.isdir(path):
            yield path
            continue
        try:
            entries = sorted(os.listdir(path))
        except OSError:
            # Reading it fails as well, and is noticed there.
            yield path
            continue
        for entry in entries:
            # By its own path, since a link means to the agent what it means in its root.
            place = agents.path_of(process, os.path.join(value, entry)) if entry.endswith((".json", ".hcl")) else ""
            if os.path.isfile(place):
                yield place


def _read(path: str) -> dict[str, Any]:
    with open(path, "rb") as stream:
        content = stream.read()
    if not _ANY_WANTED.search(content):
        return {}
    text = content.decode("utf-8")
    parsed = read_hcl(text) if path.endswith(".hcl") else json.loads(text)
    return {key.lower(): value for key, value in dict(parsed).items() if key.lower() in WANTED}


def _merge_fragment(values: dict[str, Any], text: str) -> bool:
    try:
        _merge(values, {key: value for key, value in read_hcl(text).items() if key in WANTED})
    except HclError:
        return False
    return True


def _merge(values: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        # HCL gives an object that stands twice as a list of objects.
        parts = value if isinstance(value, list) and all(isinstance(part, Mapping) for part in value) else [value]
        if parts and isinstance(parts[0], Mapping):
            for part in parts:
                values[key] = dict(values.get(key) or {}, **part)
        elif isinstance(value, list):
            values[key] = [*_list(values.get(key)), *value]
        elif value is not None:
            values[key] = value


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    return {path[0]: _nested(path[1:], value) if path[1:] else value}


def _switched_on(argv: list[str], name: str) -> bool:
    words = [word.lstrip("-") for word in argv if word.startswith("-")]
    return any(word == name or word in (name + "=true", name + "=1") for word in words)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value] if value else []


def _number(value: Any, default: int) -> int:
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError):
        return default


def _url(scheme: str, address: str, port: int) -> str:
    if address.startswith("unix://"):
        return address
    host = _EVERYWHERE.get(address, address)
    return "%s://%s:%d" % (scheme, "[%s]" % host if ":" in host and not host.startswith("[") else host, port)
