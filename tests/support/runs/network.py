# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of its own for a command whose agent listens on Consul's own ports: there is only loopback in it."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

_LOOPBACK = (
    "import fcntl, os, socket, struct, sys; "
    "fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sH14x', b'lo', 0x41)); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


def own_network() -> list[str]:
    """The command that gives its arguments a network of their own; nothing where the ports are free anyway."""
    for unshare in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        command = [*unshare, sys.executable, "-c", _LOOPBACK]
        if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0:
            return command
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", 8500)) == 0:
            pytest.fail("Port 8500 is taken, and this system gives us no network of our own. Stop the agent that listens there.")
    return []
