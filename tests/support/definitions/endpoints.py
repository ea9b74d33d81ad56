# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forms of endpoints, URLs and commands: which of them an agent can do anything with, and what we say about the others.

`{port}` is a port of loopback at which something answers. Unit tests hold our words against the table, integration tests agents.
"""

from __future__ import annotations

NO_PORT, NO_SUCH_PORT, NO_NUMBER = "names no port", "names a port that does not exist", "names a port that is no number"
NO_HOST, BARE_IPV6, BLANK = "has a host that is no IP address, and no name either", "has an IPv6 address without brackets", "has a blank"

# Endpoint -> what is wrong with it, empty where nothing is. They hold for tcp, udp, h2ping and grpc alike.
ENDPOINTS = {
    "127.0.0.1:{port}": "",
    "localhost:{port}": "",
    ":{port}": "",
    "[127.0.0.1]:{port}": "",
    "[::ffff:127.0.0.1]:{port}": "",
    "0.0.0.0:{port}": "",
    "127.0.0.1:0{port}": "",
    "127.0.0.1:+{port}": "",
    "localhost": NO_PORT,
    "127.0.0.1": NO_PORT,
    "127.0.0.1:": NO_PORT,
    "{port}": NO_PORT,
    "[::1]": NO_PORT,
    "::1": BARE_IPV6,
    "::1:{port}": BARE_IPV6,
    "127.0.0.1:0": NO_SUCH_PORT,
    "127.0.0.1:-1": NO_SUCH_PORT,
    "127.0.0.1:99999": NO_SUCH_PORT,
    "127.0.0.1:٨٠": NO_NUMBER,
    "127.0.0.1:{port}:80": "has too many colons",
    "tcp://127.0.0.1:{port}": "has a scheme, tcp://",
    "http://127.0.0.1:{port}": "has a scheme, http://",
    "dns:///127.0.0.1:{port}": "has a scheme, dns://",
    " 127.0.0.1:{port}": BLANK,
    "127.0.0.1:{port} ": BLANK,
    "127.0.0.1 {port}": BLANK,
    "300.1.1.1:{port}": NO_HOST,
    "127.1:{port}": NO_HOST,
}
# What follows the first slash is the name of a service for gRPC, and nothing for the others.
PATHS = {"127.0.0.1:{port}/x": "has a path", "unix:/x": "has a path"}
GRPC = {"127.0.0.1:{port}/svc": "", "127.0.0.1:{port}/a/b c": "", "127.0.0.1/svc": NO_PORT, "unix:/x": NO_PORT}

NO_SCHEME = "has no scheme"
URLS = {
    "http://127.0.0.1:{port}/": "",
    "HTTP://127.0.0.1:{port}": "",
    "http://:{port}/": "",
    "http://localhost:{port}?x": "",
    "http://127.0.0.1:{port}/ ": "",
    "http://127.0.0.1:{port}/a b": "",
    "http://127.0.0.1:{port}/é": "",
    "http://127.0.0.1:{port}/\\h": "",
    "http://127.0.0.1:{port}/?q=%zz": "",
    "http://127.0.0.1:0{port}/": "",
    "http://user:pass@127.0.0.1:{port}/": "",
    "127.0.0.1:{port}/h": NO_SCHEME,
    "//127.0.0.1:{port}/h": NO_SCHEME,
    "http:/127.0.0.1:{port}/h": NO_SCHEME,
    "http:127.0.0.1:{port}/": NO_SCHEME,
    "http//127.0.0.1:{port}/": NO_SCHEME,
    "/health": NO_SCHEME,
    "tcp://127.0.0.1:{port}/": "has the scheme tcp, which is another type of check",
    "unix:///run/x.sock": "has the scheme unix, with which no check can ask",
    "http:///h": "names no host",
    "http://127.0.0.1:http/h": NO_NUMBER,
    "http://127.0.0.1:-1/": NO_NUMBER,
    "http://127.0.0.1:+{port}/": NO_NUMBER,
    "http://u:p/@127.0.0.1:{port}/": NO_NUMBER,
    "http://127.0.0.1:99999/": NO_SUCH_PORT,
    "http://127.0.0.1:{port}:80/": "names two ports",
    " http://127.0.0.1:{port}/": "begins with a blank",
    "http://127.0.0.1:{port}/h\n": "has a control character, such as a line break",
    "http://127.0.0.1 :{port}/": "has a character that no name of a host has",
    "http://127.0.0.1:{port}/%zz": "has a % that begins no escape",
    "http://127.0.0.1:{port}/#%zz": "has a % that begins no escape",
    "http://300.1.1.1:{port}/h": NO_HOST,
}

NO_COMMAND = "is no command"
WHOLE_LINE = "is a whole command line, which the agent takes for the name of one program"
COMMANDS: list[tuple[list[str], str]] = [
    (["true"], ""),
    (["/bin/sh", "-c", "true && true"], ""),
    (["true", "-x -y"], ""),
    (["true -x"], WHOLE_LINE),
    (["/bin/true -x"], WHOLE_LINE),
    ([""], NO_COMMAND),
    (["", "x"], NO_COMMAND),
]


def checks(types: tuple[str, ...], port: int) -> list[tuple[dict[str, object], str]]:
    """Return checks of these types at a port, each with what is wrong with it."""
    found: list[tuple[dict[str, object], str]] = []
    for kind in types:
        if kind == "args":
            continue
        forms = {"http": URLS, "grpc": {**ENDPOINTS, **GRPC}}.get(kind, {**ENDPOINTS, **PATHS})
        found += [({kind: form.replace("{port}", str(port))}, wrong) for form, wrong in forms.items()]
    return found + ([({"args": args}, wrong) for args, wrong in COMMANDS] if "args" in types else [])
