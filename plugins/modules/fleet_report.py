#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: fleet_report
short_description: Judge the definitions of many hosts together, and draw the map of their mesh
version_added: 1.0.0
description:
  - Takes the definitions of all hosts from their variables, judges those of each host as the role would, and then all of them together.
  - Finds what no agent and no single host can know, such as an upstream that nobody registers.
  - Prints the findings and a table by service, and fails when something was found, after everything was printed and written. The
    playbook C(registrar.consul.fleet) is this task.
  - Nothing is sent to any host.
seealso:
  - module: registrar.consul.audit_report
author:
  - The registrar.consul authors (!UNKNOWN)
extends_documentation_fragment:
  - registrar.consul._attributes
  - registrar.consul._judge
attributes:
  action:
    description: Has an action plugin, and runs on the controller only.
    support: full
  async:
    description: Supports the C(async) keyword.
    support: none
  check_mode:
    support: full
    details: The files in O(directory) are compared, and not written.
  diff_mode:
    support: none
    details: Only files of the controller are written.
  idempotent:
    support: full
  platform:
    support: full
options:
  hosts:
    description:
      - The hosts by their names in the inventory. Without it all hosts of the play.
      - Each host takes part with its C(consul_services_state), C(consul_services_set), C(consul_services_owner) and
        C(consul_services_group), and is judged by its C(consul_services_consul_version), C(consul_services_edition),
        C(consul_services_strict), C(consul_services_silence), C(consul_services_unchecked) and C(consul_services_secret_paths), as far as
        it has these variables.
      - The variable C(consul_fleet_datacenter) of a host says where it is. Without it the host may be in any datacenter.
    type: list
    elements: str
    default: []
  variables:
    description:
      - The variables of each host that hold lists of definitions. Those that a host does not have are none of it.
      - What stands in C(vars) of plays, roles and tasks belongs to these, and cannot be seen.
    type: list
    elements: str
    default: [consul_services_definitions]
  catalog:
    description:
      - Address and token of one agent, whose catalog says what is registered elsewhere; an empty mapping takes the local agent. It is
        asked from the controller.
      - Its central configuration is looked at as well, and where nothing else is said, its version is that of all agents.
      - Without it an upstream that no host registers is a warning, as something else may register it. See also O(external).
    type: dict
    suboptions:
      http_addr:
        description:
          - Address of the agent's HTTP API as seen from the controller. Without it E(CONSUL_HTTP_ADDR), else V(http://127.0.0.1:8500).
        type: str
      http_token:
        description:
          - ACL token. It needs C(read) for C(service_prefix "") and C(node_prefix ""), and C(agent_prefix "") for version and datacenter.
          - It is sent to that address only.
          - Without it the token in O(catalog.http_token_file), else that in the file named by E(CONSUL_HTTP_TOKEN_FILE), else
            E(CONSUL_HTTP_TOKEN).
        type: str
      http_token_file:
        description: File on the controller that holds the token.
        type: path
      ca_cert:
        description: File on the controller with the certificates of the authority that signed the agent's. Without it E(CONSUL_CACERT).
        type: path
      ca_path:
        description: Directory on the controller with such certificates. Without it E(CONSUL_CAPATH).
        type: path
      client_cert:
        description: File on the controller with the client's certificate. Without it E(CONSUL_CLIENT_CERT).
        type: path
      client_key:
        description: File on the controller with the client's private key. Without it E(CONSUL_CLIENT_KEY).
        type: path
      tls_server_name:
        description:
          - Name that the agent's certificate has to have, where it is not the host in O(catalog.http_addr). Without it
            E(CONSUL_TLS_SERVER_NAME).
        type: str
      validate_certs:
        description: Whether the agent's certificate is verified. Without it E(CONSUL_HTTP_SSL_VERIFY), else it is.
        type: bool
  unchecked:
    description:
      - Paths of keys that the agents know and this collection does not yet, such as V(proxy.new_thing) or V(checks[*].new_thing), for all
        hosts.
      - What stands there is masked, and not judged.
    type: list
    elements: str
    default: []
  external:
    description:
      - Names of services and prepared queries that are known to exist elsewhere, in whatever datacenter or peer. C(*) and C(?) stand for
        parts of a name, and V(mesh-gateway) for a mesh gateway in every datacenter.
      - With this option, even an empty list, hosts, O(catalog) and these names are all that there is, so that an upstream to anything
        else is an error.
    type: list
    elements: str
  directory:
    description:
      - Directory on the controller for the result as C(fleet.json), the report as C(fleet.txt), and the map as C(fleet.mmd) (Mermaid),
        C(fleet.dot) and, where Graphviz is on the controller, C(fleet.svg).
      - With more than 40 services, those whose names begin alike are one box in the map.
    type: path
  fail_on:
    description: What makes the task fail. With V(error), warnings do not.
    type: str
    choices: [warning, error, never]
    default: warning
  consul_version:
    description:
      - The version of the agents, such as V(1.8.7), for hosts that do not say it by C(consul_services_consul_version).
      - With V(auto), it is that of the agent in O(catalog). Without one, what depends on the version is left to the role.
"""

EXAMPLES = r"""
- name: Judge the fleet as a whole
  registrar.consul.fleet_report:
    external: [mainframe, "legacy-*"]
    fail_on: never
  run_once: true
  delegate_to: localhost
  register: fleet

- name: Go on only where every upstream leads somewhere
  ansible.builtin.assert:
    that: "'upstream-unregistered' not in fleet.findings | map(attribute='rule')"
  run_once: true
"""

RETURN = r"""
findings:
  description: Everything that is wrong or surprising, errors first.
  type: list
  elements: dict
  returned: always
  contains:
    severity:
      description: V(error) or V(warning).
      type: str
    path:
      description: The first place, with its host.
      type: str
      sample: "web1 → services[0] (web) → connect.sidecar_service.proxy.upstreams[0].destination_name"
    rule:
      description: The id of the rule, for O(silence).
      type: str
    message:
      description: What is wrong, and what comes of it.
      type: str
    hint:
      description: What helps.
      type: str
    hosts:
      description: All hosts that it concerns.
      type: list
      elements: str
    places:
      description: All places that it concerns.
      type: list
      elements: str
summary:
  description: How many there are. C(undecided) are findings that depend on a version which is not known.
  type: dict
  returned: always
  sample:
    hosts: 12
    services: 9
    instances: 17
    upstreams: 14
    lists: 12
    lists_judged: 8
    undecided: 0
    errors: 2
    warnings: 1
hosts_with_findings:
  description: The hosts that make the task fail.
  type: list
  elements: str
  returned: always
services:
  description: Every service of the hosts.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
    namespace:
      description: Its namespace.
      type: str
    partition:
      description: Its partition.
      type: str
    kind:
      description: Its kind, empty for an ordinary service.
      type: str
    instances:
      description: How many instances there are.
      type: int
    hosts:
      description: The hosts that declare it.
      type: list
      elements: str
    called_by:
      description: The services that have it as an upstream.
      type: list
      elements: str
    calls:
      description: The names that it calls, each with its C(state), which is V(ok), V(broken) or V(unclear).
      type: list
      elements: dict
calls:
  description: Every way from a service to another name, once, with the hosts from which it leads.
  type: list
  elements: dict
  returned: success
  sample:
    - from: web
      type: service
      to: payment
      datacenter: ""
      peer: ""
      port: ""
      state: ok
      rule: ""
      hosts: [web1, web2]
mermaid:
  description: The map as Mermaid text.
  type: str
  returned: success
dot:
  description: The map as DOT.
  type: str
  returned: success
report:
  description: The text that was printed.
  type: str
  returned: success
files:
  description: The files in O(directory).
  type: list
  elements: str
  returned: O(directory) is given
msg:
  description: The verdict in one line.
  type: str
  returned: always
  sample: "2 errors and 1 warning on 12 hosts. To be looked at: api1, web1."
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.registrar.consul.plugins.module_utils._options import fleet_spec


def main() -> None:
    """Entry point on a target, where the action plugin does not let it come to."""
    module = AnsibleModule(argument_spec=fleet_spec(), supports_check_mode=True)
    module.fail_json(msg="registrar.consul.fleet_report runs on the controller: call it by its full name from a playbook.")


if __name__ == "__main__":
    main()
