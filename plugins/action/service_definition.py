# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of service_definition; the module of this name has the documentation."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.registrar.consul.plugins.module_utils._options import Spec, definition_spec
from ansible_collections.registrar.consul.plugins.plugin_utils._action import base
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import absent_request, definition_request
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import service_file_name
from ansible_collections.registrar.consul.plugins.plugin_utils._findings import did_you_mean
from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import read_unchecked
from ansible_collections.registrar.consul.plugins.plugin_utils._rules.types import kind_of
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field


class ActionModule(base.RegistrarAction):
    """Judges and renders one service from flat parameters."""

    controller_only = frozenset(service_field().properties)

    def spec(self) -> Spec:
        return definition_spec()

    def demand_known(self, options: dict[str, Any]) -> None:
        """Leave to the judge what is rather a field: it reports all that is wrong at once. What is to be absent it does not see."""
        known, (unchecked, _checked) = self.spec(), read_unchecked(options.get("unchecked"))
        strange = options.keys() - known.keys() - {*unchecked}
        if options.get("state") != "absent":
            strange = {key for key in strange if did_you_mean(key, sorted(known)) not in (None, *self.controller_only)}
        super().demand_known({key: value for key, value in options.items() if key in strange or key == "payload"})

    def request(self, options: dict[str, Any]) -> base.Request:
        ours = self.spec().keys() - self.controller_only
        terms = self.terms(options)
        file_name = _text(options, "file")
        if self.choice(options, "state") == "present":
            return definition_request({key: value for key, value in options.items() if key not in ours}, file_name, terms)
        identifier = _text(options, "id") or _text(options, "name")
        if not file_name and not identifier:
            raise AnsibleActionFail("state: absent needs the service's id, its name, or the file. Add one of them.")
        name = file_name or service_file_name(identifier, terms.format)
        request = absent_request(f"file:{name}", {name: None})
        if not file_name and "format" not in options:
            request.payload["service"] = identifier
        return request


def _text(options: dict[str, Any], name: str) -> str:
    value = options.get(name, "")
    if isinstance(value, (dict, list)):
        raise AnsibleActionFail(f"{name}: must be text, not {kind_of(value)}.")
    return str(value)
