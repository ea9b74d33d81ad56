# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a reload says and leaves, on real directories and with an agent of our own making that is told through its API."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied, AgentApi, ApiError, Blocked, Unreachable
from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted
from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess, Agents
from ansible_collections.registrar.consul.plugins.module_utils._files import lock, transaction
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.lock import locked
from ansible_collections.registrar.consul.plugins.module_utils._options import reload_spec
from ansible_collections.registrar.consul.plugins.module_utils._reload import run
from ansible_collections.registrar.consul.plugins.module_utils._reload import verify as agent_verify
from ansible_collections.registrar.consul.plugins.module_utils._reload.marker import FILE
from ansible_collections.registrar.consul.plugins.module_utils._reload.reaped import REAPED
from ansible_collections.registrar.consul.plugins.module_utils._reload.result import Result
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock
from ansible_collections.registrar.consul.tests.support.runs.target import Module, bundle, write

WEB, API = {"name": "web", "port": 80}, {"name": "api", "port": 81}
NO_INTERVAL = '{"service": {"name": "db", "check": {"http": "http://127.0.0.1:1/"}}}'


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "consul.d"
    folder.mkdir()
    return folder


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, config_dir: Path) -> ImaginedAgent:
    monkeypatch.setattr(agent_verify, "time", Clock())
    return ImaginedAgent(config_dir).behind(monkeypatch)


def reload(
    config_dir: Path, *, check_mode: bool = False, module: Module | None = None, **options: Any
) -> tuple[dict[str, Any], str | None]:
    defaults = {name: spec.get("default") for name, spec in reload_spec().items()}
    given = {"config_dir": str(config_dir), "method": "api", "http_addr": ADDRESS, "lock_timeout": 0, **options}
    result = reload_agent(module or Module({}, check_mode=check_mode), {**defaults, **given})
    return result.as_dict(), result.failure


def journal(config_dir: Path) -> bool:
    return (config_dir / ".registrar/journal.json").exists()


def registered(agent: ImaginedAgent, *services: dict[str, Any]) -> None:
    """Have the agent run with these services of ours, and all of it verified."""
    write(agent.config_dir, bundle(services))
    assert reload(agent.config_dir)[1] is None
    agent.reloads = 0


def test_a_change_is_told_and_seen(agent: ImaginedAgent) -> None:
    write(agent.config_dir, bundle([WEB]))
    result, failure = reload(agent.config_dir)
    assert failure is None
    assert 0 <= result.pop("waited") < 60
    assert result == {
        "changed": True,
        "verified": True,
        "verified_by": "api",
        "reason": "the set web: services-web.json created",
        "method": "api",
        "services": 1,
        "agent": {"pid": None, "state": "running", "version": "1.8.7"},
        "rolled_back": False,
        "disturbed": [],
        "kept_tags": [],
        "errors": [],
    }
    assert agent.reloads == 1
    assert not journal(agent.config_dir)


def test_how_long_the_agent_was_waited_for_and_nobody_is_listened_to_any_longer(
    agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, load, ears = Clock(), agent.load, run.Ears(None)
    monkeypatch.setattr(run, "time", clock)
    monkeypatch.setattr(agent, "load", lambda: (clock.sleep(1.23456), load()))
    monkeypatch.setattr(run, "listen", lambda *_arguments: ears)
    closed: list[bool] = []
    monkeypatch.setattr(ears, "close", lambda: closed.append(True))
    write(agent.config_dir, bundle([WEB]))
    assert reload(agent.config_dir)[0]["waited"] == 1.235
    assert closed == [True]


def test_before_anything_is_done_a_result_says_nothing() -> None:
    assert Result().as_dict() == {
        "changed": False,
        "method": "none",
        "services": 0,
        "agent": {"pid": None, "state": "stopped", "version": None},
        "verified": False,
        "verified_by": "none",
        "reason": "",
        "waited": 0.0,
        "rolled_back": False,
        "disturbed": [],
        "kept_tags": [],
        "errors": [],
    }


def test_what_is_there_already_is_seen_and_not_told(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    result, failure = reload(agent.config_dir)
    assert (failure, result["changed"], result["verified"], result["method"]) == (None, False, True, "none")
    assert agent.reloads == 0


def test_in_check_mode_nobody_is_told(agent: ImaginedAgent) -> None:
    write(agent.config_dir, bundle([WEB]))
    result, failure = reload(agent.config_dir, check_mode=True)
    assert (failure, result["changed"], result["method"]) == (None, True, "api")
    assert result["reason"].startswith("the agent would be told to reload: ")
    assert agent.reloads == 0
    assert journal(agent.config_dir)


def test_in_check_mode_the_directory_may_be_missing_still(agent: ImaginedAgent, tmp_path: Path) -> None:
    result, failure = reload(tmp_path / "missing", check_mode=True)
    assert (failure, result["changed"], result["reason"]) == (None, False, f"{tmp_path / 'missing'} does not exist yet")
    assert (result["agent"], agent.reloads) == ({"pid": None, "state": "stopped", "version": None}, 0)


def test_nothing_of_ours_is_no_reason_to_tell_anybody(agent: ImaginedAgent) -> None:
    result, failure = reload(agent.config_dir)
    assert (failure, result["verified"], result["reason"]) == (None, True, "nothing in this directory was written by this collection")
    assert agent.reloads == 0


def test_force_tells_in_any_case(agent: ImaginedAgent) -> None:
    result, failure = reload(agent.config_dir, force=True)
    assert (failure, result["changed"], agent.reloads) == (None, True, 1)


def test_what_came_off_the_agent_is_told_again(agent: ImaginedAgent) -> None:
    registered(agent, WEB, API)
    del agent.services["api"]
    result, failure = reload(agent.config_dir)
    assert (failure, result["changed"], agent.reloads) == (None, True, 1)
    assert result["reason"] == "the agent does not have what the files say (service api: is not registered on the agent.)"


def test_services_that_the_agent_has_removed_by_itself_stay_away(agent: ImaginedAgent) -> None:
    reapable = {**API, "check": {"ttl": "10s", "deregister_critical_service_after": "1m"}}
    registered(agent, WEB, reapable)
    del agent.services["api"], agent.checks["service:api"]
    result, failure = reload(agent.config_dir)
    assert (failure, result["changed"], result["verified"], agent.reloads) == (None, False, False, 0)
    assert result["reason"] == f"{REAPED}: api"


def test_without_an_agent_the_next_one_that_starts_reads_the_files(agent: ImaginedAgent) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.answers["/v1/agent/services"] = Unreachable("refused")
    result, failure = reload(agent.config_dir)
    assert (failure, result["changed"], result["verified"], result["agent"]["state"]) == (None, False, False, "stopped")
    later = "the changed files are read when one starts, and verified by the next run"
    assert result["reason"] == f"no consul agent that reads {agent.config_dir} was found; {later}"
    _result, failure = reload(agent.config_dir, require_agent=True)
    assert failure is not None
    assert failure.startswith("No consul agent that reads ")
    assert failure.endswith("Or set require_agent: false.")


@pytest.mark.parametrize("denied", [AclDenied("Permission denied"), Blocked("Endpoint is blocked by agent configuration")])
def test_one_that_shows_nothing_is_told_all_the_same(agent: ImaginedAgent, denied: ApiError) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.answers["/v1/agent/services"] = denied
    result, failure = reload(agent.config_dir)
    assert (failure, result["changed"], result["verified"], result["verified_by"]) == (None, True, False, "none")
    assert "nothing that may be seen there shows that it reads" in result["reason"]
    assert agent.reloads == 1


# What stands in the way


def test_what_would_half_load_is_taken_back_before_anybody_is_told(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    before = (agent.config_dir / "services-web.json").read_text()
    write(agent.config_dir, bundle([WEB, API]))
    (agent.config_dir / "foreign.json").write_text(NO_INTERVAL)
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert failure == "The agent was not told to reload. The files are as they were before: services-web.json."
    assert (result["changed"], result["rolled_back"], result["method"], agent.reloads) == (True, True, "none", 0)
    assert [error["path"] for error in result["errors"]] == [str(agent.config_dir / "foreign.json")]
    assert (agent.config_dir / "services-web.json").read_text() == before
    assert not journal(agent.config_dir), "the agent has never read what was taken back"


def test_what_is_taken_back_is_to_be_read_again_by_an_agent_that_is_not_as_before(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.services.clear()
    (agent.config_dir / "foreign.json").write_text(NO_INTERVAL)
    assert reload(agent.config_dir)[0]["rolled_back"]
    assert journal(agent.config_dir)


def test_where_nothing_is_seen_what_is_taken_back_is_to_be_read_again(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.answers["/v1/agent/services"] = AclDenied("Permission denied")
    (agent.config_dir / "foreign.json").write_text(NO_INTERVAL)
    assert reload(agent.config_dir)[0]["rolled_back"]
    assert journal(agent.config_dir)


@pytest.mark.parametrize("check_mode", [False, True])
def test_where_nothing_has_changed_there_is_nothing_to_take_back(agent: ImaginedAgent, check_mode: bool) -> None:
    registered(agent, WEB)
    if check_mode:
        write(agent.config_dir, bundle([WEB, API]))
    (agent.config_dir / "foreign.json").write_text(NO_INTERVAL)
    written = (agent.config_dir / "services-web.json").read_text()
    result, failure = reload(agent.config_dir, force=True, check_mode=check_mode)
    assert failure is not None
    assert failure == "The agent was not told to reload."
    assert (result["changed"], result["rolled_back"], agent.reloads) == (False, False, 0)
    assert (agent.config_dir / "services-web.json").read_text() == written


def test_services_that_came_through_the_api_are_not_taken_over(agent: ImaginedAgent) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.add({**WEB, "port": 8080})
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert [error["rule"] for error in result["errors"]] == ["id-of-api-service"]
    assert agent.reloads == 0
    write(agent.config_dir, bundle([WEB]))
    assert reload(agent.config_dir, take_over=True)[1] is None
    assert agent.services["web"]["Port"] == 80


def test_what_the_agent_was_told_before_is_ours(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing shows what it keeps of its API, and nobody saw what became of the change before."""
    registered(agent)
    write(agent.config_dir, bundle([WEB]))
    with monkeypatch.context() as patch:
        patch.setattr(run, "verify", killed)
        with pytest.raises(KeyboardInterrupt):
            reload(agent.config_dir)
    assert agent.services["web"]["Port"] == 80

    write(agent.config_dir, bundle([{**WEB, "port": 81}]))
    result, failure = reload(agent.config_dir)

    assert failure is None
    assert (result["verified"], result["disturbed"]) == (True, [])
    assert agent.services["web"]["Port"] == 81


# Whatever stands at a wrong address may answer with JSON.
NO_AGENT = pytest.mark.parametrize("answer", [None, [], "web", 7, [None], {"error": "no such page"}, {"web": None}])


@NO_AGENT
def test_what_answers_otherwise_than_agents_do_is_not_told(agent: ImaginedAgent, answer: Any) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.answers["/v1/agent/services"] = answer
    module = Module({})
    result, failure = reload(agent.config_dir, module=module)
    assert (failure, result["verified"], agent.reloads) == (None, False, 0)
    assert f"{ADDRESS} answered /v1/agent/services otherwise than consul agents do." in module.warnings[0]


@NO_AGENT
def test_what_says_nothing_of_itself_that_can_be_read_has_no_version(agent: ImaginedAgent, answer: Any) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.answers["/v1/agent/self"] = answer
    result, failure = reload(agent.config_dir)
    assert (failure, result["verified"], result["agent"]["version"]) == (None, True, None)


@pytest.mark.parametrize("odd", [5, "x", [[]], {"x": [5]}])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda odd: {"service": {"name": odd, "connect": {"sidecar_service": {}}}},
        lambda odd: {"service": {"name": "w", "connect": odd}},
        lambda odd: {"service": {"name": "w", "connect": {"sidecar_service": odd}}},
        lambda odd: {"service": {"name": "w", "connect": {"sidecar_service": {"proxy": odd}}}},
        lambda odd: {"service": {"name": "w", "ports": odd, "connect": {"sidecar_service": {}}}},
        lambda odd: {"service": {"name": "w", "check": {"alias_node": odd}}},
    ],
)
def test_what_others_have_written_wrong_is_for_the_agent_to_refuse(agent: ImaginedAgent, wrong: Callable[[Any], Any], odd: Any) -> None:
    write(agent.config_dir, bundle([WEB]))
    (agent.config_dir / "foreign.json").write_text(json.dumps(wrong(odd)))
    agent.answers["/v1/catalog/node/x"] = {"Node": {}}
    agent.refusals = ["parsing failed"]
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert (result["rolled_back"], journal(agent.config_dir)) == (True, False)


@pytest.mark.parametrize("field", ["check.alias_node", "connect", "meta", "namespace", "ports", "tagged_addresses", "weights"])
def test_what_somebody_has_made_wrong_in_our_file_is_so_too(agent: ImaginedAgent, field: str) -> None:
    registered(agent, WEB)
    outer, _dot, inner = field.partition(".")
    agent.services["web"].update({"Weights": {"Passing": 1, "Warning": 1}, "TaggedAddresses": {"lan": {"Address": "a", "Port": 1}}})
    agent.answers["/v1/catalog/node/x"] = {"Node": {}}
    for odd in (5, "x", [[]], {"x": [5]}):
        edited = {**WEB, outer: {inner: odd} if inner else odd}
        (agent.config_dir / "services-web.json").write_text(json.dumps({"services": [edited]}))
        agent.refusals = ["parsing failed"]
        assert reload(agent.config_dir, force=True)[1] == "The agent refused: parsing failed."


def test_a_version_whose_reload_makes_checks_critical_is_asked_for(agent: ImaginedAgent) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.answers["/v1/agent/self"]["Config"]["Version"] = "1.6.0"
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert "allow_check_reset: true" in failure
    assert (result["agent"]["version"], result["changed"], agent.reloads) == ("1.6.0", False, 0)
    assert reload(agent.config_dir, allow_check_reset=True)[1] is None


def killed(*_arguments: Any) -> Any:
    raise KeyboardInterrupt


def denied(*_arguments: Any) -> Any:
    raise AclDenied("Permission denied")


# When it does not work


def test_a_refusal_brings_the_files_back_and_the_agent_keeps_what_it_had(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    before = (agent.config_dir / "services-web.json").read_text()
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["parsing failed."]
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert failure == (
        "The agent refused: parsing failed. The files are as they were before: services-web.json. "
        "The agent has kept running with what it had."
    )
    assert (result["changed"], result["rolled_back"], result["method"], result["verified"]) == (True, True, "api", False)
    assert [error["path"] for error in result["errors"]] == ["service api"]
    assert (agent.config_dir / "services-web.json").read_text() == before
    assert (agent.reloads, journal(agent.config_dir)) == (1, False)


def test_an_agent_that_lost_something_is_told_again(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["Failed reloading services: no name"]
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert "The agent was told again: everything that was registered before is registered again." in failure
    assert (result["changed"], result["rolled_back"], agent.reloads, journal(agent.config_dir)) == (True, True, 2, False)


def test_an_agent_that_refuses_twice_is_said_to_be_not_as_before(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["Failed reloading services: no name", "Failed reloading checks: no id"]
    agent.services.clear()
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert "But the agent did not take those either: The agent refused: Failed reloading checks: no id." in failure
    assert failure.endswith("What is missing or wrong on it now is in errors.")
    assert [error["path"] for error in result["errors"]] == ["service web"]
    assert journal(agent.config_dir)


def test_one_that_has_ended_when_the_files_are_put_back_is_to_be_started(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["Failed reloading services: no name"]
    process = AgentProcess(os.getpid(), 1, ["consul", "agent"], "/bin/consul", 0, 0, [], 0.0)
    monkeypatch.setattr(AgentFacts, "process", process)
    monkeypatch.setattr(AgentFacts, "renewed", lambda _facts: None)
    monkeypatch.setattr(Agents, "alive", lambda _agents, _process: True)
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert failure.endswith("Start the agent; the next run verifies that it has them.")
    assert (result["rolled_back"], agent.reloads, journal(agent.config_dir)) == (True, 1, True)


def test_without_a_change_of_ours_there_is_nothing_to_go_back_to(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    agent.refusals = ["parsing failed"]
    result, failure = reload(agent.config_dir, force=True)
    assert failure == "The agent refused: parsing failed."
    assert (result["changed"], result["rolled_back"], agent.reloads) == (True, False, 1)


def test_an_agent_that_may_not_be_told_is_not(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    write(agent.config_dir, bundle([WEB]))

    monkeypatch.setattr(AgentApi, "put", denied)
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert "Give a token with agent:write" in failure
    assert failure.endswith("The files are as they were before: services-web.json.")
    assert (result["changed"], result["rolled_back"], journal(agent.config_dir)) == (True, True, False)
    assert not (agent.config_dir / "services-web.json").exists()


def test_one_that_may_not_be_told_again_has_the_files_of_before(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["Failed reloading services: no name"]
    put = agent.put

    def deny(path: str) -> None:
        if agent.reloads:
            raise AclDenied("Permission denied")
        put(path)

    monkeypatch.setattr(agent, "put", deny)
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert "The files are as they were before: services-web.json. The agent may not be told" in failure
    assert "stay changed" not in failure
    assert (result["rolled_back"], journal(agent.config_dir)) == (True, True)


@pytest.mark.parametrize("late", [False, True])
def test_one_that_does_not_answer_has_refused_nothing(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    """It may be at work still, with the files that it has read. Nobody knows what an agent will have that shows what it had."""
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    looks, get, before = iter(range(99)), agent.get, (agent.config_dir / "services-web.json").read_text()

    def answer(path: str, query: Any = None) -> Any:
        if late and path == "/v1/agent/services" and agent.reloads and next(looks) == 5:
            agent.load()
        return get(path, query)

    def silent(_path: str) -> None:
        agent.reloads += 1
        raise Unreachable("timed out")

    monkeypatch.setattr(agent, "get", answer)
    monkeypatch.setattr(agent, "put", silent)
    result, failure = reload(agent.config_dir)
    if late:
        assert (failure, result["verified"], set(agent.services), agent.reloads) == (None, True, {"web", "api"}, 1)
        return
    assert failure is not None
    assert failure.startswith("The agent did not load all that the files say: it was not as the files say within 10 seconds")
    assert "everything that was registered before is registered again" not in failure
    assert (result["rolled_back"], agent.reloads) == (True, 2), "the last that it hears of is what was before"
    assert (agent.config_dir / "services-web.json").read_text() != before


def test_a_mark_alone_is_taken_back_too(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(agent, WEB)
    monkeypatch.setattr(run, "persisted_in", lambda _folder: Persisted({}, {}))
    monkeypatch.setattr(AgentApi, "put", denied)
    result, failure = reload(agent.config_dir, force=True, generation_marker=True)
    assert failure is not None
    assert failure.endswith(f"The files are as they were before: {FILE}.")
    assert (result["changed"], result["rolled_back"], (agent.config_dir / FILE).exists()) == (True, True, False)


@pytest.mark.parametrize(
    "options", [{"http_addr": "http://127.0.0.1:x"}, {"http_addr": "ftp://x"}, {"http_addr": "https://127.0.0.1", "ca_cert": "/missing"}]
)
@pytest.mark.parametrize("method", ["auto", "api"])
def test_an_agent_that_nobody_could_ask_is_no_absent_one(config_dir: Path, method: str, options: dict[str, str]) -> None:
    write(config_dir, bundle([WEB]))
    _result, failure = reload(config_dir, method=method, **options)
    assert failure is not None
    assert "The files stay changed: services-web.json." in failure


# What is told besides


@pytest.mark.parametrize(
    ("waits", "options", "words"),
    [
        (True, {}, "Nobody was told to reload: no consul agent"),
        (True, {"check_mode": True}, "Nobody would be told to reload: no consul agent"),
        (False, {"check_mode": True}, "Nobody would be told to reload: no consul agent"),
        (False, {"force": True}, "Nobody was told to reload: no consul agent"),
        (False, {}, ""),
    ],
)
def test_that_nobody_was_told_is_a_warning_where_somebody_was_to_be(
    agent: ImaginedAgent, waits: bool, options: dict[str, Any], words: str
) -> None:
    registered(agent, WEB)
    if waits:
        write(agent.config_dir, bundle([WEB, API]))
    agent.answers["/v1/agent/services"] = Unreachable("refused")
    module = Module({}, check_mode=options.pop("check_mode", False))
    result, failure = reload(agent.config_dir, module=module, **options)
    assert failure is None
    assert ("the changed files are read when one starts" in result["reason"]) == waits
    assert [warning[: len(words)] for warning in module.warnings] == ([words] if words else [])


@pytest.mark.parametrize("waits", [True, False])
def test_without_an_agent_no_checks_are_healthy(agent: ImaginedAgent, waits: bool) -> None:
    registered(agent, WEB)
    if waits:
        write(agent.config_dir, bundle([WEB, API]))
    agent.answers["/v1/agent/services"] = Unreachable("refused")
    _result, failure = reload(agent.config_dir, wait_healthy=30)
    assert (failure is not None and failure.endswith("Or leave out wait_healthy.")) == waits
    _result, failure = reload(agent.config_dir, wait_healthy=30, force=True)
    assert failure is not None
    assert failure.startswith("No consul agent that reads ")


@pytest.mark.parametrize(("force", "told"), [(False, "had not to be told"), (True, "was told to reload")])
def test_what_was_not_verified_is_a_warning(agent: ImaginedAgent, force: bool, told: str) -> None:
    registered(agent, {**API, "check": {"ttl": "10s", "deregister_critical_service_after": "1m"}})
    if force:
        agent.answers["/v1/agent/services"] = AclDenied("Permission denied")
    else:
        del agent.services["api"], agent.checks["service:api"]
    module = Module({})
    result, failure = reload(agent.config_dir, module=module, force=force)
    assert (failure, result["verified"]) == (None, False)
    reason = result["reason"][:1].upper() + result["reason"][1:]
    assert module.warnings == [f"Not verified (the agent {told}): that it has all of {agent.config_dir}. {reason}."]


def test_what_was_not_to_change_and_has_is_told(agent: ImaginedAgent) -> None:
    foreign = agent.config_dir / "foreign.json"
    foreign.write_text('{"service": {"name": "db", "port": 1}}')
    registered(agent, WEB)
    foreign.write_text('{"service": {"name": "db", "port": 2}}')
    write(agent.config_dir, bundle([{**WEB, "port": 81}, API]))
    module = Module({})
    result, failure = reload(agent.config_dir, module=module)
    assert (failure, result["verified"]) == (None, True)
    assert result["disturbed"] == [{"service": "db", "check": "", "field": "port", "before": 1, "after": 2}]
    assert module.warnings == ["Services or checks that were not to change are not as before the reload: service db → port: 2, before 1."]


@pytest.mark.parametrize(("lost", "paths"), [("checks", ["check service:db"]), ("services", ["service db"])])
def test_what_is_lost_of_others_is_told(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch, lost: str, paths: list[str]) -> None:
    (agent.config_dir / "foreign.json").write_text('{"service": {"name": "db", "check": {"ttl": "1s"}}}')
    registered(agent, WEB)
    load = agent.load

    def load_some() -> None:
        load()
        agent.checks.clear()
        if lost == "services":
            del agent.services["db"]

    monkeypatch.setattr(agent, "load", load_some)
    write(agent.config_dir, bundle([WEB, API]))
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert [error["path"] for error in result["errors"]] == paths


def test_of_what_came_through_the_api_nobody_has_to_be_told_where_the_agent_keeps_it(
    agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(agent, WEB)
    for forgetful, services, warned in ((False, ["db"], 0), (True, [], 0), (True, ["db"], 1)):
        monkeypatch.setattr(AgentFacts, "is_forgetful", forgetful)
        for name in services:
            agent.add({"name": name})
        module = Module({})
        assert reload(agent.config_dir, module=module, force=True)[1] is None
        assert len(module.warnings) == warned


def test_a_state_that_is_damaged_is_refused_before_anybody_is_told(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    (agent.config_dir / ".registrar/manifest.json").write_text("{")
    result, failure = reload(agent.config_dir)
    assert failure == "1 error, and nothing was changed."
    assert [error["rule"] for error in result["errors"]] == ["state-damaged"]
    assert agent.reloads == 0


def test_one_that_says_that_it_has_reloaded_and_has_not_moved_is_another_one(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    monkeypatch.setattr(agent, "load", lambda: None)
    result, failure = reload(agent.config_dir)
    assert failure is not None
    assert f"the agent at {ADDRESS} does not read {agent.config_dir}: it says that it has reloaded" in failure
    assert failure.endswith("The agent has kept running with what it had.")
    assert (result["rolled_back"], agent.reloads, journal(agent.config_dir)) == (True, 1, False)


def test_files_that_cannot_be_put_back_stay_and_are_told(agent: ImaginedAgent) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    for kept in (agent.config_dir / ".registrar/backup").iterdir():
        kept.unlink()
    agent.refusals = ["parsing failed"]
    result, failure = reload(agent.config_dir)
    assert failure == "The agent refused: parsing failed. The files could not be put back; the next run goes on from there."
    assert [error["rule"] for error in result["errors"]] == ["agent-lacks-service", "backup-missing"]
    assert (result["rolled_back"], journal(agent.config_dir)) == (False, True)


def test_what_the_system_refuses_after_the_agent_was_told_is_left_to_the_next_run(
    agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(agent, WEB)
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["Failed reloading services: no name"]

    load = run.load_journal

    def fail(directory: ConfigDir) -> Any:
        if agent.reloads:
            raise OSError(5, "Input/output error")
        return load(directory)

    with monkeypatch.context() as patch:
        patch.setattr(run, "load_journal", fail)
        result, failure = reload(agent.config_dir)
    assert failure == "The agent was told to reload, and what came of it was not seen to its end; the next run looks again."
    assert [error["rule"] for error in result["errors"]] == ["system-refused"]
    assert (result["changed"], result["rolled_back"], journal(agent.config_dir)) == (True, False, True)
    assert reload(agent.config_dir)[1] is None
    assert set(agent.services) == {"web", "api"}


def test_a_mark_proves_a_reload_forth_and_back(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    mark, load = agent.config_dir / FILE, agent.load

    def load_all() -> None:
        load()
        agent.answers["/v1/agent/self"]["Meta"] = json.loads(mark.read_text())["node_meta"] if mark.exists() else {}

    monkeypatch.setattr(agent, "load", load_all)
    write(agent.config_dir, bundle([WEB]))
    result, failure = reload(agent.config_dir, generation_marker=True)
    assert (failure, result["verified_by"]) == (None, "node_meta")
    written = mark.read_text()
    write(agent.config_dir, bundle([WEB, API]))
    agent.refusals = ["Failed reloading services: no name"]
    agent.services.clear()
    result, failure = reload(agent.config_dir, generation_marker=True)
    assert failure is not None
    assert "everything that was registered before is registered again" in failure
    assert (mark.read_text(), agent.reloads, set(agent.services)) == (written, 3, {"web"})


def test_another_run_is_waited_for_and_kept_out(agent: ImaginedAgent) -> None:
    write(agent.config_dir, bundle([WEB]))
    with ConfigDir(str(agent.config_dir)) as directory, locked(directory, "another", 0):
        result, failure = reload(agent.config_dir)
    assert failure is not None
    assert [error["rule"] for error in result["errors"]] == ["locked"]
    assert (result["changed"], agent.reloads) == (False, 0)


def test_a_commit_that_was_interrupted_is_finished_unless_only_asked(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    registered(agent, WEB)
    monkeypatch.setattr(transaction, "_apply", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(agent.config_dir, bundle([WEB, API]))
    monkeypatch.undo()
    agent.behind(monkeypatch)
    monkeypatch.setattr(agent_verify, "time", Clock())
    before = (agent.config_dir / "services-web.json").read_text()
    assert reload(agent.config_dir, check_mode=True)[0]["changed"]
    assert (agent.config_dir / "services-web.json").read_text() == before
    assert reload(agent.config_dir)[1] is None
    assert set(agent.services) == {"web", "api"}


def test_others_are_told_who_is_at_work_and_where_nothing_of_ours_is_nothing_is_left(
    agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reload(agent.config_dir, force=True)[1] is None
    assert list(agent.config_dir.iterdir()) == []
    words: list[str] = []
    load = agent.load

    def load_all() -> None:
        words.append(json.loads((agent.config_dir / ".registrar/lock").read_text())["task"])
        load()

    write(agent.config_dir, bundle([WEB]))
    monkeypatch.setattr(agent, "load", load_all)
    assert reload(agent.config_dir)[1] is None
    assert words == ["agent_reload"]


def test_a_file_system_without_locks_is_named(agent: ImaginedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(37, "No locks available")

    write(agent.config_dir, bundle([WEB]))
    monkeypatch.setattr(lock.fcntl, "flock", refuse)
    result, failure = reload(agent.config_dir)
    assert failure == "1 error, and nothing was changed."
    assert [error["message"] for error in result["errors"]] == ["cannot be read or written (No locks available)."]
    assert agent.reloads == 0
