# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have an agent load what the config-dir says, prove that it did, or put the node back as it was.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import functools
import os
import time
from typing import Any, ContextManager, Iterable, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._agent.absent import looked_for, not_found, remedy
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import BadOptions
from ansible_collections.registrar.consul.plugins.module_utils._agent.catalog import knows_node
from ansible_collections.registrar.consul.plugins.module_utils._agent.elsewhere import Registrations
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._agent.loading import Agent, half_loads
from ansible_collections.registrar.consul.plugins.module_utils._agent.own_settings import Surroundings, refused_settings, surroundings
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted, persisted_in
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcessError, started_after
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import AgentView, Seen, differences
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import Expected, owner_of
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import Journal, load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.lock import locked
from ansible_collections.registrar.consul.plugins.module_utils._files.selinux import labelling
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import recover, restore, verified
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, Refused, refusal, render_all
from ansible_collections.registrar.consul.plugins.module_utils._reload.attempt import (
    Attempt,
    ReloadFailed,
    capital,
    look_at,
    put_back,
    target_of,
)
from ansible_collections.registrar.consul.plugins.module_utils._reload.channel import chosen_method
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared
from ansible_collections.registrar.consul.plugins.module_utils._reload.obstacles import (
    doubles,
    taken_over,
    unknown_nodes,
    unknown_services,
)
from ansible_collections.registrar.consul.plugins.module_utils._reload.ready import NotReady, Ready, is_grown_up, wait_ready
from ansible_collections.registrar.consul.plugins.module_utils._reload.verify import verify

REAPED = "the agent has removed services that were critical for longer than their checks allow"


def reload_agent(module: Any, options: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Reload, verify or go back; return the result, and the message if it failed. Keeps other runs out meanwhile."""
    if module.check_mode and not os.path.isdir(options["config_dir"]):
        return {**_nothing_done(), "reason": "%s does not exist yet" % options["config_dir"]}, None
    try:
        with ConfigDir(options["config_dir"]) as directory, _locked(directory, module, options):
            return reload_locked(module, directory, AgentFacts(module, options), options)
    except Refused as refused:
        return {**_nothing_done(), "errors": refused.findings}, refusal(refused.findings)


def reload_locked(
    module: Any, directory: ConfigDir, facts: AgentFacts, options: Mapping[str, Any], planned: str = ""
) -> tuple[dict[str, Any], str | None]:
    """The same for a directory whose lock is held. planned is what would be committed, in check mode."""
    run = Reload(module, directory, facts, options, planned)
    try:
        run.run()
    except Refused as refused:
        run.result["errors"] = refused.findings
        return run.result, refusal(refused.findings, nothing_changed=not run.result["changed"])
    except (ReloadFailed, AgentProcessError, BadOptions) as problem:
        return run.result, str(problem)
    return run.result, None


def _nothing_done() -> dict[str, Any]:
    return {
        "changed": False,
        "verified": False,
        "verified_by": "none",
        "reason": "",
        "method": "none",
        "services": 0,
        "agent": {"pid": None, "state": "stopped", "version": None},
        "waited": 0.0,
        "rolled_back": False,
        "errors": [],
    }


def _locked(directory: ConfigDir, module: Any, options: Mapping[str, Any]) -> ContextManager[None]:
    # Where nothing of ours is, nothing is left behind either.
    read_only = module.check_mode or not directory.has_state
    return locked(directory, "agent_reload", options["lock_timeout"], read_only=read_only)


class Reload:
    """One run of agent_reload on one directory, whose lock is held.

    options are the module's parameters. result is complete when run has returned, and true as far as it goes when it raised.
    """

    def __init__(self, module: Any, directory: ConfigDir, facts: AgentFacts, options: Mapping[str, Any], planned: str = "") -> None:
        self._module = module
        self._directory = directory
        self._facts = facts
        self._options = options
        self._planned = planned
        self.result = _nothing_done()

    def run(self) -> None:
        """Do what has to be done. Raises ReloadFailed, and from below Refused, AgentProcessError, BadOptions."""
        journal = load_journal(self._directory) if self._module.check_mode else recover(self._directory)
        process = self._facts.process
        self._options = {**self._options, "method": chosen_method(self._facts, self._options["method"])}
        state = look_at(self._directory, journal, self._facts)
        self.result["services"] = len(state.wanted.services)
        if process is None and not self._answers_without_process():
            self._stopped(journal)
            return
        self.result["agent"].update(pid=process.pid if process else None, state="running")
        if journal is None and not any(state.wanted) and not self._options["force"] and not self._planned:
            self.result.update(verified=True, reason="nothing in this directory was written by this collection")
            return
        view = AgentView(self._facts.api, state.namespaces) if self._facts.api is not None else None
        # To look does no harm, however young it is.
        ready = self._wait_ready(view, state, gently=True)
        need = self._need(journal, state, view, ready)
        if not need:
            return
        persisted = persisted_in(self._facts.data_dir)
        self._look_for_obstacles(state, ready, journal, persisted)
        if self._module.check_mode:
            self.result.update(changed=True, method=self._options["method"], reason="the agent would be told to reload: " + need)
            return
        if self._options["method"] == "signal" and not is_grown_up(process):
            ready = self._wait_ready(view, state, gently=False)
        self._attempt(persisted).run(need, state, view, ready)

    # Before the agent is told

    def _answers_without_process(self) -> bool:
        """An agent out of sight: its API at a given address is all that there is of it."""
        return self._options["method"] == "api" and self._facts.answers

    def _stopped(self, journal: Journal | None) -> None:
        waits = journal is not None
        later = "; the changed files are read when one starts, and verified by the next run" if waits else ""
        self.result["reason"] = not_found(self._facts) + later
        looked, helps = looked_for(self._facts, self._options["method"]), remedy(self._facts, self._options["method"])
        if self._options["require_agent"]:
            raise ReloadFailed("%s. %s %s Or set require_agent: false." % (capital(self.result["reason"]), looked, helps))
        if waits or self._options["force"] or self._module.check_mode:
            told = "would be told" if self._module.check_mode else "was told"
            self._module.warn("Nobody %s to reload: %s. %s %s" % (told, self.result["reason"], looked, helps))

    def _wait_ready(self, view: AgentView | None, state: Declared, gently: bool) -> Ready:
        limit = target_of(state).limit(self._options["timeout"])
        self._facts.patience(limit)
        try:
            ready = wait_ready(self._facts.process, view, lambda: int(self._facts.settings.joins()), gently, limit)
            return ready if view is not None else ready._replace(why_blind=self._facts.why_no_api)
        except NotReady as what:
            hint = "It was not signalled, which would end it then. Run this task again when it has started."
            raise ReloadFailed("The agent may still be starting (%s). %s" % (what, hint)) from None

    def _has_read(self, journal: Journal) -> bool:
        process = self._facts.process
        return process is not None and started_after(process, journal.committed)

    def _attempt(self, persisted: Persisted | None = None) -> Attempt:
        return Attempt(self._module, self._directory, self._facts, self._options, self.result, persisted)

    def _need(self, journal: Journal | None, state: Declared, view: AgentView | None, ready: Ready) -> str:
        """Why the agent has to be told; empty when it does not, and the result is complete."""
        if self._planned:
            return self._planned
        if self._options["force"]:
            return "force is set"
        if journal is not None and not self._has_read(journal):
            return journal.reason
        reaped = _reaped(state.wanted, ready.seen)
        target = target_of(state)._replace(wanted=_leaving_out(state.wanted, reaped))
        attempt = self._attempt()
        witness, started = attempt.witness(view, ready), time.monotonic()
        outcome = verify(target, witness, self._options["timeout"], None, ready.seen)
        outcome = attempt.hush.outcome(attempt.in_catalog(outcome, target, witness.ears, started))
        if not outcome.good:
            return "the agent does not have what the files say (%s)" % render_all(outcome.findings[:1])
        if journal is not None and not self._module.check_mode:
            verified(self._directory)
        attempt.conclude(outcome._replace(verified=False, reason="%s: %s" % (REAPED, ", ".join(reaped))) if reaped else outcome)
        return ""

    def _look_for_obstacles(self, state: Declared, ready: Ready, journal: Journal | None, persisted: Persisted | None) -> None:
        findings = [*state.problems, *half_loads(state.of_others, Agent(self._facts.scripts_enabled, self._facts.numbers()))]
        findings += refused_settings(state.everything, self._surroundings(state, ready))
        findings += [*self._unknown_nodes(state), *doubles(state), *unknown_services(state, self._registrations(state).knows)]
        if not self._options["take_over"] and ready.seen is not None:
            findings += taken_over(state, ready.seen, persisted)
        if findings:
            self._give_up(findings, journal, state, ready)
        self.result["agent"]["version"] = self._facts.version
        if self._facts.reset_versions() and not self._options["allow_check_reset"]:
            raise ReloadFailed(
                "A reload makes every check of this agent (Consul %s) critical until it has run again. The agent was not told; the "
                "files stay, and are loaded by the next run with allow_check_reset: true, or when it starts." % self._facts.version
            )

    def _surroundings(self, state: Declared, ready: Ready) -> Surroundings:
        seen = ready.seen.services if ready.seen is not None else {}
        registered = seen.keys() - state.wanted.services.keys() - state.before.services.keys() - state.elsewhere.services.keys()
        return surroundings(self._facts, self._knows_all(state), (seen[key].get("Port") or 0 for key in registered))

    def _knows_all(self, state: Declared) -> bool:
        """Whether all that the agent reads is known."""
        return self._facts.process is not None and not state.problems and all(file.document is not None for file in state.others)

    def _registrations(self, state: Declared) -> Registrations:
        return Registrations(self._facts, self._knows_all(state))

    def _unknown_nodes(self, state: Declared) -> Iterable[Finding]:
        api = self._facts.api
        if api is None or not state.alias_nodes or not self._facts.ends_by_unknown_node():
            return ()
        knows = functools.lru_cache(maxsize=None)(lambda node: knows_node(api, node, self._facts.node_name))
        return unknown_nodes(state, knows)

    def _give_up(self, findings: list[Finding], journal: Journal | None, state: Declared, ready: Ready) -> None:
        self.result["errors"] = findings
        back = ""
        if journal is not None and not self._module.check_mode:
            names = restore(self._directory, "taken back before the agent was told", labelling(self._module))
            if ready.seen is not None and not differences(ready.seen, state.before, state.wanted, state.elsewhere):
                # It has never read what was taken back. Otherwise the next run has it read the files again.
                verified(self._directory)
            self.result.update(changed=True, rolled_back=True)
            back = " %s" % put_back(names)
        raise ReloadFailed("The agent was not told to reload.%s" % back)


def _reaped(wanted: Expected, seen: Seen | None) -> list[str]:
    """Services that the agent itself has removed, since a check of theirs asks for it (deregister_critical_service_after)."""
    if seen is None:
        return []
    missing = wanted.services.keys() - seen.services.keys()
    asking = [check for check in wanted.checks.values() if check["definition"].get("deregistercriticalserviceafter")]
    # Those of others go with checks of ours that are bound to them.
    others = {owner_of(check) for check in asking if check["serviceid"]} - seen.services.keys() - wanted.services.keys()
    reapable = {check["serviceid"] for check in asking}
    ours = {key for key in missing if wanted.services[key]["id"] in reapable or wanted.services[key].get("sidecarof") in reapable}
    return sorted(ours | others)


def _leaving_out(wanted: Expected, keys: list[str]) -> Expected:
    services = {key: service for key, service in wanted.services.items() if key not in keys}
    return Expected(services, {key: check for key, check in wanted.checks.items() if owner_of(check) not in keys})
