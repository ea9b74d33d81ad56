# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter service_definition_errors; its documentation is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError


def service_definition_errors(value: Any, **terms: Any) -> list[dict[str, str]]:
    """Return what is wrong with a definition, a list of them, or the document of a file."""
    # Ansible imports all filters of a collection where one is used, in each worker.
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.errors import errors_of
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import TermsError

    try:
        return errors_of(value, **terms)
    except TermsError as error:
        raise AnsibleFilterError(f"registrar.consul.service_definition_errors: {error.message}") from None


class FilterModule:
    """What Ansible loads."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"service_definition_errors": service_definition_errors}
