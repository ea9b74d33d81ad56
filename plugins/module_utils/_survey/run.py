# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a config-dir, whose it is, and what its agent has: gathered in one look, and nothing is changed.

It is judged on the controller, which gets the definitions without their secrets.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import Any, Callable, TypeVar

from .._agent.elsewhere import Content, OtherFile, files_beyond, in_order, paths_read
from .._agent.facts import AgentFacts
from .._agent.own_settings import refused_settings, surroundings
from .._agent.process import AgentProcess, AgentProcessError
from .._definition.parse import is_hcl
from .._definition.redact import scrub
from .._definition.secret import SHORTEST, Secrets, holds_secret, steps_of
from .._definition.unchecked import places_of
from .._files.config_dir import ConfigDir, digest_of
from .._files.journal import load_journal
from .._files.lock import locked
from .._files.manifest import Owned, load_manifest, unchecked_in
from .._files.scan import DefinitionFile, Reader, scan
from .._findings import Finding, Refused, refusal, warning
from .._options import demand_usable
from .._payload import encode_payload
from .agent import agent_survey

# Seconds to wait for a task that is at work in the directory; then we look all the same.
_PATIENCE = 5.0
_State = TypeVar("_State")


def run(module: Any) -> None:
    """Do what service_definition_info was called for, and exit. The action plugin of this name makes the result of it."""
    try:
        demand_usable(module.params)
        found = Survey(module).run()
    except Refused as refused:
        module.fail_json(msg=refusal(refused.findings, nothing_changed=False), errors=refused.findings, changed=False)
    module.exit_json(changed=False, survey=encode_payload(found))


class Survey:
    """One look at one config-dir."""

    def __init__(self, module: Any) -> None:
        self._facts = AgentFacts(module, module.params)
        self._path = module.params["config_dir"]
        self._unchecked = module.params["unchecked"]
        self._listed = {steps_of(path) for path in module.params["secret_paths"]} | places_of(self._unchecked)
        self._findings: list[Finding] = []
        self._process = self._find_process()

    def run(self) -> dict[str, Any]:
        """Return all that was found. Raises Refused when the directory cannot be opened."""
        with ConfigDir(self._path, look_only=True) as directory, contextlib.ExitStack() as stack:
            self._keep_out(directory, stack)
            self._findings += directory.unseen
            manifest, journal = self._state(directory)
            unchecked = unchecked_in(manifest.values())
            found = list(scan(directory, agent=self._process and Reader(*self._process.reads_as)))
            open_to_all = bool(os.fstat(directory.fd).st_mode & stat.S_IXOTH)
            known = {tuple(steps) for owned in manifest.values() for steps in owned.secret_places}
            secrets = Secrets(self._listed | known)
            files = [_described(entry, manifest.get(entry.name), open_to_all, secrets) for entry in found]
        paths = paths_read(self._facts) if self._process is not None else []
        others = files_beyond(directory.path, paths)
        agent = agent_survey(self._facts, self._process, found, others, secrets, [*unchecked, *self._unchecked])
        names = {entry.name for entry in found}
        return {
            "path": directory.path,
            "files": files,
            "deleted": [{"name": name, "owner": owned.owner} for name, owned in sorted(manifest.items()) if name not in names],
            "journal": journal,
            "findings": [*self._findings, *self._refused_settings(directory, found, paths, others)],
            "unchecked": unchecked,
            "agent": _without_secrets(agent, found, secrets),
        }

    def _refused_settings(
        self, directory: ConfigDir, found: list[DefinitionFile], paths: list[str], others: list[OtherFile]
    ) -> list[Finding]:
        """What would stop a reload although no definition is wrong. Settings stay here, so that nobody else can see it."""
        if self._process is None:
            return []
        here = [Content(directory.place(entry.name), entry.document or {}, entry.definitions) for entry in found]
        complete = not any(entry.fatal for entry in found) and all(file.document is not None for file in others)
        around = surroundings(self._facts, complete, ())
        return list(refused_settings(in_order(directory.path, paths, here, others), around))

    def _find_process(self) -> AgentProcess | None:
        try:
            return self._facts.process
        except AgentProcessError as problem:
            self._findings.append(warning("agent", "agent-unclear", str(problem)))
            return None

    def _keep_out(self, directory: ConfigDir, stack: contextlib.ExitStack) -> None:
        """Let no change happen while we look; in a directory of ours only, since nothing may be written."""
        try:
            stack.enter_context(locked(directory, "service_definition_info", _PATIENCE, read_only=True))
        except Refused as refused:
            self._findings += [dict(finding, severity="warning") for finding in refused.findings]

    def _state(self, directory: ConfigDir) -> tuple[dict[str, Owned], dict[str, Any] | None]:
        """Return whose files are whose, and what the agent has not confirmed."""
        manifest = self._loaded(load_manifest, directory) or {}
        journal = self._loaded(load_journal, directory)
        if journal is None:
            return manifest, None
        if journal.intent is not None:
            manifest = journal.intent.manifest
        return manifest, {"files": sorted(journal.files), "reason": journal.reason, "unfinished": journal.intent is not None}

    def _loaded(self, load: Callable[[ConfigDir], _State], directory: ConfigDir) -> _State | None:
        try:
            return load(directory)
        except Refused as refused:
            self._findings += refused.findings
            return None


def _described(found: DefinitionFile, owned: Owned | None, open_to_all: bool, secrets: Secrets) -> dict[str, Any]:
    content = found.content
    described: dict[str, Any] = {
        "name": found.name,
        "owner": owned.owner if owned else None,
        "target": found.target,
        "hcl": is_hcl(found.target or found.name),
        "problem": found.problem,
        "empty": found.empty,
        # What this task may not read, the agent perhaps may.
        "fatal": found.fatal and not (found.closed and os.geteuid() != 0),
        "settings": found.definitions.settings,
    }
    if content is not None:
        mode = stat.S_IMODE(content.stat.st_mode)
        readable = open_to_all and bool(mode & stat.S_IROTH)
        described["mode"] = "%04o" % mode
        described["edited"] = owned is not None and digest_of(content.data) != owned.digest
        described["exposed"] = readable and found.document is not None and holds_secret(found.document)
    if found.document is not None:
        described["document"] = secrets.definitions_of(found.document)
    return described


def _without_secrets(agent: dict[str, Any], files: list[DefinitionFile], secrets: Secrets) -> dict[str, Any]:
    """What the agent has, without secrets of the files in the reasons of drift."""
    if agent["drift"]:
        texts = {text for found in files for text in secrets.texts([*found.definitions.services, *found.definitions.checks])}
        long = [text for text in texts if len(text) >= SHORTEST]
        for entry in agent["drift"]:
            hidden = entry["reason"] and secrets.hides_field(entry["field"], bool(entry["check"]))
            entry["reason"] = "is not as the file says" if hidden else scrub(entry["reason"], long)
    return agent
