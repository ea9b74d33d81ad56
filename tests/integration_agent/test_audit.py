# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of a fleet: three agents with planted faults, and every one of them found, and nothing else."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tests.support.agent.binary import consul_version
from ansible_collections.registrar.consul.tests.support.agent.consul_agent import ConsulAgent
from ansible_collections.registrar.consul.tests.support.definitions.handwritten import PLANTED
from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import blocks
from ansible_collections.registrar.consul.tests.support.runs.playbook import PlaybookResult, run_playbook

StartAgent = Callable[..., ConsulAgent]
# As the guide shows it.
REPORT = next(block.text for block in blocks(REPOSITORY / "docs" / "docsite" / "rst" / "guide_audit.rst") if block.language == "text")
TTL = {"check": {"ttl": "1h"}}


def fleet(agents: dict[str, ConsulAgent | None]) -> dict[str, Any]:
    """An inventory on this machine; None stands for a host that cannot be reached."""
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    away = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_ssh_common_args": "-o BatchMode=yes"}
    return {
        "all": {
            "hosts": {name: {**here, "consul_audit_config_dir": str(agent.config_dir)} if agent else away for name, agent in agents.items()}
        }
    }


def audit(workdir: Path, agents: dict[str, ConsulAgent | None], **options: Any) -> PlaybookResult:
    return run_playbook(workdir, "registrar.consul.audit", inventory=fleet(agents), **options)


def shown_report(result: PlaybookResult, agents: dict[str, ConsulAgent | None]) -> str:
    """What the audit printed, with the paths and the version that it is shown with in the documentation."""
    report = "=== cache1" + result.stdout.partition("=== cache1")[2].partition("fatal:")[0].partition("[ERROR]")[0]
    for agent in agents.values():
        assert agent is not None
        version, column = version_of(agent), column_of(agent)
        report = report.replace(str(agent.config_dir), "/etc/consul.d")
        for shown, in_the_page in (("CONSUL", "CONSUL"), (version, "1.8.7 ")):
            report = report.replace(f"  {shown.ljust(column)}  ", f"  {in_the_page}  ")
        report = report.replace(version, "1.8.7")
    return report.rstrip()


def column_of(agent: ConsulAgent) -> int:
    """How wide the column with the version is."""
    return max(len("CONSUL"), len(version_of(agent)))


def version_of(agent: ConsulAgent) -> str:
    return ".".join(map(str, consul_version(agent.binary)))


@pytest.fixture
def faulty(start_agent: StartAgent) -> dict[str, ConsulAgent | None]:
    """Three agents with five faults. The rest of their files is as it should be."""
    web, db, cache = (start_agent(mode="server") for _number in range(3))
    web.write("a.json", {"service": {"name": "web", "port": 80, **TTL}})
    web.write("b.hcl", 'service { name = "other" id = "web" port = 81 }\n')
    db.write("db.json", {"service": {"name": "db", "port": 5432, **TTL}})
    db.write("old.hcl", 'service { name = "probed" check { http = "https://127.0.0.1/" interval = "10s" TLSSkipVerify = true } }\n')
    cache.write("cache.json", {"service": {"name": "cache", "port": 6379, **TTL}})
    cache.write("paid.json", {"service": {"name": "paid", "port": 1, "token": PLANTED}}).chmod(0o644)
    cache.write("fine.json", {"service": {"name": "fine", "port": 2, "token": PLANTED}}).chmod(0o640)
    cache.register({"Name": "through-the-api", "Port": 3})
    for agent in (web, db, cache):
        agent.reload()
    db.write("db.json", {"service": {"name": "db", "port": 5433, **TTL}})
    cache.write("zz-other-team.json", '{"service": {"name": "torn"')
    return {"web1": web, "db1": db, "cache1": cache}


def test_every_planted_fault_is_found_and_nothing_else(
    tmp_path: Path, faulty: dict[str, ConsulAgent | None], record_property: Callable[..., None]
) -> None:
    result = audit(tmp_path, faulty, verbosity=4)

    found = {
        (task.host, finding["severity"], finding["rule"], finding["path"])
        for task in result.tasks
        for finding in task.result.get("findings", [])
    }
    assert found == {
        ("web1", "error", "service-id-unique", "b.hcl → service (web) → id"),
        ("db1", "error", "agent-differs", "db.json → service (db) → port"),
        ("db1", "warning", "key-spelling", "old.hcl → service (probed) → check.TLSSkipVerify"),
        ("cache1", "error", "file-exposed", "paid.json"),
        ("cache1", "error", "directory-broken", "zz-other-team.json"),
    }
    assert result.rc == 2
    assert [task.task for task in result.failed] == ["Say what was found, and fail when something was"]
    assert result.failed[0].msg == "4 errors and 1 warning on 3 hosts. To be looked at: cache1, db1, web1."
    assert PLANTED not in result.stdout + result.stderr + str([task.result for task in result.tasks])
    assert shown_report(result, faulty) == REPORT.strip()
    record_property("counted", f"{len(found)} faults planted on {len(faulty)} agents, {len(found)} findings")


def test_a_healthy_fleet_ends_well(tmp_path: Path, start_agent: StartAgent) -> None:
    agent = start_agent()
    agent.write("web.json", {"service": {"name": "web", "port": 80, **TTL}})
    agent.reload()

    result = audit(tmp_path, {"web1": agent}).ok()

    assert "Nothing to complain about." in result.stdout
    assert result.stdout.count("running") == 2
    assert result.task("Say what was found, and fail when something was").msg == "0 errors and 0 warnings on 1 host."
    assert result.changed == 0


@pytest.mark.slow
def test_what_counts_as_a_failure_can_be_chosen(tmp_path: Path, agent: ConsulAgent) -> None:
    agent.write("web.json", {"service": {"name": "web_1"}})
    agent.reload()

    assert audit(tmp_path / "strict", {"web1": agent}).rc == 2
    audit(tmp_path / "errors", {"web1": agent}, extra_vars={"consul_audit_fail_on": "error"}).ok()
    audit(tmp_path / "silent", {"web1": agent}, extra_vars={"consul_audit_silence": ["dns-name"]}).ok()


def test_hosts_that_were_not_seen_are_no_good_ones(tmp_path: Path, agent: ConsulAgent) -> None:
    inventory = fleet({"web1": agent, "away": None, "wrong": agent, "bare": agent, "odd": agent})
    wrapper = tmp_path / "wrapper"
    wrapper.write_text('#!/bin/sh\necho "module: loading" >&2\necho "error: no such toolchain: 3.12" >&2\nexit 3\n', encoding="utf-8")
    wrapper.chmod(0o755)
    inventory["all"]["hosts"]["bare"]["ansible_python_interpreter"] = str(tmp_path / "no-python")
    inventory["all"]["hosts"]["odd"]["ansible_python_interpreter"] = str(wrapper)
    inventory["all"]["hosts"]["wrong"]["consul_audit_config_dir"] = str(tmp_path / "nowhere")

    result = run_playbook(tmp_path, "registrar.consul.audit", inventory=inventory, extra_vars={"consul_audit_fail_on": "error"})

    assert result.rc == 2
    assert "=== wrong ===\n  error    " + str(tmp_path / "nowhere") + ": does not exist." in result.stdout
    assert f"away   {'-'.ljust(column_of(agent))}  not seen" in result.stdout
    assert f"web1   {version_of(agent).ljust(column_of(agent))}  running" in result.stdout
    no_result = "  error    the module gave no result (exit status %d): "
    assert f"=== odd ===\n{no_result % 3}module: loading / error: no such toolchain: 3.12\n" in result.stdout
    assert re.search(rf"=== bare ===\n{re.escape(no_result % 127)}.*{tmp_path}/no-python: (not found|No such file)", result.stdout)
    assert "json char" not in result.stdout
    assert result.failed[-1].msg == "0 errors and 0 warnings on 5 hosts, and 4 not seen. To be looked at: away, bare, odd, wrong."


@pytest.mark.parametrize("name", ["audit", "adopt", "fleet"])
def test_a_pattern_that_matches_no_host_is_no_good_run(tmp_path: Path, name: str) -> None:
    result = run_playbook(tmp_path, f"registrar.consul.{name}", extra_vars={f"consul_{name}_hosts": "misspelt"})

    assert (result.rc != 0, result.tasks) == (True, [])
    assert f"consul_{name}_hosts matches no host of the inventory" in result.stdout + result.stderr
