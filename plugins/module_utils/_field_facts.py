# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Generated from the schema: do not edit, run make generate.
"""Facts about the fields of a service definition, for the target side.

Private to the collection: may change at any time.
"""

from __future__ import annotations

from typing import Any

# Names of fields whose values, or the values below them, are masked wherever they could be seen.
SENSITIVE_FIELDS = frozenset(
    {
        "body",
        "header",
        "token",
    }
)

# Names of fields whose children have the user's own keys.
USER_KEY_FIELDS = frozenset(
    {
        "config",
        "header",
        "meta",
        "tagged_addresses",
    }
)

# The fields of a service as options of a module.
SERVICE_ARGUMENT_SPEC: dict[str, dict[str, Any]] = {
    "id": {"type": "str"},
    "name": {"type": "str"},
    "kind": {"type": "str"},
    "tags": {"type": "list", "elements": "str"},
    "address": {"type": "str"},
    "port": {"type": "int"},
    "ports": {"type": "list", "elements": "dict"},
    "socket_path": {"type": "str"},
    "tagged_addresses": {"type": "dict"},
    "enable_tag_override": {"type": "bool"},
    "meta": {"type": "dict"},
    "weights": {"type": "dict"},
    "token": {"type": "str", "no_log": True},
    "check": {"type": "dict"},
    "checks": {"type": "list", "elements": "dict"},
    "connect": {"type": "dict"},
    "proxy": {"type": "dict"},
    "locality": {"type": "dict"},
    "namespace": {"type": "str"},
    "partition": {"type": "str"},
    "proxy_destination": {"type": "str"},
}
