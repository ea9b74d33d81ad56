# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter to_hcl; its documentation is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def to_hcl(value: Any, header: str = "", unchecked: Any = ()) -> str:
    """Return the text of an HCL file with a definition, a list of them, or services and checks."""
    # Ansible imports all filters of a collection where one is used, in each worker.
    from ansible_collections.registrar.consul.plugins.plugin_utils._convert.hcl import HclError, definitions_in, render_hcl
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import TermsError, read_unchecked

    try:
        new = read_unchecked(unchecked)[0]
        services, checks = definitions_in(value, new)
        return render_hcl(services, str(header or ""), checks, new)
    except (HclError, TermsError) as error:
        raise AnsibleFilterError(f"registrar.consul.to_hcl: {error}") from None


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"to_hcl": to_hcl}
