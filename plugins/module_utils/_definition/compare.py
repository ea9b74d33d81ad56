# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare one service or check that an agent reports with what it has to be (see expect.py).

Every difference is a pair of field and reason. Values are shown only where they are plain and cannot be secret.
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from .durations import SECOND, parse_duration
from .expect import (
    PROXY_KINDS,
    default_port,
    derived_addresses,
    is_virtual,
)
from .spelling import is_field, spelled, squash, squashed
from .unchecked import Unchecked, is_reported

Differences = Iterator["tuple[str, str]"]

# Shown with both values: they tell where the mistake is, and nobody keeps a secret in them.
_SHOWN = ("name", "port", "address", "kind", "type", "interval", "timeout", "serviceid")
_PLAIN = ("name", "address", "kind", "enabletagoverride", "socketpath")
# Filled from central configuration (proxy-defaults, service-defaults) where the definition leaves them out.
_CENTRAL = ("config", "meshgateway", "expose", "mode", "transparentproxy")
_NEVER_REPORTED = {"proxy.expose": ("port",)}


def service_differences(want: Mapping[str, Any], have: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> Differences:
    """How the agent's service differs from the expected one: field, in the file's spelling, and reason.

    before is what the definition was until now: what it had and the agent still has was not taken away.
    """
    have = squashed(have)
    have = dict(have, name=have.get("service", have.get("name")))
    yield from _new(want, have, "")
    yield from _new(want.get("connect") or {}, have.get("connect") or {}, "connect.")
    new = {field for field, value in want.items() if isinstance(value, Unchecked)}
    want, have = ({field: value for field, value in side.items() if field not in new} for side in (want, have))
    for field in _PLAIN:
        yield from _plain(field, want.get(field), have.get(field))
    yield from _port(want, have)
    if not want.get("enabletagoverride") and (want.get("tags") or []) != (have.get("tags") or []):
        yield "tags", _differs()
    yield from _meta(want, have)
    yield from _weights(want, have)
    yield from _tagged_addresses(want, have)
    yield from _rest(want, have)
    if want.get("kind") in PROXY_KINDS:
        chosen = want.get("chosen") or {}
        yield from _proxy(want.get("proxy") or {}, have.get("proxy") or {}, (before or {}).get("proxy") or {}, chosen)
    native = bool((want.get("connect") or {}).get("native"))
    if native != bool((have.get("connect") or {}).get("native")):
        yield "connect.native", _differs()


def check_differences(want: Mapping[str, Any], have: Mapping[str, Any]) -> Differences:
    """How the agent's check differs from the expected one, as far as this agent reports it."""
    have = squashed(have)
    for field in ("serviceid", "name", "notes"):
        yield from _plain(field, want.get(field), have.get(field))
    if have.get("type") and want["type"] and squash(have["type"]) != squash(want["type"]):
        yield "type", _differs("type", want["type"], have["type"])
    definition = want["definition"]
    # Since 1.11 beside the definition, which agents leave empty. Up to 1.13 they report the interval as the timeout, too.
    beside = [key for key in ("interval", "timeout") if have.get(key) and not (key == "timeout" and have[key] == have.get("interval"))]
    beside += [key for key, value in definition.items() if isinstance(value, Unchecked) and have.get(key)]
    reported = dict(have.get("definition") or {}, **{key: have[key] for key in beside})
    for field, value in reported.items():
        if field in definition and value and not _same_setting(field, definition[field], value):
            yield _spelled(field, definition[field]), _differs(field, definition[field], value)


def same(want: Any, have: Any) -> bool:
    """Equality of JSON values: 1 is 1.0, but true is not 1."""
    if isinstance(want, Unchecked):
        return is_reported(want, have)
    if isinstance(want, bool) or isinstance(have, bool):
        return want is have
    if isinstance(want, dict) and isinstance(have, dict):
        unreported = {key for key, value in want.items() if isinstance(value, Unchecked) and key not in have}
        return want.keys() - unreported == have.keys() and all(same(want[key], have[key]) for key in have)
    if isinstance(want, list) and isinstance(have, list):
        return len(want) == len(have) and all(map(same, want, have))
    return bool(want == have)


def canonical(config: Any) -> Any:
    """User data of a proxy without what agents change in it: one-item lists become their item (from 1.8 on only at the top,
    before at any depth), empty lists null (before 1.8)."""
    if isinstance(config, dict):
        return {key: canonical(value) for key, value in config.items()}
    if isinstance(config, list):
        if len(config) < 2:
            return canonical(config[0]) if config else None
        return [canonical(item) for item in config]
    return config


def _differs(field: str = "", want: Any = None, have: Any = None) -> str:
    if field.rpartition(".")[2] in _SHOWN and not isinstance(want, Unchecked):
        return "%s in the file, %s on the agent" % (_shown(want), _shown(have))
    return "not as in the file"


def _shown(value: Any) -> str:
    return "none" if value in (None, "") else str(value)


def _spelled(field: str, want: Any = None) -> str:
    place, dot, name = field.rpartition(".")
    return place + dot + (want.key if isinstance(want, Unchecked) else spelled(name))


def _new(want: Mapping[str, Any], have: Mapping[str, Any], place: str) -> Differences:
    for field, value in want.items():
        if isinstance(value, Unchecked):
            yield from _plain(place + field, value, have.get(field))


def _plain(field: str, want: Any, have: Any) -> Differences:
    if isinstance(want, Unchecked):
        if not is_reported(want, have):
            yield _spelled(field, want), _differs()
    # Zero, empty and absent are the same to the agent.
    elif (want or have) and not same(want or None, have or None):
        yield _spelled(field), _differs(field, want, have)


def _port(want: Mapping[str, Any], have: Mapping[str, Any]) -> Differences:
    if want.get("autoport"):
        if not have.get("port"):
            yield "port", "the agent assigned none"
    elif not want.get("ports") or have.get("port") not in (None, 0, default_port(want)):
        yield from _plain("port", want.get("port"), have.get("port"))


def _meta(want: Mapping[str, Any], have: Mapping[str, Any]) -> Differences:
    wanted = {key: value or "" for key, value in (want.get("meta") or {}).items()}
    reported = have.get("meta") or {}
    for key in sorted({*wanted, *reported}):
        if wanted.get(key) != reported.get(key):
            yield "meta.%s" % key, _differs()


def _weights(want: Mapping[str, Any], have: Mapping[str, Any]) -> Differences:
    # Agents before 1.2.3 have none.
    if "weights" in have and not same(dict({"passing": 1, "warning": 1}, **(want.get("weights") or {})), have["weights"]):
        yield "weights", _differs()


def _tagged_addresses(want: Mapping[str, Any], have: Mapping[str, Any]) -> Differences:
    wanted, reported = want.get("taggedaddresses") or {}, have.get("taggedaddresses") or {}
    derived = derived_addresses(dict(want, port=have.get("port")) if want.get("autoport") else want)
    for name in sorted({*wanted, *reported}):
        if name not in wanted and is_virtual(name):
            continue
        expected = wanted.get(name, derived.get(name))
        if expected is None or name not in reported or _address(expected) != _address(reported[name]):
            yield "tagged_addresses.%s" % name, _differs()


def _address(value: Mapping[str, Any]) -> tuple[str, int]:
    return value.get("address") or "", value.get("port") or 0


def _rest(want: Mapping[str, Any], have: Mapping[str, Any]) -> Differences:
    # A sidecar has its parent's locality, and with some agents its named ports. A zone that nobody names is reported as an empty text
    # (seen on 1.21.4 and 1.22.7).
    if not want.get("sidecarof") and not same(_said(want.get("locality")) or None, _said(have.get("locality")) or None):
        yield "locality", _differs()
    if (want.get("ports") or not want.get("sidecarof")) and _named(want.get("ports")) != _named(have.get("ports")):
        yield "ports", _differs()
    if not same(_said(want.get("ai")), _said(have.get("ai"))):
        yield "ai", _differs()
    for field in ("namespace", "partition"):
        if want.get(field) and want[field] != (have.get(field) or "default"):
            yield field, _differs()


def _named(ports: Any) -> list[tuple[Any, Any, bool]]:
    """Named ports, with the default of their default written out, as agents report it (seen on 1.22.7)."""
    return [(port.get("name"), port.get("port"), bool(port.get("default"))) for port in ports or []]


def _said(value: Any) -> Any:
    """What an object says, without zeros and empty texts, which agents do not report. An empty object is something."""
    if isinstance(value, dict):
        said = {key: _said(child) for key, child in value.items()}
        return {key: child for key, child in said.items() if child or isinstance(child, dict)}
    return value


def _proxy(want: dict[str, Any], have: dict[str, Any], before: dict[str, Any], chosen: dict[str, Any]) -> Differences:
    for field in sorted({*want, *have} - {"upstreams", "localserviceports", *_CENTRAL} - _of_the_agent(want, have, before)):
        if field not in chosen or not same(chosen[field], have.get(field)):
            yield from _plain("proxy." + field, want.get(field), have.get(field))
    reported = _named(have.get("localserviceports"))
    if reported not in (_named(want.get("localserviceports")), _named(chosen.get("localserviceports"))):
        yield "proxy.local_service_ports", _differs()
    yield from _central("proxy", want, have, before)
    # Central configuration adds others, and since 1.14 a mesh gateway mode of a transparent proxy one for "*": those listen nowhere.
    own = [upstream for upstream in have.get("upstreams") or [] if upstream.get("localbindport") or upstream.get("localbindsocketpath")]
    wanted, previous = want.get("upstreams") or [], before.get("upstreams") or []
    if len(own) != len(wanted):
        yield "proxy.upstreams", "%d in the file, %d on the agent" % (len(wanted), len(own))
        return
    for number, (upstream, reported) in enumerate(zip(wanted, own)):
        earlier = previous[number] if number < len(previous) else {}
        yield from _upstream("proxy.upstreams[%d]" % number, upstream, reported, earlier)


def _upstream(place: str, want: dict[str, Any], have: dict[str, Any], before: dict[str, Any]) -> Differences:
    defaults = {
        "destinationtype": "service",
        "localbindaddress": "127.0.0.1",
        "destinationnamespace": "default",
        "destinationpartition": "default",
    }
    for field in sorted({*want, *have} - set(_CENTRAL) - _of_the_agent(want, have, before)):
        default = defaults.get(field)
        yield from _plain("%s.%s" % (place, field), want.get(field) or default, have.get(field) or default)
    yield from _central(place, want, have, before)


def _of_the_agent(want: dict[str, Any], have: dict[str, Any], before: dict[str, Any]) -> set[str]:
    """Fields that newer agents report by themselves: ones that nobody has written, now or before."""
    return {field for field in have.keys() - want.keys() - before.keys() if not is_field(field)}


def _central(place: str, want: dict[str, Any], have: dict[str, Any], before: dict[str, Any]) -> Differences:
    """Fields that central configuration may add to: what the file says must be there, more may be."""
    for field in _CENTRAL:
        inner = "%s.%s" % (place, field)
        if isinstance(want.get(field), Unchecked):
            yield from _plain(inner, want[field], have.get(field))
            continue
        wanted, reported, earlier = (_as_map(field, source.get(field)) for source in (want, have, before))
        for key in sorted({*wanted, *reported}):
            if key in _NEVER_REPORTED.get(inner, ()):
                continue
            if isinstance(wanted.get(key), Unchecked):
                yield from _plain("%s.%s" % (_spelled(inner), key), wanted[key], (have.get(field) or {}).get(key))
                continue
            added = key not in wanted and not (earlier.get(key) and same(earlier[key], reported[key]))
            if not added and not _equal(wanted.get(key), reported.get(key)):
                name = key if field == "config" else spelled(key)
                yield ".".join(part for part in (_spelled(inner), name) if part), _differs()


def _as_map(field: str, value: Any) -> dict[str, Any]:
    if field == "config":
        return dict(canonical(value or {}))
    if isinstance(value, dict):
        return {key: _own_paths(child) if key == "paths" else child for key, child in value.items() if child}
    return {"": value} if value else {}


def _own_paths(paths: Any) -> Any:
    """The exposed paths that a definition lists: without those made from checks, with the protocol's default."""
    own = [path for path in paths or [] if not path.get("parsedfromcheck")]
    return [dict({"protocol": "http"}, **{key: value for key, value in path.items() if value}) for path in own]


def _equal(want: Any, have: Any) -> bool:
    return same(want, have) or (not want and not have and not isinstance(want, bool) and not isinstance(have, bool))


def _same_setting(field: str, want: Any, have: Any) -> bool:
    if not isinstance(want, str) or not isinstance(have, str):
        return same(want, have)
    try:
        wanted, reported = parse_duration(want), parse_duration(have)
    except ValueError:
        return want == have
    # 0s stands for "the default"; the agent raises shorter intervals to a second.
    return reported in (0, wanted) or (field == "interval" and wanted < SECOND == reported)
