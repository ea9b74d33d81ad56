#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Print what service_definition_info has found on many hosts
version_added: 1.0.0
description:
  - Prints the reports of all hosts one below the other, and a table with a line for each host, as plain text.
  - Fails when something was found, after everything was printed. The playbook C(registrar.consul.audit) ends with it.
seealso:
  - module: registrar.consul.service_definition_info
author:
  - The registrar.consul authors (!UNKNOWN)
extends_documentation_fragment:
  - registrar.consul._attributes
attributes:
  action:
    description: Has an action plugin, and runs on the controller only.
    support: full
  async:
    description: Supports the C(async) keyword.
    support: none
  check_mode:
    support: full
    details: Nothing is ever changed.
  diff_mode:
    support: N/A
    details: Nothing is ever changed.
  idempotent:
    support: N/A
    details: Nothing is ever changed.
  platform:
    support: full
options:
  results:
    description:
      - The results of M(registrar.consul.service_definition_info) by the names of the hosts.
      - A host whose task failed is reported with the message of the failure, and one without a result as not seen.
    type: dict
    required: true
  fail_on:
    description: What makes the task fail. With V(error), warnings do not. A host that was not seen counts as an error.
    type: str
    choices: [warning, error, never]
    default: warning
"""

EXAMPLES = r"""
- name: Look at all hosts
  hosts: consul_clients
  tasks:
    - name: Read and judge
      registrar.consul.service_definition_info:
      register: audit
      failed_when: false
      ignore_unreachable: true

    - name: Print it, and fail when something was found
      registrar.consul.audit_report:
        results: "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all | map('extract', hostvars, 'audit'))) }}"
      run_once: true
      delegate_to: localhost
"""

RETURN = r"""
report:
  description: The text that was printed.
  type: str
  returned: success
hosts_with_findings:
  description: The hosts that make the task fail.
  type: list
  elements: str
  returned: always
msg:
  description: The verdict in one line.
  type: str
  returned: always
  sample: "2 errors and 1 warning on 3 hosts. To be looked at: db1, web1."
"""

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Entry point on a target, where the action plugin does not let it come to."""
    module = AnsibleModule(
        argument_spec={
            "results": {"type": "dict", "required": True},
            "fail_on": {"type": "str", "choices": ["warning", "error", "never"], "default": "warning"},
        },
        supports_check_mode=True,
    )
    module.fail_json(msg="registrar.consul.audit_report runs on the controller: call it by its full name from a playbook.")


if __name__ == "__main__":
    main()
