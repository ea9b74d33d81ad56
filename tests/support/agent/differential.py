# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds our judgement of definitions against a real agent's: what it refuses, what it registers, what its catalog gets."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._findings import render
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.document import judge_document
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import Verdict, verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.book import RULES
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.rule import (
    CHECK_REFUSED,
    HALF_LOADED,
    NEVER_SYNCED,
    NODE_CHECK_REFUSED,
    REFUSED,
)
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.expected import as_reported, checks_of, services_of, unwrapped

# The catalog follows within milliseconds; only a disagreement ever waits this long.
PATIENCE = 10.0
# So many services that never get into the catalog are tried; each needs an agent that is new.
NEVER_SYNCED_SAMPLE = 10
# What the agent says when it has unloaded everything already.
SECOND_PHASE = ("Failed reloading services", "Failed reloading checks")
# What we say that it does then. Since 1.11 agents look at checks before.
AFTER_UNLOADING = (HALF_LOADED, RULES["check-name-required"].agent)
CHECKS_REFUSED = (CHECK_REFUSED, NODE_CHECK_REFUSED)

Json = dict[str, Any]


@dataclass
class Tally:
    """What was compared, and where we and the agent did not agree."""

    counts: Counter[str] = dataclass_field(default_factory=Counter)
    rules: Counter[str] = dataclass_field(default_factory=Counter)
    disagreements: list[str] = dataclass_field(default_factory=list)

    def __str__(self) -> str:
        counted = ", ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        return f"{counted}; {len(self.rules)} rules seen, {len(self.disagreements)} disagreements"


def reload(agent: ConsulAgent, document: Json) -> Refusal | None:
    """Reload with this document only. An answer that breaks off is the agent's panic, and counts as a refusal."""
    agent.write("services.json", document)
    try:
        answer = agent.request("PUT", "/v1/agent/reload")
    except ConnectionError:
        # Up to 1.7 it ends the agent.
        if agent.panicked():
            agent.write("services.json", {})
            agent.restart()
        return Refusal("panic")
    return None if answer.status == 200 else Refusal(answer.text)


@dataclass(frozen=True)
class Refusal:
    """Why the agent refused a reload."""

    text: str


def catalog(agent: ConsulAgent) -> Json:
    """Return the services of the agent's node; none before the agent has told the catalog of its node."""
    services: Json = (agent.get("/v1/catalog/node/test") or {"Services": {}})["Services"]
    return {name: service for name, service in services.items() if name != "consul"}


class Differential:
    """Compares on two running agents with script checks enabled.

    `judge` gets everything, `agent` only what we accept: after one service that its catalog refuses, an agent waits
    before it tells the catalog of any other.
    """

    def __init__(self, judge: ConsulAgent, agent: ConsulAgent) -> None:
        self.judge = judge
        self.agent = agent
        self.version = consul_version(agent.binary)
        self.tally = Tally()
        self._never_synced: list[tuple[list[Any], Verdict]] = []

    def compare_all(self, groups: Iterable[list[Any]]) -> Tally:
        seen: set[str] = set()
        for group in groups:
            text = json.dumps(group)
            if text not in seen:
                seen.add(text)
                self.compare(group)
        for group, ours in self._never_synced[:NEVER_SYNCED_SAMPLE]:
            self._compare_never_synced(group, ours)
        return self.tally

    def compare(self, group: list[Any]) -> None:
        """Judge the services of one file as they stand, and then as they would be written."""
        as_it_stands = self._verdict(judge_services(group, literal=True))
        refusal = reload(self.judge, {"services": group})
        self.tally.counts["judged as they stand"] += 1
        self.tally.counts["refused by the agent" if refusal else "accepted by the agent"] += 1
        self.tally.rules.update(error["rule"] for error in as_it_stands.errors)
        for complaint in self._contradictions(as_it_stands, refusal):
            self._disagree(complaint, group, as_it_stands)
        if not refusal and as_it_stands.errors and all(NEVER_SYNCED in error["message"] for error in as_it_stands.errors):
            self._never_synced.append((group, as_it_stands))
        judged = judge_services(group)
        as_written = self._verdict(judged)
        if not as_written.errors:
            self._compare_registered([entry.definition for entry in judged], as_written)

    def compare_document(self, document: Json) -> None:
        """Judge a whole file with checks outside services."""
        ours = verdict(judge_document(document), self.version)
        refusal = reload(self.judge, document)
        self.tally.counts["documents"] += 1
        self.tally.counts["documents refused by the agent"] += bool(refusal)
        self.tally.rules.update(error["rule"] for error in ours.errors)
        if any(warning["rule"] == "check-service-known" for warning in ours.warnings):
            # This agent has no other files.
            if not refusal:
                self._disagree("we say that a service is missing, the agent has it", [document], ours)
            return
        for complaint in self._contradictions(ours, refusal):
            self._disagree(complaint, [document], ours)
        wanted = {check.get("id") or check.get("name") for check in document["checks"] if isinstance(check, dict)}
        if not ours.errors and not refusal and not wanted <= self.judge.checks().keys():
            self._disagree("the agent has not all of the checks", [document], ours)

    def _verdict(self, judged: Iterable[Any]) -> Verdict:
        return verdict([finding for entry in judged for finding in entry.findings], self.version)

    def _contradictions(self, ours: Verdict, refusal: Refusal | None) -> Iterator[str]:
        certain = [error for error in ours.errors if not RULES[error["rule"]].stricter]
        if refusal and not ours.errors:
            yield f"we accept, the agent refuses: {refusal.text}"
        elif certain and not refusal:
            yield "we refuse, the agent accepts"
        elif certain and refusal and refusal.text != "panic":
            before, after = ([REFUSED], [*AFTER_UNLOADING])
            (before if self.version >= (1, 11, 0) else after).extend(CHECKS_REFUSED)
            first = any(words in error["message"] for error in certain for words in before)
            second = all(any(words in error["message"] for words in after) for error in ours.errors)
            unloaded = any(words in refusal.text for words in SECOND_PHASE)
            if (first and unloaded) or (second and not unloaded):
                yield f"the agent refuses at another time than we say: {refusal.text}"

    def _compare_never_synced(self, group: list[Any], ours: Verdict) -> None:
        """Start anew with the group, and see what comes first: the catalog has it, or the catalog has refused it."""
        self.judge.write("services.json", {"services": group})
        self.judge.restart()
        self.judge.wait_until(lambda: "Syncing service failed" in self.judge.log() or self._is_synced(), "has not synced", PATIENCE)
        self.tally.counts["never synced"] += 1
        if self._is_synced():
            self._disagree("we say that it never gets into the catalog, and it does", group, ours)

    def _is_synced(self) -> bool:
        services = self.judge.services()
        return bool(services) and services.keys() <= catalog(self.judge).keys()

    def _compare_registered(self, definitions: list[Json], ours: Verdict) -> None:
        refusal = reload(self.agent, {"services": definitions})
        if refusal:
            self._disagree(f"we would write it, the agent refuses: {refusal.text}", definitions, ours)
            return
        self.tally.counts["written and compared"] += 1
        self.tally.counts["services and checks read back"] += len(self.agent.services()) + len(self.agent.checks())
        for complaint in self._differences(definitions, self.agent.services()):
            self._disagree(f"the agent has something else: {complaint}", definitions, ours)
        for complaint in self._check_differences(definitions):
            self._disagree(f"the agent has something else: {complaint}", definitions, ours)
        if self._is_told_at_once() and not self._until(lambda: not list(self._differences(definitions, catalog(self.agent)))):
            complaint = next(self._differences(definitions, catalog(self.agent)), "late")
            self._disagree(f"the catalog has something else: {complaint}", definitions, ours)
        if any(_is_changed(definition) for definition in definitions) and not ours.warnings:
            self._disagree("the agent changes user data, and we do not warn", definitions, ours)

    def _is_told_at_once(self) -> bool:
        """Whether the catalog has to have it by now. Since 1.9 it can take minutes when reloads follow each other this closely."""
        return self.version < (1, 9, 0) or "Syncing service failed" in self.agent.log()

    def _until(self, condition: Any) -> bool:
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def _differences(self, definitions: list[Json], have: Json) -> Iterator[str]:
        wanted = {name: service for definition in definitions for name, service in services_of(definition).items()}
        for name in wanted.keys() ^ have.keys():
            yield f"{name!r} is only {'wanted' if name in wanted else 'registered'}"
        for name in wanted.keys() & have.keys():
            reported = as_reported(have[name], wanted[name])
            if name.endswith("-sidecar-proxy") and "Port" not in wanted[name]:
                reported.pop("Port", None)
            for key in sorted(wanted[name].keys() | reported.keys()):
                if wanted[name].get(key) != reported.get(key):
                    yield f"{name!r} {key}: {reported.get(key)!r}, not {wanted[name].get(key)!r}"

    def _check_differences(self, definitions: list[Json]) -> Iterator[str]:
        wanted = {name: check for definition in definitions for name, check in checks_of(definition).items()}
        have = self.agent.checks()
        for name in wanted.keys() ^ have.keys():
            yield f"check {name!r} is only {'wanted' if name in wanted else 'registered'}"
        for name in wanted.keys() & have.keys():
            for key, value in wanted[name].items():
                if have[name][key] != value:
                    yield f"check {name!r} {key}: {have[name][key]!r}, not {value!r}"

    def _disagree(self, what: str, group: list[Any], ours: Verdict) -> None:
        said = "\n".join(f"    {render(error)}" for error in ours.errors)
        self.tally.disagreements.append(f"{what}\n  {json.dumps(group)}\n{said}")


def _is_changed(value: Any) -> bool:
    """Whether the agent takes lists apart in some opaque configuration."""
    if isinstance(value, dict):
        config = value.get("config")
        changed = isinstance(config, dict) and unwrapped(config) != config
        return changed or any(_is_changed(item) for key, item in value.items() if key != "config")
    return isinstance(value, list) and any(_is_changed(item) for item in value)
