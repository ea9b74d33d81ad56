# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent's own settings, from its command line and its files as far as we may read them."""

from __future__ import annotations

import os
import re
from typing import Any, Iterator, Mapping, NamedTuple

from .._definition.parse import Unparsable, document_in
from .process import AgentProcess, Agents, flags

_OBJECTS = ("addresses", "ports")
_LISTS = ("start_join", "start_join_wan")
# All that we ask for. Files without any of these words are not worth parsing: most hold services only.
WANTED = (
    *_OBJECTS,
    *_LISTS,
    "auto_reload_config",
    "client_addr",
    "data_dir",
    "enable_local_script_checks",
    "enable_script_checks",
    "log_file",
    "node_name",
)
_ANY_WANTED = re.compile("|".join(WANTED).encode("ascii"), re.IGNORECASE)
# Flags with a value, and those that are switches.
_VALUE_FLAGS = {
    "client": "client_addr",
    "data-dir": "data_dir",
    "http-port": "ports.http",
    "https-port": "ports.https",
    "join": "start_join",
    "join-wan": "start_join_wan",
    "log-file": "log_file",
    "node": "node_name",
}
_SWITCHES = ("auto-reload-config", "enable-local-script-checks", "enable-script-checks", "dev")
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
        return sum(len(self.values.get(key, ())) for key in _LISTS)

    def _listens_at(self, scheme: str) -> str:
        addresses = self.values.get("addresses") or {}
        given = str(addresses.get(scheme) or self.values.get("client_addr") or "").split()
        # A template cannot be worked out from here; most of those agents listen on loopback as well.
        return given[0] if given and "{{" not in given[0] else "127.0.0.1"


def settings_of(process: AgentProcess, agents: Agents) -> Settings:
    """Read what the process was started with: flags weigh more than files, and what comes with ``-hcl`` more than both."""
    values: dict[str, Any] = {}
    complete = True
    for path in source_files(process, agents):
        try:
            with open(path, "rb") as stream:
                complete &= _merge_text(values, path, stream.read())
        except OSError:
            complete = False
    for name, value in flags(process.argv):
        if name in _VALUE_FLAGS:
            key, _dot, part = _VALUE_FLAGS[name].partition(".")
            _merge(values, {key: {part: value} if part else value})
    for word in process.argv:
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name in _SWITCHES:
            values[name.replace("-", "_")] = not equals or value.lower() in ("1", "t", "true")
    for value in process.flag_values("hcl"):
        complete &= _merge_text(values, "-hcl", os.fsencode(value))
    return Settings(values, complete)


def source_files(process: AgentProcess, agents: Agents) -> Iterator[str]:
    """The files that the agent reads, by its command line; a directory that cannot be listed stands for itself."""
    for value in process.sources:
        path = agents.path_of(process, value)
        try:
            entries = sorted(os.listdir(path))
        except OSError:
            # A file, or what cannot be read, which is noticed when it is.
            yield path
            continue
        for entry in entries:
            # By its own path, since a link means to the agent what it means in its root.
            place = agents.path_of(process, os.path.join(value, entry)) if entry.endswith((".json", ".hcl")) else ""
            if os.path.isfile(place):
                yield place


def _merge_text(values: dict[str, Any], name: str, content: bytes) -> bool:
    """Whether it could be read, and holds nothing that agents refuse."""
    if _ANY_WANTED.search(content):
        try:
            document = document_in(name, content)
            _merge(values, {key.lower(): value for key, value in document.items() if key.lower() in WANTED})
        except (Unparsable, TypeError):
            return False
    return True


def _merge(values: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Raises TypeError for a value of a kind that is not its setting's."""
    for key, value in more.items():
        if key in _OBJECTS:
            # HCL gives an object that stands twice as a list of objects.
            for part in _list(value):
                values[key] = dict(values.get(key, {}), **part)
        elif key in _LISTS:
            values[key] = [*values.get(key, ()), *_list(value)]
        elif isinstance(value, (dict, list)):
            raise TypeError(key)
        elif value is not None:
            values[key] = value


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
