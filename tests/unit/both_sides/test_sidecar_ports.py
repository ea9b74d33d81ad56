# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which port is written for a sidecar that declares none."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._agent.api import ApiError
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions
from ansible_collections.registrar.consul.plugins.module_utils._files.config_dir import ConfigDir
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned
from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.module_utils._write.choosing_ports import (
    Known,
    as_meant,
    choose,
    look_around,
    registered_ports,
    sidecar_range,
)
from ansible_collections.registrar.consul.plugins.module_utils._write.sidecar_ports import Chosen, chosen_earlier
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import definition_request, set_request
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import Terms
from ansible_collections.registrar.consul.tests.support.faults.calls import recording
from ansible_collections.registrar.consul.tests.support.runs.target import contents, write

WEB = "web-sidecar-proxy"


def meshed(name: str, **sidecar: Any) -> dict[str, Any]:
    return {"name": name, "port": 80, "connect": {"sidecar_service": sidecar}}


def known(*services: dict[str, Any], registered: dict[str, int] | None = None, **more: Any) -> Known:
    return Known([Definitions(list(services), [])], [], registered=lambda: registered or {}, **more)


def never() -> Any:
    raise AssertionError("nobody has to be asked")


@pytest.mark.parametrize(
    ("around", "expected"),
    [
        # The agent is not asked where a file tells.
        (Known([Definitions([meshed("web", port=9000)], [])], [], registered=never, range=never), 9000),
        (known(meshed("web"), registered={WEB: 21042}), 21042),
        # What the agent shows comes before what its files say.
        (known(meshed("a"), meshed("web")), 21001),
        # A file that it has not loaded yet says nothing against what others have.
        (known(meshed("a"), meshed("web"), registered={"x": 21001}), 21255),
        (known(), 21255),
        (known(meshed("a", port=21255), {"name": "b", "port": 21254}, registered={"x": 21253}), 21252),
        (known(reserved=[21255, 21254]), 21253),
        (known(range=lambda: (30000, 30001)), 30001),
        (known(range=lambda: (1, 1)), 1),
        (Known([], [Definitions([meshed("b", port=21255)], [])]), 21254),
    ],
)
def test_in_which_order_ports_are_looked_for(around: Known, expected: int) -> None:
    assert choose([WEB], {}, around).ports == {WEB: expected}


def test_several_new_ones_get_different_ports() -> None:
    found = choose(["a", "b", "c"], {"b": 21254}, known())
    assert found.ports == {"a": 21255, "b": 21254, "c": 21253}


@pytest.mark.parametrize(
    ("ports", "reason"),
    [
        ((21000, 21000), "of 21000 to 21000, from which agents give one, none is free"),
        ((0, 21255), "the agent is set to give none"),
        ((-1, 21255), "the agent is set to give none"),
    ],
)
def test_where_none_is_left(ports: tuple[int, int], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        choose([WEB], {}, known(meshed("a", port=21000), range=lambda: ports))
    (found,) = refused.value.findings
    assert (found["path"], found["rule"]) == ("service " + WEB, "sidecar-port-missing")
    assert reason in found["message"]


def test_a_port_moves_along_from_set_to_set_and_the_own_one_comes_first() -> None:
    manifest = {
        "services-a.json": Owned("set:a", "", [], ports={"x": 1, "y": 2}),
        "services-b.json": Owned("set:b", "", [], ports={"x": 3}),
        "services-c.json": Owned("set:c", "", []),
    }
    assert chosen_earlier(["x", "y", "z"], manifest, "set:a") == {"x": 1, "y": 2}
    assert chosen_earlier(["x", "y", "z"], manifest, "set:b") == {"x": 3, "y": 2}


class Api:
    """Answers, and counts how often it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[Any] = []

    def get(self, path: str, query: Any = None) -> Any:
        self.asked.append((path, query))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def agent(api: Api | None, **more: Any) -> Any:
    return SimpleNamespace(**{"process": object(), "address_given": False, "api": api, "settings": None, "sidecar_ports": None, **more})


def test_the_agent_is_asked_once() -> None:
    api = Api({"a": {"Port": 1}, "b": {"Port": None}})
    assert registered_ports(agent(api), ["", "default"]) == {"a": 1, "b": 0}
    assert api.asked == [("/v1/agent/services", None)]
    assert registered_ports(agent(api), ["n"]) == {"a": 1, "b": 0, "n/a": 1, "n/b": 0}


def test_the_agent_is_asked_for_the_namespaces_of_what_comes(tmp_path: Path) -> None:
    api = Api({"a": {"Port": 1}})
    # Without a process nothing but the API tells.
    facts = agent(api, process=None, address_given=True)
    coming = [Definitions([{"name": "a", "namespace": "n"}, {"name": "b"}], [])]
    with ConfigDir(str(tmp_path)) as directory:
        assert look_around(directory, {}, lambda: facts, coming).registered() == {"a": 1, "n/a": 1}
    assert api.asked == [("/v1/agent/services", None), ("/v1/agent/services", {"ns": "n"})]


def test_an_agent_that_does_not_answer_knows_none() -> None:
    assert registered_ports(agent(Api(ApiError("no")))) == {}
    assert registered_ports(agent(None)) == {}
    assert registered_ports(agent(Api({"a": {"Port": 1}}), process=None)) == {}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (21000, 21255)),
        ({"ports": {"http": 1}}, (21000, 21255)),
        ({"ports": {"Sidecar_Min_Port": 21100, "sidecar_max_port": 21110}}, (21100, 21110)),
        ({"ports": {"sidecar_min_port": 0}}, (0, 21255)),
    ],
)
def test_the_range_is_what_the_agent_is_set_to(settings: dict[str, Any], expected: tuple[int, int]) -> None:
    read = SimpleNamespace(values=settings, complete=True)
    assert sidecar_range(agent(None, settings=read, sidecar_ports=(1, 2))) == expected
    # Where a file cannot be read, the agent may tell.
    assert sidecar_range(agent(None, settings=SimpleNamespace(values={}, complete=False), sidecar_ports=(1, 2))) == (1, 2)
    assert sidecar_range(agent(None)) == (21000, 21255)


# Through the whole of it


def payload(services: list[dict[str, Any]], layout: str = "bundle", format: str = "json", name: str = "web") -> dict[str, Any]:
    return set_request(services, name, layout, Terms(None, format=format)).payload


def test_nothing_is_sent_where_no_sidecar_waits() -> None:
    assert "sidecars" not in payload([{"name": "web"}, meshed("db", port=9000)])
    assert payload([meshed("web")])["sidecars"]["keys"] == [WEB]


def test_a_number_of_the_users_is_no_place() -> None:
    meta = {"long": "734500000000000 734500001"}
    sent = payload([{**meshed("web"), "meta": meta}])
    assert sent["sidecars"]["marker"] == 734500002


@pytest.mark.parametrize("format", ["json", "hcl"])
@pytest.mark.parametrize("layout", ["bundle", "per_service"])
def test_texts_and_definitions_get_the_port(tmp_path: Path, layout: str, format: str) -> None:
    services = [meshed("web"), {"name": "plain"}, meshed("db", port=9000), meshed("api")]
    result = write(tmp_path, **payload(services, layout, format))
    assert result["changed"]
    texts = "".join(text for _name, text in sorted(contents(tmp_path).items()))
    assert texts.count("port") == 6
    assert "7345" not in texts
    equals = ": " if format == "json" else " = "
    quote = '"' if format == "json" else ""
    for port in (9000, 21254, 21255):
        assert f"{quote}port{quote}{equals}{port}" in texts


def test_a_second_run_looks_at_nothing(tmp_path: Path) -> None:
    write(tmp_path, **payload([meshed("web")]), reload="never")
    before = contents(tmp_path)
    (tmp_path / "foreign.json").write_text("broken", encoding="utf-8")

    with recording() as calls:
        assert not write(tmp_path, **payload([meshed("web")]), reload="never")["changed"]

    assert contents(tmp_path) == {**before, "foreign.json": "broken"}
    assert {name for name, _arguments in calls} == {"open", "ftruncate", "pwrite"}, "only the lock is written"


def test_a_port_that_is_no_longer_written_stays(tmp_path: Path) -> None:
    write(tmp_path, **payload([meshed("web", port=9000)]), reload="never")
    assert not write(tmp_path, **payload([meshed("web")]), reload="never")["changed"]
    # And is remembered from then on.
    manifest = json.loads((tmp_path / ".registrar" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"]["services-web.json"][-1] == {WEB: 9000}


def test_a_port_outlives_its_file(tmp_path: Path) -> None:
    write(tmp_path, **payload([meshed("first"), meshed("web")]), reload="never")
    write(tmp_path, **payload([meshed("web")], "per_service", "hcl"), reload="never")
    assert "port = 21254" in contents(tmp_path)["service-web.hcl"]


def test_a_file_that_was_removed_by_hand_comes_back_with_its_port(tmp_path: Path) -> None:
    write(tmp_path, **payload([meshed("web")]), reload="never")
    before = contents(tmp_path)
    (tmp_path / "services-web.json").unlink()
    write(tmp_path, **payload([meshed("db")], name="other"), reload="never")
    assert '"port": 21254' in contents(tmp_path)["services-other.json"]
    write(tmp_path, **payload([meshed("web")]), reload="never")
    assert contents(tmp_path).items() >= before.items()


def test_a_file_of_the_same_name_is_adopted_with_the_port_that_it_had(tmp_path: Path) -> None:
    (tmp_path / "services-web.json").write_text(json.dumps({"services": [meshed("a"), meshed("web")]}), encoding="utf-8")
    write(tmp_path, **payload([meshed("new"), meshed("web")]), adopt=True, reload="never")
    text = contents(tmp_path)["services-web.json"]
    assert '"port": 21001' in text
    assert '"port": 21255' in text


def test_one_definition_in_a_file_of_its_own(tmp_path: Path) -> None:
    request = definition_request(meshed("web"), None, Terms(None))
    write(tmp_path, **request.payload, reload="never")
    assert '"port": 21255' in contents(tmp_path)["service-web.json"]


def test_check_mode_without_a_directory_shows_a_port(tmp_path: Path) -> None:
    result = write(tmp_path / "none", **payload([meshed("web")]), check_mode=True, diff=True)
    assert '"port": 21255' in result["diff"][0]["after"]


def test_a_port_of_ours_is_nobodys_wish() -> None:
    chosen = Chosen({WEB: 21255, "db-sidecar-proxy": 9000}, frozenset({"db-sidecar-proxy"}))
    ours, declared, others = meshed("web", port=21255, tags=["a"]), meshed("db", port=9000), meshed("api", port=1)
    plain = {"name": "plain"}
    assert as_meant([ours, declared, others, plain], chosen) == [meshed("web", tags=["a"]), declared, others, plain]
    assert ours == meshed("web", port=21255, tags=["a"])
