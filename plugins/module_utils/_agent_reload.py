# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have an agent load what the config-dir says, prove that it did, or put the node back as it was.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import time
from typing import Any, ContextManager, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._agent_api import AclDenied, ApiError, BadOptions, Blocked
from ansible_collections.registrar.consul.plugins.module_utils._agent_declared import Declared, declared
from ansible_collections.registrar.consul.plugins.module_utils._agent_expect import Expected
from ansible_collections.registrar.consul.plugins.module_utils._agent_facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._agent_marker import generation_in, generation_of, mark
from ansible_collections.registrar.consul.plugins.module_utils._agent_obstacles import half_loads, taken_over
from ansible_collections.registrar.consul.plugins.module_utils._agent_persisted import Persisted, persisted_in
from ansible_collections.registrar.consul.plugins.module_utils._agent_process import AgentProcessError, started_after
from ansible_collections.registrar.consul.plugins.module_utils._agent_ready import NotReady, Ready, wait_ready
from ansible_collections.registrar.consul.plugins.module_utils._agent_tell import NotTold, listen, tell
from ansible_collections.registrar.consul.plugins.module_utils._agent_verify import Outcome, Target, Witness, verify
from ansible_collections.registrar.consul.plugins.module_utils._agent_view import AgentView, Seen
from ansible_collections.registrar.consul.plugins.module_utils._agent_words import Ears
from ansible_collections.registrar.consul.plugins.module_utils._config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding, Refused, render_all
from ansible_collections.registrar.consul.plugins.module_utils._journal import Journal, load_journal
from ansible_collections.registrar.consul.plugins.module_utils._lock import locked
from ansible_collections.registrar.consul.plugins.module_utils._transaction import recover, restore, verified

REAPED = "the agent has removed services that were critical for longer than their checks allow"

_SHOWN_NAMES = 10


class ReloadFailed(Exception):
    """The agent does not have what the files say, or may not be told. The message says what is so now, and what helps."""


def reload_agent(module: Any, options: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Reload, verify or go back; return the result, and the message if it failed. Keeps other runs out meanwhile."""
    result: dict[str, Any] = {}
    try:
        with ConfigDir(options["config_dir"]) as directory, _locked(directory, module, options):
            run = Reload(module, directory, AgentFacts(module, options), options)
            result = run.result
            run.run()
    except (ReloadFailed, Refused, AgentProcessError, BadOptions) as problem:
        return result, str(problem)
    return result, None


def _locked(directory: ConfigDir, module: Any, options: Mapping[str, Any]) -> ContextManager[None]:
    # Where nothing of ours is, nothing is left behind either.
    read_only = module.check_mode or not directory.has_state
    return locked(directory, "agent_reload", options["lock_timeout"], read_only=read_only)


class Reload:
    """One run of agent_reload on one directory, whose lock is held.

    options are the module's parameters. result is complete when run has returned, and true as far as it goes when it raised.
    """

    def __init__(self, module: Any, directory: ConfigDir, facts: AgentFacts, options: Mapping[str, Any]) -> None:
        self._module = module
        self._directory = directory
        self._facts = facts
        self._options = options
        self._persisted: Persisted | None = None
        self.result: dict[str, Any] = {
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

    def run(self) -> None:
        """Do what has to be done. Raises ReloadFailed, and from below Refused, AgentProcessError, BadOptions."""
        journal = load_journal(self._directory) if self._module.check_mode else recover(self._directory)
        process = self._facts.process
        state = declared(self._directory, journal, process)
        self.result["services"] = len(state.wanted.services)
        if process is None and not self._answers_without_process():
            self._stopped(journal)
            return
        self.result["agent"].update(pid=process.pid if process else None, state="running")
        if journal is None and not state.wanted.services and not self._options["force"]:
            self.result.update(verified=True, reason="nothing in this directory was written by this collection")
            return
        view = AgentView(self._facts.api, state.namespaces) if self._facts.api is not None else None
        ready = self._wait_ready(view, journal, state)
        witness = self._witness(view, ready)
        need = self._need(journal, state, ready, witness)
        if not need:
            return
        self._look_for_obstacles(state, ready, journal)
        if self._module.check_mode:
            self.result.update(changed=True, method=self._options["method"], reason="the agent would be told to reload: " + need)
            return
        self._reload(need, state, ready, witness)

    # Before the agent is told

    def _answers_without_process(self) -> bool:
        """An agent in a container, say: its API at a given address is all that there is of it."""
        if self._options["method"] != "api" or not self._facts.address_given:
            return False
        try:
            self._facts.api.get("/v1/agent/services")
        except (AclDenied, Blocked):
            return True
        except ApiError:
            return False
        return True

    def _stopped(self, journal: Journal | None) -> None:
        later = "; the changed files are read when one starts, and verified by the next run" if journal is not None else ""
        self.result["reason"] = "no consul agent that reads %s is running%s" % (self._directory.path, later)
        if self._options["require_agent"]:
            raise ReloadFailed("%s. Start it, or set require_agent: false." % _capital(self.result["reason"]))

    def _wait_ready(self, view: AgentView | None, journal: Journal | None, state: Declared) -> Ready:
        gently = self._options["method"] == "api" or (journal is not None and self._has_read(journal))
        limit = _target(state).limit(self._options["timeout"])
        self._facts.patience(limit)
        try:
            return wait_ready(self._facts.process, view, lambda: int(self._facts.settings.joins()), gently, limit)
        except NotReady as what:
            hint = "It was not signalled, which would end it then. Run this task again when it has started."
            raise ReloadFailed("The agent may still be starting (%s). %s" % (what, hint)) from None

    def _has_read(self, journal: Journal) -> bool:
        process = self._facts.process
        return process is not None and started_after(process, journal.committed)

    def _witness(self, view: AgentView | None, ready: Ready) -> Witness:
        process, api = self._facts.process, self._facts.api
        return Witness(
            view=view if ready.seen is not None else None,
            why_blind=ready.why_blind,
            ears=Ears(None),
            alive=lambda: process is None or self._facts.agents.alive(process),
            generation=lambda: generation_of(api) if api is not None else None,
            withdrawn=lambda: self._persisted.withdrawn() if self._persisted is not None else Persisted({}, {}),
        )

    def _need(self, journal: Journal | None, state: Declared, ready: Ready, witness: Witness) -> str:
        """Why the agent has to be told; empty when it does not, and the result is complete."""
        if self._options["force"]:
            return "force is set"
        if journal is not None and not self._has_read(journal):
            return journal.reason
        reaped = _reaped(state.wanted, ready.seen)
        target = _target(state)._replace(wanted=_leaving_out(state.wanted, reaped))
        outcome = verify(target, witness, self._options["timeout"], None, ready.seen)
        if not outcome.good:
            return "the agent does not have what the files say (%s)" % render_all(outcome.findings[:1])
        if journal is not None and not self._module.check_mode:
            verified(self._directory)
        self._conclude(outcome._replace(verified=False, reason="%s: %s" % (REAPED, ", ".join(reaped))) if reaped else outcome)
        return ""

    def _look_for_obstacles(self, state: Declared, ready: Ready, journal: Journal | None) -> None:
        self._persisted = persisted_in(self._facts.data_dir)
        findings = [*state.problems, *half_loads(self._directory.path, state, self._facts.scripts_enabled)]
        if not self._options["take_over"] and ready.seen is not None:
            findings += taken_over(state, ready.seen.services, self._persisted and self._persisted.services)
        if findings:
            self._give_up(findings, journal)
        self.result["agent"]["version"] = self._facts.version
        if self._facts.reset_versions() and not self._options["allow_check_reset"]:
            raise ReloadFailed(
                "A reload makes every check of this agent (Consul %s) critical until it has run again. The agent was not told; the "
                "files stay, and are loaded by the next run with allow_check_reset: true, or when it starts." % self._facts.version
            )

    def _give_up(self, findings: list[Finding], journal: Journal | None) -> None:
        self.result["errors"] = findings
        back = ""
        if journal is not None and not self._module.check_mode:
            names = restore(self._directory, "the agent could not be told to reload")
            # It has read nothing of what was taken back.
            verified(self._directory)
            self.result.update(changed=True, rolled_back=True)
            back = " %s" % _put_back(names)
        raise ReloadFailed("The agent was not told to reload.%s\n%s" % (back, render_all(findings)))

    # Telling it

    def _reload(self, need: str, state: Declared, ready: Ready, witness: Witness) -> None:
        generation = mark(self._directory, need) if self._options["generation_marker"] else None
        target = _target(state)._replace(earlier=self._worth_keeping(state, ready.seen), generation=generation)
        try:
            outcome = self._tell_and_verify(target, witness, ready.seen)
        except NotTold as problem:
            raise ReloadFailed(str(problem)) from None
        if outcome.good:
            if self._directory.has_state:
                verified(self._directory)
            self._conclude(outcome._replace(reason=outcome.reason or need))
            return
        self.result["errors"] = list(outcome.findings)
        if load_journal(self._directory) is None:
            raise ReloadFailed("%s\n%s" % (_why(outcome), render_all(outcome.findings)))
        self._roll_back(target, outcome, witness)

    def _worth_keeping(self, state: Declared, seen: Seen | None) -> Seen | None:
        """What must still be there afterwards: all that files declare and all that came through the API.

        A service of neither is of a file that somebody has removed. Where the API's cannot be known everything is kept.
        """
        if seen is None or (self._persisted is None and not self._is_forgetful()):
            return seen
        kept = self._persisted or Persisted({}, {})
        services, checks = ({**kept[part], **state.elsewhere[part], **state.before[part]} for part in (0, 1))
        gone = sorted(seen.services.keys() - services.keys() - state.wanted.services.keys())
        if gone and self._is_forgetful():
            self._module.warn("An agent with -dev forgets on a reload what was registered through its API: %s." % ", ".join(gone))
        return Seen(
            {key: service for key, service in seen.services.items() if key in services},
            {key: check for key, check in seen.checks.items() if key in checks},
        )

    def _is_forgetful(self) -> bool:
        settings = self._facts.settings
        return settings is not None and bool(settings.values.get("dev")) and not settings.values.get("data_dir")

    def _tell_and_verify(self, target: Target, witness: Witness, sight: Seen | None) -> Outcome:
        method = self._options["method"]
        ears, started = listen(self._facts, method, self._module.run_command), time.monotonic()
        try:
            refusal = tell(self._facts, method)
            self.result.update(changed=True, method=method)
            hearing = witness._replace(ears=ears if refusal is None else Ears(None, refusal))
            return verify(target, hearing, self._options["timeout"], method, sight)
        finally:
            ears.close()
            self.result["waited"] = round(self.result["waited"] + time.monotonic() - started, 3)

    def _conclude(self, outcome: Outcome) -> None:
        self.result.update(verified=outcome.verified, verified_by=outcome.verified_by, reason=outcome.reason)

    # Going back

    def _roll_back(self, target: Target, outcome: Outcome, witness: Witness) -> None:
        """Put the files back, have the agent load them, and fail either way: well, or badly."""
        why = _why(outcome)
        try:
            names = restore(self._directory, why)
        except Refused as refused:
            raise ReloadFailed("%s The files could not be put back.\n%s" % (why, refused)) from None
        self.result["rolled_back"] = True
        details = render_all(outcome.findings)
        if outcome.untouched:
            verified(self._directory)
            raise ReloadFailed("%s %s The agent has kept running with what it had.\n%s" % (why, _put_back(names), details))
        if not witness.alive():
            raise ReloadFailed("%s %s Start the agent; the next run verifies that it has them." % (why, _put_back(names)))
        state = declared(self._directory, load_journal(self._directory), self._facts.process)
        earlier = _target(state)._replace(before=target.wanted, earlier=target.earlier, generation=generation_in(self._directory))
        try:
            second = self._tell_and_verify(earlier, witness, outcome.seen)
        except NotTold as problem:
            raise ReloadFailed("%s %s %s" % (why, _put_back(names), problem)) from None
        if second.good:
            verified(self._directory)
            seen = "everything that was registered before is registered again" if second.verified else second.reason
            raise ReloadFailed("%s %s The agent was told again: %s.\n%s" % (why, _put_back(names), seen, details))
        self.result["errors"] = list(second.findings)
        raise ReloadFailed(
            "%s %s But the agent did not take those either: %s\nThis is missing or wrong on it now:\n%s\nPut right what it names, "
            "and run this task again: it has the agent load the files that are there."
            % (
                why,
                _put_back(names),
                "for the same reason." if _why(second) == why else _why(second),
                render_all(second.findings) or "Nothing that could be seen.",
            )
        )


def _target(state: Declared) -> Target:
    return Target(state.wanted, state.before, state.elsewhere, None, state.total, state.slow)


def _reaped(wanted: Expected, seen: Seen | None) -> list[str]:
    """Services that the agent itself has removed, since a check of theirs asks for it (deregister_critical_service_after)."""
    if seen is None:
        return []
    missing = wanted.services.keys() - seen.services.keys()
    reapable = {check["serviceid"] for check in wanted.checks.values() if check["definition"].get("deregistercriticalserviceafter")}
    return sorted(key for key in missing if wanted.services[key]["id"] in reapable or wanted.services[key].get("sidecarof") in reapable)


def _leaving_out(wanted: Expected, keys: list[str]) -> Expected:
    return Expected({key: service for key, service in wanted.services.items() if key not in keys}, wanted.checks)


def _why(outcome: Outcome) -> str:
    if outcome.words:
        return "The agent refused: %s." % outcome.words.rstrip(".")
    return "The agent did not load all that the files say: %s." % (
        outcome.reason or "its services are neither as before nor as they should be"
    )


def _put_back(names: list[str]) -> str:
    more = ", and %d more" % (len(names) - _SHOWN_NAMES) if len(names) > _SHOWN_NAMES else ""
    return "The files are as they were before: %s%s." % (", ".join(names[:_SHOWN_NAMES]), more)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
