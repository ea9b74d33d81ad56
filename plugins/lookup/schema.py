# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: schema
author:
  - The registrar.consul authors (!UNKNOWN)
version_added: 1.0.0
short_description: The JSON Schema of Consul's service definitions
description:
  - Returns the schema that this collection judges by as plain JSON Schema (draft 2020-12, without references), so that other tools
    can validate in their own way.
  - A schema cannot say everything. The rest, such as unique ids or the rules for the types of checks, is in
    P(registrar.consul.valid_service_definition#test).
options:
  _terms:
    description: Not used.
  kind:
    description:
      - V(service) for one service definition, V(check) for one check.
      - V(file) for a whole file with the keys C(service), C(services), C(check) and C(checks).
    type: str
    choices: [service, check, file]
    default: service
  consul_version:
    description:
      - Only what agents of this version know, such as V(1.8.7).
      - Without it, the fields of all versions.
    type: str
  edition:
    description:
      - V(enterprise) adds the fields that the community edition refuses.
    type: str
    choices: [community, enterprise]
    default: community
  annotated:
    description:
      - Keep descriptions, defaults and examples.
    type: bool
    default: false
seealso:
  - plugin: registrar.consul.valid_service_definition
    plugin_type: test
"""

EXAMPLES = r"""
- name: Show the fields of a check that Consul 1.8.7 knows
  ansible.builtin.debug:
    msg: "{{ lookup('registrar.consul.schema', kind='check', consul_version='1.8.7').properties.keys() | sort }}"

- name: Write the schema of definition files for an editor
  ansible.builtin.copy:
    dest: consul-services.schema.json
    content: "{{ lookup('registrar.consul.schema', kind='file', annotated=true) | to_nice_json }}"
    mode: "0644"
  delegate_to: localhost
"""

RETURN = r"""
_raw:
  description: One schema.
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.registrar.consul.plugins.plugin_utils._judge.terms import TermsError, read_version
from ansible_collections.registrar.consul.plugins.plugin_utils._schema.published import published_schema


class LookupModule(LookupBase):
    """Returns the schema."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        if terms:
            raise AnsibleLookupError("registrar.consul.schema: takes options only, such as kind='check'.")
        try:
            version = read_version(self.get_option("consul_version"))
        except TermsError as error:
            raise AnsibleLookupError(f"registrar.consul.schema: {error.message}") from None
        annotated = self.get_option("annotated")
        return [published_schema(self.get_option("kind"), version, self.get_option("edition"), annotated=annotated)]
