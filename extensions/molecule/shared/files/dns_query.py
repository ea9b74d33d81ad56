# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the agent of a host for the SRV records of a name, and prints them as JSON: a sorted list of "weight port target"."""

from __future__ import annotations

import json
import socket
import struct
import sys

SRV, INTERNET, RECURSION = 33, 1, 0x0100
NO_ERROR, NO_SUCH_NAME = 0, 3


def ask(name: str, server: tuple[str, int]) -> bytes:
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(5)
        connection.sendto(struct.pack(">6H", 0, RECURSION, 1, 0, 0, 0) + question + struct.pack(">2H", SRV, INTERNET), server)
        return connection.recv(65535)


def records(answer: bytes) -> list[str]:
    _number, flags, questions, answers, _authorities, _more = struct.unpack_from(">6H", answer)
    if flags & 0xF not in (NO_ERROR, NO_SUCH_NAME):
        raise ValueError(f"error {flags & 0xF}")
    position = 12
    for _question in range(questions):
        position = read_name(answer, position)[1] + 4
    found = []
    for _answer in range(answers):
        position = read_name(answer, position)[1]
        kind, _class, _seconds, length = struct.unpack_from(">2HIH", answer, position)
        position += 10
        if kind == SRV:
            _priority, weight, port = struct.unpack_from(">3H", answer, position)
            found.append(f"{weight} {port} {read_name(answer, position + 6)[0]}")
        position += length
    return sorted(found)


def read_name(answer: bytes, position: int) -> tuple[str, int]:
    """Return the name that begins at a position, and the position after it."""
    labels, end = [], None
    while answer[position]:
        length = answer[position]
        if length >= 0xC0:
            end = end or position + 2
            position = struct.unpack_from(">H", answer, position)[0] & 0x3FFF
        else:
            labels.append(answer[position + 1 : position + 1 + length].decode())
            position += 1 + length
    return ".".join(labels), end or position + 1


if __name__ == "__main__":
    json.dump(records(ask(sys.argv[1], ("127.0.0.1", 8600))), sys.stdout)
