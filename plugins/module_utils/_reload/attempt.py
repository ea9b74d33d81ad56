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
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted
from ansible_collections.registrar.consul.plugins.module_utils._agent.settings import source_files
from ansible_collections.registrar.consul.plugins.module_utils._agent.view import AgentView, Seen
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import Journal, load_journal
from ansible_collections.registrar.consul.plugins.module_utils._files.selinux import labelling
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import restore, verified
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, render_all
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
        generation = mark(self._directory, need, labelling(self._module)) if self._options["generation_marker"] else None
        target = target_of(state)._replace(earlier=self._worth_keeping(state, ready.seen), generation=generation)
        try:
            outcome = self.hush.outcome(self._tell_and_verify(target, witness, ready.seen))
        except NotTold as problem:
            raise ReloadFailed(str(problem)) from None
        if outcome.good:
            if self._directory.has_state:
                verified(self._directory)
            self.conclude(outcome._replace(reason=outcome.reason or need))
            return
        self._result["errors"] = list(outcome.findings)
        if load_journal(self._directory) is None:
            raise ReloadFailed("%s\n%s" % (self._why(outcome), render_all(outcome.findings)))
        self._roll_back(target, outcome, witness)

    def _worth_keeping(self, state: Declared, seen: Seen | None) -> Seen | None:
        """What must still be there afterwards: all that files declare and all that came through the API.

        A service of neither is of a file that somebody has removed.
        """
        if seen is None:
            return None
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
        if self._persisted is None and method == "signal" and not ears.listening and not self._is_forgetful():
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
        if outcome.verified:
            words = ": " + outcome.words.rstrip(".") if outcome.words else ""
            return "The agent has loaded the files, but the servers did not take all of it into the catalog%s." % words
        if outcome.words:
            return "The agent refused: %s." % outcome.words.rstrip(".")
        reason = outcome.reason or "its services are neither as before nor as they should be"
        asked = " (asked at %s)" % self._facts.api.where.address if self._facts.api is not None else ""
        return "The agent did not load all that the files say: %s%s." % (reason, asked)

    def conclude(self, outcome: Outcome) -> None:
        """Say what was seen."""
        self._result.update(verified=outcome.verified, verified_by=outcome.verified_by, reason=outcome.reason)

    # Going back

    def _roll_back(self, target: Target, outcome: Outcome, witness: Witness) -> None:
        """Put the files back, have the agent load them, and fail either way: well, or badly."""
        why = self._why(outcome)
        try:
            names = restore(self._directory, why, labelling(self._module))
        except Refused as refused:
            raise ReloadFailed("%s The files could not be put back.\n%s" % (why, refused)) from None
        self._result["rolled_back"] = True
        details = render_all(outcome.findings)
        if outcome.untouched:
            verified(self._directory)
            raise ReloadFailed("%s %s The agent has kept running with what it had.\n%s" % (why, put_back(names), details))
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
            raise ReloadFailed("%s %s The agent was told again: %s.\n%s" % (why, put_back(names), seen, details))
        self._result["errors"] = list(second.findings)
        raise ReloadFailed(
            "%s %s But the agent did not take those either: %s\nThis is missing or wrong on it now:\n%s\nPut right what it names, "
            "and run this task again: it has the agent load the files that are there."
            % (
                why,
                put_back(names),
                "for the same reason." if self._why(second) == why else self._why(second),
                render_all(second.findings) or "Nothing that could be seen.",
            )
        )


def put_back(names: list[str]) -> str:
    """A sentence for messages."""
    more = ", and %d more" % (len(names) - _SHOWN_NAMES) if len(names) > _SHOWN_NAMES else ""
    return "The files are as they were before: %s%s." % (", ".join(names[:_SHOWN_NAMES]), more)
