# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of everything that judges definitions."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  consul_version:
    description:
      - The version of the agent, such as V(1.8.7). It decides which fields exist, and which rules hold.
      - With V(auto), the target finds it out when something depends on it, from the agent's HTTP API, its binary, or the
        C(consul) on C(PATH).
    type: str
    default: auto
  edition:
    description: The edition of Consul. Some fields exist in Enterprise only.
    type: str
    choices: [community, enterprise]
    default: community
  strict:
    description: Treat every warning as an error.
    type: bool
    default: false
  silence:
    description: Ids of rules whose warnings are not wanted. Errors cannot be silenced.
    type: list
    elements: str
    default: []
  unchecked:
    description:
      - Paths of keys that the agent knows and this collection does not yet, such as V(proxy.new_thing), V(checks[*].new_thing) or
        V(connect.sidecar_service.proxy.new_thing).
      - What stands there is passed through as it is, with all that is below it. Nothing here checks it, so C(consul validate) on the
        target always does before files change, whatever else is asked of it. Where the target has no C(consul), that is an error.
      - After the reload it is compared as far as the agent reports it. Diffs and results show it masked.
      - A path that this collection knows is checked all the same, with a warning.
    type: list
    elements: str
    default: []
  secret_paths:
    description:
      - Places in definitions whose values are masked wherever they could be seen, written as messages write places, such as
        V(meta.license) or V(proxy.config["x.y"].pin). An index stands for every item of its list and may be left out, a star for every key.
      - Masked in any case are tokens, headers and bodies, what stands under a key of opaque configuration with the name of a secret,
        passwords in URLs, and what came out of a vault.
    type: list
    elements: str
    default: []
"""
