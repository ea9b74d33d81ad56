# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of service_definition; the module of this name has the documentation."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.registrar.consul.plugins.module_utils._definition.identity import service_id
from ansible_collections.registrar.consul.plugins.module_utils._options import Spec, definition_spec
from ansible_collections.registrar.consul.plugins.plugin_utils._action import base
from ansible_collections.registrar.consul.plugins.plugin_utils._action.request import absent_request, definition_request
from ansible_collections.registrar.consul.plugins.plugin_utils._convert.render import service_file_name
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.tree import service_field


class ActionModule(base.RegistrarAction):
    """Judges and renders one service from flat parameters."""

    controller_only = frozenset(service_field().properties)

    def spec(self) -> Spec:
        return definition_spec()

    def demand_known(self, options: dict[str, Any]) -> None:
        """Leave keys that are neither option nor field to the judge: all of them are reported at once."""
        if "payload" in options:
            super().demand_known({"payload": None})

    def request(self, options: dict[str, Any]) -> base.Request:
        ours = self.spec().keys() - self.controller_only
        definition = {key: value for key, value in options.items() if key not in ours}
        terms = self.terms(options)
        file_name = options.get("file")
        if self.choice(options, "state") == "present":
            return definition_request(definition, file_name, terms)
        if not file_name and not service_id({key: str(value) for key, value in definition.items()}):
            raise AnsibleActionFail("state: absent needs the service's id, its name, or the file. Add one of them.")
        name = file_name or service_file_name(service_id({key: str(value) for key, value in definition.items()}), terms.format)
        return absent_request(f"file:{name}", {name: None})
