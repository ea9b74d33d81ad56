# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison with ansible-core's functions is counted anew each time, and the page says what came of it."""

from __future__ import annotations

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tools.generators import casing_page


def test_the_page_is_up_to_date() -> None:
    for path, text in casing_page.outputs().items():
        assert (REPOSITORY / path).read_text(encoding="utf-8") == text, "run make generate"


def test_the_filters_make_no_mistake_and_the_functions_do() -> None:
    page = casing_page.outputs()[casing_page.PATH]
    total = len(casing_page.key_pairs())
    assert f"| `registrar.consul.to_camel_case` | 0 of {total} |" in page
    assert f"| `registrar.consul.to_snake_case` | 0 of {total} |" in page
    assert "| `tls_skip_verify` | `TLSSkipVerify` | `TlsSkipVerify` | right |" in page
    assert "| `checks[].header` | `Content-Type` | `Content-type` | `content-_type` |" in page
