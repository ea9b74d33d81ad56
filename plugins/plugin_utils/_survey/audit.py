# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a survey found to what is wrong with it: the result of service_definition_info."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._agent.view import Difference
from ansible_collections.registrar.consul.plugins.module_utils._definition.expect import expected, keys_of, owner_of
from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import (
    CHECK,
    ONE_IN_THE_CATALOG,
    Id,
    as_in_the_catalog,
    ids_of,
)
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions
from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import MASK
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import owner_in_words
from ansible_collections.registrar.consul.plugins.module_utils._findings import error
from ansible_collections.registrar.consul.plugins.module_utils._versions import parse_version
from ansible_collections.registrar.consul.plugins.module_utils._write.conditional import script_findings

from .._findings import Finding, Place, quoted
from .._judge.definitions import Judged, judge_node_checks, judge_services
from .._judge.terms import Terms
from .._judge.verdict import verdict
from .._rules.book import RULES
from .._rules.check import NODE_CHECK_NAME
from .._rules.directory import BROKEN, DELETED, EDITED, EMPTY, EXPOSED, NOT_COMPARED, PENDING, UNREAD, VERSION_UNKNOWN, newer_findings
from .._rules.reference import Reference
from .._rules.rule import STOPPING
from .._rules.unique import CHECK_SERVICE, CHECK_SERVICE_LACKING, DUPLICATE_CHECK
from .._schema.unchecked import PathError, read_paths
from .entries import Entry, entries_of

_RELOAD = "Have the agent reload its files."
_REPAIR_AND_RELOAD = "First put right the errors in the files: a reload would stop at them. Then have the agent reload its files."


@dataclass(slots=True)
class Audit:
    """A survey, judged."""

    survey: dict[str, Any]
    entries: list[Entry]
    findings: list[dict[str, str]]
    duplicates: list[dict[str, Any]]
    # Files that cannot be taken over as they are, since something in their definitions is wrong.
    refused: set[str]

    @property
    def healthy(self) -> bool:
        return not any(finding["severity"] == "error" for finding in self.findings)


def audit(survey: dict[str, Any], terms: Terms) -> Audit:
    """Judge a survey. The findings come file by file, in the agent's order, and then those of the directory and the agent."""
    judge = _Judge(survey, terms)
    judge.run()
    return judge.audit


class _Judge:
    def __init__(self, survey: dict[str, Any], terms: Terms) -> None:
        self.audit = Audit(survey, [], [], [], set())
        self._survey = survey
        self._terms = terms
        agent = survey["agent"]
        self._version = terms.version or (parse_version(agent["version"]) if agent["version"] else None)
        self._unchecked = _still_new([*self._survey.get("unchecked", ()), *terms.unchecked])
        self._conditional: list[dict[str, Any]] = []

    def run(self) -> None:
        for file in self._survey["files"]:
            entries, findings = entries_of(file["name"], file.get("document") or {}, file["hcl"])
            self.audit.entries.extend(entries)
            self._add(file["name"], findings)
        self._judge_definitions()
        for file in self._survey["files"]:
            self._add(file["name"], _file_findings(file))
        for file in self._survey["deleted"]:
            hint = "Run its task again, or put the file back."
            self._add(file["name"], [DELETED.at((), f"was removed since {owner_in_words(file['owner'])} wrote it", hint)])
        self._add("", _journal_findings(self._survey["journal"]))
        self.audit.findings.extend(dict(finding, file="") for finding in self._survey["findings"])
        self._add_drift()
        self._add("", newer_findings(self._version))
        self._add_conditional()
        self.audit.findings = self._sorted(self.audit.findings)

    # Definitions

    def _judge_definitions(self) -> None:
        """Judge all services together, since what has to be unique has to be so on the node."""
        services = [entry for entry in self.audit.entries if entry.kind == "service"]
        checks = [entry for entry in self.audit.entries if entry.kind == "check"]
        judged = [*self._judged(judge_services, services), *self._judged(judge_node_checks, checks)]
        for entry, found in zip(checks, judged[len(services) :], strict=True):
            found.findings.extend(self._service_findings(entry))
        double, self.audit.duplicates = _duplicates(self.audit.entries)
        for entry, found in zip([*services, *checks], judged, strict=True):
            seen = [finding for finding in found.findings if not is_masked(entry.definition, finding.place)]
            found.findings = [*entry.findings, *seen, *(finding for owner, finding in double if owner is entry)]
            if self._add(entry.file, found.findings):
                self.audit.refused.add(entry.file)
            self._add(entry.file, self._dangling(entry, found.references))
            # Without an agent nobody cares whether it runs scripts.
            enabled = self._survey["agent"]["scripts"] is not False
            self.audit.findings.extend(dict(finding, file=entry.file) for finding in script_findings(found.scripts, enabled))

    def _judged(self, judge: Callable[..., list[Judged]], entries: list[Entry]) -> list[Judged]:
        definitions, labels = [entry.definition for entry in entries], [entry.label for entry in entries]
        return judge(definitions, labels, self._terms.edition, literal=True, unchecked=self._unchecked)

    def _service_findings(self, entry: Entry) -> Iterator[Finding]:
        """Say that the agent will not have the service of a check: certain where all is known that it has."""
        agent = self._survey["agent"]
        owner = owner_of(*expected([], [entry.definition]).checks.values()) if isinstance(entry.definition, dict) else ""
        if not owner or owner in self._services:
            return
        certain = agent["state"] == "running" and agent["compared"] and not any(file["fatal"] for file in self._survey["files"])
        besides = "neither a file of the agent declares nor its HTTP API has" if certain else "no file here declares"
        consequence = CHECK_SERVICE_LACKING if certain else None
        found = CHECK_SERVICE.at(
            ("service_id",),
            f"names the service {quoted(owner)}, which {besides}",
            "Declare the service, correct service_id, or remove the check.",
            agent=consequence,
        )
        yield replace(found, severity="error" if certain else "warning", label=entry.label)

    def _dangling(self, entry: Entry, references: Iterable[Reference]) -> Iterator[Finding]:
        """Yield those of the names, which no file has, that the agent does not have either, as far as it let us look."""
        agent = self._survey["agent"]
        if agent["state"] == "running" and agent["hidden"] is None:
            return
        for reference in references:
            known = self._registered[reference.kind] | set(agent["hidden"] or ())
            if reference.name not in known and not is_masked(entry.definition, reference.finding.place):
                yield reference.finding

    @cached_property
    def _registered(self) -> dict[str, set[str]]:
        """The ids and names of what the agent has from others, and what it will keep."""
        answers = [found["answer"] for found in self._survey["agent"]["services"] if found["origin"] != "removed"]
        return {"id": {answer.get("ID", "") for answer in answers}, "name": {answer.get("Service", "") for answer in answers}}

    @cached_property
    def _services(self) -> set[str]:
        """The keys of all services that the agent will have when it has loaded its files."""
        declared = [entry.definition for entry in self.audit.entries if entry.kind == "service" and isinstance(entry.definition, dict)]
        kept = {found["key"] for found in self._survey["agent"]["services"] if found["origin"] != "removed"}
        return {*keys_of(declared, ()).services, *kept}

    def _add(self, file: str, findings: Iterable[Finding]) -> bool:
        """Add findings on a file; return whether there was an error among them, perhaps."""
        named = [finding if finding.label else finding.labelled(file) for finding in findings]
        result = verdict(named, self._version, strict=self._terms.strict, silence=self._terms.silence)
        self.audit.findings.extend(dict(finding, file=file) for finding in [*result.errors, *result.warnings])
        self._conditional.extend(result.conditional)
        return bool(result.errors) or any(entry["finding"]["severity"] == "error" for entry in result.conditional)

    def _add_conditional(self) -> None:
        """Say that the version is not known, where something depends on it."""
        if self._conditional:
            hint = f"Name the agent's version to have all rules applied. Findings that depend on it: {len(self._conditional)}."
            what = "is auto, and neither an agent nor a consul binary was found to ask"
            self._add("", [VERSION_UNKNOWN.at((), what, hint).labelled("consul_version")])

    # The agent

    def _add_drift(self) -> None:
        agent = self._survey["agent"]
        stopped = any(finding["severity"] == "error" and _stops(finding["rule"]) for finding in self.audit.findings)
        remedy = _REPAIR_AND_RELOAD if stopped else _RELOAD
        for entry in agent["drift"]:
            self.audit.findings.append(self._drift(entry, remedy))
        for kind in ("service", "check"):
            for found in agent[f"{kind}s"]:
                if found["origin"] == "removed":
                    message = "the agent has it, and no file declares it any more."
                    hint = f"{remedy} Or bring the file back."
                    known = error(f"{kind} {found['key']}", f"agent-still-has-{kind}", message, hint)
                    self.audit.findings.append({**known, "file": ""})
        if agent["asked"] and not agent["compared"]:
            hint = "Give http_addr and http_token." if agent["state"] == "running" else "Start the agent, or put http_addr right."
            self._add("", [NOT_COMPARED.at(("agent",), agent["reason"].rstrip("."), hint)])

    def _drift(self, entry: dict[str, Any], hint: str) -> dict[str, str]:
        found = Difference(*(entry[name] for name in Difference._fields))
        label = self._labels[entry["file"], entry["kind"]][entry["number"]]
        steps = [label, f"check {found.check}" if found.check else "", found.field]
        path = " → ".join(step for step in steps if step)
        return {**error(path, found.rule, found.message, hint), "file": entry["file"]}

    @cached_property
    def _labels(self) -> dict[tuple[str, str], list[str]]:
        """What messages call the definitions of each file and kind, which the target counted."""
        labels: dict[tuple[str, str], list[str]] = {}
        for entry in self.audit.entries:
            if isinstance(entry.definition, dict):
                labels.setdefault((entry.file, entry.kind), []).append(entry.label)
        return labels

    def _sorted(self, findings: list[dict[str, str]]) -> list[dict[str, str]]:
        order = {file["name"]: position for position, file in enumerate(self._survey["files"])}
        return sorted(findings, key=lambda finding: (order.get(finding["file"], len(order)), finding["severity"] != "error"))


def _still_new(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths that files were written with which the schema lacks still, perhaps a newer one than then."""
    found: dict[str, None] = {}
    for path in paths:
        with suppress(PathError):
            found.update(dict.fromkeys(read_paths([path]).new))
    return tuple(found)


def _stops(rule: str) -> bool:
    """Whether agents refuse a reload, or stop half-way, where this rule is broken."""
    return rule in (BROKEN.id, CHECK_SERVICE.id, NODE_CHECK_NAME.id, "half-load") or (rule in RULES and RULES[rule].agent in STOPPING)


def is_masked(value: Any, place: Place) -> bool:
    """Whether the target has kept to itself what stands at a place: nobody here can tell whether it is right."""
    for step in place:
        if not isinstance(value, (dict, list)):
            break
        value = value.get(step) if isinstance(value, dict) else value[step] if isinstance(step, int) and step < len(value) else None
    return isinstance(value, str) and MASK in value


def _file_findings(file: dict[str, Any]) -> Iterator[Finding]:
    if file["fatal"]:
        leads = f"leads to {file['target']}, which " if file["target"] else ""
        yield BROKEN.at((), f"{leads}{file['problem']}", "Repair or remove it.")
    elif file["empty"]:
        yield EMPTY.at((), file["problem"], "Remove it, or write it anew.")
    elif file["problem"]:
        yield UNREAD.at((), file["problem"], "Run the task as a user who may, such as root (become: true).")
    if file.get("exposed"):
        hint = "Set its mode to 0640 with the agent's group, and replace the token: it may be known."
        yield EXPOSED.at((), f"holds a token, and every user may read it (mode {file['mode']})", hint)
    if file.get("edited"):
        hint = "Bring the change into the list of services, or run the task again to have it undone."
        yield EDITED.at((), f"was changed since {owner_in_words(file['owner'])} wrote it", hint)


def _journal_findings(journal: dict[str, Any] | None) -> Iterator[Finding]:
    if journal is not None:
        state = "was interrupted" if journal["unfinished"] else "was not confirmed by the agent"
        what = f"a change of {', '.join(journal['files'])} {state} ({journal['reason']})"
        yield PENDING.at((), what, "Run the play again: it finishes what was begun, and has the agent reload.").labelled("directory")


def _duplicates(entries: list[Entry]) -> tuple[list[tuple[Entry, Finding]], list[dict[str, Any]]]:
    """Return the findings on checks outside services that the judge of services cannot see, and every id that stands twice."""
    places: dict[Id, list[Entry]] = {}
    spelled: dict[Id, Id] = {}
    findings: list[tuple[Entry, Finding]] = []
    for entry in entries:
        for identity in _ids(entry):
            first = spelled.setdefault(as_in_the_catalog(identity), identity)
            others = places.setdefault(first, [])
            if identity.kind == CHECK and others and entry.kind == "check":
                case, agent = ("", None) if first == identity else (f" as {quoted(first.name)}", ONE_IN_THE_CATALOG)
                what = f"the check id {quoted(identity.name)} is taken{case} by {others[0].label}"
                found = DUPLICATE_CHECK.at(("id",), what, "Give each check an id that is unique on the node.", agent=agent)
                findings.append((entry, found.labelled(entry.label)))
            others.append(entry)
    double = [
        {"kind": identity.kind, "id": identity.name, "namespace": identity.namespace, "places": [entry.label for entry in found]}
        for identity, found in places.items()
        if len(found) > 1
    ]
    return findings, double


def _ids(entry: Entry) -> Iterator[Id]:
    if not isinstance(entry.definition, dict):
        return
    definitions = Definitions([entry.definition], []) if entry.kind == "service" else Definitions([], [entry.definition])
    yield from ids_of(definitions)
