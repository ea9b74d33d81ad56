# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of other tools: how a definition file says the same, filled in with the values at hand.

Words of Nomad's jobs, Kubernetes' probes and annotations, Compose's files and Registrator's variables. What has no counterpart
stands in the schema, under x-elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.spelling import squash

from .._findings import quoted
from .._schema.tree import Field
from .access import Mapping, mappings_at, text
from .endpoint import ENDPOINTS

# The agent runs checks on its own node.
_HOST = "127.0.0.1"
# What a hint says where no port is at hand, and what is judged in its place.
_UNKNOWN_PORT, _SOME_PORT = "PORT", "1"
_PARTS = ("path", "port", "protocol", "scheme", "grpc_service", "address", "host")
_ANNOTATION = re.compile(r"consul\.hashicorp\.com/(?P<word>[a-z-]+?)(?P<key>(?<=meta-).+)?\Z")
_VARIABLE = re.compile(r"SERVICE_(?:(?P<port>[0-9]+)_)?(?P<word>[A-Z0-9_]+)\Z")
_SECRET = ("header",)
_LARGEST = 10**20
_DIGITS = re.compile(r"[0-9]{1,9}\Z")
_SHELL = ("/bin/sh", "-c")


@dataclass(slots=True)
class Meant:
    """What to do instead of a word, and the keys and values that are judged in its place."""

    hint: str
    instead: dict[str, Any] = dataclass_field(default_factory=dict)


Word = Callable[[Any, Mapping, Mapping], "Meant | None"]


def foreign_word(field: Field, key: str, beside: Mapping, service: Mapping) -> Meant | None:
    """Return what a key means that is another tool's word here; None where it is none.

    `beside` is the mapping with the key, `service` the whole definition.
    """
    subject = _subject(field)
    value = beside.get(key)
    if subject == "service":
        named = _annotation(key, value) or _variable(key, value, service)
        if named:
            return named
    word = _WORDS.get(subject, {}).get(squash(key))
    return word(value, beside, service) if word else None


def foreign_item(field: Field, value: Any) -> str:
    """Return what to write for a text or number in place of a mapping or list, empty where that is not plain."""
    subject = _subject(field)
    listed = _subject(field.items) if field.items else ""
    if subject == "upstream" and isinstance(value, str):
        upstream = _upstream(value)
        return f"Write {_flow(upstream)}." if upstream else ""
    if listed == "upstream" and isinstance(value, str):
        upstreams = [_upstream(entry.strip()) for entry in value.split(",")]
        return f"Write {_flow(upstreams)}." if all(upstreams) else ""
    if subject == "port":
        port = _container_port(value)
        return (
            f"Write port: {port} instead of ports, or {_flow({'name': 'http', 'port': int(port)})} where there are several." if port else ""
        )
    if subject == "check" and isinstance(value, str):
        check = _check_of_text(value)
        return f"Write {_flow({**check, 'interval': '10s'})}." if check else ""
    return ""


def _subject(field: Field) -> str:
    """Return of what the field is a mapping, told by keys that only this has."""
    for subject, keys in _TELLING.items():
        if keys <= field.properties.keys():
            return subject
    return ""


_TELLING = {
    "service": {"tags", "checks"},
    "check": {"http", "ttl"},
    "upstream": {"destination_name"},
    "proxy": {"destination_service_name"},
    "expose": {"paths"},
    "port": {"default", "port"},
}


# Checks


def _type(value: Any, check: Mapping, service: Mapping) -> Meant | None:
    if _has_type(check) or not isinstance(value, str):
        return None
    kind = value.lower()
    if kind in ("http", "https"):
        return _write(_http(check, service, kind))
    if kind in ENDPOINTS:
        return _write(_endpoint(kind, check, service))
    if kind in ("script", "docker") and (check.get("command") or check.get("test")):
        return Meant("Leave it out: args makes it a script check.")
    return Meant("Write ttl: 30s.", {"ttl": "30s"}) if kind == "ttl" else None


def _part(name: str) -> Word:
    """A part of what an endpoint or URL says as a whole."""

    def word(value: Any, check: Mapping, service: Mapping) -> Meant | None:
        if isinstance(value, (dict, list)):
            return None
        whole = _whole(check)
        if whole:
            return Meant(f"Leave it out: it is part of {whole}.")
        if check.get("type") or _has_type(check) or check.get("command"):
            return None
        if name == "path":
            return _write(_http(check, service, ""))
        if "path" in check:
            return Meant("Leave it out: it is part of http.")
        return _write(_endpoint("tcp", check, service)) if name == "port" else None

    return word


def _whole(check: Mapping) -> str:
    """Return the key that says all of an endpoint, where it stands there or the type tells it."""
    kind = text(check, "type").lower().replace("https", "http")
    present = (key for key in ("http", *ENDPOINTS) if check.get(key))
    return next(present, kind if kind in ("http", *ENDPOINTS) else "")


def _command(value: Any, check: Mapping, service: Mapping) -> Meant | None:
    command = value if isinstance(value, list) else [value]
    given = check.get("args")
    more = given if isinstance(given, list) else []
    if not command or not all(isinstance(part, str) for part in [*command, *more]):
        return None
    if len(command) == 1 and not more and " " in command[0].strip():
        command = [*_SHELL, command[0]]
    return _write({"args": [*command, *more]})


def _compose_test(value: Any, check: Mapping, service: Mapping) -> Meant | None:
    if isinstance(value, str):
        return _write({"args": [*_SHELL, value]})
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value) or len(value) < 2:
        return None
    return _write({"args": value[1:] if value[0] == "CMD" else [*_SHELL, *value[1:]]})


def _http_get(value: Any, check: Mapping, service: Mapping) -> Meant | None:
    return _write(_http(value, service, text(value, "scheme").lower())) if isinstance(value, dict) else None


def _tcp_socket(value: Any, check: Mapping, service: Mapping) -> Meant | None:
    return _write(_endpoint("tcp", value, service)) if isinstance(value, dict) else None


def _exec(value: Any, check: Mapping, service: Mapping) -> Meant | None:
    return _command(value.get("command"), {}, service) if isinstance(value, dict) else None


def _seconds(name: str) -> Word:
    def word(value: Any, check: Mapping, service: Mapping) -> Meant | None:
        return _write({name: f"{value}s"}) if name not in check and _DIGITS.match(_scalar(value)) else None

    return word


def _renamed(name: str) -> Word:
    """The same under another name."""

    def word(value: Any, beside: Mapping, service: Mapping) -> Meant | None:
        if name in beside:
            return Meant(f"Leave it out, {name} is there already.")
        shown = name if name in _SECRET or not _scalar(value) else f"{name}: {_scalar(value)}"
        return Meant(f"Write {quoted(shown)[1:-1]}.", {name: value})

    return word


def _has_type(check: Mapping) -> bool:
    return any(check.get(key) for key in ("http", "ttl", "alias_service", "alias_node", "args", *ENDPOINTS))


def _http(given: Mapping, service: Mapping, scheme: str) -> dict[str, Any]:
    wanted = text(given, "protocol").lower() or scheme
    path = text(given, "path")
    return {"http": f"{'https' if wanted == 'https' else 'http'}://{_address(given, service)}/{path.removeprefix('/')}"}


def _endpoint(kind: str, given: Mapping, service: Mapping) -> dict[str, Any]:
    name = text(given, "grpc_service") if kind == "grpc" else ""
    return {kind: _address(given, service) + (f"/{name}" if name else "")}


def _address(given: Mapping, service: Mapping) -> str:
    return f"{text(given, 'host') or _HOST}:{_port(given, service) or _UNKNOWN_PORT}"


def _port(given: Mapping, service: Mapping) -> str:
    """The port that stands in the check, or that its label names, or that of the service."""
    port = _scalar(given.get("port"))
    if _DIGITS.match(port):
        return port
    named = {text(entry, "name"): entry.get("port") for _index, entry in mappings_at(service, "ports")}
    found = _scalar(named.get(port)) or _scalar(service.get("port"))
    return found if _DIGITS.match(found) else ""


def _check_of_text(value: str) -> dict[str, Any]:
    if value.startswith(("http://", "https://")):
        return {"http": value}
    return {"tcp": value} if re.fullmatch(r"[\w.-]+:[0-9]+", value) else {}


# Services


def _annotation(key: str, value: Any) -> Meant | None:
    """An annotation of a Kubernetes pod."""
    found = _ANNOTATION.match(key)
    given = _scalar(value)
    if not found or not given:
        return None
    word = found["word"].removeprefix("connect-").removeprefix("service-")
    if word == "inject":
        return _write({"connect": {"sidecar_service": {}}})
    if word == "upstreams":
        upstreams = [_upstream(entry.strip()) for entry in given.split(",")]
        return _write({"connect": {"sidecar_service": {"proxy": {"upstreams": upstreams}}}}) if all(upstreams) else None
    if word == "tags":
        return _write({"tags": [tag.strip() for tag in given.split(",")]})
    if word == "meta-":
        return _write({"meta": {found["key"]: given}})
    if word == "port" and _DIGITS.match(given):
        return _write({"port": int(given)})
    return _write({"name": given}) if word == "service" else Meant("Leave it out: it is an annotation of Kubernetes.")


def _variable(key: str, value: Any, service: Mapping) -> Meant | None:
    """A variable or label of a container that Registrator reads."""
    found = _VARIABLE.match(key)
    given = _scalar(value)
    if not found or not given:
        return None
    word = found["word"]
    ported = {"port": found["port"] or service.get("port")}
    check: dict[str, Any] = {}
    if word in ("CHECK_HTTP", "CHECK_HTTPS"):
        check = _http({**ported, "path": given}, service, word.removeprefix("CHECK_").lower())
    elif word == "CHECK_TCP":
        check = _endpoint("tcp", ported, service)
    elif word == "CHECK_SCRIPT":
        check = {"args": [*_SHELL, given]}
    elif word == "CHECK_TTL":
        return _write({"check": {"ttl": given}})
    if check:
        return _write({"check": {**check, "interval": text(service, "SERVICE_CHECK_INTERVAL") or "10s"}})
    if word.startswith("CHECK_"):
        return Meant(f"It belongs to the check, as {word.removeprefix('CHECK_').lower()}: {quoted(given)[1:-1]}.")
    if word == "TAGS":
        return _write({"tags": [tag.strip() for tag in given.split(",")]})
    if word in ("NAME", "ID"):
        return _write({word.lower(): given})
    return Meant("Leave it out.") if word == "IGNORE" else _write({"meta": {word.lower(): given}})


def _health_check(value: Any, service: Mapping, _root: Mapping) -> Meant | None:
    """Compose's, and the probes of Kubernetes."""
    if not isinstance(value, dict):
        return None
    check: dict[str, Any] = {}
    for key, item in value.items():
        word = _CHECK_WORDS.get(squash(str(key)))
        meant = word(item, value, service) if word else None
        check.update(meant.instead if meant else {key: item} if key in ("interval", "timeout") else {})
    return _write({"check": {"interval": "10s", **check}}) if set(check) - {"interval", "timeout"} else None


def _container_port(value: Any) -> str:
    """The port of the host in what Compose writes: 80, 8080:80, 127.0.0.1:8080:80/tcp."""
    found = re.fullmatch(r"(?:[0-9]+[.][0-9.]+:)?(?:([0-9]{1,5}):)?([0-9]{1,5})(?:/(?:tcp|udp))?", _scalar(value))
    return (found[1] or found[2]) if found else ""


# Upstreams


def _upstream(value: str) -> dict[str, Any]:
    """What an annotation writes as service:port, with the datacenter behind it, or prepared_query: before it."""
    query, rest = value.startswith("prepared_query:"), value.removeprefix("prepared_query:")
    found = re.fullmatch(r"([\w-]+)(?:\.svc)?:([0-9]{1,5})(?::([\w-]+))?", rest)
    if not found:
        return {}
    upstream: dict[str, Any] = {"destination_type": "prepared_query"} if query else {}
    upstream.update(destination_name=found[1], local_bind_port=int(found[2]))
    return {**upstream, "datacenter": found[3]} if found[3] else upstream


def _exposed_paths(value: Any, expose: Mapping, service: Mapping) -> Meant | None:
    paths = value if isinstance(value, list) else [value]
    return _write({"paths": paths}) if "paths" not in expose and all(isinstance(path, dict) for path in paths) else None


# Hints


def _write(instead: dict[str, Any]) -> Meant:
    """Say to write this; where a port is not known, any is judged in its place."""
    shown = "; ".join(f"{key}: {_flow(value)}" for key, value in instead.items())
    return Meant(f"Write {shown}.", {key: _with_a_port(value) for key, value in instead.items()})


def _with_a_port(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_a_port(item) for key, item in value.items()}
    return value.replace(f":{_UNKNOWN_PORT}", f":{_SOME_PORT}") if isinstance(value, str) else value


def _scalar(value: Any) -> str:
    """Return a text or number as text, empty for whatever else. A number without end has none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < _LARGEST else ""
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else ""


def _flow(value: Any) -> str:
    """Return a value as YAML on one line, shortened."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z/][\w./:@?=&+-]*[\w/]|[0-9.]+:[\w/.-]+|[0-9]+(?:ms|s|m|h)|[A-Za-z]", value)
        return quoted(value)[1:-1] if plain and value.lower() not in _WORDS_OF_YAML else quoted(value)
    return _scalar(value) or "…"


_WORDS_OF_YAML = ("true", "false", "yes", "no", "on", "off", "null", "y", "n")

_CHECK_WORDS: dict[str, Word] = {
    "type": _type,
    **{squash(part): _part(part) for part in _PARTS},
    "command": _command,
    "test": _compose_test,
    "httpget": _http_get,
    "tcpsocket": _tcp_socket,
    "exec": _exec,
    "periodseconds": _seconds("interval"),
    "timeoutseconds": _seconds("timeout"),
    "failurethreshold": _renamed("failures_before_critical"),
    "retries": _renamed("failures_before_critical"),
    "successthreshold": _renamed("success_before_passing"),
    "initialstatus": _renamed("status"),
    "url": _renamed("http"),
    "headers": _renamed("header"),
}
_WORDS: dict[str, dict[str, Word]] = {
    "check": _CHECK_WORDS,
    "service": {
        **{squash(word): _health_check for word in ("healthcheck", "liveness_probe", "readiness_probe", "startup_probe")},
        "servicename": _renamed("name"),
        "serviceid": _renamed("id"),
        "serviceport": _renamed("port"),
        "serviceaddress": _renamed("address"),
    },
    "upstream": {
        "name": _renamed("destination_name"),
        "service": _renamed("destination_name"),
        "port": _renamed("local_bind_port"),
        "address": _renamed("local_bind_address"),
        "namespace": _renamed("destination_namespace"),
        "partition": _renamed("destination_partition"),
        "peer": _renamed("destination_peer"),
    },
    "proxy": {"destinationname": _renamed("destination_service_name"), "exposeconfig": _renamed("expose")},
    "expose": {"path": _exposed_paths},
}
