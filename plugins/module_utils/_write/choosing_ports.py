# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port for each sidecar that declares none and has none from us: the one that it has, or a new one (see sidecar_ports.py)."""

from __future__ import annotations

from itertools import chain
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence

from .._agent.elsewhere import Content, files_beyond, in_order, paths_read
from .._agent.facts import AgentFacts
from .._definition.expect import in_namespace
from .._definition.parse import Definitions
from .._definition.sidecars import (
    DEFAULT_RANGE,
    declared_port,
    given_by_agents,
    ports_in,
    sidecar_key,
)
from .._files.config_dir import ConfigDir
from .._files.manifest import Owned
from .._files.scan import scan
from .._findings import Finding, Refused, error
from .sidecar_ports import Chosen


class Known(NamedTuple):
    """What is known about ports: the files as they are, in the agent's order, the definitions to come, ports that were chosen for
    whatever sidecar, what the agent reports, and the range that it gives ports from. The last two are found out when they are asked for.
    """

    files: Sequence[Definitions]
    coming: Sequence[Definitions]
    reserved: Iterable[int] = ()
    registered: Callable[[], Mapping[str, int]] = dict
    range: Callable[[], tuple[int, int]] = lambda: DEFAULT_RANGE


def choose(keys: Iterable[str], earlier: Mapping[str, int], known: Known) -> Chosen:
    """Return a port for each of these sidecars. Raises Refused where none is left."""
    missing = [key for key in keys if key not in earlier]
    in_files = {sidecar_key(service): declared_port(service) for part in known.files for service in part.services}
    declared = {key: in_files[key] for key in missing if in_files.get(key)}
    ports = {**earlier, **declared}
    missing = [key for key in missing if key not in ports]
    if missing:
        registered, given = known.registered(), given_by_agents(known.files, known.range())
        ports.update({key: registered[key] for key in missing if registered.get(key)})
        taken = {*ports.values(), *registered.values()}
        # What an agent that cannot be asked has, follows from its files.
        ports.update({key: given[key] for key in missing if key not in ports and given.get(key, 0) not in {0, *taken}})
        ports.update(_new([key for key in missing if key not in ports], {*taken, *given.values()}, known))
    return Chosen(ports, frozenset(declared))


def _new(keys: Sequence[str], taken: set[int], known: Known) -> dict[str, int]:
    if not keys:
        return {}
    low, high = known.range()
    if low < 1:
        raise Refused(*(_missing(key, "and the agent is set to give none (ports.sidecar_min_port)") for key in keys))
    services = [service for part in chain(known.files, known.coming) for service in part.services]
    taken = taken | {*known.reserved, *ports_in(services)}
    free = [port for port in range(high, low - 1, -1) if port not in taken]
    if len(free) < len(keys):
        what = "and of %d to %d, from which agents give one, none is free" % (low, high)
        raise Refused(*(_missing(key, what) for key in keys[len(free) :]))
    return dict(zip(keys, free))


def _missing(key: str, why: str) -> Finding:
    hint = "Write a port into its sidecar_service, or change ports.sidecar_min_port and ports.sidecar_max_port of the agent."
    return error("service " + key, "sidecar-port-missing", "declares no port, %s." % why, hint)


# Looking around


def look_around(
    directory: ConfigDir | None, manifest: Mapping[str, Owned], agent: Callable[[], AgentFacts], coming: Sequence[Definitions]
) -> Known:
    """Return what the files of the agent and the agent itself tell; nothing, where not even the directory is there yet."""
    if directory is None:
        return Known([], coming)
    facts = agent()
    here = [Content(directory.place(found.name), {}, found.definitions) for found in scan(directory)]
    paths = paths_read(facts)
    files = in_order(directory.path, paths, here, files_beyond(directory.path, paths))
    namespaces = {service.get("namespace") or "" for part in coming for service in part.services}
    return Known(
        files=[file.definitions for file in files],
        coming=coming,
        # Of files, too, that somebody has removed by hand, and that come back.
        reserved=[port for owned in manifest.values() for port in (owned.ports or {}).values()],
        registered=lambda: registered_ports(facts, namespaces),
        range=lambda: sidecar_range(facts),
    )


def registered_ports(facts: AgentFacts, namespaces: Iterable[str] = ()) -> dict[str, int]:
    """The ports of all services that the agent shows, by key: one request, and one for each namespace but the default."""
    from .._agent.api import ApiError, entries

    found: dict[str, int] = {}
    try:
        if (facts.process is None and not facts.address_given) or facts.api is None:
            return found
        for namespace in sorted({*namespaces, ""} - {"default"}):
            answer = entries(facts.api, "/v1/agent/services", namespace)
            found.update({in_namespace(namespace, key): service.get("Port") or 0 for key, service in answer.items()})
    except ApiError:
        pass
    return found


def sidecar_range(facts: AgentFacts) -> tuple[int, int]:
    """The first and the last port that the agent gives to sidecars; those of the default where nothing tells."""
    settings = facts.settings
    if settings is None or not settings.complete:
        return facts.sidecar_ports or DEFAULT_RANGE
    ports = {str(key).lower(): value for key, value in (settings.values.get("ports") or {}).items()}
    low, high = (ports.get("sidecar_%s_port" % end) for end in ("min", "max"))
    return low if isinstance(low, int) else DEFAULT_RANGE[0], high if isinstance(high, int) else DEFAULT_RANGE[1]


def as_meant(services: Iterable[dict[str, Any]], chosen: Chosen) -> list[dict[str, Any]]:
    """The services for a comparison with what others wrote: ports of ours that no file declares are nobody's wish."""
    ours = chosen.ports.keys() - chosen.declared
    return [_without_port(service) if sidecar_key(service) in ours else service for service in services]


def _without_port(service: dict[str, Any]) -> dict[str, Any]:
    connect = service["connect"]
    sidecar = {key: value for key, value in connect["sidecar_service"].items() if key != "port"}
    return {**service, "connect": {**connect, "sidecar_service": sidecar}}
