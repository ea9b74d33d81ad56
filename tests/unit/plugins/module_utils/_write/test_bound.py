# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks outside services, and whether their services will be there."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import Definitions
from ansible_collections.registrar.consul.plugins.module_utils._files.manifest import Owned
from ansible_collections.registrar.consul.plugins.module_utils._files.scan import DefinitionFile
from ansible_collections.registrar.consul.plugins.module_utils._files.transaction import Change
from ansible_collections.registrar.consul.plugins.module_utils._findings import Finding
from ansible_collections.registrar.consul.plugins.module_utils._write.bound import bound_checks
from ansible_collections.registrar.consul.plugins.module_utils._write.candidate import Candidate, definitions_before

WEB = {"name": "web"}
CHECK = {"name": "web-alive", "service_id": "web", "ttl": "30s"}
OURS, OTHERS = Owned("set:a", "", []), Owned("set:b", "", [])


def found(
    coming: dict[str, Definitions],
    staying: dict[str, Definitions],
    old: bytes | None = None,
    manifest: dict[str, Owned] | None = None,
    elsewhere: tuple[dict[str, Any], ...] = (),
    knows: bool | None = False,
) -> list[Finding]:
    """What speaks against new contents beside files that stay, with what one of the new ones had until now."""
    changes = [Change(name, "changed", None, old, None, None, None) for name in coming]
    directory: Any = SimpleNamespace(path="/c", place=lambda name: f"/c/{name}")
    files = [DefinitionFile(name, definitions) for name, definitions in staying.items()]
    other = SimpleNamespace(definitions=Definitions(list(elsewhere), []))
    around: Any = SimpleNamespace(files=[other], registrations=SimpleNamespace(knows=lambda _key: knows))
    before = {change.name: definitions_before(change) for change in changes}
    return list(bound_checks(Candidate(directory, files, changes, coming, before, manifest or {}, "set:a"), around))


def with_check(*services: dict[str, Any], **more: Any) -> Definitions:
    return Definitions(list(services), [{**CHECK, **more}])


@pytest.mark.parametrize(
    ("coming", "more"),
    [
        ({"a.json": with_check(WEB)}, {}),
        ({"a.json": with_check(), "b.json": Definitions([WEB], [])}, {}),
        ({"a.json": with_check()}, {"staying": {"b.json": Definitions([WEB], [])}}),
        ({"a.json": with_check()}, {"elsewhere": (WEB,)}),
        ({"a.json": with_check()}, {"knows": True}),
        ({"a.json": with_check(service_id="")}, {}),
        (
            {
                "a.json": with_check(service_id="web-sidecar-proxy"),
                "b.json": Definitions([{**WEB, "connect": {"sidecar_service": {}}}], []),
            },
            {},
        ),
        # Those of others were so before.
        ({"a.json": Definitions([], [])}, {"staying": {"z.json": with_check()}}),
        ({"a.json": Definitions([], [])}, {"staying": {"z.json": with_check()}, "manifest": {"z.json": OTHERS}}),
    ],
)
def test_a_check_whose_service_is_there(coming: dict[str, Definitions], more: dict[str, Any]) -> None:
    assert found(coming, **{"staying": {}, **more}) == []


@pytest.mark.parametrize("knows", [False, None])
@pytest.mark.parametrize("place", ["coming", "staying"])
def test_one_whose_service_nobody_knows(knows: bool | None, place: str) -> None:
    if place == "coming":
        (told,) = found({"a.json": with_check()}, {}, knows=knows)
    else:
        (told,) = found({"b.json": Definitions([], [])}, {"a.json": with_check()}, manifest={"a.json": OURS}, knows=knows)
    assert (told["path"], told["rule"], told["severity"]) == ("a.json", "check-service-known", "warning" if knows is None else "error")
    assert 'the check "web-alive" belongs to the service "web"' in told["message"]
    assert ("cannot be known" in told["message"]) is (knows is None)


LEAVING = json.dumps({"service": WEB}).encode()


def test_one_of_ours_that_its_service_leaves_behind() -> None:
    gone = {"w.json": Definitions([], [])}
    for coming, manifest in (({**gone, "a.json": with_check()}, {}), (gone, {"a.json": OURS})):
        staying = {} if "a.json" in coming else {"a.json": with_check()}
        (told,) = found(coming, staying, LEAVING, manifest)
        assert (told["path"], told["severity"]) == ("a.json", "error")
        assert 'the check "web-alive" stays, and its service "web" leaves ' in told["message"]


@pytest.mark.parametrize(("manifest", "whose"), [({}, "which this collection did not write"), ({"a.json": OTHERS}, "of the set b")])
def test_one_of_others_that_its_service_leaves_behind(manifest: dict[str, Owned], whose: str) -> None:
    (told,) = found({"w.json": Definitions([], [])}, {"a.json": with_check()}, LEAVING, manifest)
    assert (told["path"], told["rule"], told["severity"]) == ("/c/a.json", "check-service-known", "warning")
    assert f'the check "web-alive" there, {whose}, belongs to the service "web", which leaves w.json; ' in told["message"]


def test_what_could_not_be_read_before_had_nothing() -> None:
    assert found({"w.json": Definitions([], [])}, {"a.json": with_check()}, b"broken") == []
    (told,) = found({"w.json": with_check()}, {}, b"broken")
    assert "neither a file of the agent declares" in told["message"]
