# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agents refuse among their own settings while they load them, after or before they have loaded all services again.

TLS comes first, and a fault in it loses every service; watches and the rest come last, and the reload fails all the same. Each was tried on
1.8.7, 1.12.9, 1.21.4 and 1.22.7. What depends on the servers (`config_entries`) nobody can know before.
"""

from __future__ import annotations

import functools
import ipaddress
import itertools
import os
import socket
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence

from .._definition.durations import SECOND, parse_duration
from .._definition.identity import sidecar_of
from .._findings import Finding
from .elsewhere import Content
from .facts import AgentFacts
from .loading import half_load

# The parts of `tls` (since 1.12), and the top, where the same keys stand without it.
_PARTS = ((), *(("tls", name) for name in ("defaults", "internal_rpc", "https", "grpc")))
_SWITCHES = ("verify_incoming", "verify_outgoing")
# These stand for one part, wherever it has its files.
_SWITCHES_OF_PARTS = ("verify_incoming_rpc", "verify_incoming_https", "verify_server_hostname")
_TLS_FILES = ("ca_file", "ca_path", "cert_file", "key_file")
# Both spellings: agents since 1.12 know the second as well.
_TLS_VERSIONS = ("", "tls10", "tls11", "tls12", "tls13", "TLS_AUTO", "TLSv1_0", "TLSv1_1", "TLSv1_2", "TLSv1_3")
_HANDLERS = ("datacenter", "token", "type", "handler_type", "http_handler_config", "handler", "args", "namespace", "partition")
# Type of watch -> its own parameters, and the one that it must have.
_WATCHES = {
    "key": (("key", "stale"), "key"),
    "keyprefix": (("prefix", "stale"), "prefix"),
    "services": (("stale", "filter"), None),
    "nodes": (("stale", "filter"), None),
    "service": (("service", "stale", "tag", "passingonly", "filter"), "service"),
    "checks": (("service", "state", "stale", "filter"), None),
    "event": (("name",), None),
    "agent_service": (("service_id",), "service_id"),
}
_PEM = {"certificate": b"-----BEGIN CERTIFICATE-----", "key": b"PRIVATE KEY-----"}
_LOWEST_SNAPSHOT_INTERVAL = 5 * SECOND // 1000
_SNAPSHOTS_SINCE = (1, 10)
_RECURSORS_ALWAYS_SINCE = (1, 21)


class Surroundings(NamedTuple):
    """Where the agent lives: how its paths are opened from here, None where they cannot be; its version, empty where nothing tells."""

    path_of: Callable[[str], str] | None = None
    version: tuple[int, ...] = ()
    # Whether every file of the agent could be read, and nothing was set on its command line besides.
    complete: bool = False
    # The first and the last that it gives to sidecars, and those of services that came through its API.
    sidecar_ports: tuple[int, int] | None = None
    registered_ports: tuple[int, ...] = ()
    # Whether names of hosts mean to it what they mean here.
    shares_names: bool = False


def surroundings(facts: AgentFacts, complete: bool, registered_ports: Iterable[int]) -> Surroundings:
    """Look around. complete tells whether all files of the agent could be read."""
    process = facts.process
    return Surroundings(
        path_of=functools.partial(facts.agents.path_of, process) if process is not None else None,
        version=facts.numbers(),
        complete=complete and process is not None and not process.flag_values("hcl"),
        sidecar_ports=facts.sidecar_ports,
        registered_ports=tuple(registered_ports),
        shares_names=process is not None and facts.agents.has_our_root(process),
    )


class _Setting(NamedTuple):
    place: str
    value: Any


def refused_settings(contents: Sequence[Content], around: Surroundings) -> Iterator[Finding]:
    """What stands in the agent's files, wherever they are, and would stop a reload."""
    merged = _merged(contents)
    yield from _tls(merged, around)
    yield from _watches(contents)
    yield from _recursors(merged, around)
    yield from _raft(merged, around)
    yield from _sidecars(contents, around)


def _merged(contents: Sequence[Content]) -> dict[tuple[str, ...], _Setting]:
    """Settings by their path, and where they stand. Of several files the last one is right."""
    return {path: _Setting(place, value) for place, document, _definitions in contents for path, value in _leaves(document, ())}


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    # HCL has a block as a list.
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        for item in value:
            yield from _leaves(item, path)
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _leaves(child, (*path, key.lower()))
    elif value is not None:
        yield path, value


def _tls(merged: Mapping[tuple[str, ...], _Setting], around: Surroundings) -> Iterator[Finding]:
    for part in _PARTS:
        version = merged.get((*part, "tls_min_version"))
        if version is not None and version.value not in _TLS_VERSIONS:
            yield _stops(version, (*part, "tls_min_version"), "is no version that agents know")
        if around.path_of is not None:
            yield from _tls_files(part, merged, around.path_of)
    if around.complete and not any(path[0] in ("auto_encrypt", "auto_config") for path in merged):
        yield from _unverifiable(merged)


def _tls_files(part: tuple[str, ...], merged: Mapping[tuple[str, ...], _Setting], path_of: Callable[[str], str]) -> Iterator[Finding]:
    pair = ("cert_file", "key_file")
    # Agents look at certificate and key where they have both, and at the folder where no file is named (seen on 1.8.7 to 1.22.7).
    has_pair = all((*part, key) in merged for key in pair)
    folder = () if any(_given(merged, (*place, "ca_file")) for place in _and_defaults(part)) else ("ca_path",)
    for key in ("ca_file", *folder, *(pair if has_pair else ())):
        setting = merged.get((*part, key))
        if setting is None or not isinstance(setting.value, str) or not setting.value:
            continue
        if key == "ca_path":
            problem = _folder_problem(setting.value, path_of)
        else:
            problem = _file_problem(path_of(setting.value), "key" if key == "key_file" else "certificate")
        if problem:
            yield _stops(setting, (*part, key), "names %s, which %s" % (setting.value, problem))


def _and_defaults(part: tuple[str, ...]) -> set[tuple[str, ...]]:
    return {part, (), ("tls", "defaults")}


def _given(merged: Mapping[tuple[str, ...], _Setting], path: tuple[str, ...]) -> bool:
    return path in merged and bool(merged[path].value)


def _folder_problem(path: str, path_of: Callable[[str], str]) -> str:
    """Agents read every file at the path and below it, and take links to folders for files (seen on 1.8.7 to 1.22.7)."""
    root = path_of(path)
    if not os.path.isdir(root):
        return _file_problem(root)
    empty = True
    try:
        for folder, folders, files in os.walk(root, onerror=_fail):
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            for name in sorted([*files, *links]):
                empty = False
                place = os.path.normpath(os.path.join(os.path.relpath(folder, root), name))
                problem = _file_problem(path_of(os.path.join(path, place)))
                if problem:
                    return "has %s in it, which %s" % (place, problem)
    except OSError:
        # What this task may not list, the agent perhaps may.
        return ""
    return "holds no certificate" if empty else ""


def _fail(problem: OSError) -> None:
    raise problem


def _file_problem(path: str, what: str = "certificate") -> str:
    try:
        with open(path, "rb") as stream:
            return "" if _PEM[what] in stream.read() else "holds no %s" % what
    except IsADirectoryError:
        return "is a directory"
    except (FileNotFoundError, NotADirectoryError, ValueError):
        # No path has a NUL in it, either.
        return "does not exist"
    except OSError:
        # What this task may not read, the agent perhaps may.
        return ""


def _unverifiable(merged: Mapping[tuple[str, ...], _Setting]) -> Iterator[Finding]:
    """Verifying asks for an authority, in the same part of the settings or in the defaults, and of who comes for a certificate besides."""
    for part, switch in itertools.product(_PARTS, (*_SWITCHES, *_SWITCHES_OF_PARTS)):
        setting = merged.get((*part, switch))
        if setting is None or setting.value is not True:
            continue
        places = _PARTS if switch in _SWITCHES_OF_PARTS else _and_defaults(part)
        named = {key for place in places for key in _TLS_FILES if _given(merged, (*place, key))}
        if named.isdisjoint(("ca_file", "ca_path")):
            yield _stops(setting, (*part, switch), "is set, and there is neither ca_file nor ca_path")
        elif switch.startswith("verify_incoming") and not named.issuperset(("cert_file", "key_file")):
            yield _stops(setting, (*part, switch), "is set, and there are not both of cert_file and key_file")


def _watches(contents: Sequence[Content]) -> Iterator[Finding]:
    for place, document, _definitions in contents:
        for key, watches in document.items():
            if key.lower() == "watches":
                for number, watch in enumerate(watches if isinstance(watches, list) else [watches]):
                    problem = _watch_problem(watch) if isinstance(watch, dict) else ""
                    if problem:
                        yield half_load(place, "watches[%d] %s" % (number, problem))


def _watch_problem(watch: Mapping[str, Any]) -> str:
    kind = watch.get("type")
    if not kind:
        return "has no type"
    if not isinstance(kind, str) or kind not in _WATCHES:
        return "is of a type that no agent takes from its files"
    own, needed = _WATCHES[kind]
    if needed and not watch.get(needed):
        return "has no %s" % needed
    surplus = sorted(set(watch) - {*own, *_HANDLERS})
    if surplus:
        return "has keys that no agent knows: %s" % ", ".join(surplus)
    if kind == "checks" and watch.get("service") and watch.get("state"):
        return "has both service and state"
    return _handler_problem(watch)


def _handler_problem(watch: Mapping[str, Any]) -> str:
    how = watch.get("handler_type", "script")
    if how not in ("script", "http"):
        return "has a handler_type that no agent knows"
    programs = [key for key in ("handler", "args") if key in watch]
    if len(programs) > 1 or (programs and how == "http"):
        return "has more than one handler"
    if how == "script":
        return "" if programs else "has no handler"
    configs = watch.get("http_handler_config")
    config = configs[0] if isinstance(configs, list) and len(configs) == 1 else configs
    if not isinstance(config, dict) or not config.get("path"):
        return "has no path in its http_handler_config"
    try:
        parse_duration(config.get("timeout") or "0")
    except (ValueError, TypeError, AttributeError):
        return "has a timeout in its http_handler_config that is no duration"
    return ""


def _recursors(merged: Mapping[tuple[str, ...], _Setting], around: Surroundings) -> Iterator[Finding]:
    """Agents that answer DNS look up the addresses of their recursors; those since 1.21 also when they do not."""
    setting, port = merged.get(("recursors",)), merged.get(("ports", "dns"))
    off = port is not None and isinstance(port.value, int) and port.value <= 0
    unused = off and around.version and around.version < _RECURSORS_ALWAYS_SINCE
    if setting is None or not isinstance(setting.value, list) or unused or not around.shares_names:
        return
    for recursor in setting.value:
        if isinstance(recursor, str) and "{{" not in recursor and not _has_address(recursor):
            yield _stops(setting, ("recursors",), "names %s, which is no address and cannot be looked up" % recursor)


def _has_address(recursor: str) -> bool:
    host = recursor[1:].partition("]")[0] if recursor.startswith("[") else recursor
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            socket.getaddrinfo(host, 53)
        except (OSError, ValueError):
            return False
    return True


def _raft(merged: Mapping[tuple[str, ...], _Setting], around: Surroundings) -> Iterator[Finding]:
    setting = merged.get(("raft_snapshot_interval",))
    if setting is None or (around.version and around.version < _SNAPSHOTS_SINCE):
        return
    try:
        interval = parse_duration(setting.value)
    except (ValueError, TypeError, AttributeError):
        return
    if 0 < interval < _LOWEST_SNAPSHOT_INTERVAL:
        yield _stops(setting, ("raft_snapshot_interval",), "is below 5ms, which agents take for a mistake")


def _sidecars(contents: Sequence[Content], around: Surroundings) -> Iterator[Finding]:
    """Sidecars without a port get one of a range that the agent was started with. Where none is left, it stops."""
    if around.sidecar_ports is None:
        return
    low, high = around.sidecar_ports
    taken = set(around.registered_ports)
    waiting: list[str] = []
    for place, _document, definitions in contents:
        for service in definitions.services:
            sidecar = sidecar_of(service)
            taken.update(_port(entry) for entry in (service, *([sidecar[1]] if sidecar else [])))
            if sidecar is not None and not sidecar[1].get("port") and not sidecar[1].get("socket_path"):
                waiting.append(place)
    free = sum(1 for port in range(low, high + 1) if port not in taken) if low > 0 else 0
    if len(waiting) > free:
        yield half_load(waiting[-1], "%d sidecars need a port, and the agent has %d for them" % (len(waiting), free))


def _port(service: Mapping[str, Any]) -> int:
    port = service.get("port")
    return port if isinstance(port, int) else 0


def _stops(setting: _Setting, path: tuple[str, ...], what: str) -> Finding:
    return half_load(setting.place, "%s %s" % (".".join(path), what))
