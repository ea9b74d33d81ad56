# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller packs, the target unpacks; anything else is refused."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.registrar.consul.plugins.module_utils._findings import Refused
from ansible_collections.registrar.consul.plugins.module_utils._payload import decode_payload, encode_payload

PAYLOAD = {"owner": "set:web", "files": {"services-web.json": '{"services": [{"name": "é\\u0000"}]}\n', "old.json": None}}


def test_a_payload_comes_out_as_it_went_in() -> None:
    assert decode_payload(encode_payload(PAYLOAD)) == PAYLOAD


def test_the_order_of_keys_does_not_show() -> None:
    backwards = {key: PAYLOAD[key] for key in reversed(PAYLOAD)}

    assert encode_payload(backwards) == encode_payload(PAYLOAD)


def packed(text: bytes) -> str:
    return base64.b64encode(zlib.compress(text)).decode("ascii")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no base64!",
        "AAAA",
        "é",
        packed(b"no JSON"),
        packed(b"[]"),
        packed(b'{"owner": 1, "files": {}}'),
        packed(b'{"owner": "set:web"}'),
        packed(b"\xff"),
        encode_payload(PAYLOAD)[:-8],
    ],
)
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"^payload: is not what the action plugin of this module makes"):
        decode_payload(text)


@given(st.text())
def test_nothing_but_refused_is_raised(text: str) -> None:
    with pytest.raises(Refused):
        decode_payload(text)
