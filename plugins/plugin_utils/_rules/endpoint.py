# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of what a check looks at: URLs, endpoints and commands with which every run of it fails.

Each form was run by agents 1.8.7 and 1.21.4. What they can reach is not warned about, odd as it may look: a port without a host,
+80, a URL with a blank at its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .._findings import Finding, Place
from .access import Mapping, texts_at
from .address import PLAIN_HOST, host_fault, is_ip
from .rule import warning

# What is wrong, and the remedy.
Fault = tuple[str, str]

FAILS = "every run of the check fails"
URL = warning("check-url", "an HTTP check with a URL that no agent can ask", FAILS)
ENDPOINT = warning("check-endpoint", "an endpoint that is not a host and a port", FAILS)
COMMAND = warning("check-command", "a script check whose first argument is no command", FAILS)

_SCHEMES = ("http://", "https://")
_OTHER_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_IN_A_HOST = re.compile(r"[\s{}|\\^`%]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# As Go reads a port: a number, or a name that /etc/services knows.
_PORT_NUMBER = re.compile(r"[+-]?[0-9]+\Z")
_PORT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*\Z")
# Go wants both brackets of a host, and the port behind them.
_BRACKETS = re.compile(r"(\[[^][]*\])?[^][]*\Z")
_LARGEST_PORT = 65535
# With all the zeros that somebody may write before it.
_LONGEST_PORT = 20
ENDPOINTS = ("tcp", "udp", "h2ping", "grpc")
_PORT_IS_NO_NUMBER = ("names a port that is no number", "Write the number of the port.")
_NO_SUCH_PORT = ("names a port that does not exist", f"Write a port from 1 to {_LARGEST_PORT}.")
# What nearly all URLs and endpoints are, and needs no closer look.
_HOST_AND_PORT = rf"{PLAIN_HOST}:(?:[1-9][0-9]{{0,3}}|[1-5][0-9]{{4}})"
_PLAIN = {
    "http": re.compile(rf"https?://{_HOST_AND_PORT}(?:/[^%#\x00-\x1f\x7f]*)?\Z"),
    **dict.fromkeys(ENDPOINTS, re.compile(rf"{_HOST_AND_PORT}\Z")),
}


def endpoint_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of what one check looks at."""
    for key, value in check.items():
        if key not in _PLAIN or value.__class__ is not str or not value or _PLAIN[key].match(value):
            continue
        fault = _url_fault(value) if key == "http" else _endpoint_fault(key, value)
        if fault:
            yield (URL if key == "http" else ENDPOINT).at((*place, key), *fault)
    if "args" in check:
        yield from _command_findings(check, place)


def _url_fault(url: str) -> Fault | None:
    """Return the first thing that is wrong with a URL, as Go reads one. URLs are not shown: they can hold passwords."""
    scheme = _OTHER_SCHEME.match(url)
    if _CONTROL.search(url):
        return "has a control character, such as a line break", "Write the URL on one line, without a break at its end."
    if url[0].isspace():
        return "begins with a blank", "Begin it with http:// or https://."
    if not url.lower().startswith(_SCHEMES):
        return _other_scheme(scheme.group(1).lower()) if scheme else ("has no scheme", "Begin it with http:// or https://.")
    address, path = _split_url(url)
    fault = _authority_fault(address)
    if not fault and _BAD_ESCAPE.search(path):
        return "has a % that begins no escape", "Write %25 for a percent sign."
    return fault


def _other_scheme(scheme: str) -> Fault:
    if scheme in ENDPOINTS:
        return f"has the scheme {scheme}, which is another type of check", f"Write {scheme}: host:port instead."
    return f"has the scheme {scheme}, with which no check can ask", "Begin it with http:// or https://."


def _split_url(url: str) -> tuple[str, str]:
    """Return host and port, and the parts in which every % must begin an escape."""
    rest, _hash, fragment = url.partition("://")[2].partition("#")
    hierarchy = rest.partition("?")[0]
    authority, slash, path = hierarchy.partition("/")
    return authority.rpartition("@")[2], slash + path + fragment


def _authority_fault(address: str) -> Fault | None:
    host, port = _split_port(address)
    bare = host[1:-1] if host.startswith("[") else host
    if not address:
        return "names no host", "Write http://host:port/path."
    if host.startswith("[") and not (host.endswith("]") and is_ip(bare)):
        return "has brackets around what is no IPv6 address", "Write http://[::1]:port/path."
    if (port and not port.isdecimal()) or not port.isascii():
        return _PORT_IS_NO_NUMBER
    if port and not _exists(port):
        return _NO_SUCH_PORT
    if not host.startswith("[") and _NOT_IN_A_HOST.search(bare):
        return "has a character that no name of a host has", "Write http://host:port/path."
    if ":" in bare and not is_ip(bare):
        return "names two ports", "Write http://host:port/path."
    return _host_fault(bare)


def _host_fault(host: str) -> Fault | None:
    found = host_fault(host).startswith("is no IP address")
    return ("has a host that is no IP address, and no name either", "Write an IP address or the name of a host.") if found else None


def _exists(port: str) -> bool:
    return len(port) < _LONGEST_PORT and 1 <= int(port) <= _LARGEST_PORT


def _split_port(address: str) -> tuple[str, str]:
    """Return host and port; the brackets of an IPv6 address stay with it."""
    if address.startswith("[") and "]" in address:
        host, _bracket, port = address.partition("]")
        return f"{host}]", port.removeprefix(":")
    host, colon, port = address.rpartition(":")
    return (host, port) if colon else (address, "")


def _endpoint_fault(key: str, endpoint: str) -> Fault | None:
    """Return the first thing that is wrong with an endpoint."""
    written = "host:port/service" if key == "grpc" else "host:port"
    scheme = _OTHER_SCHEME.match(endpoint)
    # Behind the first slash gRPC checks have the name of a service.
    address = endpoint.partition("/")[0] if key == "grpc" else endpoint
    if scheme:
        meant = " For an HTTP check, write the key http." if scheme.group(1).lower() in ("http", "https") else ""
        return f"has a scheme, {scheme.group(0)}", f"Write {written}, without a scheme.{meant}"
    if re.search(r"\s", address):
        return "has a blank", f"Write {written}."
    if "/" in address:
        return "has a path", f"Write {written}, without a path."
    return _host_and_port_fault(address)


def _host_and_port_fault(address: str) -> Fault | None:
    if not _BRACKETS.match(address):
        return "has a bracket that belongs to no address", "Write the whole address in brackets, and the port behind them: [::1]:80."
    host, port = _split_port(address)
    if ":" in host and not host.startswith("["):
        if is_ip(address) or is_ip(host):
            return "has an IPv6 address without brackets", "Write the address in brackets, and the port behind them: [::1]:80."
        return "has too many colons", "Write host:port."
    if not port:
        return "names no port", "Write host:port."
    if _PORT_NUMBER.match(port):
        if not _exists(port):
            return _NO_SUCH_PORT
    elif not _PORT_NAME.match(port):
        return _PORT_IS_NO_NUMBER
    return _host_fault(host)


def _command_findings(check: Mapping, place: Place) -> Iterator[Finding]:
    args = check.get("args")
    first = next((argument for index, argument in texts_at(check, "args") if index == 0), None)
    if not isinstance(args, list) or first is None:
        return
    there = (*place, "args", 0)
    if not first.strip():
        yield COMMAND.at(there, "is no command", "Write the path of the program first.")
    elif len(args) == 1 and re.search(r"\S\s+\S", first) and "\\" not in first:
        hint = "Write each argument as an item of its own, or [/bin/sh, -c, …] where a shell is needed."
        yield COMMAND.at(there, "is a whole command line, which the agent takes for the name of one program", hint)
