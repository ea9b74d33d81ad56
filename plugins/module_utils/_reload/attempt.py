# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reload: tell the agent, see what it has then, and if that is not right put the files and the agent back.

Private to the collection: may change at any time.
"""

from __future__ import annotations

import time
from typing import Any, Mapping

from ansible_collections.registrar.consul.plugins.module_utils._agent.catalog import LATEST_SYNC, Doubt, awaited, missing_in_catalog
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._agent.log import Ears
from ansible_collections.registrar.consul.plugins.module_utils._agent.members import older_than_ports, ports_warning
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted
from ansible_collections.registrar.consul.plugins.module_utils._agent.settings import source_files
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import AgentView, Seen
from ansible_collections.registrar.consul.plugins.module_utils._definition.redact import scrub, secrets_of
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import Journal, load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.selinux import labelling
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import restore, verified
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.module_utils._reload.channel import doubt, stranger
from ansible_collections.registrar.consul.plugins.module_utils._reload.declared import Declared, declared
from ansible_collections.registrar.consul.plugins.module_utils._reload.hush import Hush
from ansible_collections.registrar.consul.plugins.module_utils._reload.marker import generation_in, generation_of, mark
from ansible_collections.registrar.consul.plugins.module_utils._reload.ready import Ready
from ansible_collections.registrar.consul.plugins.module_utils._reload.tell import NotTold, listen, tell
from ansible_collections.registrar.consul.plugins.module_utils._reload.verify import Outcome, Target, Witness, verify

_SHOWN_NAMES = 10


class ReloadFailed(Exception):
    """The agent does not have what the files say, or may not be told. The message says what is so now, and what helps."""


def look_at(directory: ConfigDir, journal: Journal | None, facts: AgentFacts) -> Declared:
    """What the directory declares, for the agent that reads it. Raises Refused, AgentProcessError."""
    process = facts.process
    others = source_files(process, facts.agents) if process is not None else ()
    return declared(directory, journal, process, others)


def target_of(state: Declared) -> Target:
    """That the agent has what the files say."""
    return Target(state.wanted, state.before, state.elsewhere, None, state.total, state.slow)


class Attempt:
    """Fills in the result as it goes. persisted is what the agent keeps of its API, where that can be known."""

    def __init__(
        self,
        module: Any,
        directory: ConfigDir,
        facts: AgentFacts,
        options: Mapping[str, Any],
        result: dict[str, Any],
        persisted: Persisted | None = None,
    ) -> None:
        self._module = module
        self._directory = directory
        self._facts = facts
        self._options = options
        self._result = result
        self._persisted = persisted
        self._snapshot: Seen | None = None
        self._secrets: set[str] = set()
        self.hush = Hush(directory)

    def witness(self, view: AgentView | None, ready: Ready) -> Witness:
        """All ways to know about this agent, before it says anything."""
        process, api = self._facts.process, self._facts.api
        return Witness(
            view=view if ready.seen is not None else None,
            why_blind=ready.why_blind,
            ears=Ears(None),
            alive=lambda: process is None or self._facts.agents.alive(process),
            generation=lambda: generation_of(api) if api is not None else None,
            withdrawn=lambda: self._persisted.withdrawn() if self._persisted is not None else Persisted({}, {}),
        )

    def run(self, need: str, state: Declared, view: AgentView | None, ready: Ready) -> None:
        """Reload. Raises ReloadFailed when the agent does not have everything then, whatever else is so; and Refused."""
        witness = self.witness(view, ready)
        self._snapshot = ready.seen
        self._secrets = {secret for content in state.everything for secret in secrets_of(content.document)}
        generation = mark(self._directory, need, labelling(self._module)) if self._options["generation_marker"] else None
        target = target_of(state)._replace(earlier=self._worth_keeping(state, ready.seen), generation=generation)
        try:
            outcome = self.hush.outcome(self._tell_and_verify(target, witness, ready.seen))
        except NotTold as problem:
            raise ReloadFailed(str(problem)) from None
        outcome = self._identified(outcome, target)
        if outcome.good:
            if self._directory.has_state:
                verified(self._directory)
            self._warn_of_older_members(target)
            self.conclude(outcome._replace(reason=outcome.reason or need))
            return
        self._result["errors"] = list(outcome.findings)
        if load_journal(self._directory) is None:
            raise ReloadFailed(self._why(outcome))
        self._roll_back(target, outcome, witness)

    def _identified(self, outcome: Outcome, target: Target) -> Outcome:
        """The outcome, with a look at whether it was the agent of this directory that was told by its address."""
        if self._options["method"] != "api":
            return outcome
        if outcome.good:
            doubts = doubt(self._facts, self._directory.path, target, outcome, self._snapshot)
            return outcome._replace(verified=False, verified_by="none", reason=doubts) if doubts else outcome
        other = stranger(self._facts, self._directory.path, outcome, self._snapshot)
        return outcome._replace(untouched=True, reason=other) if other else outcome

    def _worth_keeping(self, state: Declared, seen: Seen | None) -> Seen | None:
        """What must still be there afterwards: all that files declare and all that came through the API.

        A service of neither is of a file that somebody has removed.
        """
        if seen is None:
            return None
        kept = self._persisted or Persisted({}, {})
        services, checks = ({**kept[part], **state.elsewhere[part], **state.before[part]} for part in (0, 1))
        gone = sorted(seen.services.keys() - services.keys() - state.wanted.services.keys())
        if gone and self._facts.is_forgetful:
            self._module.warn("An agent with -dev forgets on a reload what was registered through its API: %s." % ", ".join(gone))
        return Seen(
            {key: service for key, service in seen.services.items() if key in services},
            {key: check for key, check in seen.checks.items() if key in checks},
        )

    def _warn_of_older_members(self, target: Target) -> None:
        """Named ports are nothing to agents and servers before 1.22: say so where the datacenter has any."""
        services = [service for service in target.wanted.services.values() if service.get("ports")]
        if services and self._facts.api is not None:
            warning = ports_warning(services, older_than_ports(self._facts.api))
            if warning:
                self._module.warn(warning)

    def in_catalog(self, outcome: Outcome, target: Target, ears: Ears, started: float) -> Outcome:
        """The outcome, not good any more where ACLs keep out of the catalog what has changed. Warns where that cannot be seen.

        started is when (monotonic) the wait for the agent began.
        """
        if not outcome.good or outcome.verified_by != "api" or outcome.seen is None:
            return outcome
        api, seen = self._facts.api, outcome.seen
        records = awaited(target.wanted, target.before, seen.services, api.where.token)
        if not records:
            return outcome
        timeout, identifiers = self._options["timeout"], {record.identifier for record in records.values()}
        end = started + target.limit(timeout) + (LATEST_SYNC if timeout is None else 0.0)
        try:
            node = next((check["Node"] for check in seen.checks.values() if check.get("Node")), None) or self._facts.node_name
            findings = missing_in_catalog(api, node, records, end, lambda: bool(ears.of_catalog(identifiers)))
        except Doubt as doubt:
            self._module.warn("Verified on the agent. Whether the catalog has it too cannot be seen: %s" % doubt)
            return outcome
        if not findings:
            return outcome
        return outcome._replace(good=False, findings=tuple(findings), words=ears.of_catalog(identifiers))

    def _tell_and_verify(self, target: Target, witness: Witness, sight: Seen | None, going_back: bool = False) -> Outcome:
        method = self._options["method"]
        ears, started = listen(self._facts, method, self._module.run_command), time.monotonic()
        if self._persisted is None and method == "signal" and not ears.listening and not self._facts.is_forgetful:
            # Which services came through the API cannot be known, and a refusal would not be heard: then no loss is explained away.
            target = target._replace(earlier=self._snapshot)
        try:
            refusal = tell(self._facts, method)
            self._result.update(changed=True, method=method)
            hearing = witness._replace(ears=ears if refusal is None else Ears(None, refusal))
            outcome = verify(target, hearing, self._options["timeout"], method, sight)
            # Going back, what the catalog lacks it may have lacked before: the agent alone has to be as it was.
            return outcome if going_back else self.in_catalog(outcome, target, hearing.ears, started)
        finally:
            ears.close()
            self._result["waited"] = round(self._result["waited"] + time.monotonic() - started, 3)

    def _why(self, outcome: Outcome) -> str:
        # Agents show the whole of a check that they refuse.
        words = scrub(outcome.words, self._secrets).rstrip(".")
        if outcome.verified:
            return "The agent has loaded the files, but the servers did not take all of it into the catalog%s." % (words and ": " + words)
        if words:
            return "The agent refused: %s." % words
        reason = outcome.reason or "its services are neither as before nor as they should be"
        asked = " (asked at %s)" % self._facts.api.where.address if self._facts.api is not None else ""
        return "The agent did not load all that the files say: %s%s." % (reason, asked)

    def conclude(self, outcome: Outcome) -> None:
        """Say what was seen."""
        self._result.update(verified=outcome.verified, verified_by=outcome.verified_by, reason=outcome.reason)
        if not outcome.verified:
            told = "was told to reload" if self._result["method"] != "none" else "had not to be told"
            self._module.warn(
                "Not verified (the agent %s): that it has all of %s. %s." % (told, self._directory.path, capital(outcome.reason))
            )

    # Going back

    def _roll_back(self, target: Target, outcome: Outcome, witness: Witness) -> None:
        """Put the files back, have the agent load them, and fail either way: well, or badly."""
        why = self._why(outcome)
        try:
            names = restore(self._directory, why, labelling(self._module))
        except Refused as refused:
            self._result["errors"] += refused.findings
            raise ReloadFailed("%s The files could not be put back." % why) from None
        self._result["rolled_back"] = True
        if outcome.untouched:
            verified(self._directory)
            raise ReloadFailed("%s %s The agent has kept running with what it had." % (why, put_back(names)))
        if not witness.alive():
            raise ReloadFailed("%s %s Start the agent; the next run verifies that it has them." % (why, put_back(names)))
        state = look_at(self._directory, load_journal(self._directory), self._facts)
        earlier = target_of(state)._replace(before=target.wanted, earlier=target.earlier, generation=generation_in(self._directory))
        try:
            second = self.hush.outcome(self._tell_and_verify(earlier, witness, outcome.seen, going_back=True))
        except NotTold as problem:
            raise ReloadFailed("%s %s %s" % (why, put_back(names), problem)) from None
        if second.good:
            verified(self._directory)
            seen = "everything that was registered before is registered again" if second.verified else second.reason
            raise ReloadFailed("%s %s The agent was told again: %s." % (why, put_back(names), seen))
        self._result["errors"] = list(second.findings)
        same = "for the same reason." if self._why(second) == why else self._why(second)
        raise ReloadFailed(
            "%s %s But the agent did not take those either: %s Put right what it names, and run this task again: it has the agent load "
            "the files that are there. %s" % (why, put_back(names), same, _still_wrong(second))
        )


def _still_wrong(outcome: Outcome) -> str:
    if outcome.findings:
        return "What is missing or wrong on it now is in errors."
    return (
        "Nothing that can be seen is missing or wrong on it now: what it refuses comes after services and checks. No reload comes to "
        "its end until that is right."
    )


def capital(text: str) -> str:
    """A text as it begins a sentence."""
    return text[:1].upper() + text[1:]


def put_back(names: list[str]) -> str:
    """A sentence for messages."""
    more = ", and %d more" % (len(names) - _SHOWN_NAMES) if len(names) > _SHOWN_NAMES else ""
    return "The files are as they were before: %s%s." % (", ".join(names[:_SHOWN_NAMES]), more)
