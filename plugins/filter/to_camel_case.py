# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter to_camel_case; its documentation is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def to_camel_case(value: Any, kind: str = "auto", body: bool = False, unchecked: Any = ()) -> Any:
    """Return definitions as the HTTP API spells them."""
    # Ansible imports all filters of a collection where one is used, in each worker.
    from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import CasingError, to_api
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import TermsError, flag, read_unchecked

    try:
        result, notes = to_api(value, kind, body=flag({"body": body}, "body"), unchecked=read_unchecked(unchecked)[0])
    except (CasingError, TermsError) as error:
        raise AnsibleFilterError(f"registrar.consul.to_camel_case: {error}") from None
    if notes:
        _warn(notes)
    return result


def _warn(notes: list[str]) -> None:
    from ansible.utils.display import Display

    Display().warning(
        f"registrar.consul.to_camel_case: {'; '.join(notes)}. Write body=true for what registers the same as a file; "
        "a token goes into the header X-Consul-Token."
    )


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"to_camel_case": to_camel_case}
