# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent answers for its services, as definitions."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.registrar.consul.plugins.plugin_utils._casing import to_file

Json = dict[str, Any]


def definitions_in(answer: Json | list[Json]) -> dict[str, Json]:
    """Return the definitions in an answer of the API by their ids.

    Agents since 1.12 may say the proxy's mesh gateway mode of its upstreams as well, some a moment later: that is left out.
    """
    services = to_file(answer)
    for proxy in [service["proxy"] for service in services if "proxy" in service]:
        for upstream in proxy.get("upstreams", []):
            if upstream.get("mesh_gateway") == proxy.get("mesh_gateway"):
                upstream.pop("mesh_gateway", None)
    return {service["id"]: service for service in json.loads(json.dumps(services))}
