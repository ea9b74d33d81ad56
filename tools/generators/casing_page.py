# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about the two spellings, with what ansible-core's own functions make of Consul's keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict, snake_dict_to_camel_dict

from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import to_api, to_file
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field, walk
from ansible_collections.registrar.consul.tools.generators.common import MARKDOWN_HEADER

PATH = "docs/casing.md"
# Keys of the user, and where they stand: each is to stay as it is.
USER_DATA = (
    ("meta", "nginxVersion"),
    ("meta", "k8s_namespace"),
    ("tagged_addresses", "lan_ipv4"),
    ("proxy.config", "bind_port"),
    ("proxy.config", "envoyStatsBindAddr"),
    ("checks[].header", "Content-Type"),
)

_PAGE = """\
{header}
# Two spellings of one definition

Consul's files say `enable_tag_override`, its HTTP API says `EnableTagOverride`. Each takes some keys of the other and refuses the rest,
so that a definition in the wrong spelling often works until somebody adds a field. The filters `registrar.consul.to_snake_case` and
`registrar.consul.to_camel_case` turn one into the other, key by key, by its place in the schema.

```yaml
- name: Read a service back as a definition
  ansible.builtin.uri:
    url: http://127.0.0.1:8500/v1/agent/service/web
  register: answer

- name: Show it
  ansible.builtin.debug:
    msg: "{{{{ answer.json | registrar.consul.to_snake_case }}}}"

- name: Register a definition through the API
  ansible.builtin.uri:
    url: http://127.0.0.1:8500/v1/agent/service/register
    method: PUT
    body: "{{{{ definition | registrar.consul.to_camel_case(body=true) }}}}"
    body_format: json
```

A rule for words cannot do this. It does not know that the `id` of a check is `CheckID` inside a service and `ID` outside, that an
agent answers `Service` where it is told `Name`, that `h2ping` is one word, nor which keys are the user's.

## Consul's keys

The schema has {total} different keys. This is what the filters and two functions of ansible-core make of them:

| | wrong |
|---|---|
| `registrar.consul.to_camel_case` | {ours_camel} of {total} |
| `snake_dict_to_camel_dict` (with `capitalize_first=true`) | {core_camel} of {total} |
| `registrar.consul.to_snake_case` | {ours_snake} of {total} |
| `camel_dict_to_snake_dict` | {core_snake} of {total} |

Those that are wrong (agents read the keys of the HTTP API without regard to case, so some of them work in a body all the same):

| file | API | `snake_dict_to_camel_dict` | `camel_dict_to_snake_dict` |
|---|---|---|---|
{rows}

## Keys of the user

What stands below `meta`, `header`, `config`, and the names below `tagged_addresses`, has to stay as it is. With the filters it does.
The functions for words change {core_user} of these {user}:

| below | key | `snake_dict_to_camel_dict` | `camel_dict_to_snake_dict` |
|---|---|---|---|
{user_rows}
"""


def outputs() -> dict[str, str]:
    pairs = key_pairs()
    wrong = [(name, api) for name, api in pairs if core_camel(name) != api or core_snake(api) != name]
    changed = [key for _place, key in USER_DATA if core_camel(key) != key or core_snake(key) != key]
    page = _PAGE.format(
        header=MARKDOWN_HEADER,
        total=len(pairs),
        ours_camel=sum(_innermost(to_api(_nested(path))[0]) != api for (_name, api), path in pairs.items()),
        ours_snake=sum(_innermost(to_file(to_api(_nested(path))[0])) != name for (name, _api), path in pairs.items()),
        core_camel=sum(core_camel(name) != api for name, api in pairs),
        core_snake=sum(core_snake(api) != name for name, api in pairs),
        rows=_rows((f"`{name}`", f"`{api}`", _shown(core_camel(name), api), _shown(core_snake(api), name)) for name, api in wrong),
        user=len(USER_DATA),
        core_user=len(changed),
        user_rows=_rows((f"`{place}`", f"`{key}`", _shown(core_camel(key), key), _shown(core_snake(key), key)) for place, key in USER_DATA),
    )
    return {PATH: page}


def key_pairs() -> dict[tuple[str, str], str]:
    """Return the path of the first field for each pair of spellings, in alphabetical order."""
    pairs: dict[tuple[str, str], str] = {}
    for field in walk(service_field()):
        if field.name and field.api_name:
            pairs.setdefault((field.name, field.api_name), field.path)
    return dict(sorted(pairs.items()))


def core_camel(key: str) -> str:
    return _innermost(snake_dict_to_camel_dict({key: None}, capitalize_first=True))


def core_snake(key: str) -> str:
    return _innermost(camel_dict_to_snake_dict({key: None}))


def _nested(path: str) -> Any:
    """Return a definition with nothing but the field of this path in it."""
    value: Any = None
    for step in reversed(path.split(".")):
        value = [value] if step.endswith("[]") else value
        value = {step.removesuffix("[]"): value}
    return value


def _innermost(value: Any) -> str:
    """Return the last key of nested objects that have one each."""
    key = ""
    while value is not None:
        if isinstance(value, list):
            (value,) = value
        else:
            ((key, value),) = value.items()
    return key


def _shown(found: str, wanted: str) -> str:
    return "right" if found == wanted else f"`{found}`"


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
