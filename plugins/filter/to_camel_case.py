# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter to_camel_case; its documentation is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def to_camel_case(value: Any, kind: str = "auto", api_only: bool = False) -> Any:
    """Return definitions as bodies of the HTTP API are spelled."""
    # Ansible imports all filters of a collection where one is used, in each worker.
    from ansible_collections.registrar.consul.plugins.plugin_utils._casing import CasingError, to_api

    try:
        result, unknown_to_api = to_api(value, kind, api_only=api_only)
    except CasingError as error:
        raise AnsibleFilterError(f"registrar.consul.to_camel_case: {error}") from None
    if unknown_to_api:
        _warn(unknown_to_api)
    return result


def _warn(places: list[str]) -> None:
    from ansible.utils.display import Display

    Display().warning(
        f"registrar.consul.to_camel_case: the HTTP API has no place for {', '.join(places)}: agents refuse or ignore it in a body, "
        "and take tokens in the header X-Consul-Token. Write api_only=true to leave it out."
    )


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"to_camel_case": to_camel_case}
