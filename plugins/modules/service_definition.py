#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_definition
short_description: Write one Consul service definition
version_added: 1.0.0
description:
  - Writes the definition of one service into a file in the config-dir of a Consul agent. The fields of the service are options of
    the task.
  - The definition is checked before, as by M(registrar.consul.service_definitions), which is faster where there are several
    services, and removes those that are no longer wanted.
  - The agent is not told. Run M(registrar.consul.agent_reload) afterwards, best as a handler.
notes:
  - Until M(registrar.consul.agent_reload) has seen that the agent took a change, the task reports RV(ignore:changed=true) with
    the reason in RV(pending_reason). So a handler that never ran runs the next time.
  - Where there is no agent to tell, as in an image that is being built, this would help nobody. The next runs report
    RV(ignore:changed=false) then, and a warning says that the files wait. With O(reload_method=never) nothing is pending at all.
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
    details:
      - As long as a change waits for M(registrar.consul.agent_reload), and there is an agent to tell, each run reports it as changed.
options:
  file:
    description:
      - The name of the file, without a path. Without it, C(service-<id>.json).
    type: str
  state:
    description:
      - V(absent) removes the file, if this module wrote it; O(id), O(name) or O(file) tells which.
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
  notify: Reload the Consul agent

- name: Remove it
  registrar.consul.service_definition:
    name: web
    state: absent
  notify: Reload the Consul agent
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

from ansible_collections.registrar.consul.plugins.module_utils._options import definition_spec
from ansible_collections.registrar.consul.plugins.module_utils._write.run import run_single


def main() -> None:
    """Entry point."""
    run_single(AnsibleModule(argument_spec=definition_spec(), supports_check_mode=True))


if __name__ == "__main__":
    main()
