# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a payload to files: sets and owners, drift, adoption, check mode, and what the result says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.process import AgentProcess, Agents
from ansible_collections.registrar.consul.plugins.module_utils._files import transaction
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import verified
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused, error
from ansible_collections.registrar.consul.plugins.module_utils._write.conditional import packed
from ansible_collections.registrar.consul.plugins.module_utils._write.run import Writer
from ansible_collections.registrar.consul.tests.support.faults.calls import recording
from ansible_collections.registrar.consul.tests.support.runs.target import Module, bundle, contents, per_service, text_of, write

WEB = {"name": "web", "port": 80}
API = {"name": "api", "port": 81}


def settle(config_dir: Path) -> None:
    """As agent_reload does when the agent has taken everything."""
    with ConfigDir(str(config_dir)) as directory:
        verified(directory)


def actions(result: dict[str, Any]) -> dict[str, str]:
    return {change["file"]: change["action"] for change in result["changes"]}


def refusal(config_dir: Path, files: dict[str, str | None], **options: Any) -> Refused:
    before = snapshot(config_dir)
    with pytest.raises(Refused) as refused:
        write(config_dir, files, **options)
    assert snapshot(config_dir) == before
    return refused.value


def snapshot(config_dir: Path) -> dict[str, Any]:
    """All files but the lock."""
    return {
        str(path.relative_to(config_dir)): (path.lstat().st_ino, path.lstat().st_mode, path.lstat().st_mtime_ns)
        for path in config_dir.rglob("*")
        if path.name != "lock" and not path.is_dir()
    }


# Sets


def test_a_new_set(tmp_path: Path) -> None:
    result = write(tmp_path, bundle([WEB, API]))

    assert contents(tmp_path) == bundle([WEB, API])
    assert result == {
        "changed": True,
        "changes": [{"file": "services-web.json", "action": "created"}],
        "paths": [str(tmp_path / "services-web.json")],
        "services": ["api", "web"],
        "checks": [],
        "drift": [],
        "rule_warnings": [],
        "pending": True,
        "pending_reason": "committed now, and not verified yet",
    }


def test_a_second_run_changes_nothing_and_reads_no_foreign_file(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))
    settle(tmp_path)
    (tmp_path / "foreign.json").write_text("broken", encoding="utf-8")
    before = snapshot(tmp_path)

    with recording() as calls:
        result = write(tmp_path, bundle([WEB]))

    assert not result["changed"]
    assert not result["pending"]
    assert snapshot(tmp_path) == before
    assert {name for name, _arguments in calls} == {"open", "ftruncate", "pwrite"}, "only the lock is written"


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that could be told."""
    monkeypatch.setattr(Agents, "find", lambda *_self, **_named: AgentProcess(1, 1, ["consul", "agent"], "/usr/bin/consul", 0, 0, [], 0.0))


@pytest.mark.usefixtures("running")
def test_a_change_that_was_never_verified_is_reported_until_it_is(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))

    again = write(tmp_path, bundle([WEB]))
    assert again["changed"]
    assert again["pending"]
    assert again["changes"] == []
    assert again["pending_reason"] == ("committed earlier but never verified: services-web.json (the set web: services-web.json created)")
    assert write(tmp_path, bundle([WEB]), check_mode=True)["pending"]

    settle(tmp_path)
    assert not write(tmp_path, bundle([WEB]))["changed"]


def test_a_set_removes_only_what_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "foreign.json").write_text("{}", encoding="utf-8")
    write(tmp_path, per_service([WEB, API]))
    write(tmp_path, bundle([{"name": "db"}], "services-db.json"), owner="set:db")

    result = write(tmp_path, per_service([WEB]))

    assert actions(result) == {"service-api.json": "removed"}
    assert set(contents(tmp_path)) == {"foreign.json", "service-web.json", "services-db.json"}


@pytest.mark.parametrize("make", [bundle, per_service])
def test_the_empty_set_removes_all_of_its_files(tmp_path: Path, make: Callable[..., dict[str, str | None]]) -> None:
    write(tmp_path, make([WEB, API]))
    write(tmp_path, {"other.json": text_of([{"name": "x"}])}, owner="file:other.json")

    result = write(tmp_path, {})

    assert set(actions(result).values()) == {"removed"}
    assert set(contents(tmp_path)) == {"other.json"}
    settle(tmp_path)
    assert not write(tmp_path, {})["changed"]


def test_where_nothing_is_wanted_and_nothing_was_written_nothing_appears(tmp_path: Path) -> None:
    result = write(tmp_path, {})

    assert not result["changed"]
    assert list(tmp_path.iterdir()) == []


def test_another_layout_is_one_change(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB, API]))

    result = write(tmp_path, per_service([WEB, API]))

    assert actions(result) == {"service-api.json": "created", "service-web.json": "created", "services-web.json": "removed"}
    assert contents(tmp_path) == per_service([WEB, API])


def test_another_format_is_one_change(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))
    hcl = 'services {\n  name = "web"\n  port = 80\n}\n'

    result = write(tmp_path, {"services-web.hcl": hcl}, definitions={"services-web.hcl": {"services": [WEB]}})

    assert actions(result) == {"services-web.hcl": "created", "services-web.json": "removed"}
    assert result["services"] == ["web"]


def test_a_service_moves_to_another_set_when_the_one_that_gives_comes_first(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB, API]))
    write(tmp_path, bundle([{"name": "db"}], "services-b.json"), owner="set:b")

    write(tmp_path, bundle([WEB]))
    write(tmp_path, bundle([{"name": "db"}, API], "services-b.json"), owner="set:b")

    assert contents(tmp_path) == {**bundle([WEB]), **bundle([{"name": "db"}, API], "services-b.json")}


def test_and_the_other_way_round_the_message_says_so(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB, API]))

    refused = refusal(tmp_path, bundle([API], "services-b.json"), owner="set:b")

    assert str(refused).startswith(
        f'services-b.json: the service id "api" is taken by {tmp_path}/services-web.json, of the set web;'
        " the agent would register the last one only, without a word. Give one of them another id."
        " If it is to move here, let the task of the set web come first, without it."
    )


# Files of others


def test_a_file_of_others_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "services-web.json").write_text("{}", encoding="utf-8")

    refused = refusal(tmp_path, bundle([WEB]))

    assert str(refused) == (
        f"{tmp_path}/services-web.json: exists, and was not written by this collection."
        " Set adopt: true to take it over, or choose another name."
    )


def test_nor_one_with_the_same_content(tmp_path: Path) -> None:
    (tmp_path / "services-web.json").write_text(text_of([WEB]), encoding="utf-8")

    assert "was not written by this collection; its content is the wanted one." in str(refusal(tmp_path, bundle([WEB])))


def test_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "service-web.json").write_text("{}", encoding="utf-8")

    assert "was not written by this collection" in str(refusal(tmp_path, {"service-web.json": None}, owner="file:service-web.json"))


@pytest.mark.parametrize("content", ["{}", text_of([WEB])])
def test_adopt_takes_it_over(tmp_path: Path, content: str) -> None:
    (tmp_path / "services-web.json").write_text(content, encoding="utf-8")

    result = write(tmp_path, bundle([WEB]), adopt=True)

    assert actions(result) == {"services-web.json": "adopted"}
    settle(tmp_path)
    assert not write(tmp_path, bundle([WEB]))["changed"]


def test_adopt_can_remove_as_well(tmp_path: Path) -> None:
    (tmp_path / "service-web.json").write_text("{}", encoding="utf-8")

    result = write(tmp_path, {"service-web.json": None}, owner="file:service-web.json", adopt=True)

    assert actions(result) == {"service-web.json": "removed"}
    assert contents(tmp_path) == {}


def test_a_file_of_another_set_needs_adoption_too(tmp_path: Path) -> None:
    write(tmp_path, per_service([WEB]))

    refused = refusal(tmp_path, per_service([WEB]), owner="file:service-web.json")
    assert "belongs to the set web, and not to the single definition service-web.json." in str(refused)

    write(tmp_path, per_service([WEB]), owner="file:service-web.json", adopt=True)
    assert actions(write(tmp_path, {})) == {}


def make_link(path: Path) -> None:
    (path.parent / "victim").write_text("{}", encoding="utf-8")
    path.symlink_to("victim")


@pytest.mark.parametrize("make", [make_link, os.mkfifo, os.mkdir])
@pytest.mark.parametrize("adopt", [True, False])
def test_what_is_no_file_is_left_alone_even_with_adopt(tmp_path: Path, make: Callable[[Path], None], adopt: bool) -> None:
    make(tmp_path / "services-web.json")

    assert "not a file. Remove it; nothing was written through it." in str(refusal(tmp_path, bundle([WEB]), adopt=adopt))


@pytest.mark.parametrize("name", ["../x.json", "a/b.json", ".x.json", "x.txt", "x\0.json"])
def test_a_bad_file_name_is_refused(tmp_path: Path, name: str) -> None:
    refusal(tmp_path, {name: text_of([WEB])})


def test_all_reasons_at_once(tmp_path: Path) -> None:
    for service in (WEB, API):
        (tmp_path / f"service-{service['name']}.json").write_text("{}", encoding="utf-8")

    assert len(refusal(tmp_path, {**per_service([WEB, API]), "x.txt": text_of([{"name": "x"}])}).findings) == 3


# Drift


def edit(path: Path) -> None:
    path.write_text("by hand", encoding="utf-8")


def chmod(path: Path) -> None:
    path.chmod(0o600)


DRIFT = [(edit, "edited"), (Path.unlink, "deleted"), (chmod, "permissions")]


@pytest.mark.parametrize(("disturb", "what"), DRIFT)
def test_drift_is_repaired(tmp_path: Path, disturb: Callable[[Path], None], what: str) -> None:
    write(tmp_path, bundle([WEB]))
    settle(tmp_path)
    disturb(tmp_path / "services-web.json")

    result = write(tmp_path, bundle([WEB]))

    assert result["drift"] == [{"file": "services-web.json", "what": what}]
    assert actions(result) == {"services-web.json": "repaired"}
    assert contents(tmp_path) == bundle([WEB])
    assert (tmp_path / "services-web.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("disturb", "what"), DRIFT)
def test_drift_is_only_reported(tmp_path: Path, disturb: Callable[[Path], None], what: str) -> None:
    write(tmp_path, bundle([WEB]))
    settle(tmp_path)
    disturb(tmp_path / "services-web.json")
    before = snapshot(tmp_path)

    result = write(tmp_path, bundle([WEB]), drift="report")

    assert result["drift"] == [{"file": "services-web.json", "what": what}]
    assert not result["changed"]
    assert [finding["rule"] for finding in result["rule_warnings"]] == [f"file-{what}"]
    assert snapshot(tmp_path) == before
    assert write(tmp_path, bundle([WEB]), drift="report", silence=[f"file-{what}"])["rule_warnings"] == []
    refusal(tmp_path, bundle([WEB]), drift="report", strict=True)


@pytest.mark.parametrize(("disturb", "what"), DRIFT[:2])
@pytest.mark.parametrize("services", [[API], []])
def test_a_reported_drift_is_not_overwritten_by_a_change(
    tmp_path: Path, disturb: Callable[[Path], None], what: str, services: list[dict[str, Any]]
) -> None:
    write(tmp_path, bundle([WEB]))
    disturb(tmp_path / "services-web.json")

    if what == "deleted" and not services:
        assert actions(write(tmp_path, bundle(services), drift="report")) == {"services-web.json": "removed"}
    else:
        assert f"was {what} by hand since it was written, and is to change now." in str(refusal(tmp_path, bundle(services), drift="report"))


def test_other_permissions_are_no_reason_to_leave_a_change_undone(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))
    chmod(tmp_path / "services-web.json")

    result = write(tmp_path, bundle([API]), drift="report")

    assert actions(result) == {"services-web.json": "updated"}
    assert contents(tmp_path) == bundle([API])


def test_an_edit_that_is_just_what_is_wanted_now_is_written_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))
    settle(tmp_path)
    (tmp_path / "services-web.json").write_text(text_of([API]), encoding="utf-8")

    result = write(tmp_path, bundle([API]))

    assert actions(result) == {"services-web.json": "updated"}
    assert result["pending"], "nobody knows whether the agent has seen the edit"


def test_another_mode_is_a_change(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))
    settle(tmp_path)

    result = write(tmp_path, bundle([WEB]), mode="0644")

    assert actions(result) == {"services-web.json": "repaired"}
    assert (tmp_path / "services-web.json").stat().st_mode & 0o777 == 0o644


# The directory as it would be


def test_ids_of_others_are_taken(tmp_path: Path) -> None:
    foreign = {"Service": {"Name": "db", "connect": {"sidecar_service": {}}}, "check": {"name": "disk", "ttl": "10s"}}
    (tmp_path / "foreign.json").write_text(json.dumps(foreign), encoding="utf-8")
    services = [
        {"name": "db"},
        {"name": "db-sidecar-proxy"},
        {"name": "a", "check": {"id": "disk", "ttl": "1s"}},
        {"name": "b", "check": {"id": "service:db-sidecar-proxy:2", "ttl": "1s"}},
        {"name": "DB"},
    ]

    refused = refusal(tmp_path, bundle(services))

    assert [(finding["rule"], finding["message"].split('"')[1]) for finding in refused.findings] == [
        ("service-id-unique", "db"),
        ("service-id-unique", "db-sidecar-proxy"),
        ("check-id-unique", "disk"),
        ("check-id-unique", "service:db-sidecar-proxy:2"),
        ("service-id-unique", "DB"),
    ]
    assert f"is taken by {tmp_path}/foreign.json, which this collection did not write;" in str(refused)


def test_a_directory_that_is_broken_already_stops_a_change(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "empty.json").touch()

    refused = refusal(tmp_path, bundle([WEB]))

    assert [(finding["rule"], finding["path"]) for finding in refused.findings] == [("directory-broken", f"{tmp_path}/broken.json")]
    assert "it was like this before this task, which changed nothing" in str(refused)


def test_an_empty_file_of_others_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "empty.json").touch()

    assert [finding["rule"] for finding in write(tmp_path, bundle([WEB]))["rule_warnings"]] == ["file-empty"]
    assert write(tmp_path, bundle([API]), silence=["file-empty"])["rule_warnings"] == []
    refusal(tmp_path, bundle([WEB]), strict=True)


def test_our_own_broken_file_is_no_obstacle(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))
    (tmp_path / "services-web.json").write_text("{", encoding="utf-8")

    assert actions(write(tmp_path, bundle([API]))) == {"services-web.json": "updated"}


# Check mode and diff


def test_check_mode_says_what_would_be_and_touches_nothing(tmp_path: Path) -> None:
    write(tmp_path, per_service([WEB, API]))
    settle(tmp_path)
    before = snapshot(tmp_path)

    result = write(tmp_path, per_service([dict(WEB, port=8080)]), check_mode=True)

    assert actions(result) == {"service-api.json": "removed", "service-web.json": "updated"}
    assert not result["pending"]
    assert snapshot(tmp_path) == before


def test_without_an_agent_the_second_run_changes_nothing_and_says_that_the_files_wait(tmp_path: Path) -> None:
    assert "warnings" not in write(tmp_path, bundle([WEB]))

    for check_mode in (True, False):
        again = write(tmp_path, bundle([WEB]), check_mode=check_mode)
        assert (again["changed"], again["pending"]) == (False, True)
        assert again["pending_reason"].startswith("committed earlier but never verified: services-web.json")
        (warning,) = again["warnings"]
        assert warning.startswith(f"Files that were changed earlier wait in {tmp_path}, and are read when an agent starts: no consul agent")

    assert write(tmp_path, bundle([API]))["changed"]


def test_an_address_where_nobody_answers_is_nobody_to_tell(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))

    again = write(tmp_path, bundle([WEB]), http_addr="http://127.0.0.1:1")

    assert not again["changed"]
    assert "No answer from http://127.0.0.1:1 (Connection refused). Start it, or put the address right." in again["warnings"][0]


def test_nothing_is_pending_where_others_tell_the_agent(tmp_path: Path) -> None:
    write(tmp_path, bundle([WEB]))

    for files, changed in ((bundle([WEB]), False), (bundle([API]), True), (bundle([API]), False)):
        result = write(tmp_path, files, reload="never")
        assert (result["changed"], result["pending"], result["pending_reason"]) == (changed, False, "")
        assert "warnings" not in result
    assert not write(tmp_path, bundle([API]))["pending"], "it is forgotten for good"


def test_check_mode_where_nothing_was_ever_written(tmp_path: Path) -> None:
    assert write(tmp_path, bundle([WEB]), check_mode=True)["changed"]
    assert list(tmp_path.iterdir()) == []


def test_check_mode_before_the_directory_exists(tmp_path: Path) -> None:
    result = write(tmp_path / "none", bundle([WEB]), check_mode=True, diff=True)

    assert actions(result) == {"services-web.json": "created"}
    assert [finding["rule"] for finding in result["rule_warnings"]] == ["config-dir-missing"]
    waiting = {"conditional": packed([{"since": None, "until": "1.10.0", "finding": error("web", "field-too-new", "is too new")}])}
    unknown = write(tmp_path / "none", bundle([WEB]), check_mode=True, **waiting)
    assert [finding["rule"] for finding in unknown["rule_warnings"]] == ["config-dir-missing", "version-unknown"]
    with pytest.raises(Refused, match=r"does not exist\. Create it"):
        write(tmp_path / "none", bundle([WEB]))
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="file: cannot be opened"):
        write(tmp_path / "file", bundle([WEB]), check_mode=True)


def test_check_mode_after_an_interrupted_run_leaves_it_to_the_real_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(transaction, "_apply", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, bundle([WEB]))
    monkeypatch.undo()
    before = snapshot(tmp_path)

    result = write(tmp_path, bundle([WEB]), check_mode=True)

    assert result["changed"]
    assert result["pending"]
    assert snapshot(tmp_path) == before
    assert write(tmp_path, bundle([WEB]))["changes"] == [], "the commit that was interrupted is finished first"
    assert contents(tmp_path) == bundle([WEB])


@pytest.mark.parametrize("name", ["service-web.json", "other.json", "service-web.hcl"])
def test_a_single_service_that_is_to_be_absent_is_found_in_whatever_file_it_is(tmp_path: Path, name: str) -> None:
    document = {"definitions": {name: {"services": [WEB]}}} if name.endswith("hcl") else {}
    write(tmp_path, {name: text_of([WEB])}, owner=f"file:{name}", **document)
    write(tmp_path, per_service([API]), owner="file:service-api.json")
    write(tmp_path, bundle([dict(WEB, id="web-2")]))
    absent = {"owner": "file:service-web.json", "service": WEB["name"]}
    assert write(tmp_path, {"service-web.json": None}, **absent)["changes"] == [{"file": name, "action": "removed"}]
    assert contents(tmp_path) == {**per_service([API]), **bundle([dict(WEB, id="web-2")])}
    assert write(tmp_path, {"service-web.json": None}, **absent)["changes"] == []


def test_a_refusal_is_the_same_in_check_mode(tmp_path: Path) -> None:
    (tmp_path / "services-web.json").write_text("{}", encoding="utf-8")

    assert str(refusal(tmp_path, bundle([WEB]), check_mode=True)) == str(refusal(tmp_path, bundle([WEB])))


def test_the_diff_shows_each_file_without_secrets(tmp_path: Path) -> None:
    write(tmp_path, per_service([dict(WEB, token="planted-1"), API]))

    result = write(tmp_path, per_service([dict(WEB, token="planted-2")]), diff=True)

    assert "planted" not in json.dumps(result)
    removed, updated = result["diff"]
    assert removed["before_header"] == f"{tmp_path}/service-api.json"
    assert removed["after_header"] == f"{tmp_path}/service-api.json (absent)"
    assert removed["after"] == ""
    assert updated["before"] == text_of([dict(WEB, token="********")])
    assert updated["after"] == text_of([dict(WEB, token="******** (changed)")])


def test_without_diff_mode_there_is_none(tmp_path: Path) -> None:
    assert "diff" not in write(tmp_path, bundle([WEB]))


# The payload


@pytest.mark.parametrize("payload", [None, ""])
def test_without_its_action_plugin_the_module_says_so(tmp_path: Path, payload: str | None) -> None:
    with pytest.raises(Refused, match="payload: is missing: the action plugin of this module did not run"):
        Writer(Module({"payload": payload}))


def test_a_thousand_files(tmp_path: Path) -> None:
    services = [{"name": f"web-{number}", "check": {"ttl": "10s"}} for number in range(1000)]

    assert len(write(tmp_path, per_service(services))["changes"]) == 1000
    settle(tmp_path)
    assert not write(tmp_path, per_service(services))["changed"]
    assert len(write(tmp_path, per_service(services[:1]))["changes"]) == 999


# Keys that nobody here knows


def test_unchecked_keys_need_a_consul_to_ask(tmp_path: Path) -> None:
    files = bundle([{**WEB, "new_thing": 1}])

    problem = refusal(tmp_path, files, unchecked={"services-web.json": ["new_thing"]})

    assert [finding["rule"] for finding in problem.findings] == ["unchecked-unasked"]
    assert write(tmp_path, files)["changed"], "what the controller knows is not asked about"


def test_unchecked_keys_are_masked_in_diffs_before_and_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "_preflight", lambda *_anything: [])
    told: dict[str, Any] = {"unchecked": {"services-web.json": ["new_thing"]}, "secret_places": [["new_thing"]]}
    write(tmp_path, bundle([{**WEB, "new_thing": "planted"}]), **told)

    gone = write(tmp_path, bundle([WEB]), diff=True)["diff"]
    assert "planted" not in str(gone)
    assert "new_thing" in gone[0]["before"]
    assert "planted" not in str(write(tmp_path, {}, diff=True)["diff"])


def test_a_newer_agent_gets_one_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.registrar.consul.plugins.module_utils._agent.facts import AgentFacts

    monkeypatch.setattr(AgentFacts, "version", "9.3.1")

    def rules(services: list[dict[str, Any]], newest: str) -> list[str]:
        return [found["rule"] for found in write(tmp_path, bundle(services), newest=newest)["rule_warnings"]]

    assert rules([WEB, API], "1.22") == ["version-newer"]
    assert rules([WEB, API], "1.22") == [], "nothing has changed"
    assert rules([WEB], "9.3") == []


# What is asked beside the directory


def test_names_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    references = [["id", name, "check", "alias-known", f"no {name}", "hint"] for name in ("web", "db")]
    (told,) = write(tmp_path, bundle([WEB]), references=references)["rule_warnings"]
    assert (told["rule"], told["message"]) == ("alias-known", "no db")


def test_a_file_that_the_agent_could_not_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, bundle([API]))
    monkeypatch.setattr(Writer, "_process", lambda _self: SimpleNamespace(reads_as=(54321, 54321, [], None)))
    assert {finding["rule"] for finding in refusal(tmp_path, bundle([WEB]), mode="0600").findings} == {"file-unreadable"}


@pytest.mark.parametrize(("count", "end"), [(3, "c created)"), (4, "c created and 1 more)")])
def test_the_reason_names_three_files(tmp_path: Path, count: int, end: str) -> None:
    services = [{"name": name} for name in "abcd"[:count]]
    write(tmp_path, per_service(services))
    reason = write(tmp_path, per_service(services))["pending_reason"]
    assert "(the set web: service-a.json created, service-b.json created, service-" in reason
    assert reason.endswith(end.replace("c created", "service-c.json created"))


@pytest.mark.parametrize("consul", ["/usr/bin/consul", None])
def test_consul_is_asked_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, consul: str | None) -> None:
    asked = []

    def refusing(command: list[str], **_options: Any) -> tuple[int, str, str]:
        asked.append(command)
        return 1, "", "planted words"

    monkeypatch.setattr(Module, "get_bin_path", lambda _self, name: consul if name == "consul" else None)
    monkeypatch.setattr(Module, "run_command", lambda _self, command, **options: refusing(command, **options))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "consul.d").mkdir()
    if consul is None:
        assert write(tmp_path / "consul.d", bundle([WEB]), preflight="validate", tmpdir=tmp_path / "tmp")["changed"]
        return
    refused = refusal(tmp_path / "consul.d", bundle([WEB]), preflight="validate", tmpdir=tmp_path / "tmp")
    assert [finding["rule"] for finding in refused.findings] == ["preflight-validate"]
    assert asked[0][:2] == ["/usr/bin/consul", "validate"]


def test_files_of_others_that_say_the_same_go_with_adopt(tmp_path: Path) -> None:
    (tmp_path / "old.json").write_text(json.dumps({"service": WEB}), encoding="utf-8")
    assert actions(write(tmp_path, bundle([WEB]), adopt=True)) == {"services-web.json": "created", "old.json": "retired"}
    (tmp_path / "other.json").write_text(json.dumps({"services": [API, {"name": "more"}]}), encoding="utf-8")
    assert {finding["rule"] for finding in refusal(tmp_path, bundle([WEB, API]), adopt=True).findings} == {"file-not-retired"}


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_payload_that_was_damaged_on_its_way_changes_nothing(tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused) as refused:
        write(tmp_path, {"a.json": text}, reload="never")
    assert [(finding["path"], finding["rule"]) for finding in refused.value.findings] == [("a.json", "payload-damaged")]
    assert contents(tmp_path) == {}
