# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every host's definitions judged by themselves, as its own run of the role would; equal lists are judged once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ansible_collections.registrar.consul.plugins.module_utils._definition.secret import NATURAL, Secrets, Steps

from .._findings import Severity
from .._judge.definitions import judge_services, label_of
from .._judge.terms import Terms, TermsError, read_terms
from .._judge.verdict import verdict
from .._rules.fleet import DEFINITIONS_UNSEEN
from .faults import Fault, Spot, fault
from .hosts import DEFINITIONS, Declared, Host
from .model import Contents, contents

_SETTINGS = ("consul_version", "edition", "strict", "silence", "unchecked", "secret_paths")


@dataclass(slots=True)
class Verdict:
    """What one list comes to: its contents, its findings, and how many hang on the agent's version."""

    contents: Contents
    findings: list[dict[str, str]]
    undecided: int
    # The secret texts in it.
    secrets: set[str]


class Judge:
    """Judges lists, and knows those that it has seen."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.faults: list[Fault] = []
        self.lists = 0
        self.undecided = 0
        self.secrets: set[str] = set()
        self._known: dict[tuple[str, str, Terms], Verdict] = {}
        self._alike: dict[tuple[tuple[Steps, ...], frozenset[str]], Secrets] = {}

    def host(self, host: Host) -> Iterator[tuple[Host, Contents]]:
        """Judge what a host declares, and yield what it comes to."""
        terms = self._terms_of(host)
        self.secrets |= host.sealed
        for variable, reason in host.problems:
            hint = "Mend it, or leave the host out of the pattern."
            self.faults.append(fault(DEFINITIONS_UNSEEN, [Spot(host.name, variable)], reason, hint))
        for declared in host.declared:
            self.lists += 1
            judged = self._judged(declared, terms)
            self.undecided += judged.undecided
            self.secrets |= judged.secrets
            self.faults.extend(_fault(host, finding) for finding in judged.findings)
            yield host, judged.contents

    @property
    def judged(self) -> int:
        """How many different lists there were."""
        return len(self._known)

    def _terms_of(self, host: Host) -> Terms:
        given = {name: host.settings[name] for name in _SETTINGS if host.settings.get(name)}
        try:
            own = read_terms(given)
        except TermsError as error:
            host.problems.append(("consul_services_…", str(error).rstrip(".")))
            own, given = Terms(None), {}
        return replace(
            self.terms,
            version=own.version or self.terms.version,
            edition=own.edition if "edition" in given else self.terms.edition,
            strict=own.strict or self.terms.strict,
            silence=(*self.terms.silence, *own.silence),
            unchecked=tuple(dict.fromkeys((*self.terms.unchecked, *own.unchecked))),
            secrets=self._secrets((*self.terms.secrets.places, *own.secrets.places), host.sealed),
        )

    def _secrets(self, places: tuple[Steps, ...], values: frozenset[str]) -> Secrets:
        """The same object for the same secrets: by it lists that were judged are known."""
        if not places and not values:
            return NATURAL
        return self._alike.setdefault((places, values), Secrets(places, values))

    def _judged(self, declared: Declared, terms: Terms) -> Verdict:
        key = (declared.variable, json.dumps(declared.definitions, default=str), terms)
        if key not in self._known:
            self._known[key] = _judge(declared, terms)
        return self._known[key]


def _judge(declared: Declared, terms: Terms) -> Verdict:
    labels = list(_labels(declared))
    judged = judge_services(declared.definitions, labels, terms.edition, unchecked=terms.unchecked, secrets=terms.secrets)
    found = [finding for entry in judged for finding in entry.findings]
    said = verdict(found, terms.version, strict=terms.strict, silence=terms.silence)
    named = zip(labels, (entry.definition for entry in judged), strict=True)
    return Verdict(
        contents((label, definition) for label, definition in named if isinstance(definition, dict)),
        [*said.errors, *said.warnings],
        len({(entry["finding"]["rule"], entry["finding"]["path"]) for entry in said.conditional}),
        terms.secrets.texts([entry.definition for entry in judged]),
    )


def _labels(declared: Declared) -> Iterator[str]:
    """Call definitions as the role does; those of other variables by these."""
    for index, definition in enumerate(declared.definitions):
        label = label_of(index, definition)
        yield label if declared.variable == DEFINITIONS else label.replace("services", declared.variable, 1)


def _fault(host: Host, finding: dict[str, str]) -> Fault:
    severity: Severity = "error" if finding["severity"] == "error" else "warning"
    place = finding["path"]
    return Fault(finding["rule"], severity, (Spot(host.name, place),), finding["message"], finding["hint"], subject=place)
