# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the agent of a config-dir, each found out when it is first asked for, and only then."""

from __future__ import annotations

import os
import re
from typing import Any, Mapping, NamedTuple

from .._versions import parse_version
from .binary import own_binary
from .process import AgentProcess, AgentProcessError, Agents

_VERSION = re.compile(r"v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)(\+ent[0-9A-Za-z.]*)?")
# A fact is not worth a long wait.
_PATIENCE = 3.0
# Sockets know no limits beyond some hundred years, and nobody waits that long.
_LONGEST_PATIENCE = 3600.0


class Version(NamedTuple):
    """What the agent is, and who said so."""

    number: str | None
    edition: str | None
    source: str | None


class AgentFacts:
    """What is known of the agent, from the most direct source that answers.

    options are the module's parameters: config_dir, and those of the doc fragment ``_agent``.
    The methods raise AgentProcessError where the options name no single agent, and BadOptions where its address is no address.
    """

    def __init__(self, module: Any, options: Mapping[str, Any]) -> None:
        self._module = module
        self._options = options
        self._known: dict[str, Any] = {}
        self.agents = Agents(options["config_dir"], run_command=module.run_command)

    @property
    def process(self) -> AgentProcess | None:
        """The running agent; None when it is stopped."""
        if "process" not in self._known:
            named = {name: self._options.get(name) for name in ("pid", "pid_file", "service")}
            self._known["process"] = self.agents.find(**named)
        found: AgentProcess | None = self._known["process"]
        return found

    def renewed(self) -> AgentProcess | None:
        """The process as it is now: where the one that was known has ended, the one in its place, of which all is found out anew.

        None also where that is not clear: two of them, or none of those that the options name.
        """
        known = self._known.get("process")
        if known is None or not self.agents.alive(known):
            self._known.clear()
            try:
                return self.process
            except AgentProcessError:
                # For everybody who asks from now on.
                self._known["process"] = None
        return self.process

    @property
    def settings(self) -> Any:
        """The agent's own settings (see settings.py); None when it is stopped."""
        if "settings" not in self._known:
            from .settings import settings_of

            self._known["settings"] = settings_of(self.process, self.agents) if self.process else None
        return self._known["settings"]

    @property
    def data_dir(self) -> str | None:
        """The agent's data_dir as we can open it; None when nothing tells, and for agents without one."""
        path = self.settings.values.get("data_dir") if self.settings is not None else None
        return self.agents.path_of(self.process, str(path)) if path and self.process is not None else None

    @property
    def api(self) -> Any:
        """A client of the agent (see api.py); None when it cannot be reached and no address was given: why_no_api says why."""
        if "api" not in self._known:
            from . import api

            way = self._way()
            where = api.endpoint(self._options, os.environ, way and way.address, way and way.network)
            self._known["api"] = None if self.why_no_api else api.AgentApi(where, _PATIENCE)
        return self._known["api"]

    @property
    def is_forgetful(self) -> bool:
        """Whether it keeps what comes through its API in memory only, and so loses it by a reload (-dev)."""
        return self.settings is not None and bool(self.settings.values.get("dev")) and not self.settings.values.get("data_dir")

    @property
    def why_no_api(self) -> str:
        """Why the running agent's API cannot be asked; empty when there is no such obstacle."""
        way = self._way()
        return str(way.why_not) if way is not None else ""

    def _way(self) -> Any:
        """How to reach the agent (see reach.py), where it has to be found out from the process."""
        if "way" not in self._known:
            from .reach import reach

            process = None if self.address_given else self.process
            self._known["way"] = reach(process, self.settings, self.agents) if process is not None else None
        return self._known["way"]

    @property
    def answers(self) -> bool:
        """Whether somebody answers at the address that the user gave."""
        return self.address_given and not self.silence

    @property
    def silence(self) -> str:
        """Why nothing that was heard at the address says that an agent is there; empty when one answers, be it with a refusal."""
        if "silence" not in self._known:
            from .api import AclDenied, ApiError, Blocked, entries

            self._known["silence"] = ""
            try:
                entries(self.api, "/v1/agent/services")
            except (AclDenied, Blocked):
                pass
            except ApiError as error:
                self._known["silence"] = str(error)
        found: str = self._known["silence"]
        return found

    def patience(self, seconds: float) -> None:
        """How long the API may take for an answer from now on."""
        if self.api is not None:
            self.api.timeout = min(seconds, _LONGEST_PATIENCE)

    @property
    def address_given(self) -> bool:
        """Whether the user said where the agent answers, in the task or in the environment."""
        return bool(self._options.get("http_addr") or os.environ.get("CONSUL_HTTP_ADDR"))

    @property
    def node_name(self) -> str | None:
        """The name of its node; None when nothing tells."""
        config = self._self_answer().get("Config")
        told = config.get("NodeName") if isinstance(config, dict) else None
        return told or (self.settings.values.get("node_name") if self.settings is not None else None)

    def node_among(self, checks: Mapping[str, Any]) -> str | None:
        """The same without a request where one of these checks, as the agent reports them, tells it."""
        return next((check["Node"] for check in checks.values() if check.get("Node")), None) or self.node_name

    @property
    def version(self) -> str | None:
        """``1.8.7``; None when nothing tells."""
        return self._found_version().number

    @property
    def version_source(self) -> str | None:
        """``api``, ``binary`` (of the running agent) or ``path`` (the consul that a shell would start)."""
        return self._found_version().source

    @property
    def edition(self) -> str | None:
        """``community`` or ``enterprise``; None when nothing tells."""
        return self._found_version().edition

    @property
    def scripts_enabled(self) -> bool | None:
        """Whether the agent runs script checks from files; None when nothing tells."""
        debug = self._self_answer().get("DebugConfig")
        if isinstance(debug, dict) and "EnableRemoteScriptChecks" in debug:
            return bool(debug["EnableRemoteScriptChecks"] or debug.get("EnableLocalScriptChecks"))
        return self.settings.scripts_enabled() if self.settings is not None else None

    def reset_versions(self) -> bool:
        """Whether a reload makes every check of this agent critical (consul issues 7345 and 8747)."""
        number = self.numbers()
        debug = self._self_answer().get("DebugConfig")
        central = isinstance(debug, dict) and debug.get("EnableCentralServiceConfig") is True
        if number < (1, 7, 2):
            return number >= (1, 5, 3)
        return central and (number < (1, 7, 9) or (1, 8) <= number < (1, 8, 5))

    def ends_by_unknown_node(self) -> bool:
        """Whether this agent ends with a panic when it runs a check on a node that the catalog does not know.

        Seen on 1.8.7 to 1.18.2, but neither on 1.7.14 nor on 1.20.0; 1.19.2 has the change.
        """
        return (1, 8) <= self.numbers() < (1, 19, 2)

    @property
    def sidecar_ports(self) -> tuple[int, int] | None:
        """The first and the last port that it gives to sidecars, as it was started; None when nothing tells."""
        debug = self._self_answer().get("DebugConfig")
        low, high = (debug.get("ConnectSidecar%sPort" % end) if isinstance(debug, dict) else None for end in ("Min", "Max"))
        return (low, high) if isinstance(low, int) and isinstance(high, int) else None

    def numbers(self) -> tuple[int, ...]:
        """The version for comparing; empty, which is before all, when nothing tells."""
        return parse_version(self.version) if self.version else ()

    def _found_version(self) -> Version:
        if "version" not in self._known:
            self._known["version"] = self._version_from_api() or self._version_from_binary() or Version(None, None, None)
        found: Version = self._known["version"]
        return found

    def _version_from_api(self) -> Version | None:
        config = self._self_answer().get("Config")
        return _parsed(str(config.get("Version", "")), "api") if isinstance(config, dict) else None

    def _version_from_binary(self) -> Version | None:
        for path, source in ((own_binary(self.process, self.agents), "binary"), (self._module.get_bin_path("consul"), "path")):
            if path and os.access(path, os.X_OK):
                code, output, _errors = self._module.run_command([path, "version"])
                found = _parsed(output, source) if code == 0 else None
                if found is not None:
                    return found
        return None

    def _self_answer(self) -> dict[str, Any]:
        """``/v1/agent/self``, empty where it cannot be had (needs agent:read under ACLs)."""
        if "self" not in self._known:
            self._known["self"] = self._ask_for_self()
        answer: dict[str, Any] = self._known["self"]
        return answer

    def _ask_for_self(self) -> dict[str, Any]:
        from .api import ApiError, mapping

        if self.process is None and not self.address_given:
            return {}
        try:
            return mapping(self.api, "/v1/agent/self") if self.api is not None else {}
        except ApiError:
            return {}


def _parsed(text: str, source: str) -> Version | None:
    match = _VERSION.search(text)
    if match is None:
        return None
    return Version(match.group(1), "enterprise" if match.group(2) else "community", source)
