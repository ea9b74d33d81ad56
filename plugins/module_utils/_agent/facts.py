# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about the agent of a config-dir, each found out when it is first asked for, and only then."""

from __future__ import annotations

import os
import re
from functools import cached_property
from typing import Any, Mapping, NamedTuple

from .._versions import parse_version
from .process import AgentProcess, AgentProcessError, Agents

_VERSION = re.compile(r"v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)(\+ent[0-9A-Za-z.]*)?")
# A fact is not worth a long wait.
_PATIENCE = 3.0
# Sockets know no limits beyond some hundred years, and nobody waits that long.
_LONGEST_PATIENCE = 3600.0


class Version(NamedTuple):
    """What the agent is, and who said so; None when nothing tells.

    The edition is ``community`` or ``enterprise``, the source ``api``, ``binary`` (of the running agent) or ``path`` (the consul that a
    shell would start).
    """

    version: str | None
    edition: str | None
    version_source: str | None


class AgentFacts:
    """What is known of the agent, from the most direct source that answers.

    options are the module's parameters: config_dir, and those of the doc fragment ``_agent``.
    The methods raise AgentProcessError where the options name no single agent, and BadOptions where its address is no address.
    """

    def __init__(self, module: Any, options: Mapping[str, Any]) -> None:
        self._module = module
        self._options = options
        self.agents = Agents(options["config_dir"], run_command=module.run_command)

    @cached_property
    def process(self) -> AgentProcess | None:
        """The running agent; None when it is stopped."""
        return self.agents.find(**{name: self._options.get(name) for name in ("pid", "pid_file", "service")})

    def renewed(self) -> AgentProcess | None:
        """The process as it is now: where the one that was known has ended, the one in its place, of which all is found out anew.

        None also where that is not clear: two of them, or none of those that the options name.
        """
        known = vars(self).get("process")
        if known is None or not self.agents.alive(known):
            # What the cached properties have left under their names.
            for name in vars(AgentFacts).keys() & vars(self).keys():
                delattr(self, name)
            try:
                return self.process
            except AgentProcessError:
                # For everybody who asks from now on.
                vars(self)["process"] = None
        return self.process

    @cached_property
    def settings(self) -> Any:
        """The agent's own settings (see settings.py); None when it is stopped."""
        from .settings import settings_of

        return settings_of(self.process, self.agents) if self.process else None

    @property
    def data_dir(self) -> str | None:
        """The agent's data_dir as we can open it; None when nothing tells, and for agents without one."""
        path = self.settings.values.get("data_dir") if self.settings is not None else None
        return self.agents.path_of(self.process, str(path)) if path and self.process is not None else None

    @cached_property
    def api(self) -> Any:
        """A client of the agent (see api.py); None when it cannot be reached and no address was given: why_no_api says why."""
        from . import api

        where = api.endpoint(self._options, os.environ, self._way and self._way.address, self._way and self._way.network)
        return None if self.why_no_api else api.AgentApi(where, _PATIENCE)

    @property
    def is_forgetful(self) -> bool:
        """Whether it keeps what comes through its API in memory only, and so loses it by a reload (-dev)."""
        return self.settings is not None and bool(self.settings.values.get("dev")) and not self.settings.values.get("data_dir")

    @property
    def why_no_api(self) -> str:
        """Why the running agent's API cannot be asked; empty when there is no such obstacle."""
        return self._way.why_not if self._way is not None else ""

    @cached_property
    def _way(self) -> Any:
        """How to reach the agent (see reach.py), where it has to be found out from the process."""
        if self.address_given or self.process is None:
            return None
        from .reach import reach

        return reach(self.process, self.settings, self.agents)

    @property
    def answers(self) -> bool:
        """Whether somebody answers at the address that the user gave."""
        return self.address_given and not self.silence

    @cached_property
    def silence(self) -> str:
        """Why nothing that was heard at the address says that an agent is there; empty when one answers, be it with a refusal."""
        from .api import AclDenied, ApiError, Blocked, entries

        try:
            entries(self.api, "/v1/agent/services")
        except (AclDenied, Blocked):
            pass
        except ApiError as error:
            return str(error)
        return ""

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
        return self._told("Config").get("NodeName") or (self.settings.values.get("node_name") if self.settings is not None else None)

    def node_among(self, checks: Mapping[str, Any]) -> str | None:
        """The same without a request where one of these checks, as the agent reports them, tells it."""
        return next((check["Node"] for check in checks.values() if check.get("Node")), None) or self.node_name

    @cached_property
    def found_version(self) -> Version:
        """The version, the edition, and who said so."""
        told = _parsed(str(self._told("Config").get("Version")), "api")
        return told or self._version_from_binary() or Version(None, None, None)

    @property
    def version(self) -> str | None:
        """``1.8.7``; None when nothing tells."""
        return self.found_version.version

    @property
    def scripts_enabled(self) -> bool | None:
        """Whether the agent runs script checks from files; None when nothing tells."""
        debug = self._told("DebugConfig")
        if "EnableRemoteScriptChecks" in debug:
            return bool(debug["EnableRemoteScriptChecks"] or debug.get("EnableLocalScriptChecks"))
        return self.settings.scripts_enabled() if self.settings is not None else None

    @property
    def reloads_itself(self) -> bool:
        """Whether it watches its files, and reads them within a second after a change (auto_reload_config; seen on 1.12.9 to 1.22.7)."""
        set_so = self.settings is not None and self.settings.values.get("auto_reload_config") is True
        return set_so or self._told("DebugConfig").get("AutoReloadConfig") is True

    def reset_versions(self) -> bool:
        """Whether a reload makes every check of this agent critical (consul issues 7345 and 8747)."""
        number = self.numbers()
        central = self._told("DebugConfig").get("EnableCentralServiceConfig") is True
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
        low, high = (self._told("DebugConfig").get("ConnectSidecar%sPort" % end) for end in ("Min", "Max"))
        return (low, high) if isinstance(low, int) and isinstance(high, int) else None

    def numbers(self) -> tuple[int, ...]:
        """The version for comparing; empty, which is before all, when nothing tells."""
        return parse_version(self.version) if self.version else ()

    def _version_from_binary(self) -> Version | None:
        for path, source in ((self.agents.binary_of(self.process), "binary"), (self._module.get_bin_path("consul"), "path")):
            if not path:
                continue
            try:
                code, output, _errors = self._module.run_command([path, "version"], handle_exceptions=False)
            except OSError:
                # It is for another kind of machine, say, or the agent has just ended.
                continue
            found = _parsed(output, source) if code == 0 else None
            if found is not None:
                return found
        return None

    def _told(self, part: str) -> dict[str, Any]:
        """A part of what the agent says of itself, empty where it cannot be had (needs agent:read under ACLs)."""
        found = self._self_answer.get(part)
        return found if isinstance(found, dict) else {}

    @cached_property
    def _self_answer(self) -> dict[str, Any]:
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
