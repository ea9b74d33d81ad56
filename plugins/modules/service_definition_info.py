#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_definition_info
short_description: Say what is in the config-dir of a Consul agent, and what is wrong with it
version_added: 1.0.0
description:
  - Reads all definition files in the config-dir of a Consul agent, JSON and HCL, those of this collection and all others, and
    judges them by the same rules as M(registrar.consul.service_definitions), with the same messages.
  - Compares them with what the running agent has, in both directions.
  - Nothing is changed, and nothing of this collection has to be there already. Without an agent, the files alone are judged.
notes:
  - HCL is read by a reader of our own, on the target and without any library. Writing definitions needs it there anyway, since ids
    have to be unique among all files in the directory. It reads what agents read (HCL 1), which parsers of HCL 2 do not.
  - Secrets (tokens, headers and bodies of checks, and whatever stands under a key that is named like a secret) are masked on the
    target already. They reach neither the controller, nor the result, nor a log. Values of unknown keys are masked in the result.
  - Values are judged as they stand in the files. A port in quotes is an error there, though a task could give it like that.
  - A service that the agent has and no file declares is no drift when it was registered through the HTTP API. Only the agent's
    own C(data_dir) tells these from services whose file was removed without a reload, and it can be read by root and the agent's
    user. Where it cannot be read, and with agents started with C(-dev), the origin is V(unknown), and this is no drift either.
seealso:
  - module: registrar.consul.service_definitions
  - module: registrar.consul.audit_report
author:
  - The registrar.consul authors (!UNKNOWN)
extends_documentation_fragment:
  - registrar.consul._judge
  - registrar.consul._agent
  - registrar.consul._attributes
attributes:
  action:
    description: Has an action plugin, which judges on the controller what the target has read.
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
options:
  config_dir:
    description: The directory that the agent was started with (C(-config-dir)).
    type: path
    default: /etc/consul.d
  export:
    description:
      - Also return RV(export), the services, and the checks outside services, as lists for the role
        P(registrar.consul.consul_services#role).
    type: bool
    default: false
  unchecked:
    description:
      - Paths of keys that the agents know and this collection does not yet, such as V(proxy.new_thing) or V(checks[*].new_thing).
      - What stands there is masked, and not judged. Those with which files of this collection were written are known without it.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
- name: Look at what is there
  registrar.consul.service_definition_info:
  register: consul_services

- name: Show it
  ansible.builtin.debug:
    msg: "{{ consul_services.report.splitlines() }}"

- name: Stop here when something is wrong
  ansible.builtin.assert:
    that: consul_services.healthy

- name: Judge the files as an upgraded agent would
  registrar.consul.service_definition_info:
    consul_version: 1.21.0
    silence: [dns-name, dns-tag]
"""

RETURN = r"""
config_dir:
  description: The directory.
  type: str
  returned: success
  sample: /etc/consul.d
healthy:
  description: Whether no finding is an error.
  type: bool
  returned: success
report:
  description: All of it as text for people.
  type: str
  returned: success
findings:
  description: Everything that is wrong or surprising, file by file in the agent's order, then what concerns the whole.
  type: list
  elements: dict
  returned: success
  sample:
    - severity: error
      file: web.json
      path: "web.json → services[0] (web) → checks[0].interval"
      rule: check-interval-required
      message: >-
        required with http; the agent would unload every service and stop at this one, although consul validate finds nothing.
      hint: "Add interval: 10s."
  contains:
    severity:
      description: V(error) or V(warning).
      type: str
    file:
      description: The file, empty where the finding concerns none.
      type: str
    path:
      description: The place.
      type: str
    rule:
      description: The id of the rule, for O(silence).
      type: str
    message:
      description: What is wrong, and what the agent makes of it.
      type: str
    hint:
      description: What helps.
      type: str
files:
  description: The files that the agent reads, and what keeps it from reading them, in its order.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The name of the file.
      type: str
    owner:
      description: V(set:<name>) or V(file:<name>) for those of this collection, V(foreign) for others.
      type: str
    format:
      description: V(json) or V(hcl).
      type: str
    mode:
      description: Its permissions, if it is a regular file that could be read.
      type: str
      sample: "0640"
    target:
      description: Where a symbolic link leads.
      type: str
    edited:
      description: Whether somebody has changed it since this collection wrote it.
      type: bool
    settings:
      description: Whether it holds settings of the agent as well.
      type: bool
    services:
      description: The ids of its services.
      type: list
      elements: str
    checks:
      description: The ids of its checks outside services.
      type: list
      elements: str
    problems:
      description: The rules of its findings.
      type: list
      elements: str
services:
  description: The services of all files.
  type: list
  elements: dict
  returned: success
  contains:
    id:
      description: The id of the service.
      type: str
    name:
      description: Its name.
      type: str
    file:
      description: The name of the file.
      type: str
    owner:
      description: As for RV(files).
      type: str
    place:
      description: The place in the file, as findings call it.
      type: str
      sample: "web.json → services[0] (web)"
    definition:
      description: The definition in the spelling of the documentation, secrets and unknown keys masked.
      type: dict
checks:
  description: The checks outside of services, in the form of RV(services).
  type: list
  elements: dict
  returned: success
duplicates:
  description: Ids that stand twice.
  type: list
  elements: dict
  returned: success
  sample:
    - kind: service
      id: web
      namespace: default
      places: ["a.json → services[0] (web)", "b.json → service (web)"]
  contains:
    kind:
      description: V(service) or V(check).
      type: str
    id:
      description: The id.
      type: str
    namespace:
      description: Its namespace.
      type: str
    places:
      description: Where it stands.
      type: list
      elements: str
drift:
  description: Where agent and files differ.
  type: dict
  returned: success
  contains:
    missing:
      description: What the files declare and the agent has not.
      type: list
      elements: dict
    different:
      description: What the agent has otherwise than the files say.
      type: list
      elements: dict
    unexpected:
      description: What the agent has although its file is gone.
      type: list
      elements: dict
agent:
  description: The agent that reads the directory.
  type: dict
  returned: success
  contains:
    state:
      description: V(running), or V(absent) when none was found.
      type: str
    pid:
      description: Its process.
      type: int
    version:
      description: Its version, or that of the C(consul) on the C(PATH) of the target.
      type: str
    edition:
      description: V(community) or V(enterprise).
      type: str
    version_source:
      description: V(api), V(binary) of the running agent, or V(path).
      type: str
    compared:
      description: Whether the agent could be compared with the files.
      type: bool
    reason:
      description: Why not.
      type: str
    services:
      description:
        - Services that no file in the directory declares. The C(origin) of each is V(api) (registered through the HTTP API),
          V(elsewhere) (from other files of the agent), V(removed) (the file is gone, and the agent was not told) or V(unknown).
      type: list
      elements: dict
    checks:
      description: Checks that no file in the directory declares, of services that one does, or of the node.
      type: list
      elements: dict
pending:
  description: Whether there are changes of this collection that the agent has not confirmed.
  type: bool
  returned: success
summary:
  description: How many there are.
  type: dict
  returned: success
  sample:
    {"files": 3, "services": 12, "checks": 2, "errors": 1, "warnings": 0, "duplicates": 0, "missing": 0, "different": 0, "unexpected": 0}
export:
  description: What can be taken over by the role.
  type: dict
  returned: O(export=true)
  contains:
    text:
      description: >-
        YAML with the variables C(consul_services_definitions) and, where there are any, C(consul_services_checks). In the place of
        each secret stands a reference to an entry of C(consul_services_secrets), which is for a vault.
      type: str
    services:
      description: The ids of the services in it.
      type: list
      elements: str
    checks:
      description: The ids of the checks outside services in it.
      type: list
      elements: str
    secrets:
      description: The names of the secrets.
      type: list
      elements: str
    left_out:
      description: What could not be taken over, and why.
      type: list
      elements: dict
      sample:
        - what: consul.hcl
          reason: "it holds settings of the agent as well: move its services and checks to a file of their own first"
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.registrar.consul.plugins.module_utils._options import MUTUALLY_EXCLUSIVE, info_spec
from ansible_collections.registrar.consul.plugins.module_utils._survey.run import run


def main() -> None:
    """Entry point."""
    run(AnsibleModule(argument_spec=info_spec(), mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True))


if __name__ == "__main__":
    main()
