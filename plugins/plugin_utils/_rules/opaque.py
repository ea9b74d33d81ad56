# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the user's own data: what agents change in it, as seen on 1.4.5, 1.6.10 and 1.8.7."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.registrar.consul.plugins.module_utils._definition.fields import OLD_SPELLINGS
from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import checks_of

from .._findings import Finding, Place
from .access import Mapping, mapping_at, mappings_at
from .rule import REFUSED, Rule, rule, warning

UNWRAPPED = warning(
    "config-list-unwrapped",
    "a list of one item in opaque configuration",
    "the agent stores the item without its list",
    since="1.8.0",
)
OLD_UNWRAPPED = warning(
    "config-list-of-one-mapping",
    "a list of one mapping, at any depth of opaque configuration",
    "the agent stores the mapping without its list",
    until="1.8.0",
)
OLD_EMPTY = warning("config-list-empty", "an empty list in opaque configuration", "the agent stores null", until="1.8.0")
OLD_SEVERAL = rule(
    "config-list-crash",
    "a list of several items, the first of them a mapping, in opaque configuration",
    "the agent would crash",
    until="1.8.0",
)
RENAMED = rule(
    "opaque-key-renamed",
    "a key of the user's own that old agents rename",
    "the agent would rename it",
    stricter="agents take it under another name",
    until="1.8.0",
)
NULL = rule(
    "config-null",
    "a null in the configuration of a proxy",
    "the agent would register it, and then break off every answer of the catalog that has the service in it",
    stricter="agents register it, and their catalog cannot be read any more (seen on 1.8.7)",
)
UPSTREAM_NULL = rule(
    "upstream-config-null",
    "a null in the configuration of an upstream",
    "the agent could end with a panic, when it reloads or when somebody asks for the service",
    stricter="agents take some nulls: alone in a list it ends all of 1.10.12 to 1.21, elsewhere 1.10.12 to 1.14.11 when proxies ask",
    since="1.10.0",
)
# Through the streaming backend, which is the default since 1.10.
EMPTY = rule(
    "config-empty-crash",
    "an empty list or mapping inside opaque configuration",
    "the agent would register it, and end with a panic when somebody asks its cache for the service, as proxies do",
    stricter="agents register it, and end later (seen on 1.10.12)",
    since="1.10.0",
    until="1.12.0",
)
PRECISION = warning(
    "config-number-rounded",
    "a number in opaque configuration that is too exact for a float",
    "the agent stores the nearest number that it can hold",
)
TOO_LARGE = rule("config-number-size", "a number in opaque configuration that is too large for a float", REFUSED)


def opaque_findings(service: Mapping, place: Place) -> Iterator[Finding]:
    """Yield the findings of all user data in a service or sidecar."""
    if "proxy" in service:
        proxy = mapping_at(service, "proxy")
        yield from _proxy_config_findings(mapping_at(proxy, "config"), (*place, "proxy", "config"), NULL)
        for index, upstream in mappings_at(proxy, "upstreams"):
            there = (*place, "proxy", "upstreams", index, "config")
            yield from _proxy_config_findings(mapping_at(upstream, "config"), there, UPSTREAM_NULL)
    if "connect" in service:
        managed = mapping_at(mapping_at(service, "connect"), "proxy")
        yield from _config_findings(mapping_at(managed, "config"), (*place, "connect", "proxy", "config"))
    for key in ("meta", "tagged_addresses"):
        yield from _renamed_findings(mapping_at(service, key), (*place, key))
    for where, check in checks_of(service):
        yield from _renamed_findings(mapping_at(check, "header"), (*place, *where, "header"))


def _renamed_findings(mapping: Mapping, place: Place) -> Iterator[Finding]:
    # Agents up to 1.7 rename them wherever they stand.
    for key in mapping:
        if key.lower() in OLD_SPELLINGS:
            yield RENAMED.at((*place, key), "is a key that Consul {version} renames", "Choose another key.")


def _proxy_config_findings(config: Mapping, place: Place, null: Rule) -> Iterator[Finding]:
    if not config:
        return
    yield from _config_findings(config, place)
    for key, item in config.items():
        yield from _nothing_findings(item, (*place, key), null)


def _config_findings(config: Mapping, place: Place) -> Iterator[Finding]:
    yield from _unwrapped_findings(config, place)
    yield from _old_block_findings(config, place)
    yield from _deep_findings(config, place)


def _unwrapped_findings(config: Mapping, place: Place) -> Iterator[Finding]:
    """Agents unwrap the values of the configuration itself, and of a mapping that came out of a list."""
    for key, item in config.items():
        if isinstance(item, list) and len(item) == 1:
            there = (*place, key)
            yield UNWRAPPED.at(there, "is a list of one item", "Expect the item without its list, or add a second one.")
            (only,) = item
            if isinstance(only, dict):
                yield from _unwrapped_findings(only, (*there, 0))


def _deep_findings(value: Any, place: Place) -> Iterator[Finding]:
    if isinstance(value, dict):
        yield from _renamed_findings(value, place)
        for key, item in value.items():
            yield from _deep_findings(item, (*place, key))
    elif isinstance(value, list):
        if not value:
            yield OLD_EMPTY.at(place, "is an empty list", "Leave it out.")
        for index, item in enumerate(value):
            yield from _deep_findings(item, (*place, index))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _number_findings(value, place)


def _old_block_findings(value: Any, place: Place) -> Iterator[Finding]:
    """Before 1.8 lists of mappings were taken for repeated HCL blocks. Their first item settled it, and what stands in other lists stayed.

    Seen on 1.5.3, 1.6.10 and 1.7.14, read in lib/patch_hcl.go of 1.7.
    """
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _old_block_findings(item, (*place, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        if len(value) > 1:
            yield OLD_SEVERAL.at(place, "is a list of mappings, which Consul {version} cannot store", "Use a mapping.")
        else:
            yield OLD_UNWRAPPED.at(place, "is a list of one mapping", "Write the mapping without its list.")
            yield from _old_block_findings(value[0], (*place, 0))


def _number_findings(value: int, place: Place) -> Iterator[Finding]:
    try:
        exact = int(float(value)) == value
    except OverflowError:
        yield TOO_LARGE.at(place, "is too large a number", "Write it as text, in quotes.")
        return
    if not exact:
        yield PRECISION.at(place, "is more exact than a float", "Write it as text, in quotes.")


def _nothing_findings(value: Any, place: Place, null: Rule) -> Iterator[Finding]:
    """Yield what is null or empty inside the configuration of a proxy or an upstream."""
    if value is None:
        yield null.at(place, "is null", "Leave it out.")
    elif value in ({}, []):
        yield EMPTY.at(place, "is empty", "Leave it out.")
    elif isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _nothing_findings(item, (*place, key), null)
