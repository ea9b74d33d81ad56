#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_definition
short_description: Register one Consul service by its definition file
version_added: 1.0.0
description:
  - Writes the definition of one service into a file in the config-dir of a Consul agent. The fields of the service are options of
    the task.
  - The definition is checked before, as by M(registrar.consul.service_definitions), which is faster where there are several
    services, and removes those that are no longer wanted.
  - The agent is told to load it, and what it has then is compared with the files. When it refuses, the files are put back as they were.
    Where several tasks write to one directory, O(reload=later) leaves that to one M(registrar.consul.agent_reload) at the end.
seealso:
  - module: registrar.consul.service_definitions
  - module: registrar.consul.agent_reload
author:
  - The registrar.consul authors (!UNKNOWN)
extends_documentation_fragment:
  - registrar.consul._service_fields
  - registrar.consul._judge
  - registrar.consul._files
  - registrar.consul._transaction
  - registrar.consul._load
  - registrar.consul._agent
  - registrar.consul._attributes
  - registrar.consul._attributes.with_action
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(reload=later), each run reports a change that waits for M(registrar.consul.agent_reload) as changed.
options:
  file:
    description: The name of the file, without a path. Without it, C(service-<id>.json).
    type: str
  state:
    description:
      - V(absent) removes the file, if this module wrote it; O(id), O(name) or O(file) tells which.
      - Without O(file) and O(format) it is found whatever its name and format.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Write the definition of a service
  registrar.consul.service_definition:
    name: web
    port: 8080
    tags: [primary]
    checks:
      - http: http://127.0.0.1:8080/health
        interval: 10s

- name: Remove it
  registrar.consul.service_definition:
    name: web
    state: absent
"""

RETURN = r"""
path:
  description: The file.
  type: str
  returned: success
  sample: /etc/consul.d/service-web.json
definition:
  description: The definition as it was written, with secrets masked.
  type: dict
  returned: success and O(state=present)
  sample: {"name": "web", "port": 8080, "token": "********"}
changes:
  description: What was done to the file; in check mode, what would be. Empty when nothing had to be done.
  type: list
  elements: dict
  returned: success
  sample: [{"file": "service-web.json", "action": "updated"}]
  contains:
    file:
      description: The name of the file.
      type: str
    action:
      description:
        - V(created), V(updated), V(removed), V(repaired) after drift, V(adopted), or V(retired) for a file of others that is no
          longer needed (see O(adopt)).
      type: str
drift:
  description: Whether the file was not as this module had left it, and how.
  type: list
  elements: dict
  returned: success
  sample: [{"file": "service-web.json", "what": "edited"}]
  contains:
    file:
      description: The name of the file.
      type: str
    what:
      description: V(edited), V(deleted) or V(permissions).
      type: str
pending:
  description: Whether there are changes in the directory which the agent is not known to have taken.
  type: bool
  returned: success
pending_reason:
  description: Since when, and which.
  type: str
  returned: success
  sample: "committed now, and not verified yet"
reload:
  description: What came of the reload, as M(registrar.consul.agent_reload) returns it; errors are beside it.
  type: dict
  returned: when the agent had anything to load, and O(reload=now)
  sample:
    verified: true
    verified_by: api
    reason: "the single definition service-web.json: service-web.json created"
    method: signal
    services: 1
    agent: {"pid": 4711, "state": "running", "version": "1.8.7"}
    waited: 0.045
    rolled_back: false
    disturbed: []
    kept_tags: []
rule_warnings:
  description: All warnings, with the ids of their rules.
  type: list
  elements: dict
  returned: always
  sample:
    - severity: warning
      path: "service (web_1) → name"
      rule: dns-name
      message: is no DNS label; the service cannot be found through DNS by its name.
      hint: ""
errors:
  description: Everything that speaks against the change, in the same form as RV(rule_warnings).
  type: list
  elements: dict
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.registrar.consul.plugins.module_utils._options import MUTUALLY_EXCLUSIVE, definition_spec
from ansible_collections.registrar.consul.plugins.module_utils._register.run import run_single


def main() -> None:
    """Entry point."""
    run_single(AnsibleModule(argument_spec=definition_spec(), mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True))


if __name__ == "__main__":
    main()
