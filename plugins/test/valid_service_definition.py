# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test valid_service_definition; its documentation is beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError


def valid_service_definition(value: Any, **terms: Any) -> bool:
    """Return whether nothing is wrong with a definition, a list of them, or the document of a file."""
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.errors import errors_of
    from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import TermsError

    try:
        return not errors_of(value, **terms)
    except TermsError as error:
        raise AnsibleError(f"registrar.consul.valid_service_definition: {error.message}") from None


class TestModule:
    """What Ansible loads."""

    def tests(self) -> dict[str, Callable[..., bool]]:
        return {"valid_service_definition": valid_service_definition}
