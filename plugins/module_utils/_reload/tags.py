# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which overridden tags have to outlive a reload, and that they do (see _agent/overridden.py).

Kept are the tags in the catalog of every service with ``enable_tag_override`` that are not those which the agent will have by itself.
Where our own files change the tags of a service, theirs are the ones that count from then on.
"""

from __future__ import annotations

import functools
import json
import time
from typing import Any, Callable, Container, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from .._agent.api import ApiError
from .._agent.catalog import LATEST_SYNC, Doubt
from .._agent.elsewhere import Content
from .._agent.facts import AgentFacts
from .._agent.overridden import NodeInCatalog, Tagged, fingerprint, overridable, put_back, rights_for, tags_of
from .._agent.persisted import Persisted
from .._agent.view import AgentView, Seen
from .._definition.expect import in_namespace
from .._definition.identity import service_id, sidecar_of
from .._files.config_dir import ConfigDir
from .._files.kept_tags import load_tags, save_tags
from .._findings import Finding, error
from .declared import Declared
from .ready import Ready

RULE = "overridden-tags"
_LOSE = "or let them be lost (overridden_tags: lose)."
# Of each service in a file, sidecars included: whether its tags may be overridden, and what they are.
_Tags = Dict[str, Tuple[bool, Optional[List[str]]]]


class TagsNotBack(Exception):
    """Tags are not in the catalog as they were. The message says which and why; they are kept for the next run."""


class Written(NamedTuple):
    """What the files say about the tags of a service, now and until now. None is not known."""

    now: list[str] | None
    before: list[str] | None
    changed: bool = False  # by our own files


class OverriddenTags:
    """Of one run on one directory, whose lock is held. keep is false where people want them lost."""

    def __init__(self, directory: ConfigDir, facts: AgentFacts, keep: bool) -> None:
        """Raises Refused when what an earlier run has left cannot be read."""
        self._directory = directory
        self._facts = facts
        self._keep = keep
        self._earlier = {key: Tagged(*entry) for key, entry in load_tags(directory).items()}
        self._seen: Seen | None = None
        self.kept = dict(self._earlier) if keep else {}
        # Those in whose place our files have new ones: they come back only if the files do.
        self._given_up: dict[str, Tagged] = {}

    @property
    def wait(self) -> bool:
        """Whether a run that was killed has left tags to put back."""
        return bool(self._earlier)

    def look(self, state: Declared, ready: Ready, view: AgentView | None, persisted: Persisted | None) -> list[Finding]:
        """See which tags have to be kept, and return why they could not be.

        One request where a service has enable_tag_override, two where tags are overridden, and none otherwise.
        """
        if not self._keep:
            return []
        others = [_in_file(content) for content in state.of_others]
        hidden = [_unseen(key, None, why) for key, why in sorted(_hidden(state, others, ready, view))]
        seen = ready.seen
        if hidden or seen is None:
            return hidden
        self._seen = seen
        registered = {key: service for key, service in seen.services.items() if overridable(service)}
        if not registered and not self._earlier:
            return []
        try:
            node = self._node()
            entries = node.services({service.get("Namespace") or "" for service in registered.values()} & set(state.namespaces))
            self._choose(registered, entries, functools.partial(_written, state, others, persisted))
            denied = node.may_not_write([entries[key] for key in self.kept if key in entries]) if self.kept else set()
        except Doubt as doubt:
            known = {**{key: tagged.tags for key, tagged in self.kept.items()}, **{key: tags_of(registered[key]) for key in registered}}
            return [_unseen(key, tags, str(doubt)) for key, tags in sorted(known.items())]
        lacking = {key: sorted(denied.intersection(rights_for(entries[key]))) for key in sorted(self.kept) if key in entries}
        return [_may_not(key, self.kept[key], names) for key, names in lacking.items() if names]

    def save(self, told: bool = True) -> None:
        """Keep them on disk, before the agent is told; of one that was not told only what was to be put back before. Raises Refused."""
        noted = {**self.kept, **self._given_up}
        if noted != self._earlier:
            save_tags(self._directory, noted if told else self._earlier)

    def go_back(self) -> None:
        """The files go back, and with them all tags that there were."""
        self.kept.update(self._given_up)
        self._given_up = {}

    def put_back(self, view: AgentView | None, timeout: float | None, warn: Callable[[str], None]) -> list[dict[str, Any]]:
        """Put them back, and return what was kept. Raises TagsNotBack."""
        if self.kept:
            self._put_back(view, LATEST_SYNC if timeout is None else timeout, warn)
        return [{"service": key, "tags": tagged.tags} for key, tagged in sorted(self.kept.items())]

    def forget(self, warn: Callable[[str], None]) -> None:
        """Nothing has to be put back any more. Raises Refused."""
        if self.kept or self._given_up or self._earlier:
            save_tags(self._directory, {})
        self._earlier = {}
        for key, tagged in sorted(self._given_up.items()):
            warn(
                "The tags of service %s were overridden in the catalog (%s). Its definition has new ones, and those count now."
                % (key, _shown(tagged.tags))
            )

    def _put_back(self, view: AgentView | None, patience: float, warn: Callable[[str], None]) -> None:
        if view is None:
            raise TagsNotBack(_not_back(self.kept, self._facts.why_no_api))
        try:
            rest = put_back(self._node(), view.look, self.kept, self._with_new_checks, time.monotonic() + patience)
        except (Doubt, ApiError) as problem:
            raise TagsNotBack(_not_back(self.kept, str(problem))) from None
        if rest.missing:
            raise TagsNotBack(_not_back({key: self.kept[key] for key in rest.missing}, "the agent has not told the servers of them"))
        if rest.not_on_agent:
            warn(
                "The overridden tags of %s are in the catalog, but the agent has not taken them over within %d seconds. When a check of "
                "theirs changes its state before it does, they are lost." % (", ".join(rest.not_on_agent), patience)
            )

    def _choose(self, registered: Mapping[str, Any], entries: Mapping[str, Any], written: Callable[[str], Written | None]) -> None:
        """Decide which tags are kept; those of an earlier run that nobody has changed since still are."""
        self.kept, self._given_up = {}, {}
        for key in sorted({*registered, *self._earlier}):
            text, earlier = written(key), self._earlier.get(key)
            if key not in registered or key not in entries or text is None:
                # Not there at the moment: it may be that the run before was killed half-way.
                self.kept.update({key: earlier} if earlier is not None and text is not None else {})
                continue
            service, tags = registered[key], tags_of(entries[key])
            if earlier is not None and tags in (earlier.tags, tags_of(service)):
                tagged = earlier
            elif tags == text.now:
                continue
            else:
                namespace = service.get("Namespace") or ""
                tagged = Tagged("" if namespace == "default" else namespace, service["Service"], tags, fingerprint(service))
            if not text.changed:
                self.kept[key] = tagged
            elif tagged.tags not in (text.before, text.now):
                self._given_up[key] = tagged

    def _with_new_checks(self, seen: Seen) -> Container[str]:
        if self._seen is None:
            return ()
        new = seen.checks.keys() - self._seen.checks.keys()
        owners = {(seen.checks[key].get("Namespace") or "", seen.checks[key].get("ServiceID")) for key in new}
        return {key for key, service in seen.services.items() if (service.get("Namespace") or "", service["ID"]) in owners}

    def _node(self) -> NodeInCatalog:
        name = self._facts.node_among(self._seen.checks if self._seen is not None else {})
        if not name:
            raise Doubt("the name of the agent's node is not known. A token with agent:read shows it.")
        return NodeInCatalog(self._facts.api, name)


def _hidden(state: Declared, others: list[_Tags], ready: Ready, view: AgentView | None) -> Iterator[tuple[str, str]]:
    """Services that may have overridden tags, as far as files tell, and cannot be seen; and why."""
    ours = {key for key, service in state.before.services.items() if service.get("enabletagoverride") is True}
    declared = {key for file in others for key, (overridden, _tags) in file.items() if overridden} | (ours & state.wanted.services.keys())
    seen = ready.seen
    if seen is None or view is None:
        yield from ((key, ready.why_blind) for key in declared)
        return
    for key in declared - seen.services.keys():
        try:
            if view.is_hidden(key):
                yield key, "the agent does not show it. A token with service:read for it is needed."
        except ApiError as problem:
            yield key, str(problem)


def _written(state: Declared, others: list[_Tags], persisted: Persisted | None, key: str) -> Written | None:
    """What the files say of a service's tags; None where it goes, because of our files."""
    wanted, before = state.wanted.services.get(key), state.before.services.get(key)
    if wanted is None and before is not None and key not in state.elsewhere.services:
        return None
    theirs = _of_others(others, persisted, key)
    if wanted is None:
        return Written(theirs, theirs)
    now, earlier = _tags(wanted), _tags(before) if before is not None else theirs
    stays = wanted.get("enabletagoverride") is True
    return Written(now, earlier, now != earlier or not stays)


def _of_others(others: list[_Tags], persisted: Persisted | None, key: str) -> list[str] | None:
    found = None
    for file in others:
        # Of several files the agent obeys the last one.
        _overridden, found = file.get(key, (False, found))
    path = persisted.file_of(persisted.services, key) if persisted is not None and found is None else None
    if path is None:
        return found
    try:
        with open(path, encoding="utf-8") as stream:
            return list(json.load(stream)["Service"].get("Tags") or [])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _in_file(content: Content) -> _Tags:
    found: _Tags = {}
    for service in content.definitions.services:
        namespace = service.get("namespace")
        found[in_namespace(namespace, service_id(service))] = (service.get("enable_tag_override") is True, _tags(service))
        sidecar = sidecar_of(service)
        if sidecar is not None:
            tags = _tags(sidecar[1]) or _tags(service)
            found[in_namespace(namespace, sidecar[0])] = (sidecar[1].get("enable_tag_override") is True, tags)
    return found


def _tags(definition: Mapping[str, Any]) -> list[str] | None:
    tags = definition.get("tags") or []
    return list(tags) if isinstance(tags, list) else None


def _shown(tags: list[str] | None) -> str:
    return ", ".join(tags) if tags else "none"


def _unseen(key: str, tags: list[str] | None, why: str) -> Finding:
    on_agent = "" if tags is None else " On the agent its tags are: %s." % _shown(tags)
    message = (
        "has enable_tag_override, and whether its tags are overridden in the catalog, where a reload would lose them, cannot be seen: "
        "%s%s" % (why if why.endswith(".") else why + ".", on_agent)
    )
    hint = "Give a token that may see the service and its node (service:read, node:read), and put its tags back (service:write), " + _LOSE
    return error("service " + key, RULE, message, hint)


def _may_not(key: str, tagged: Tagged, missing: list[str]) -> Finding:
    message = "its tags are overridden in the catalog (%s); a reload would lose them, and the token may not put them back." % _shown(
        tagged.tags
    )
    return error("service " + key, RULE, message, "Give a token with service:write for %s, %s" % (", ".join(missing), _LOSE))


def _not_back(kept: Mapping[str, Tagged], why: str) -> str:
    named = "; ".join("service %s: %s" % (key, _shown(tagged.tags)) for key, tagged in sorted(kept.items()))
    return "Tags that were overridden in the catalog are not back there: %s (%s). The next run puts them back." % (named, why.rstrip("."))
