# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a wait for checks makes of a reload, with an agent of our own making and a clock that only sleeping moves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import AclDenied
from ansible_collections.registrar.consul.plugins.module_utils._agent.persisted import Persisted
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.journal import load_journal
from ansible_collections.registrar.consul.plugins.module_utils._health import catalog, progress, wait
from ansible_collections.registrar.consul.plugins.module_utils._options import reload_spec
from ansible_collections.registrar.consul.plugins.module_utils._reload import run, verify
from ansible_collections.registrar.consul.plugins.module_utils._reload.result import Result
from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent
from ansible_collections.registrar.consul.tests.support.agent.imagined import ADDRESS, ImaginedAgent
from ansible_collections.registrar.consul.tests.support.faults.clock import Clock
from ansible_collections.registrar.consul.tests.support.paths import ensure_tree
from ansible_collections.registrar.consul.tests.support.runs.modules import said
from ansible_collections.registrar.consul.tests.support.runs.target import Module, bundle, contents, write

WEB = {"name": "web", "port": 80, "check": {"http": "http://127.0.0.1/", "interval": "5s", "timeout": "1s"}}


class Agent(ImaginedAgent):
    """The checks of services that are named are critical, from some reload on, all others passing."""

    ill: frozenset[str] = frozenset()
    ill_from = 0

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        answer = super().get(path, query)
        if path == "/v1/agent/checks":
            return {key: {**check, **self._state(check["ServiceID"])} for key, check in answer.items()}
        return answer

    def _state(self, service: str) -> dict[str, str]:
        if service in self.ill and self.reloads >= self.ill_from:
            return {"Status": "critical", "Output": "refused: planted-secret"}
        return {"Status": "passing", "Output": "fine"}


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Agent:
    clock = Clock()
    for module in (verify, wait, catalog, progress):
        monkeypatch.setattr(module, "time", clock)
    folder = tmp_path / "consul.d"
    folder.mkdir()
    agent = Agent(folder)
    agent.behind(monkeypatch)
    return agent


def reload(agent: Agent, module: Module | None = None, **options: Any) -> Result:
    defaults = {name: spec.get("default") for name, spec in reload_spec().items()}
    given = {"config_dir": str(agent.config_dir), "method": "api", "http_addr": ADDRESS, "lock_timeout": 0, "wait_healthy": 30, **options}
    return reload_agent(module or Module({}), {**defaults, **given})


def pending(agent: Agent) -> bool:
    return (agent.config_dir / ".registrar/journal.json").exists()


def test_a_change_is_good_when_its_checks_are(agent: Agent) -> None:
    write(agent.config_dir, bundle([WEB]))
    result = reload(agent)
    assert (result.failure, result.as_dict()["healthy"], result.as_dict()["unhealthy"], pending(agent)) == (None, True, [], False)
    waited = result.as_dict()["waited_healthy"]
    assert 5.0 <= waited <= 6.0
    assert waited == round(waited, 3) != round(waited, 2)
    assert "healthy" not in reload(agent, force=True, wait_healthy=None).as_dict()


def test_one_that_stays_ill_goes_back(agent: Agent) -> None:
    agent.ill = frozenset({"web"})
    write(agent.config_dir, bundle([{**WEB, "token": "planted-secret"}]))
    result = reload(agent)
    assert contents(agent.config_dir) == agent.services == {}
    assert (result.rolled_back, agent.reloads, pending(agent)) == (True, 2, False)
    assert result.failure is not None
    assert result.failure.startswith("The agent has loaded the files, but 1 of 1 checks was not healthy 30 seconds later. The files are as")
    assert result.failure.endswith("is registered again, and the checks that were healthy before are so again.")
    assert [error["rule"] for error in result.errors] == ["check-unhealthy"]
    assert "refused: ********" in str(result.as_dict()["unhealthy"])
    assert "planted" not in said({**result.as_dict(), "msg": result.failure})


def test_what_was_healthy_before_and_is_not_so_again_is_named(agent: Agent) -> None:
    write(agent.config_dir, bundle([WEB]))
    reload(agent)
    agent.ill, agent.ill_from = frozenset({"web"}), agent.reloads + 1
    write(agent.config_dir, bundle([WEB, {"name": "other"}]))
    result = reload(agent)
    assert result.failure is not None
    assert result.failure.endswith("and these checks that were healthy before are not so again after 30 seconds: service:web.")


def test_what_is_waited_for_is_noted_down_and_changes_no_result(agent: Agent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(module: Module) -> dict[str, Any]:
        write(agent.config_dir, bundle([WEB, {"name": "other"}]))
        agent.ill, agent.ill_from = frozenset({"web"}), agent.reloads + 1
        return {**reload(agent, module).as_dict(), "waited": 0}

    texts: list[str] = []
    monkeypatch.setattr(progress.Notice, "_write", lambda _notice, text: texts.append(text))
    write(agent.config_dir, bundle([WEB]))
    reload(agent)
    quiet = failed(Module({}))
    assert texts == []

    agent.ill = frozenset()
    reload(agent, force=True)
    module = Module({})
    module._tmpdir = str(tmp_path)
    assert failed(module) == quiet
    words = [text.rpartition(": service:web (critical, ")[0].replace(progress.MARK, "") for text in texts]
    assert list(dict.fromkeys(words)) == ["not healthy yet", "put back, and not healthy again yet"]


def test_it_may_fail_and_stay(agent: Agent) -> None:
    agent.ill = frozenset({"web"})
    write(agent.config_dir, bundle([WEB]))
    result = reload(agent, on_unhealthy="fail")
    assert (result.rolled_back, set(agent.services), pending(agent), agent.reloads) == (False, {"web"}, True, 1)
    agent.ill = frozenset()
    assert (reload(agent, on_unhealthy="fail").failure, pending(agent)) == (None, False)


def test_what_was_healthy_is_noted_though_it_is_known_what_came_through_the_api(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "persisted_in", lambda _folder: Persisted({}, {}))
    write(agent.config_dir, bundle([WEB]))
    reload(agent)
    agent.ill, agent.ill_from = frozenset({"web"}), agent.reloads + 1
    write(agent.config_dir, bundle([{**WEB, "port": 81}]))
    assert reload(agent, on_unhealthy="fail").failure is not None
    with ConfigDir(str(agent.config_dir)) as directory:
        journal = load_journal(directory)
    assert journal is not None
    assert list(journal.healthy or ()) == ["service:web"]


def test_what_the_first_attempt_has_made_ill_is_waited_for_by_the_next(agent: Agent) -> None:
    other = {"name": "other", "check": {"ttl": "1h"}}
    write(agent.config_dir, bundle([other], "services-other.json"), owner="set:other")
    reload(agent, wait_healthy=None)
    agent.ill, agent.ill_from = frozenset({"other"}), agent.reloads + 1
    write(agent.config_dir, bundle([WEB]))
    assert reload(agent, on_unhealthy="fail").failure is not None
    # Whoever looks now sees it critical, and it is not of the change.
    result = reload(agent)
    assert [one["check"] for one in result.as_dict()["unhealthy"]] == ["service:other"]
    assert result.rolled_back


def test_it_may_be_a_warning(agent: Agent) -> None:
    agent.ill = frozenset({"web"})
    write(agent.config_dir, bundle([{**WEB, "token": "planted-secret"}]))
    module = Module({})
    result = reload(agent, module, on_unhealthy="warn")
    assert (result.failure, result.verified, pending(agent)) == (None, True, False)
    assert module.warnings[-1:] == [
        "The agent has loaded the files, but 1 of 1 checks was not healthy 30 seconds later. service web → check service:web: has been "
        "critical for 30 seconds: refused: ********"
    ]


def test_without_a_change_there_is_nothing_to_go_back_to(agent: Agent) -> None:
    write(agent.config_dir, bundle([WEB]))
    reload(agent)
    agent.answers["/v1/health/node/n1"] = [{"CheckID": "service:web", "Status": "critical"}]
    module = Module({})
    assert reload(agent, module, force=True).failure is None
    assert "service:web is passing on the agent and critical in the catalog" in module.warnings[-1]


def test_check_mode_says_that_it_would_wait(agent: Agent) -> None:
    write(agent.config_dir, bundle([WEB]))
    result = reload(agent, Module({}, check_mode=True))
    assert result.reason.endswith("services-web.json created; its checks would be waited for up to 30 seconds")
    assert agent.reloads == 0


@pytest.mark.parametrize("policy", ["rollback", "fail", "warn"])
def test_what_cannot_be_seen_is_refused_before_the_agent_is_told(agent: Agent, policy: str) -> None:
    write(agent.config_dir, bundle([WEB]))
    agent.answers["/v1/agent/services"] = AclDenied("Permission denied")
    result = reload(agent, on_unhealthy=policy)
    assert result.errors[0]["message"] == "cannot be kept, since the agent's checks cannot be seen: Permission denied."
    assert (agent.reloads, contents(agent.config_dir)) == (0, {})


def test_too_little_time_is_refused_before_the_agent_is_told(agent: Agent) -> None:
    write(agent.config_dir, bundle([WEB]))
    result = reload(agent, wait_healthy=10)
    assert said({**result.as_dict(), "msg": ""}) == (
        "\nservice web → check service:web: runs every 5 seconds, and cannot show within 10 seconds that it is healthy and stays so. "
        "Set wait_healthy to 11 at least, or have it run more often."
    )
    assert (agent.reloads, contents(agent.config_dir)) == (0, {})
    write(agent.config_dir, bundle([WEB]))
    assert reload(agent, wait_healthy=11).failure is None


def test_a_time_cannot_be_negative(agent: Agent) -> None:
    write(agent.config_dir, bundle([WEB]))
    result = reload(agent, wait_healthy=-1)
    assert [error["rule"] for error in result.errors] == ["wait-negative"]
    assert pending(agent)


def test_without_an_agent_it_fails(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reload(agent, http_addr=None).failure is None, "nothing waits"
    write(agent.config_dir, bundle([WEB]))
    failure = reload(agent, http_addr=None).failure
    assert failure is not None
    assert failure.endswith("Or leave out wait_healthy.")


def test_a_run_that_does_not_wait_loads_nothing_of_it() -> None:
    package = "ansible_collections.registrar.consul.plugins.module_utils"
    code = f"import sys, {package}._register.run, {package}._reload.run; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(ensure_tree())}, check=True, capture_output=True, text=True)
    assert f"{package}._reload.verify" in done.stdout
    assert "_health" not in done.stdout
