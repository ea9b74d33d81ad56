# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller and the target hand to each other: one text, compressed, the same bytes for the same content."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from ._findings import Refused, error

# Far beyond any real set of services; keeps a damaged payload from filling the memory.
_LARGEST = 512 * 1024 * 1024
_DAMAGED = error(
    "payload",
    "payload-damaged",
    "is not what the action plugin of this module makes.",
    "Leave the option out: the action plugin fills it in.",
)


def encode_payload(payload: dict[str, Any]) -> str:
    """Return the payload as text of plain ASCII."""
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8"), 6)).decode("ascii")


def decode_payload(text: str) -> dict[str, Any]:
    """Return what the action plugin encoded: the files of an owner. Raises Refused when the text is something else."""
    payload = decode(text)
    if not isinstance(payload.get("owner"), str) or not isinstance(payload.get("files"), dict):
        raise Refused(_DAMAGED)
    return payload


def decode(text: str) -> dict[str, Any]:
    """Return what encode_payload was given. Raises Refused when the text is something else."""
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.b64decode(text.encode("ascii"), validate=True), _LARGEST)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError("cut off, or too long")
        payload = json.loads(data.decode("utf-8"))
    except (ValueError, binascii.Error, zlib.error):
        raise Refused(_DAMAGED) from None
    if not isinstance(payload, dict):
        raise Refused(_DAMAGED)
    return payload
