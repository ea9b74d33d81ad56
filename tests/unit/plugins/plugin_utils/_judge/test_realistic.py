# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people really have gets no error, and no warning that they would not agree with."""

from __future__ import annotations

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.definitions import judge_node_checks, judge_services
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.verdict import verdict
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.versions import NEWEST
from ansible_collections.registrar.consul.tests.support.definitions.realistic import NODE, NODE_CHECKS, definitions

# A shell for a script in a container has had no effect since 1.1.
AGREED = {("no-effect", "check.shell")}


def test_no_error_and_no_needless_warning() -> None:
    services = list(definitions())
    assert len(services) > 2000

    for literal in (False, True):
        found = verdict([finding for service in services for finding in judge_services([service], literal=literal)[0].findings], NEWEST)
        assert found.errors == []
        assert {(warning["rule"], warning["path"].partition(" → ")[2]) for warning in found.warnings} == AGREED


def test_services_that_name_each_other_lack_nothing() -> None:
    services = judge_services(NODE)
    checks = judge_node_checks(NODE_CHECKS, beside=services)

    found = verdict([finding for entry in (*services, *checks) for finding in entry.findings], NEWEST)
    assert (found.errors, found.warnings) == ([], [])
    assert [reference for entry in (*services, *checks) for reference in entry.references] == []
