# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have an agent load what the config-dir says, prove that it did, or put the node back as it was."""

from __future__ import annotations

import time
from functools import cached_property
from typing import Any, ContextManager, Mapping, NoReturn

from .._agent.absent import looked_for, not_found, remedy
from .._agent.api import BadOptions
from .._agent.disturbed import disturbed
from .._agent.elsewhere import paths_read
from .._agent.facts import AgentFacts
from .._agent.log import Ears
from .._agent.persisted import Persisted, persisted_in
from .._agent.process import AgentProcessError, started_after
from .._agent.view import AgentView, Seen
from .._definition.expect import Expected
from .._files.config_dir import STATE, ConfigDir, is_missing, system_refused
from .._files.journal import Journal, load_journal
from .._files.lock import locked
from .._files.selinux import labelling
from .._files.transaction import close, note_told, recover, restore
from .._findings import Finding, Refused, Unfinished, refusal, render_all
from .._options import demand_usable
from . import untouched
from .channel import chosen_method, doubt, misled, stranger
from .declared import Declared, Planned, declared
from .hush import Hush
from .marker import generation_in, generation_of, mark
from .obstacles import obstacles
from .outcome import Outcome, Target
from .ready import NotReady, Ready, has_started, wait_ready
from .reaped import REAPED, leaving_out, reaped
from .result import Result
from .servers import warn_of_older_members, with_catalog
from .tags import OverriddenTags, TagsNotBack
from .tell import NotTold, listen, tell
from .verify import Witness, verify
from .words import capital, disturbance, put_back, stay, still_wrong, why

_NOT_TOLD = "The agent was not told to reload."
# What the journal says of files that were put back without it.
_TAKEN_BACK = "taken back before the agent was told"
_NOTHING = Persisted({}, {})
_NOBODY = Expected({}, {})


class ReloadFailed(Exception):
    """The agent does not have what the files say, or may not be told. The message says what is so now, and what helps."""


def reload_agent(module: Any, options: Mapping[str, Any]) -> Result:
    """Reload, verify or go back. Keeps other runs out meanwhile."""
    try:
        demand_usable(options)
        if module.check_mode and is_missing(options["config_dir"]):
            return Result("%s does not exist yet" % options["config_dir"])
        with ConfigDir(options["config_dir"]) as directory, _locked(directory, module, options):
            return reload_locked(module, directory, AgentFacts(module, options), options)
    except (Refused, OSError) as problem:
        findings = _findings(options["config_dir"], problem)
        return Result(errors=findings, failure=refusal(findings))


def reload_locked(
    module: Any, directory: ConfigDir, facts: AgentFacts, options: Mapping[str, Any], planned: Planned | None = None
) -> Result:
    """The same for a directory whose lock is held."""
    run = Reload(module, directory, facts, options, planned)
    try:
        try:
            run.run()
        except (Refused, OSError) as problem:
            run.stop(_findings(directory.place(STATE), problem), whole=not isinstance(problem, Unfinished))
    except ReloadFailed as problem:
        run.result.failure = str(problem)
    except (AgentProcessError, BadOptions) as problem:
        run.result.failure = str(problem) + run.what_stays()
    return run.result


def _locked(directory: ConfigDir, module: Any, options: Mapping[str, Any]) -> ContextManager[None]:
    # Where nothing of ours is, nothing is left behind either.
    read_only = module.check_mode or not directory.has_state
    return locked(directory, "agent_reload", options["lock_timeout"], read_only=read_only)


class Reload:
    """One run on one directory, whose lock is held: what happens between the journal and the answer.

    options are the module's parameters. What is known is filled in from top to bottom: the journal, what the files say (state), what
    the agent has (view, ready), and what it keeps of its API (persisted; None where that cannot be known).
    """

    state: Declared
    hush: Hush
    ready: Ready
    tags: OverriddenTags

    def __init__(
        self, module: Any, directory: ConfigDir, facts: AgentFacts, options: Mapping[str, Any], planned: Planned | None = None
    ) -> None:
        self._module = module
        self._directory = directory
        self._facts = facts
        self._options = options
        self._planned = planned
        self.method: str = options["method"]
        self.journal: Journal | None = None
        self.view: AgentView | None = None
        self.persisted: Persisted | None = None
        self.result = Result()

    def run(self) -> None:
        """Do what has to be done. Raises ReloadFailed, and from below Refused, AgentProcessError, BadOptions."""
        self.journal = load_journal(self._directory) if self._module.check_mode else recover(self._directory)
        self.tags = OverriddenTags(self._directory, self._facts, self._options["overridden_tags"] == "keep")
        process = self._facts.process
        if (process is not None or self._facts.address_given) and self._facts.api is not None:
            self._facts.api.demand_usable()
        self.method = chosen_method(self._facts, self.method)
        self.state = self._declared()
        self.hush = Hush(self._directory, self.state.everything, self._options.get("secret_texts", ()))
        self.result.services = len(self.state.wanted.services)
        if process is None and not (self.method == "api" and self._facts.answers):
            self._nobody_is_there()
            return
        self.result.agent.update(pid=process.pid if process else None, state="running")
        if not (self.journal or any(self.state.wanted) or self._options["force"] or self._planned or self.tags.wait):
            self.result.verified, self.result.reason = True, "nothing in this directory was written by this collection"
            return
        self.view = AgentView(self._facts.api, self.state.namespaces) if self._facts.api is not None else None
        # To look does no harm, however young it is.
        self.ready = self._wait_ready(gently=True)
        reason = self._reason_to_tell()
        if not reason:
            return
        self.persisted = persisted_in(self._facts.data_dir)
        self._refuse_where_it_would_stop()
        if self._module.check_mode:
            self.result.changed, self.result.method = True, self.method
            self.result.reason = "the agent would be told to reload: " + reason
            if self._options["wait_healthy"]:
                self.result.reason += "; its checks would be waited for up to %d seconds" % self._options["wait_healthy"]
            return
        if self.method == "signal" and not has_started(process):
            self.ready = self._wait_ready(gently=False)
            # What was healthy before the change shows anew.
            vars(self).pop("_health", None)
            self._refuse_where_tags_get_lost()
        self._have_it_loaded(reason)

    def stop(self, findings: list[Finding], whole: bool) -> NoReturn:
        """End a run that something stood in the way of: where the agent has not been told, the files go back. Raises ReloadFailed.

        whole is whether the files are all old or all new.
        """
        self.result.errors = findings
        if self.result.method != "none":
            raise ReloadFailed("The agent was told to reload, and what came of it was not seen to its end; the next run looks again.")
        if self.journal is None or self._module.check_mode:
            raise ReloadFailed(refusal(findings, nothing_changed=whole and not self.result.changed))
        raise ReloadFailed(self._restored(_NOT_TOLD, _TAKEN_BACK))

    def what_stays(self) -> str:
        """That the files stay changed although the agent was not told, to follow the reason; empty where none have, or they went back."""
        if self.journal is None or self.result.rolled_back or self._module.check_mode:
            return ""
        return " " + stay(sorted(self.journal.files))

    # Before the agent is told

    def _declared(self) -> Declared:
        changes = self._planned.changes if self._planned else ()
        return declared(self._directory, self.journal, self._facts.process, paths_read(self._facts), changes)

    def _nobody_is_there(self) -> None:
        waits = self.journal is not None
        later = "; the changed files are read when one starts, and verified by the next run" if waits else ""
        self.result.reason = not_found(self._facts) + later
        words = "%s. %s %s" % (self.result.reason, looked_for(self._facts, self.method), remedy(self._facts, self.method))
        if self._options["require_agent"]:
            raise ReloadFailed("%s Or set require_agent: false." % capital(words))
        if self._options["wait_healthy"] and (waits or self._options["force"]):
            raise ReloadFailed("%s Or leave out wait_healthy." % capital(words))
        if waits or self._options["force"] or self._module.check_mode:
            self._module.warn("Nobody %s to reload: %s" % ("would be told" if self._module.check_mode else "was told", words))

    def _wait_ready(self, gently: bool) -> Ready:
        limit = self._target().limit(self._options["timeout"])
        self._facts.patience(limit)
        try:
            ready = wait_ready(self._facts.process, self.view, lambda: int(self._facts.settings.joins()), gently, limit)
            return ready if self.view is not None else ready._replace(why_blind=self._facts.why_no_api)
        except NotReady as what:
            hint = "It was not signalled, which would end it then. Run this task again when it has started."
            raise ReloadFailed("The agent may still be starting (%s). %s%s" % (what, hint, self.what_stays())) from None

    def _reason_to_tell(self) -> str:
        """Why the agent has to be told; empty when it has everything, and the result is complete."""
        if self._planned:
            return self._planned.reason
        if self._options["force"]:
            return "force is set"
        process = self._facts.process
        if self.journal is not None and not (process is not None and started_after(process, self.journal.committed)):
            return self.journal.reason
        gone = reaped(self.state.wanted, self.ready.seen)
        target = self._target()._replace(wanted=leaving_out(self.state.wanted, gone))
        outcome = self._looked(target, self._witness(Ears(None)), None, self.ready.seen)
        if not outcome.good:
            return "the agent does not have what the files say (%s)" % render_all(outcome.findings[:1])
        outcome = outcome._replace(verified=False, reason="%s: %s" % (REAPED, ", ".join(gone))) if gone else outcome
        if self._module.check_mode or (self.journal is None and not self.tags.wait):
            self._conclude(outcome)
            return ""
        if self.tags.wait:
            self._look_at_tags_left()
        self._finish(target, outcome)
        return ""

    def _refuse_where_it_would_stop(self) -> None:
        found = obstacles(self.state, self.ready.seen, self._facts, self.persisted, self._options["take_over"])
        if self._options["wait_healthy"]:
            found += self._health.obstacles(self.ready.why_blind)
        if found:
            self._take_back(self.hush.findings(found))
        self._refuse_where_tags_get_lost()
        self.result.agent["version"] = self._facts.version
        if self._facts.reset_versions() and not self._options["allow_check_reset"]:
            raise ReloadFailed(
                "A reload makes every check of this agent (Consul %s) critical until it has run again. The agent was not told; the "
                "files stay, and are loaded by the next run with allow_check_reset: true, or when it starts." % self._facts.version
            )

    def _refuse_where_tags_get_lost(self) -> None:
        found = self.tags.look(self.state, self.ready, self.view, self.persisted)
        if found:
            self._take_back(self.hush.findings(found))

    def _look_at_tags_left(self) -> None:
        """Those that a run before was to put back, where the agent has to be told nothing. Raises ReloadFailed."""
        found = self.tags.look(self.state, self.ready, self.view, persisted_in(self._facts.data_dir))
        if found:
            self.result.errors = self.hush.findings(found)
            raise ReloadFailed("The agent has what the files say. A run before was to put tags back, and this one may not either.")

    def _take_back(self, findings: list[Finding], words: str = _NOT_TOLD) -> None:
        self.result.errors = findings
        if self.journal is not None and not self._module.check_mode:
            words = self._restored(words, _TAKEN_BACK)
            if untouched.shows_nothing_of(self.state, self.ready.seen, self.persisted or _NOTHING):
                # Otherwise the next run has it read the files again.
                close(self._directory, self._module.warn)
        raise ReloadFailed(words)

    def _restored(self, words: str, reason: str) -> str:
        """Put the files back, and say so after these words. Raises ReloadFailed with them where that cannot be."""
        try:
            names = restore(self._directory, reason, labelling(self._module))
        except (Refused, OSError) as problem:
            self.result.errors += [found for found in _findings(self._directory.place(STATE), problem) if found not in self.result.errors]
            raise ReloadFailed("%s The files could not be put back; the next run goes on from there." % words) from None
        self.result.changed = self.result.rolled_back = True
        return "%s %s" % (words, put_back(names))

    # What it has to have, and the ways to know

    def _target(self) -> Target:
        state = self.state
        return Target(state.wanted, state.before, state.elsewhere, None, state.total, state.slow)

    def _witness(self, ears: Ears) -> Witness:
        process, api, persisted = self._facts.process, self._facts.api, self.persisted
        return Witness(
            view=self.view if self.ready.seen is not None else None,
            why_blind=self.ready.why_blind,
            ears=ears,
            alive=lambda: process is None or self._facts.agents.alive(process),
            generation=lambda: generation_of(api) if api is not None else None,
            withdrawn=lambda: persisted.withdrawn() if persisted is not None else _NOTHING,
        )

    def _looked(self, target: Target, witness: Witness, told: str | None, sight: Seen | None, servers: bool = True) -> Outcome:
        """What is seen, without secrets. told is how it was told; sight is what it had just before."""
        started, timeout = time.monotonic(), self._options["timeout"]
        outcome = verify(target, witness, timeout, told, sight)
        if servers:
            outcome = with_catalog(outcome, target, self._facts, witness.ears, timeout, started, self._module.warn)
        return self.hush.outcome(outcome)

    # The agent is told

    def _have_it_loaded(self, reason: str) -> None:
        """Raises ReloadFailed when the agent does not have everything then, whatever else is so; and Refused."""
        generation = mark(self._directory, reason, labelling(self._module)) if self._options["generation_marker"] else None
        healthy = self._health.healthy if self._options["wait_healthy"] else None
        if healthy is not None or self.persisted is None:
            note_told(self._directory, healthy)
        # The mark waits as well, also where nothing else does.
        self.journal = load_journal(self._directory)
        seen = self.ready.seen
        if seen is not None:
            seen = untouched.kept(self._directory, self.state, seen, self.persisted or _NOTHING, self._facts, self._module.warn)
        target = self._target()._replace(kept=seen, generation=generation)
        self.tags.save()
        outcome = self._told(target, self.ready.seen)
        if outcome.good:
            warn_of_older_members(target.wanted, self._facts, self._module.warn)
            self._look_for_disturbance(outcome.seen, untouched.touched(target.wanted, target.before))
        self._finish(target, outcome._replace(reason=outcome.reason or reason) if outcome.good else outcome)

    def _finish(self, target: Target, outcome: Outcome) -> None:
        """Close the change where it has come out well, or undo it. Raises ReloadFailed."""
        if outcome.good:
            self._put_tags_back("The agent has loaded the files.")
        if outcome.good and self._options["wait_healthy"]:
            from .healthy import with_health

            outcome = with_health(outcome, self._health, self.result, self.hush.text, self._module, self._options["on_unhealthy"])
        if outcome.good:
            self._verified()
            self._conclude(outcome)
            return
        self.result.errors = list(outcome.findings)
        if load_journal(self._directory) is None:
            raise ReloadFailed(self._why(outcome))
        if outcome.ill and self._options["on_unhealthy"] == "fail":
            raise ReloadFailed("%s The files stay, and the next run waits for its checks again." % self._why(outcome))
        self._roll_back(target, outcome)

    @cached_property
    def _health(self) -> Any:
        """What wait_healthy asks for. Imported here: nothing of it is needed without."""
        from .._health.progress import Notice
        from .._health.run import HealthWait

        state, noted = self.state, self.journal.healthy if self.journal is not None else None
        notice = Notice(self._module, self.hush.text)
        return HealthWait(self._facts, self._options, state.wanted, state.before, self.ready.seen, noted, state.namespaces, notice)

    def _told(self, target: Target, sight: Seen | None, going_back: bool = False) -> Outcome:
        """Tell it, and see what comes of it. Raises NotTold's message as ReloadFailed."""
        ears, started = listen(self._facts, self.method, self._module.run_command), time.monotonic()
        if self.persisted is None and self.method == "signal" and not ears.listening and not self._facts.is_forgetful:
            # Which services came through the API cannot be known, and a refusal would not be heard: then no loss is explained away.
            target = target._replace(kept=self.ready.seen)
        try:
            told = tell(self._facts, self.method)
            self.result.changed, self.result.method = True, self.method
            witness = self._witness(ears if told.refusal is None else Ears(None, told.refusal))
            # Going back, what the catalog lacks it may have lacked before: the agent alone has to be as it was.
            outcome = self._looked(target, witness, "api" if told.finished else "signal", sight, servers=not going_back)
            return outcome if going_back else self._identified(outcome, target, told.finished)
        except NotTold as problem:
            if not going_back:
                self.tags.save(told=False)
                if problem.alive:
                    self._take_back([], str(problem))
            raise ReloadFailed(str(problem) + self.what_stays()) from None
        finally:
            ears.close()
            self.result.waited = round(self.result.waited + time.monotonic() - started, 3)

    def _identified(self, outcome: Outcome, target: Target, finished: bool) -> Outcome:
        """The outcome, with a look at whether it was the agent of this directory that was told by its address."""
        path, earlier = self._directory.path, self.ready.seen
        if outcome.good:
            doubts = doubt(self._facts, path, target, outcome, earlier)
            return outcome._replace(verified=False, verified_by="none", reason=doubts) if doubts else outcome
        other = stranger(self._facts, path, outcome, earlier) if finished else ""
        return outcome._replace(untouched=True, reason=other) if other else outcome._replace(reason=misled(self._facts, outcome, earlier))

    def _why(self, outcome: Outcome) -> str:
        return why(outcome, self._facts.api.where.address if self._facts.api is not None else "")

    def _put_tags_back(self, words: str) -> None:
        """Raises ReloadFailed with these words where they are not back."""
        try:
            self.result.kept_tags = self.tags.put_back(self.view, self._options["timeout"], self._module.warn)
        except TagsNotBack as problem:
            raise ReloadFailed("%s %s" % (words, problem)) from None
        self.result.changed = self.result.changed or bool(self.result.kept_tags)

    def _verified(self) -> None:
        """Forget the change, and the tags before it: a run that is killed in between leaves the change to the next one."""
        self.tags.forget(self._module.warn)
        if self._directory.has_state:
            close(self._directory, self._module.warn)

    def _look_for_disturbance(self, seen: Seen | None, touched: Expected) -> None:
        """Compare what was not to change with what it was before."""
        earlier = self.ready.seen
        if seen is None or earlier is None:
            return
        found = disturbed(earlier, seen, touched.services, touched.checks, self.tags.kept, self.hush.secrets)
        found = [entry._replace(before=self.hush.value(entry.before), after=self.hush.value(entry.after)) for entry in found]
        self.result.disturbed = [entry._asdict() for entry in found]
        if found:
            self._module.warn(disturbance([str(entry) for entry in found]))

    def _conclude(self, outcome: Outcome) -> None:
        self.result.verified, self.result.verified_by, self.result.reason = outcome.verified, outcome.verified_by, outcome.reason
        if not outcome.verified:
            told = "was told to reload" if self.result.method != "none" else "had not to be told"
            self._module.warn(
                "Not verified (the agent %s): that it has all of %s. %s." % (told, self._directory.path, capital(outcome.reason))
            )

    # Going back

    def _roll_back(self, target: Target, outcome: Outcome) -> None:
        """Put the files back, have the agent load them, and fail either way: well, or badly."""
        what = self._why(outcome)
        back = self._restored(what, what)
        self.tags.go_back()
        if outcome.untouched:
            self._put_tags_back(back)
            self._verified()
            raise ReloadFailed("%s The agent has kept running with what it had." % back)
        # By its address alone nobody knows. Where something starts it anew, that one has read the files.
        if outcome.gone or (self._facts.process is not None and self._facts.renewed() is None):
            raise ReloadFailed("%s Start the agent; the next run verifies that it has them." % back)
        self.journal = load_journal(self._directory)
        self.state = self._declared()
        earlier = self._target()._replace(before=target.wanted, kept=target.kept, generation=generation_in(self._directory))
        try:
            self._meet_again()
            second = self._told(earlier, outcome.seen, going_back=True)
        except ReloadFailed as problem:
            raise ReloadFailed("%s %s" % (back, problem)) from None
        if second.good:
            self._put_tags_back(back)
            self._verified()
            self._look_for_disturbance(second.seen, _NOBODY)
            seen = "everything that was registered before is registered again" if second.verified else second.reason
            if outcome.ill:
                from .._health.report import again

                seen += ", and " + again(self._health.run_back())
            raise ReloadFailed("%s The agent was told again: %s." % (back, seen))
        self.result.errors = list(second.findings)
        reason = self._why(second)
        raise ReloadFailed(
            "%s But the agent did not take those either: %s Put right what it names, and run this task again: it has the agent load "
            "the files that are there. %s" % (back, "for the same reason." if reason == what else reason, still_wrong(second))
        )

    def _meet_again(self) -> None:
        """Where the agent was restarted meanwhile, another one has to be told. Raises ReloadFailed."""
        process = self._facts.process
        if process is None or process.pid == self.result.agent["pid"]:
            return
        self.result.agent["pid"] = process.pid
        self.view = AgentView(self._facts.api, self.state.namespaces) if self._facts.api is not None else None
        if self.method == "signal" and not has_started(process):
            self._wait_ready(gently=False)


def _findings(place: str, problem: Refused | OSError) -> list[Finding]:
    return problem.findings if isinstance(problem, Refused) else [system_refused(place, problem)]
