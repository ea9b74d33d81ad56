# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags are kept through a reload, what that asks of the agent, and what is left for the next run; with an agent of our own making."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent import overridden as agent_overridden
from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, AgentApi, ServerError
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._options import reload_spec
from ansible_collections.registrar.consul.plugins.module_utils._reload import verify as agent_verify
from ansible_collections.registrar.consul.plugins.module_utils._reload.result import Result
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock
from ansible_collections.registrar.consul.tests.support.runs.target import Module, bundle, write

DB = {"name": "db", "tags": ["file"], "enable_tag_override": True, "check": {"ttl": "1m"}}
WEB = {"name": "web", "port": 80}
ACTIVE = ["file", "active"]
CATALOG, RIGHTS, REGISTER = "/v1/catalog/node-services/n1", "/v1/internal/acl/authorize", "/v1/catalog/register"


class Overriding(ImaginedAgent):
    """One whose services may be overridden, with servers to which it tells all that it loads, and which count what they are asked."""

    def __init__(self, config_dir: Path) -> None:
        super().__init__(config_dir)
        self.catalog: dict[str, Any] = {}
        self.asked: list[str] = []
        self.denied: Any = []

    def behind(self, monkeypatch: pytest.MonkeyPatch) -> ImaginedAgent:
        monkeypatch.setattr(AgentApi, "send", lambda _api, _method, path, content: self.send(path, content))
        return super().behind(monkeypatch)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        if path.startswith("/v1/catalog"):
            self.asked.append(path)
        self.answers.setdefault(CATALOG, {})
        if not isinstance(self.answers[CATALOG], Exception):
            self.answers[CATALOG] = {"Node": {"Node": "n1", "Address": "a"}, "Services": list(self.catalog.values())}
        return super().get(path, query)

    def send(self, path: str, content: Any) -> Any:
        self.asked.append(path)
        if path == RIGHTS:
            return [{**question, "Allow": question["Segment"] not in self.denied} for question in content]
        if isinstance(self.answers.get(path), Exception):
            raise self.answers[path]
        self.catalog[content["Service"]["ID"]] = content["Service"]
        return True

    def add(self, service: Mapping[str, Any]) -> None:
        super().add(service)
        identifier = service.get("id", service["name"])
        self.services[identifier]["EnableTagOverride"] = service.get("enable_tag_override", False)
        self.catalog[identifier] = dict(self.services[identifier])

    def override(self, key: str = "db", tags: Sequence[str] = ("file", "active")) -> None:
        """As the catalog has them, and the agent has taken them over."""
        self.catalog[key]["Tags"] = self.services[key]["Tags"] = list(tags)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Overriding:
    """With a service of others in a file."""
    clock = Clock()
    monkeypatch.setattr(agent_verify, "time", clock)
    monkeypatch.setattr(agent_overridden, "time", clock)
    agent = Overriding(tmp_path)
    (tmp_path / "foreign.json").write_text(json.dumps({"service": DB}))
    agent.behind(monkeypatch)
    agent.load()
    return agent


def loaded(agent: Overriding, *services: dict[str, Any], check_mode: bool = False, module: Module | None = None, **options: Any) -> Result:
    """Write these services, if any, and reload."""
    if services:
        write(agent.config_dir, bundle(services))
    agent.asked.clear()
    defaults = {name: spec.get("default") for name, spec in reload_spec().items()}
    given = {"config_dir": str(agent.config_dir), "method": "api", "http_addr": ADDRESS, "lock_timeout": 0, **options}
    return reload_agent(module or Module({}, check_mode=check_mode), {**defaults, **given})


def noted(agent: Overriding) -> dict[str, Any]:
    path = agent.config_dir / ".registrar/tags.json"
    return dict(json.loads(path.read_text())["services"]) if path.exists() else {}


def journal(agent: Overriding) -> bool:
    return (agent.config_dir / ".registrar/journal.json").exists()


def test_without_such_a_service_nothing_is_asked(agent: Overriding) -> None:
    (agent.config_dir / "foreign.json").unlink()
    agent.load()
    result = loaded(agent, WEB)
    assert (result.failure, agent.asked) == (None, [])


def test_with_one_whose_tags_are_as_written_the_catalog_is_asked_once(agent: Overriding) -> None:
    result = loaded(agent, WEB)
    assert (result.failure, agent.asked, result.kept_tags) == (None, [CATALOG], [])


def test_overridden_tags_are_noted_and_put_back(agent: Overriding) -> None:
    agent.override()
    result = loaded(agent, WEB)
    assert (result.failure, agent.asked) == (None, [CATALOG, RIGHTS, CATALOG, REGISTER, CATALOG])
    assert result.kept_tags == [{"service": "db", "tags": ACTIVE}]
    assert agent.catalog["db"] == {**agent.services["db"], "Tags": ACTIVE}
    assert (noted(agent), journal(agent), result.disturbed) == ({}, False, [])


def test_the_node_is_known_by_the_checks_that_are_seen(agent: Overriding) -> None:
    agent.override()
    agent.answers["/v1/agent/self"] = AclDenied("Permission denied")
    result = loaded(agent, WEB)
    assert (result.failure, result.kept_tags) == (None, [{"service": "db", "tags": ACTIVE}])
    agent.override()
    agent.checks.clear()
    result = loaded(agent, {**WEB, "port": 81})
    assert "A token with agent:read shows it." in str(result.errors)


def test_lost_where_that_is_wanted(agent: Overriding) -> None:
    agent.override()
    result = loaded(agent, WEB, overridden_tags="lose")
    assert (result.failure, agent.asked, agent.catalog["db"]["Tags"]) == (None, [], ["file"])
    assert [entry["field"] for entry in result.disturbed] == ["tags"]


@pytest.mark.parametrize("check_mode", [False, True])
def test_without_the_right_nobody_is_told_in_check_mode_neither(agent: Overriding, check_mode: bool) -> None:
    agent.override()
    agent.denied = ["db"]
    result = loaded(agent, WEB, check_mode=check_mode)
    assert result.failure is not None
    assert [error["rule"] for error in result.errors] == ["overridden-tags"]
    assert (agent.reloads, noted(agent), journal(agent)) == (0, {}, check_mode)


def test_what_nobody_may_see_is_not_risked(agent: Overriding) -> None:
    agent.answers["/v1/agent/services"] = AclDenied("Permission denied")
    result = loaded(agent, WEB)
    assert result.failure is not None
    assert [error["path"] for error in result.errors] == ["service db"]
    assert "Permission denied" in result.errors[0]["message"]
    assert agent.reloads == 0


def test_where_they_cannot_be_put_back_the_next_run_does(agent: Overriding) -> None:
    agent.override()
    agent.answers[REGISTER] = AclDenied("Permission denied")
    result = loaded(agent, WEB)
    assert result.failure == (
        "The agent has loaded the files. Tags that were overridden in the catalog are not back there: service db: file, active "
        "(Permission denied). The next run puts them back."
    )
    assert (list(noted(agent)), journal(agent), agent.catalog["db"]["Tags"]) == (["db"], True, ["file"])
    del agent.answers[REGISTER]
    result = loaded(agent)
    assert (result.failure, result.kept_tags) == (None, [{"service": "db", "tags": ACTIVE}])
    assert (noted(agent), journal(agent), agent.catalog["db"]["Tags"]) == ({}, False, ACTIVE)


def test_an_agent_that_refuses_gets_back_what_a_run_before_has_left(agent: Overriding) -> None:
    loaded(agent, WEB)
    agent.override()
    agent.answers[REGISTER] = AclDenied("Permission denied")
    loaded(agent, force=True)
    del agent.answers[REGISTER]
    agent.refusals = ["no such thing"]
    result = loaded(agent, WEB, {"name": "more", "port": 1})
    assert result.failure is not None
    assert result.failure.endswith("The agent has kept running with what it had.")
    assert (noted(agent), agent.catalog["db"]["Tags"]) == ({}, ACTIVE)


def test_tags_that_alone_are_left_are_put_back_without_a_reload(agent: Overriding) -> None:
    """As by a run that was forced, and killed: there is no journal then."""
    loaded(agent, WEB)
    agent.override()
    agent.answers[REGISTER] = AclDenied("Permission denied")
    assert loaded(agent, force=True).failure is not None
    assert (list(noted(agent)), journal(agent)) == (["db"], False)
    del agent.answers[REGISTER]
    agent.reloads, agent.denied = 0, ["db"]
    result = loaded(agent)
    assert result.failure == "The agent has what the files say. A run before was to put tags back, and this one may not either."
    assert [error["rule"] for error in result.errors] == ["overridden-tags"]
    agent.denied = []
    result = loaded(agent)
    assert (result.failure, result.changed, agent.reloads) == (None, True, 0)
    assert (noted(agent), agent.catalog["db"]["Tags"]) == ({}, ACTIVE)
    assert loaded(agent).changed is False


def test_what_was_set_since_a_run_was_killed_stays(agent: Overriding) -> None:
    agent.override()
    agent.answers[REGISTER] = AclDenied("Permission denied")
    loaded(agent, WEB)
    del agent.answers[REGISTER]
    agent.catalog["db"]["Tags"] = ["newer"]
    result = loaded(agent)
    assert (result.kept_tags, agent.catalog["db"]["Tags"]) == ([{"service": "db", "tags": ["newer"]}], ["newer"])


def test_tags_of_a_service_whose_file_has_gone_since_a_run_was_killed_are_forgotten(agent: Overriding) -> None:
    agent.override()
    agent.answers[REGISTER] = AclDenied("Permission denied")
    loaded(agent, WEB)
    assert list(noted(agent)) == ["db"]
    (agent.config_dir / "foreign.json").unlink()
    agent.load()
    result = loaded(agent)
    assert (result.failure, noted(agent)) == (None, {})


def test_one_that_the_agent_has_not_told_the_servers_of_has_no_tags_to_lose(agent: Overriding) -> None:
    agent.catalog.clear()
    result = loaded(agent, WEB)
    assert (result.failure, result.kept_tags, agent.asked) == (None, [], [CATALOG])
    (agent.config_dir / "foreign.json").write_text(json.dumps({"services": [{**DB, "name": "a"}, DB]}))
    agent.load()
    del agent.catalog["a"]
    agent.override()
    assert loaded(agent, {**WEB, "port": 81}).kept_tags == [{"service": "db", "tags": ACTIVE}]


def test_an_agent_that_was_not_told_has_lost_nothing(agent: Overriding, monkeypatch: pytest.MonkeyPatch) -> None:
    agent.override()

    def denied(_api: Any, _path: str) -> None:
        raise AclDenied("Permission denied")

    monkeypatch.setattr(AgentApi, "put", denied)
    result = loaded(agent, WEB)
    assert result.failure is not None
    assert "may not be told to reload" in result.failure
    assert (noted(agent), journal(agent), agent.catalog["db"]["Tags"]) == ({}, False, ACTIVE)


def test_of_tags_that_our_files_change_theirs_count(agent: Overriding) -> None:
    ours = {**DB, "name": "ours"}
    loaded(agent, ours)
    agent.override("ours")
    assert loaded(agent, {**ours, "port": 2}).kept_tags == [{"service": "ours", "tags": ACTIVE}]
    agent.override("ours")
    module = Module({})
    result = loaded(agent, {**ours, "port": 2, "tags": ["new"]}, module=module)
    words = "The tags of service ours were overridden in the catalog (file, active). Its definition has new ones, and those count now."
    assert (module.warnings, noted(agent)) == ([words], {})
    assert (result.failure, result.kept_tags, agent.catalog["ours"]["Tags"]) == (None, [], ["new"])
    agent.override("ours")
    assert loaded(agent, {**ours, "port": 2, "tags": ["new"], "enable_tag_override": False}).kept_tags == []
    assert loaded(agent, WEB).failure is None


def test_what_came_through_the_api_is_compared_with_what_the_agent_keeps_of_it(
    agent: Overriding, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A file of the same service counts before that."""
    folder = tmp_path / "data/services"
    folder.mkdir(parents=True)
    for name in ("api", "db"):
        (folder / name).write_text(json.dumps({"Service": {"ID": name, "Tags": ["kept"]}}))
    monkeypatch.setattr(AgentFacts, "data_dir", str(tmp_path / "data"))
    load = agent.load

    def load_all() -> None:
        load()
        agent.add({**DB, "name": "api", "tags": ["kept"]})

    monkeypatch.setattr(agent, "load", load_all)
    agent.load()
    assert loaded(agent, WEB).kept_tags == []
    agent.override("api", ["other"])
    assert loaded(agent, {**WEB, "port": 81}).kept_tags == [{"service": "api", "tags": ["other"]}]


@pytest.mark.parametrize("entry", [None, ["", "db"], ["", "db", 5, ""]])
def test_a_note_that_is_damaged_is_not_guessed_at(agent: Overriding, entry: Any) -> None:
    loaded(agent, WEB)
    text = json.dumps({"version": 1, "services": {"db": entry}}) if entry else "{"
    (agent.config_dir / ".registrar/tags.json").write_text(text)
    result = loaded(agent, {**WEB, "port": 81})
    assert [error["rule"] for error in result.errors] == ["state-damaged"]
    assert agent.reloads == 1


@pytest.mark.parametrize(
    ("answer", "message"), [(AclDenied("hidden"), "service:read for it is needed."), (ServerError("It is down."), "It is down.")]
)
def test_one_of_a_file_that_is_not_shown_is_not_risked(agent: Overriding, answer: Any, message: str) -> None:
    """Whether it is hidden or not there, or whether that cannot be known."""
    del agent.services["db"]
    assert loaded(agent, WEB).failure is None
    del agent.services["db"]
    agent.answers["/v1/agent/service/db"] = answer
    result = loaded(agent, {**WEB, "port": 81})
    assert [error["path"] for error in result.errors] == ["service db"]
    assert message in result.errors[0]["message"]
    assert agent.reloads == 1


def test_sidecars_may_be_overridden_too(agent: Overriding) -> None:
    sidecar = {"sidecar_service": {"enable_tag_override": True, "port": 1}}
    (agent.config_dir / "foreign.json").write_text(json.dumps({"service": {"name": "db", "tags": ["file"], "connect": sidecar}}))
    load = agent.load

    def load_all() -> None:
        load()
        agent.add({"name": "db-sidecar-proxy", "tags": ["file"], "enable_tag_override": True})

    agent.load = load_all  # type: ignore[method-assign]
    agent.load()
    assert loaded(agent, WEB).kept_tags == []
    agent.override("db-sidecar-proxy")
    assert loaded(agent, {**WEB, "port": 81}).kept_tags == [{"service": "db-sidecar-proxy", "tags": ACTIVE}]
