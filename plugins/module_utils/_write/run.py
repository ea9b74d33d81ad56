# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the payload to the files: judged against the directory and the agent, committed as one change."""

from __future__ import annotations

import functools
import json
import os
from typing import Any, Callable, Dict

from .._definition.identity import service_id
from .._definition.parse import Definitions
from .._definition.secret import Secrets
from .._files.config_dir import ConfigDir, is_missing
from .._files.journal import Journal, load_journal
from .._files.lock import locked
from .._files.manifest import (
    Owned,
    load_manifest,
    owner_in_words,
    save_manifest,
)
from .._files.permissions import Owners, wanted_ownership
from .._files.plan import Plan, Wanted, plan
from .._files.scan import DefinitionFile, Reader, scan
from .._files.selinux import labelling
from .._files.transaction import Change, commit, forget, recover
from .._findings import (
    Finding,
    Refused,
    error,
    warning,
)
from .._payload import decode_payload

# What is done with the directory, and the result so far, before the lock is let go.
Then = Callable[[ConfigDir, Dict[str, Any]], None]


class Writer:
    """One run of one module on one config-dir."""

    def __init__(self, module: Any) -> None:
        """Raises Refused when there is no usable payload."""
        self._module = module
        self._options = module.params
        if not self._options.get("payload"):
            hint = "Call the module by its full name from a playbook on a controller that has this collection."
            raise Refused(error("payload", "payload-missing", "is missing: the action plugin of this module did not run.", hint))
        self.payload = decode_payload(self._options["payload"])
        self.contents: dict[str, bytes | None] = {
            name: None if text is None else text.encode("utf-8") for name, text in self.payload["files"].items()
        }
        self.definitions = self._parsed()
        self.secrets = Secrets(self.payload.get("secret_places", ()))
        self._secrets_in_files = self.secrets
        # What changes, and why the agent has to reload, in words; both empty without a change.
        self.changes: list[Change] = []
        self.reason = ""
        # The ports of sidecars that declare none (see sidecar_ports.py), and those of each file.
        self._chosen: Any = None
        self._ports: dict[str, dict[str, int]] = {}
        self._interrupted = False

    def run(self, then: Then | None = None) -> dict[str, Any]:
        """Make the files as wanted, go on with what comes then under the same lock, and return the result. Raises Refused."""
        path = self._options["config_dir"]
        if self._module.check_mode and is_missing(path):
            return self._forecast(path)
        with ConfigDir(path) as directory:
            # Where nothing is wanted and nothing was ever written, not even our state directory is made.
            idle = not directory.has_state and not self._options["adopt"] and not any(self.contents.values())
            task = owner_in_words(self.payload["owner"])
            with locked(directory, task, self._options["lock_timeout"], read_only=self._module.check_mode or idle):
                result = self._locked(directory)
                if then is not None:
                    then(directory, result)
                return result

    def _locked(self, directory: ConfigDir) -> dict[str, Any]:
        earlier = load_journal(directory)
        self._interrupted = earlier is not None and earlier.intent is not None
        if not self._module.check_mode:
            earlier = recover(directory)
        manifest = load_manifest(directory)
        if earlier is not None and earlier.intent is not None:
            # Check mode only: the real run would finish the interrupted commit first.
            manifest = earlier.intent.manifest
        self._find(manifest)
        # What was secret until now is so still, in the files of before.
        known = [steps for owned in manifest.values() for steps in owned.secret_places]
        self._secrets_in_files = Secrets({*self.secrets.places, *map(tuple, known)})
        self._give_ports(directory, manifest)
        owners = Owners(directory, wanted_ownership(self._options), self._agent)
        wanted = Wanted(
            self.payload["owner"],
            self.contents,
            {name: [service_id(service) for service in found.services] for name, found in self.definitions.items()},
            self._options["adopt"],
            self._options["drift"] == "repair",
            self.payload.get("unchecked"),
            self.secrets.places,
            self._ports,
        )
        todo = plan(directory, wanted, manifest, owners)
        if wanted.adopt:
            self._retire(directory, todo, manifest)
        todo.findings[:] = self._as_asked(todo.findings)
        _demand_no_error(todo.findings)
        journal = earlier
        if not self._module.check_mode:
            self._remember(directory, manifest, todo)
        if todo.changes:
            todo.findings.extend(self._judged(directory, todo.changes, manifest))
            _demand_no_error(todo.findings)
            self.changes, self.reason = todo.changes, self._reason(todo.changes)
            if not self._module.check_mode:
                journal = commit(directory, todo.changes, self.reason, labelling(self._module))
        if self._options["reload"] == "never":
            if journal is not None and not self._module.check_mode:
                forget(directory, self.payload["owner"], [change.name for change in todo.changes], self._module.warn)
            earlier = journal = None
        return self._result(directory, todo, earlier, journal)

    def _find(self, manifest: dict[str, Owned]) -> None:
        """Let the file go that has the service which is to be absent, whatever its name and format."""
        service = self.payload.get("service")
        for name, owned in manifest.items() if service else ():
            if owned.owner == "file:" + name and owned.services == [service]:
                self.payload["owner"], self.contents = owned.owner, {name: None}

    def _remember(self, directory: ConfigDir, manifest: dict[str, Owned], todo: Plan) -> None:
        """Note where secrets stand in files that stay as they are, for whoever looks at them later, and which ports we have chosen."""
        places = [list(steps) for steps in self.secrets.places]
        changing = {change.name for change in todo.changes}
        stale = {}
        for name, owned in manifest.items():
            if owned.owner == self.payload["owner"] and self.contents.get(name) and name not in changing:
                now = owned._replace(secret_places=places, ports=self._ports.get(name) or owned.ports)
                if (list(owned.secret_places), owned.ports) != (places, now.ports):
                    stale[name] = now
        if stale:
            save_manifest(directory, {**manifest, **stale})

    def _give_ports(self, directory: ConfigDir | None, manifest: dict[str, Owned]) -> None:
        """Fill in the ports of sidecars that declare none. Raises Refused."""
        given = self.payload.get("sidecars")
        if not given:
            return
        from .sidecar_ports import Chosen, chosen_earlier, fill

        earlier = chosen_earlier(given["keys"], manifest, self.payload["owner"])
        self._chosen = Chosen(earlier)
        if not earlier.keys() >= set(given["keys"]):
            from .choosing_ports import choose, look_around

            known = look_around(directory, manifest, self._clear_facts, list(self.definitions.values()))
            self._chosen = choose(given["keys"], earlier, known)
        self._ports = fill(given, self._chosen, self.contents, self.definitions)

    def _retire(self, directory: ConfigDir, todo: Plan, manifest: dict[str, Owned]) -> None:
        """Plan that files of others go whose services are all ours now."""
        from .retire import retire

        foreign = scan(directory, {*manifest, *self.contents})
        services = [service for found in self.definitions.values() for service in found.services]
        if self._chosen is not None:
            from .choosing_ports import as_meant

            services = as_meant(services, self._chosen)
        checks = [check for found in self.definitions.values() for check in found.checks]
        retired = retire(directory, foreign, services, checks)
        todo.changes.extend(retired.changes)
        todo.findings.extend(retired.findings)

    # Judging

    def _judged(self, directory: ConfigDir, changes: list[Change], manifest: dict[str, Owned]) -> list[Finding]:
        """Return what speaks against the changes, the cheap looks first. Imported here: unchanged runs need none of it."""
        from .._agent.elsewhere import elsewhere
        from .bound import bound_checks
        from .candidate import Candidate, definitions_before
        from .conditional import conditional_findings, newer_findings, waiting_findings
        from .cross_check import cross_check
        from .moving_sidecars import moving_sidecars

        agent = self._agent()
        self._demand_usable_options()
        around = elsewhere(self.facts, directory.path)
        staying = list(scan(directory, {change.name for change in changes}, agent))
        coming = {change.name: self.definitions[change.name] for change in changes if change.new is not None}
        before = {change.name: definitions_before(change) for change in changes}
        candidate = Candidate(directory, staying, changes, coming, before, manifest, self.payload["owner"], self._secrets_in_files)
        findings = list(cross_check(candidate, agent, around.files))
        findings += bound_checks(candidate, around)
        findings += moving_sidecars(candidate, self.facts, around)
        findings += newer_findings(self.payload, self.facts)
        findings += conditional_findings(self.payload, self.facts)
        findings += waiting_findings(self._options["reload"], self.facts)
        ours = {service for owned in manifest.values() for service in owned.services}
        findings += self._dangling(staying, ours)
        findings += self._unseen_health(ours)
        if not _errors(findings):
            findings += self._preflight(candidate)
        return self._as_asked(findings)

    def _demand_usable_options(self) -> None:
        """Raise Refused where the agent could not be asked: what it is not told of is not written either."""
        if self._options["reload"] != "now" or (self.facts.process is None and not self.facts.address_given):
            return
        from .._agent.api import BadOptions

        try:
            if self.facts.api is not None:
                self.facts.api.demand_usable()
        except BadOptions as problem:
            raise Refused(error("agent", "agent-options", str(problem))) from None

    def _dangling(self, staying: list[DefinitionFile], ours: set[str]) -> list[Finding]:
        """Return the names in the changes that lead nowhere on this node."""
        if not self.payload.get("references"):
            return []
        from .references import dangling

        directory = [*self.definitions.values(), *(found.definitions for found in staying)]
        return dangling(self.payload["references"], directory, ours, self.facts)

    def _unseen_health(self, ours: set[str]) -> list[Finding]:
        """Return why checks could not be waited for, where that is asked for."""
        if not self._options["wait_healthy"]:
            return []
        from .._health.sight import unseen

        return unseen(self.facts, ours)

    def _as_asked(self, findings: list[Finding]) -> list[Finding]:
        """Apply the options silence and strict to warnings."""
        silence, strict = self._options["silence"], self._options["strict"]
        heard = [finding for finding in findings if finding["severity"] != "warning" or finding["rule"] not in silence]
        return [dict(finding, severity="error") if strict else finding for finding in heard]

    def _preflight(self, candidate: Any) -> list[Finding]:
        how = self._options["preflight"]
        passed = [change.name for change in candidate.changes if change.name in self.payload.get("unchecked", {})]
        consul = None if how == "none" and not passed else self._consul()
        if consul is None:
            if passed:
                return [_unasked(candidate.directory.place(name), self.payload["unchecked"][name]) for name in passed]
            if how != "trial":
                return []
            message = "is trial, and there is no consul binary on the target."
            return [warning("preflight", "preflight-missing", message, "Install consul, or set another preflight.")]
        from .preflight import validate, with_time_limit

        command = with_time_limit([consul], self._module.get_bin_path)
        findings = validate(candidate, command, self._module.run_command, self._module.tmpdir)
        if how == "trial" and not _errors(findings):
            from .trial import trial

            scripts = self.facts.scripts_enabled is not False
            findings += trial(candidate, command, self._module.run_command, self._module.tmpdir, scripts)
        return findings

    def _consul(self) -> str | None:
        """The binary that the agent runs, else the one on PATH."""
        found: str | None = self.facts.agents.binary_of(self._process()) or self._module.get_bin_path("consul")
        return found

    # The agent

    @functools.cached_property
    def facts(self) -> Any:
        """Facts about the agent of the directory (see AgentFacts)."""
        from .._agent.facts import AgentFacts

        return AgentFacts(self._module, self._options)

    def version(self) -> str | None:
        """The agent's version, None when nothing tells. Raises Refused."""
        found: str | None = self._clear_facts().version
        return found

    def _clear_facts(self) -> Any:
        """The facts where it is clear which agent is meant. Raises Refused."""
        self._process()
        return self.facts

    def _process(self) -> Any:
        from .._agent.process import AgentProcessError

        try:
            return self.facts.process
        except AgentProcessError as problem:
            raise Refused(error("agent", "agent-unclear", str(problem))) from problem

    def _agent(self) -> Reader | None:
        process = self._process()
        return None if process is None else Reader(*process.reads_as)

    # Small things

    def _parsed(self) -> dict[str, Definitions]:
        given = self.payload.get("definitions") or {}
        found = {}
        for name, data in self.contents.items():
            if data is None:
                continue
            try:
                # The controller's own text has every name as it should be: unlike the files of others it needs no closer reading.
                document = given.get(name) or json.loads(data)
                found[name] = Definitions(document.get("services", []), document.get("checks", []))
            except (ValueError, AttributeError) as problem:
                raise Refused(error(name, "payload-damaged", "is no definition file (%s)." % problem)) from None
        return found

    def _reason(self, changes: list[Change]) -> str:
        names = ["%s %s" % (change.name, change.action) for change in changes]
        shown = ", ".join(names[:3]) + (" and %d more" % (len(names) - 3) if len(names) > 3 else "")
        return "%s: %s" % (owner_in_words(self.payload["owner"]), shown)

    # The result

    def _forecast(self, path: str) -> dict[str, Any]:
        """Check mode before the directory exists: some earlier task would have made it. Raises Refused."""
        from .conditional import version_findings

        self._give_ports(None, {})
        changes = [Change(name, "created", None, None, None, data, None) for name, data in self.contents.items() if data is not None]
        message = "does not exist yet; the real run needs it."
        findings = [warning(path, "config-dir-missing", message), *self._as_asked(version_findings(self.payload, self.facts))]
        _demand_no_error(findings)
        result = self._described(path, Plan(changes, [], findings))
        result.update(pending=False, pending_reason="")
        return result

    def _result(self, directory: ConfigDir, done: Plan, earlier: Journal | None, journal: Journal | None) -> dict[str, Any]:
        result = self._described(directory.path, done)
        result.update(pending=journal is not None, pending_reason="")
        if earlier is not None:
            names = ", ".join(sorted(earlier.files))
            result["pending_reason"] = "committed earlier but never verified: %s (%s)" % (names, earlier.reason)
            result["changed"] = bool(done.changes) or self._interrupted or (self._options["reload"] == "later" and not self._waits())
        elif journal is not None:
            result["pending_reason"] = "committed now, and not verified yet"
        return result

    def _waits(self) -> bool:
        """Whether what was changed earlier has to wait, since no agent is there to be told, or meant. A warning says so then."""
        from .._agent.absent import looked_for, not_found, remedy
        from .._agent.api import BadOptions
        from .._agent.process import AgentProcessError

        facts, method = self.facts, self._options["reload_method"]
        try:
            if facts.process is not None or (facts.answers and method != "signal"):
                return False
        except (AgentProcessError, BadOptions):
            # The reload says what is wrong.
            return False
        why = "%s. %s %s" % (not_found(facts), looked_for(facts, method), remedy(facts, method))
        where = facts.agents.config_dir
        self._module.warn("Files that were changed earlier wait in %s, and are read when an agent starts: %s" % (where, why))
        return True

    def _described(self, path: str, done: Plan) -> dict[str, Any]:
        result: dict[str, Any] = {
            "changed": bool(done.changes),
            "changes": [{"file": change.name, "action": change.action} for change in done.changes],
            "paths": [os.path.join(path, name) for name, data in sorted(self.contents.items()) if data is not None],
            "services": sorted(service_id(service) for found in self.definitions.values() for service in found.services),
            "checks": sorted(service_id(check) for found in self.definitions.values() for check in found.checks),
            "drift": done.drift,
            "rule_warnings": [finding for finding in done.findings if finding["severity"] == "warning"],
        }
        if self._module._diff:
            result["diff"] = [_diff(path, change, self._secrets_in_files) for change in done.changes]
        return result


def _errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding["severity"] == "error"]


def _demand_no_error(findings: list[Finding]) -> None:
    if _errors(findings):
        raise Refused(*_errors(findings))


def _unasked(place: str, paths: list[str]) -> Finding:
    keys = ", ".join(path.replace("[]", "[*]") for path in paths)
    message = "has keys that this collection does not check (%s), and there is no consul on the target to ask." % keys
    return error(place, "unchecked-unasked", message, "Install the agent's consul there, or leave them out.")


def _diff(path: str, change: Change, secrets: Secrets) -> dict[str, str]:
    from .._definition.redact import masked_pair

    before, after = masked_pair(change.name, change.old, change.new, secrets)
    full = os.path.join(path, change.name)
    return {
        "before_header": full if change.old is not None else "%s (absent)" % full,
        "after_header": full if change.new is not None else "%s (absent)" % full,
        "before": before,
        "after": after,
    }
