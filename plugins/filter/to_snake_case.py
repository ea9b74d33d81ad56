# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter to_snake_case; its documentation is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def to_snake_case(value: Any, kind: str = "auto", unchecked: Any = ()) -> Any:
    """Return definitions or answers of the HTTP API as definition files spell them."""
    # Ansible imports all filters of a collection where one is used, in each worker.
    from ansible_collections.registrar.consul.plugins.plugin_utils._convert.casing import CasingError, to_file
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import TermsError, read_unchecked

    try:
        return to_file(value, kind, unchecked=read_unchecked(unchecked)[0])
    except (CasingError, TermsError) as error:
        raise AnsibleFilterError(f"registrar.consul.to_snake_case: {error}") from None


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"to_snake_case": to_snake_case}
