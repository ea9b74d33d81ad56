# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host declares, from its variables: templated for each host on the controller, nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.errors import AnsibleError

from .._action.vault import vaulted_in
from .._rules.types import kind_of

DEFINITIONS = "consul_services_definitions"
DATACENTER = "consul_fleet_datacenter"
_ROLE = "consul_services_"
# What the role takes beside the definitions, and what matters here.
ROLE_SETTINGS = ("state", "set", "owner", "group", "consul_version", "edition", "strict", "silence", "unchecked", "secret_paths")


@dataclass(frozen=True, slots=True)
class Declared:
    """The list of one variable."""

    variable: str
    definitions: Sequence[Any]


@dataclass(slots=True)
class Host:
    """One host. `problems` are why some of its definitions could not be made, as (variable, reason); `sealed` is what a vault holds."""

    name: str
    datacenter: str = ""
    declared: list[Declared] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    sealed: frozenset[str] = frozenset()


def read_hosts(names: Iterable[str], variables: Sequence[str], values: Callable[[str], Values]) -> Iterator[Host]:
    """Yield what each host declares in these variables."""
    for name in names:
        yield _host(name, variables, values(name))


class Values:
    """The variables of one host, each templated when it is asked for."""

    def __init__(self, raw: Mapping[str, Any], template: Callable[[Any], Any]) -> None:
        self._raw = raw
        self._template = template

    def get(self, name: str) -> Any:
        """Return a value without anything of Ansible's in it, None where there is none. Raises ValueError with the reason."""
        if name not in self._raw:
            return None
        try:
            return _plain(self._template(self._raw[name]))
        except AnsibleError as error:
            raise ValueError(" ".join(str(error.message).split())) from None

    def sealed(self, names: Iterable[str]) -> frozenset[str]:
        """Return the texts from a vault that these variables may be made of."""
        return vaulted_in([f"{{{{ {name} }}}}" for name in names], self._raw)


def _host(name: str, variables: Sequence[str], values: Values) -> Host:
    host = Host(name, sealed=values.sealed(variables))
    for setting in ROLE_SETTINGS:
        value = _read(host, _ROLE + setting, values)
        if value is not None:
            host.settings[setting] = value
    host.datacenter = str(_read(host, DATACENTER, values) or "")
    if host.settings.get("state") == "absent":
        return host
    for variable in variables:
        definitions = _read(host, variable, values)
        if isinstance(definitions, list):
            host.declared.append(Declared(variable, definitions))
        elif definitions is not None:
            host.problems.append((variable, f"must be a list, not {kind_of(definitions)}"))
    return host


def _read(host: Host, name: str, values: Values) -> Any:
    try:
        return values.get(name)
    except ValueError as problem:
        host.problems.append((name, f"cannot be made from the host's variables ({problem})"))
        return None


def _plain(value: Any) -> Any:
    """Take apart the containers of Ansible, which template their items when these are looked at."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
