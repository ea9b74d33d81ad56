# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks outside services: of the node, and of services that a set, another file or the HTTP API has."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import to_file
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import render_hcl
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import render_json
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_node_checks
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.hcl import hcl_findings
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import node_check_field
from ansible_collections.registrar.consul.tests.support.agent.binary import consul_binary, consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.canonical import canonical
from ansible_collections.registrar.consul.tests.support.definitions.every_field import one_for_each_field
from ansible_collections.registrar.consul.tests.support.definitions.strategies import Scope
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook, tasks_play
from ansible_collections.registrar.consul.tests.support.runs.target import reload, write

StartAgent = Callable[..., ConsulAgent]

WEB = {"name": "web", "port": 80}
DISK = {"name": "disk", "ttl": "1h", "notes": "free space", "status": "passing"}
BOUND = {"id": "web-lag", "name": "Lag", "service_id": "web", "ttl": "1h"}
PLANTED = "planted-secret"


def role(agent: ConsulAgent, services: list[Any], checks: list[Any], **variables: Any) -> dict[str, Any]:
    given = {
        "consul_services_config_dir": str(agent.config_dir),
        "consul_services_definitions": services,
        "consul_services_checks": checks,
        **variables,
    }
    return {"role": "registrar.consul.consul_services", "vars": given}


def play(*roles: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"hosts": "all", "gather_facts": False, "roles": list(roles)}]


def apply(tmp_path: Path, agent: ConsulAgent, services: list[Any], checks: list[Any], **variables: Any) -> PlaybookResult:
    return run_playbook(tmp_path / "run", play(role(agent, services, checks, **variables)))


def ours(agent: ConsulAgent) -> list[str]:
    return sorted(path.name for path in agent.config_dir.iterdir() if path.is_file())


def reload_task(result: PlaybookResult) -> dict[str, Any]:
    reload: dict[str, Any] = result.task("Write the service definitions").result["reload"]
    return reload


@pytest.mark.slow
@pytest.mark.parametrize(("layout", "form"), [("bundle", "json"), ("per_service", "hcl")])
def test_a_set_with_checks_comes_changes_and_goes(tmp_path: Path, agent: ConsulAgent, layout: str, form: str) -> None:
    options = {"consul_services_layout": layout, "consul_services_format": form}
    first = apply(tmp_path, agent, [WEB], [DISK, BOUND], **options).ok()

    assert first.task("Write the service definitions").result["checks"] == ["disk", "web-lag"]
    told = reload_task(first)
    assert (told["verified"], told["verified_by"]) == (True, "api")
    checks = agent.checks()
    assert {name: (check["ServiceID"], check["Notes"], check["Status"]) for name, check in checks.items()} == {
        "disk": ("", "free space", "passing"),
        "web-lag": ("web", "", "critical"),
    }
    assert ours(agent) == (["services-default.json"] if layout == "bundle" else ["check-disk.hcl", "check-web-lag.hcl", "service-web.hcl"])
    assert apply(tmp_path, agent, [WEB], [DISK, BOUND], **options).ok().changed == 0

    changed = reload_task(apply(tmp_path, agent, [WEB], [{**DISK, "notes": "other"}], **options).ok())
    assert changed["verified"]
    assert {name: check["Notes"] for name, check in agent.checks().items()} == {"disk": "other"}

    apply(tmp_path, agent, [], [DISK], **options).ok()
    assert (set(agent.services()), set(agent.checks())) == (set(), {"disk"})
    apply(tmp_path, agent, [], [], **options).ok()
    assert (agent.checks(), ours(agent)) == ({}, [])


@pytest.mark.slow
def test_a_bound_check_and_its_service_come_move_and_go_together(tmp_path: Path, agent: ConsulAgent) -> None:
    options = {"consul_services_layout": "per_service"}
    apply(tmp_path, agent, [WEB], [], **options).ok()
    # The service leaves, another one comes, and the check goes from one to the other: always with one signal, and without a half reload.
    apply(tmp_path, agent, [{"name": "api"}], [{**BOUND, "service_id": "api"}], **options).ok()
    assert agent.checks()["web-lag"]["ServiceID"] == "api"
    apply(tmp_path, agent, [{"name": "api"}], [{**BOUND, "service_id": "api"}], consul_services_layout="bundle").ok()
    apply(tmp_path, agent, [WEB], [], **options).ok()
    assert (set(agent.services()), agent.checks()) == ({"web"}, {})
    assert "Reload config failed" not in agent.log()


@pytest.mark.slow
def test_a_service_moves_to_another_set_under_somebody_elses_check(tmp_path: Path, agent: ConsulAgent) -> None:
    apply(tmp_path, agent, [WEB], []).ok()
    agent.write("watch.json", {"check": BOUND})
    agent.reload()
    before = agent.checks()

    moved = run_playbook(
        tmp_path / "move",
        play(
            role(agent, [], [], consul_services_reload="later"),
            role(agent, [WEB], [], consul_services_set="other"),
        ),
    ).ok()
    warned = [task for task in moved.tasks if task.result.get("rule_warnings")]
    assert [warning["rule"] for warning in warned[0].result["rule_warnings"]] == ["check-service-known"]
    assert agent.checks() == before

    gone = apply(tmp_path, agent, [], [], consul_services_set="other")
    assert "The agent was not told to reload." in gone.failed[0].said
    assert [error["rule"] for error in gone.failed[0].result["errors"]] == ["check-service-known"]
    assert str(agent.config_dir / "watch.json") in gone.failed[0].said
    assert set(agent.services()) == {"web"}
    assert ours(agent) == ["services-other.json", "watch.json"]


REFUSED: list[tuple[list[Any], list[Any], str, str]] = [
    ([WEB], [{**BOUND, "service_id": "nobody"}], "check-service-known", "which neither a file of the agent declares nor its HTTP API has"),
    ([], [BOUND], "check-service-known", "which neither a file of the agent declares nor its HTTP API has"),
    ([WEB], [{**DISK, "name": "foreign"}], "check-id-unique", "foreign.json, which this collection did not write"),
    ([WEB], [{**DISK, "name": "outside"}], "check-id-unique", "outside.json, which the same agent reads"),
    ([WEB, {"name": "far"}], [], "service-id-unique", "outside.json, which the same agent reads"),
    ([WEB], [DISK, DISK], "check-id-unique", 'the check id "disk" is taken by checks[0] (disk)'),
    ([{**WEB, "check": {"id": "disk", "ttl": "1h"}}], [DISK], "check-id-unique", 'is taken by a check of "web"'),
    ([WEB], [{"name": "script", "args": ["/bin/true"], "interval": "1h"}], "script-checks-disabled", "checks[0] (script)"),
    ([WEB], [{"name": "no interval", "http": "http://127.0.0.1/"}], "check-interval-required", "checks[0] (no interval)"),
    ([WEB], [{"ttl": "1h"}], "check-name-required", "checks[0] → name"),
    ([WEB], [{**DISK, "Notes": "x"}], "key-case", "checks[0] (disk)"),
]


@pytest.mark.slow
def test_what_an_agent_would_choke_on_is_refused(tmp_path: Path, start_agent: StartAgent) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({"services": [{"name": "far"}], "check": {"name": "outside", "ttl": "1h"}}))
    agent = start_agent(arguments=("-config-file", str(outside)))
    agent.write("foreign.json", {"check": {"name": "foreign", "ttl": "1h"}})
    tasks = [
        {
            "name": str(number),
            "registrar.consul.service_definitions": {"config_dir": str(agent.config_dir), "services": services, "checks": checks},
            "ignore_errors": True,
        }
        for number, (services, checks, _rule, _words) in enumerate(REFUSED)
    ]

    result = run_playbook(tmp_path / "run", tasks_play(*tasks))

    for number, (_services, _checks, rule, words) in enumerate(REFUSED):
        refused = result.task(str(number))
        assert refused.status == "ignored", number
        assert rule in {error["rule"] for error in refused.result["errors"]}
        assert words in refused.said
    assert ours(agent) == ["foreign.json"]


def test_a_check_does_not_outlive_its_service_in_the_set(start_agent: StartAgent) -> None:
    agent = start_agent()
    write(agent.config_dir, set_of([WEB], [BOUND]))
    assert reload(agent.config_dir)[0]["verified"]
    with pytest.raises(Refused, match=r'the check "web-lag" stays, and its service "web" leaves services-web.json'):
        write(agent.config_dir, set_of([], [BOUND]))


@pytest.mark.slow
def test_services_of_other_files_and_of_the_api_are_known(tmp_path: Path, start_agent: StartAgent) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text(json.dumps({"service": {"name": "far"}}))
    agent = start_agent(mode="server", arguments=("-config-file", str(outside)))
    agent.write("foreign.json", {"service": {"name": "near", "connect": {"sidecar_service": {}}, "port": 1}})
    agent.register({"Name": "from-api"})
    owners = ["far", "near", "near-sidecar-proxy", "from-api"]

    checks = [{"name": f"of {owner}", "service_id": owner, "ttl": "1h"} for owner in owners]
    result = apply(tmp_path, agent, [], checks, consul_services_preflight="trial").ok()

    assert reload_task(result)["verified"]
    assert result.task("Write the service definitions").result["rule_warnings"] == []
    assert {check["ServiceID"] for name, check in agent.checks().items() if name.startswith("of ")} == set(owners)
    # Its owner takes it away: the next reload would stop at our check.
    agent.put("/v1/agent/service/deregister/from-api")
    stopped = apply(tmp_path, agent, [WEB], checks)
    assert '"from-api"' in stopped.failed[0].said
    assert set(agent.services()) == {"far", "near", "near-sidecar-proxy"}


@pytest.mark.slow
def test_an_id_of_the_api_is_taken_over_on_purpose_only(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    agent.put("/v1/agent/check/register", {"Name": "disk", "TTL": "1h"})

    refused = apply(tmp_path, agent, [], [DISK])
    assert [error["rule"] for error in refused.failed[0].result["errors"]] == ["id-of-api-check"]
    assert list((agent.data_dir / "checks").iterdir()) != []

    apply(tmp_path, agent, [], [DISK], consul_services_take_over=True).ok()
    assert agent.checks()["disk"]["Notes"] == "free space"


def set_of(services: list[Any], checks: list[Any]) -> dict[str, str | None]:
    """The one file of a set, which nobody judges."""
    return {"services-web.json": json.dumps({"services": services, "checks": checks})}


@pytest.mark.slow
@pytest.mark.parametrize("method", ["signal", "api"])
def test_a_refusal_brings_back_what_was_there(start_agent: StartAgent, method: str) -> None:
    agent = start_agent(mode="server", enable_local_script_checks=True)
    agent.write("zz.json", {"check": {"id": "foreign", "ttl": "1h"}})
    agent.put("/v1/agent/check/register", {"Name": "from-api", "TTL": "1h"})
    write(agent.config_dir, set_of([WEB], [DISK, BOUND]))
    assert reload(agent.config_dir)[0]["verified"]
    agent.put("/v1/agent/check/pass/web-lag")
    before = {name: check["ServiceID"] for name, check in agent.checks().items()}

    # Without a name: agents stop there, after they have unloaded all checks, and show all of it.
    nameless = {"http": "http://127.0.0.1:1/", "interval": "1h", "header": {"Authorization": [f"Bearer {PLANTED}"]}, "token": PLANTED}
    write(agent.config_dir, set_of([WEB], [BOUND, nameless]))
    result, message = reload(agent.config_dir, method=method)

    assert message is not None
    assert "CheckID missing" in message
    assert "everything that was registered before is registered again" in message
    assert PLANTED not in message + json.dumps(result)
    assert result["rolled_back"]
    assert {name: check["ServiceID"] for name, check in agent.checks().items()} == before


def test_a_token_that_may_not_see_the_node_proves_nothing(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server", acl=True)
    write(agent.config_dir, set_of([], [{**DISK, "token": agent.token}]))

    unseen, message = reload(agent.config_dir, http_token="anonymous")
    assert message is None
    assert (unseen["verified"], unseen["reason"]) == (False, "the checks of the node may not be seen: a token with node:read is needed")
    assert reload(agent.config_dir, http_token=agent.token)[0]["verified"]


@pytest.mark.slow
def test_what_is_not_as_in_the_file_is_seen(start_agent: StartAgent) -> None:
    agent = start_agent(mode="server")
    write(agent.config_dir, set_of([WEB, {"name": "api"}], [DISK, BOUND]))
    assert reload(agent.config_dir)[0]["verified"]
    assert reload(agent.config_dir)[0]["changed"] is False
    agent.put("/v1/agent/check/deregister/disk")
    agent.put("/v1/agent/check/register", {"ID": "web-lag", "Name": "Other", "ServiceID": "api", "TTL": "1h"})

    result, message = reload(agent.config_dir, take_over=True)

    assert message is None
    assert (result["changed"], result["verified"]) == (True, True)
    assert {name: (check["Name"], check["ServiceID"]) for name, check in agent.checks().items()} == {
        "disk": ("disk", ""),
        "web-lag": ("Lag", "web"),
    }


def every_check(scope: Scope) -> list[dict[str, Any]]:
    """A check outside a service for each field that these agents know, with a hostile text wherever any will do."""
    one = {path: definition["checks"][0] for path, definition in one_for_each_field(scope).items() if path.startswith("checks[].")}
    # Of another node, agents before 1.19.2 end by it at their start; the service is one that there is.
    known = {path: check for path, check in one.items() if "alias_node" not in path}
    found = [{"name": path, **check, "id": f"c{number}"} for number, (path, check) in enumerate(known.items())]
    return [{**check, "service_id": "web"} if "service_id" in check else check for check in found]


def read_at_start(start_agent: StartAgent, name: str, text: str) -> tuple[list[Any], dict[str, Any]]:
    """What an agent has read of its checks, by its own account and as definitions, and what it reports of them."""
    agent = start_agent(enable_local_script_checks=True)
    agent.stop()
    agent.write(name, text)
    agent.start()
    read = sorted(agent.get("/v1/agent/self")["DebugConfig"]["Checks"], key=lambda check: str(check["ID"]))
    reported = {key: (check["Name"], check["Notes"], check["ServiceID"]) for key, check in agent.checks().items()}
    return read, reported


def test_every_field_comes_back_as_it_was_written(start_agent: StartAgent, record_property: Callable[[str, object], None]) -> None:
    checks = every_check(Scope(consul_version(consul_binary())))
    assert not [error for judged in judge_node_checks(checks, beside=[]) for error in verdict(judged.findings, None).errors]
    good = [check for check in checks if not list(hcl_findings(node_check_field(), check))]
    as_json = read_at_start(start_agent, "all.json", render_json([WEB], good))
    as_hcl = read_at_start(start_agent, "all.hcl", render_hcl([WEB], "header", good))

    assert as_hcl == as_json
    assert as_json[1].keys() == {check["id"] for check in good}
    wanted = {check["id"]: (check["name"], check.get("notes", ""), check.get("service_id", "")) for check in good}
    assert as_json[1] == wanted
    back = {str(check["ID"]): canonical(node_check_field(), to_file(_plain(check), "node_check")) for check in as_json[0]}
    for check in good:
        # Nobody is told a token, nor two fields that agents keep in other ways.
        told = {key: value for key, value in canonical(node_check_field(), check).items() if key not in ("token",)}
        assert {key: back[check["id"]].get(key) for key in told} == told
    record_property("counted", f"{len(good)} fields of checks outside services came back as written, and the same in HCL")


def _plain(value: Any) -> Any:
    """Without the parts that only the agent's code has, and what it says of every check."""
    if isinstance(value, dict):
        inner = ("EnterpriseMeta", "ProxyHTTP", "ProxyGRPC", "Token")
        said = {key: _plain(item) for key, item in value.items() if key not in inner}
        return {key: item for key, item in said.items() if item is False or item not in ("", None, [], {}, 0, "0s")}
    return value
