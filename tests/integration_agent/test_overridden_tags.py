# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags that were set in the catalog outlive a reload, which on its own would lose them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.agent.overridden import catalog, override, tags, taken_over
from ansible_collections.registrar.consul.tests.support.faults.calls import ends_by_kill
from ansible_collections.registrar.consul.tests.support.faults.memory import folder_in_memory
from ansible_collections.registrar.consul.tests.support.runs.target import bundle, contents, register, reload, write

DB = {
    "name": "db",
    "port": 5432,
    "tags": ["file"],
    "enable_tag_override": True,
    "meta": {"a": "b"},
    "check": {"ttl": "1h", "status": "passing"},
}
ACTIVE = ["file", "active"]
NODES = 'node_prefix "" { policy = "read" } '
READ = 'service_prefix "" { policy = "read" } '
NAMELESS = {"id": "nameless", "port": 1}


@pytest.fixture
def agent() -> Iterator[ConsulAgent]:
    with folder_in_memory() as folder, ConsulAgent(folder / "agent", mode="server") as running:
        running.write("foreign.json", {"services": [DB, {"name": "other", "connect": {"sidecar_service": {"enable_tag_override": True}}}]})
        running.reload()
        running.register({"Name": "api", "Tags": ["own"], "EnableTagOverride": True})
        running.wait_until(lambda: {"db", "api", "other-sidecar-proxy"} <= set(catalog(running)), "is not in the catalog")
        yield running


def web(agent: ConsulAgent, port: int = 80, *more: dict[str, Any], **options: Any) -> tuple[dict[str, Any], str | None]:
    return register(agent.config_dir, bundle([{"name": "web", "port": port}, *more]), http_addr=agent.http_addr, **options)


def pending(agent: ConsulAgent) -> bool:
    state = agent.config_dir / ".registrar"
    return (state / "tags.json").exists() or (state / "journal.json").exists()


def test_tags_of_others_are_as_they_were(agent: ConsulAgent) -> None:
    """Of a file, of a sidecar in it and of the API; and with them all else that the catalog has."""
    override(agent, ["own", "x"], "api")
    override(agent, [], "other-sidecar-proxy")
    taken_over(agent, ACTIVE, "db", settled=True)
    agent.put("/v1/agent/check/warn/service:db?note=by-hand")
    agent.wait_until(lambda: agent.get("/v1/health/service/db")[0]["Checks"][-1]["Output"] == "by-hand", "has another output")
    before, health = catalog(agent), agent.get("/v1/health/service/db")[0]["Checks"]
    result, failure = web(agent)
    assert failure is None
    kept = {entry["service"]: entry["tags"] for entry in result["reload"]["kept_tags"]}
    # The sidecar has the tags of its service, and that has none.
    assert kept == {"db": ACTIVE, "api": ["own", "x"]}
    assert result["reload"]["disturbed"] == []
    assert not pending(agent)
    after = catalog(agent)
    assert tags(agent, "db") == ACTIVE
    assert tags(agent, "api") == ["own", "x"]
    for key in before:
        assert {**after[key], "ModifyIndex": 0} == {**before[key], "ModifyIndex": 0}
    assert [(check["CheckID"], check["Status"], check["Output"]) for check in agent.get("/v1/health/service/db")[0]["Checks"]] == [
        (check["CheckID"], check["Status"], check["Output"]) for check in health
    ]
    assert web(agent)[0]["changed"] is False


@pytest.mark.slow
def test_the_agent_takes_them_over_with_its_regular_sync(agent: ConsulAgent) -> None:
    """Every minute or two, and as long as no check changes its state before."""
    taken_over(agent, ACTIVE, "db", settled=True)
    assert web(agent)[1] is None
    assert agent.services()["db"]["Tags"] == ["file"]
    agent.wait_until(lambda: agent.services()["db"]["Tags"] == ACTIVE, "does not take them over", 130)
    assert tags(agent, "db") == ACTIVE


def test_tags_that_the_agent_has_not_taken_over_yet_stay(agent: ConsulAgent) -> None:
    """Then it has nothing to tell the servers, and what it does not know it cannot forget."""
    override(agent, ACTIVE, "db")
    result, failure = web(agent)
    assert (failure, tags(agent, "db")) == (None, ACTIVE)
    assert result["reload"]["kept_tags"] == [{"service": "db", "tags": ACTIVE}]


def test_a_service_of_ours_keeps_them_while_its_own_tags_stay(agent: ConsulAgent) -> None:
    ours = {**DB, "name": "ours"}
    assert web(agent, 80, ours)[1] is None
    taken_over(agent, ACTIVE, "ours")
    result, failure = web(agent, 80, {**ours, "port": 5433})
    assert (failure, tags(agent, "ours"), catalog(agent)["ours"]["Port"]) == (None, ACTIVE, 5433)
    assert result["reload"]["disturbed"] == []
    # Where the definition has new ones, those count, unless they go back.
    new = {**ours, "tags": ["new"], "port": 5433}
    _result, failure = web(agent, 80, new, NAMELESS)
    assert failure is not None
    assert "everything that was registered before is registered again" in failure
    assert (tags(agent, "ours"), pending(agent)) == (ACTIVE, False)
    result, failure = web(agent, 80, new)
    assert (failure, tags(agent, "ours")) == (None, ["new"])
    assert result["reload"]["kept_tags"] == []


@pytest.mark.slow
def test_with_a_new_check_the_agent_has_them_in_the_end(agent: ConsulAgent) -> None:
    """It begins with another state, and agents tell of each change of it with all that they know of the service."""
    ours = {"name": "ours", "tags": ["file"], "enable_tag_override": True}
    assert web(agent, 80, ours)[1] is None
    taken_over(agent, ACTIVE, "ours", settled=True)
    result, failure = web(agent, 80, {**ours, "check": {"tcp": f"127.0.0.1:{agent.http_port}", "interval": "2s"}})
    assert (failure, result["reload"]["kept_tags"]) == (None, [{"service": "ours", "tags": ACTIVE}])
    assert agent.checks()["service:ours"]["Status"] == "passing"
    assert agent.services()["ours"]["Tags"] == ACTIVE == tags(agent, "ours")


@pytest.mark.parametrize("method", ["signal", "api"])
def test_a_refused_change_leaves_them(agent: ConsulAgent, method: str) -> None:
    taken_over(agent, ACTIVE, "db")
    assert web(agent)[1] is None
    files = contents(agent.config_dir)
    _result, failure = web(agent, 81, NAMELESS, reload_method=method)
    assert failure is not None
    assert "everything that was registered before is registered again" in failure
    assert (tags(agent, "db"), contents(agent.config_dir), pending(agent)) == (ACTIVE, files, False)


def test_they_may_be_lost_where_that_is_wanted(agent: ConsulAgent) -> None:
    taken_over(agent, ACTIVE, "db", settled=True)
    result, failure = web(agent, overridden_tags="lose")
    assert failure is None
    assert result["reload"]["kept_tags"] == []
    (lost,) = result["reload"]["disturbed"]
    assert lost == {"service": "db", "check": "", "field": "tags", "before": ACTIVE, "after": ["file"]}
    agent.wait_until(lambda: tags(agent, "db") == ["file"], "has other tags")


def test_killed_at_every_call(agent: ConsulAgent, record_property: Callable[[str, object], None]) -> None:
    taken_over(agent, ACTIVE, "db")
    survived = killed_everywhere(agent, "db")
    record_property("counted", f"a change is loaded beside overridden tags: {survived} calls, killed at each of them, survived {survived}")
    assert survived >= 20


def killed_everywhere(agent: ConsulAgent, service: str) -> int:
    """At how many calls a run was killed, with everything as it has to be after the next one."""
    survived = 0

    def load() -> tuple[dict[str, Any], str | None]:
        return register(
            agent.config_dir,
            bundle([{"name": "web", "port": survived, "token": agent.token or ""}]),
            http_addr=agent.http_addr,
            http_token=agent.token,
        )

    while ends_by_kill(load, survived + 1):
        _result, failure = load()
        assert failure is None
        assert (tags(agent, service), agent.services()["web"]["Port"], pending(agent)) == (ACTIVE, survived, False)
        survived += 1
    return survived


@pytest.fixture
def acl_agent() -> Iterator[ConsulAgent]:
    with folder_in_memory() as folder, ConsulAgent(folder / "agent", mode="server", acl=True) as running:
        running.write("foreign.json", {"services": [{**DB, "id": "db-1", "token": running.token}]})
        running.reload()
        override(running, ACTIVE, "db-1")
        yield running


def token_for(agent: ConsulAgent, rules: str) -> str:
    name = f"policy-{len(agent.get('/v1/acl/policies'))}"
    agent.put("/v1/acl/policy", {"Name": name, "Rules": rules})
    answer = agent.request("PUT", "/v1/acl/token", {"Policies": [{"Name": name}]})
    return str(answer.json()["SecretID"])


@pytest.mark.slow
def test_killed_at_every_call_with_acls(acl_agent: ConsulAgent) -> None:
    taken_over(acl_agent, ACTIVE, "db-1")
    assert killed_everywhere(acl_agent, "db-1") >= 20


def test_without_the_rights_nobody_is_told(acl_agent: ConsulAgent) -> None:
    agent = acl_agent

    def reloaded(token: str | None, **options: Any) -> tuple[dict[str, Any], str | None]:
        write(agent.config_dir, bundle([{"name": "web", "port": 80, "token": agent.token}]))
        return reload(agent.config_dir, http_addr=agent.http_addr, http_token=token, **options)

    def refused(token: str | None) -> str:
        result, failure = reloaded(token)
        assert failure is not None
        assert "The agent was not told to reload. The files are as they were before" in failure
        assert (result["method"], set(agent.services())) == ("none", {"db-1"})
        assert (tags(agent, "db-1"), pending(agent)) == (ACTIVE, False)
        (finding,) = result["errors"]
        assert (finding["path"], finding["rule"]) == ("service db-1", "overridden-tags")
        return str(finding["message"] + " " + finding["hint"])

    assert refused(token_for(agent, READ + NODES)) == (
        "its tags are overridden in the catalog (file, active); a reload would lose them, and the token may not put them back. "
        "Give a token with service:write for db, or let them be lost (overridden_tags: lose)."
    )
    unseen = refused(token_for(agent, READ))
    assert "the catalog does not show the node test. A token with node:read for it is needed. On the agent its tags are: file" in unseen
    assert "the agent does not show it. A token with service:read for it is needed." in refused(None)
    # The right for this one name is enough, though its id is another one.
    result, failure = reloaded(token_for(agent, 'service "db" { policy = "write" } service "web" { policy = "read" } ' + NODES))
    assert (failure, result["verified"], tags(agent, "db-1")) == (None, True, ACTIVE)
    assert result["kept_tags"] == [{"service": "db-1", "tags": ACTIVE}]
    result, failure = reloaded(token_for(agent, READ + NODES), overridden_tags="lose", force=True)
    assert (failure, result["method"], result["kept_tags"]) == (None, "signal", [])
