# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports on loopback that no other test takes."""

from __future__ import annotations

import socket
from types import TracebackType

# Below the ports that the kernel hands out by itself, so that no client connection can be sitting on one.
FIRST, LAST = 10100, 19999


class ReservedPorts:
    """Ports that stay ours until :meth:`release`, whether or not anything listens on them.

    A name in the abstract socket namespace stands for each port: it has the same scope as the port itself (the
    network namespace), it is exclusive, and it vanishes with the process, so a killed test leaves nothing behind.
    """

    def __init__(self, count: int) -> None:
        self._claims: list[socket.socket] = []
        self.numbers: list[int] = []
        for port in range(FIRST, LAST + 1):
            if len(self.numbers) == count:
                return
            claim = _claim(port)
            if claim is None:
                continue
            if _is_free(port):
                self._claims.append(claim)
                self.numbers.append(port)
            else:
                claim.close()
        if len(self.numbers) < count:
            self.release()
            raise RuntimeError(f"fewer than {count} ports are free between {FIRST} and {LAST}")

    def release(self) -> None:
        while self._claims:
            self._claims.pop().close()

    def __enter__(self) -> ReservedPorts:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.release()


def _claim(port: int) -> socket.socket | None:
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0registrar.consul/port/{port}")
    except OSError:
        claim.close()
        return None
    return claim


def _is_free(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                # An ended agent's connections may linger: that does not stop a listener.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
