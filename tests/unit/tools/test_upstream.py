# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema has all that the types of the API client have, and the comparison finds what it has not.

The fixture is what `make upstream CLIENT=1.35.0` leaves in .cache/upstream/types.json.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.registrar.consul.tools.upstream.compare import (
    ALONE,
    LACKS,
    OTHERWISE,
    Reasons,
    differences,
    read_reasons,
    unexplained,
)

CLIENT = json.loads((Path(__file__).parent / "fixtures" / "client_1_35_0.json").read_text(encoding="utf-8"))
REASONS = read_reasons()


def compared(client: dict[str, Any]) -> list[tuple[str, str]]:
    found = differences(client, REASONS.consul_of(client["client"]))
    return [(difference.what, difference.path) for difference in unexplained(found, REASONS)]


def changed(change: Callable[[dict[str, Any]], Any]) -> list[tuple[str, str]]:
    """What a change of the client adds to what is found without it."""
    client = copy.deepcopy(CLIENT)
    change(client)
    before = compared(CLIENT)
    return [found for found in compared(client) if found not in before]


def test_every_difference_from_the_client_has_a_reason() -> None:
    assert compared(CLIENT) == []


def test_every_reason_is_about_a_difference() -> None:
    found = differences(CLIENT, REASONS.consul_of(CLIENT["client"]))
    unused = [key for key in REASONS.known if not any(Reasons({}, {key: ""}).explains(difference) for difference in found)]

    assert unused == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda client: client["types"]["Upstream"].update(NewThing="int"), (LACKS, "proxy.upstreams[].NewThing")),
        (lambda client: client["types"]["Locality"].pop("Zone"), (ALONE, "locality.zone")),
        (lambda client: client["types"]["AgentServiceCheck"].update(Interval="int64"), (OTHERWISE, "checks[].interval")),
        (lambda client: client["types"]["AgentServiceRegistration"].update(Tags="string"), (OTHERWISE, "tags")),
        (lambda client: client["types"]["AgentServiceRegistration"].update(Meta="map[string]int"), (OTHERWISE, "meta.*")),
        (lambda client: client["values"]["ServiceKind"].append("new-gateway"), (LACKS, "kind=new-gateway")),
        (lambda client: client["values"]["ProxyMode"].remove("direct"), (ALONE, "proxy.mode=direct")),
        (lambda client: client["types"]["AgentCheckRegistration"].update(New="bool"), (LACKS, "node_check.New")),
    ],
)
def test_a_change_of_the_client_is_found(change: Callable[[dict[str, Any]], Any], found: tuple[str, str]) -> None:
    assert found in changed(change)


def test_what_only_later_consuls_have_is_not_missed() -> None:
    client = copy.deepcopy(CLIENT)
    client["client"] = "1.33.0"
    del client["types"]["Upstream"]["DestinationPort"]

    assert (ALONE, "proxy.upstreams[].destination_port") not in compared(client)
    assert (ALONE, "proxy.upstreams[].destination_port") in compared({**client, "client": "1.35.0"})


def test_a_client_that_nobody_has_entered_is_held_against_the_newest() -> None:
    assert REASONS.consul_of("9.99.0") >= REASONS.consul_of("1.33.0")
