#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: agent_reload
short_description: Have a Consul agent load its service definitions, and prove that it did
version_added: 1.0.0
author:
  - The registrar.consul authors (!UNKNOWN)
description:
  - Tells the agent of a configuration directory to reload when the directory has changes that the agent is not known to have loaded,
    waits no longer than needed, and compares what the agent then has with what the files say.
  - When the agent refuses, or does not have everything afterwards, the files are put back as they were, the agent loads those, and the
    task fails with the agent's own words.
  - With ACLs, that is where a token is used for the agent's API or a changed service has one, the catalog has to have the changed
    services, too. Where it cannot be seen (C(node:read) and C(service:read) are needed, and a leader), a warning says so, and the agent's
    own view stands.
  - Nothing is sent when there is nothing to load. An agent that is still starting is waited for, since C(SIGHUP) would end it.
  - An agent in a container is found, told and asked like any other, if its process can be seen from the target. What makes it the
    right one is that it was told to read this very directory, whatever the directory is called inside.
  - A warning says when nobody was told, and when it could not be seen what the agent has.
  - Only definitions that modules of this collection wrote are compared with their files; of all others it is checked that the agent still
    has them, and that they are as before (RV(disturbed)).
  - Tags that were set in the catalog (C(enable_tag_override)) outlive the reload (O(overridden_tags)).
  - Changes that were written and never verified (a handler that did not run, a reboot) are remembered on the target, and are loaded by
    the next run of this module even if no file has changed since.
extends_documentation_fragment:
  - registrar.consul._load
  - registrar.consul._agent
  - registrar.consul._attributes
attributes:
  action:
    description:
      - Has an action plugin, which says every now and then that the agent is still waited for, and with O(wait_healthy) which of its
        checks are not healthy yet.
    support: full
  check_mode:
    support: full
  diff_mode:
    support: none
    details: The modules that write the files show their differences.
  idempotent:
    support: full
    details: With O(force=true) the agent is told each time.
  async:
    description: Supports the C(async) keyword.
    support: full
options:
  config_dir:
    description: The directory that the agent reads with C(-config-dir).
    type: path
    default: /etc/consul.d
  method:
    description:
      - How the agent is told. RV(method) says which way was taken.
      - V(auto) is V(signal) where the agent's process is seen and may be signalled, else V(api) where an agent answers at its own address
        or the one that is given.
      - V(signal) sends C(SIGHUP). It needs no token, and the right to signal the agent's process.
      - V(api) asks for C(PUT /v1/agent/reload). It needs C(agent:write) where there are ACLs, and gives the agent's answer at once. An
        agent that is still starting takes no harm from it.
      - An agent that has reloaded and has exactly what it had before, although the files say otherwise, does not read the directory. The
        task fails then, and the files are put back.
    type: str
    choices: [auto, signal, api]
    default: auto
  timeout:
    description:
      - Seconds to wait until the agent has what the files say, and before that until it is past its start.
      - Without it a limit that grows with the number of services in the directory. For a catalog that is asked as well, because there are
        tokens, it is two minutes longer, since agents may be that late to tell the servers.
      - A refusal that the agent logs, and a reload that stops half-way, are noticed long before.
    type: int
  force:
    description: Tell the agent even if it is not known to need it.
    type: bool
    default: false
  lock_timeout:
    description: Seconds to wait for another run on the same directory.
    type: int
    default: 30
seealso:
  - module: registrar.consul.service_definitions
  - module: registrar.consul.service_definition
"""

EXAMPLES = r"""
- name: Load what the tasks before have written
  registrar.consul.agent_reload:

- name: As a handler, with a token that may see the services
  registrar.consul.agent_reload:
    http_token_file: /etc/consul.d/tokens/deploy
    require_agent: true

# Only checked: needs an agent with certificates.
- name: Through the API of an agent that listens with TLS
  registrar.consul.agent_reload:
    method: api
    http_addr: https://127.0.0.1:8501
    ca_cert: /etc/ssl/consul-ca.pem
    http_token: "{{ consul_token }}"

# Only checked: needs an agent in a container that the target cannot look into.
- name: An agent that is known by its address alone
  registrar.consul.agent_reload:
    http_addr: http://172.17.0.2:8500

# Only checked: needs an application that becomes healthy.
- name: Go back where the checks are not healthy within a minute
  registrar.consul.agent_reload:
    wait_healthy: 60

- name: One of two agents on the host
  registrar.consul.agent_reload:
    config_dir: /etc/consul-edge.d
"""

RETURN = r"""
verified:
  description:
    - Whether it was seen that the agent has everything that the files say, and with ACLs that the catalog has what has changed of it.
    - A warning tells when the catalog could not be seen.
  returned: always
  type: bool
  sample: true
verified_by:
  description:
    - How it was seen. V(api) is the comparison with the agent's services and checks; V(node_meta) the generation marker; V(reload) the
      agent's own answer to O(method=api), where its services may not be seen; V(log) that its log tells of no refusal, which alone does
      not make RV(verified) true; V(none) nothing.
  returned: always
  type: str
  sample: api
reason:
  description: Why the agent was told, why nobody was, why nothing is verified, or why nothing had to be done.
  returned: always
  type: str
  sample: "the set web: services-web.json updated"
method:
  description: How the agent was told (V(signal) or V(api)); V(none) when it was not.
  returned: always
  type: str
  sample: signal
services:
  description: How many services, sidecars included, the files of this collection declare in the directory.
  returned: always
  type: int
  sample: 12
agent:
  description: The agent.
  returned: always
  type: dict
  contains:
    pid:
      description: Its process, as it is called on the target, if it can be seen.
      type: int
      sample: 4711
    state:
      description: V(running), or V(stopped) when none was found.
      type: str
      sample: running
    version:
      description: Its version, where it had to be found out.
      type: str
      sample: 1.8.7
waited:
  description: Seconds from telling the agent to knowing that it has everything, or that it has not.
  returned: always
  type: float
  sample: 0.045
rolled_back:
  description: Whether the files were put back.
  returned: always
  type: bool
  sample: false
disturbed:
  description:
    - What the agent has otherwise than before of services and checks that the reload was not to change, such as the port of a sidecar
      that has none in its file. A warning says the same.
    - States, outputs, indexes and virtual addresses, which agents change all the time, are left out.
  returned: always
  type: list
  elements: dict
  contains:
    service:
      description: The service; empty for a check of the node.
      type: str
      sample: web-sidecar-proxy
    check:
      description: The ID of the check; empty where it is the service itself.
      type: str
      sample: ""
    field:
      description: What is different.
      type: str
      sample: port
    before:
      description: What it was; secrets are masked.
      type: raw
      sample: 21000
    after:
      description: What it is.
      type: raw
      sample: 21001
kept_tags:
  description: The overridden tags that are in the catalog as they were before the reload (O(overridden_tags)).
  returned: always
  type: list
  elements: dict
  contains:
    service:
      description: The service.
      type: str
      sample: db
    tags:
      description: Its tags.
      type: list
      elements: str
      sample: [primary, active]
healthy:
  description: Whether all checks that were waited for were healthy in the end.
  returned: when O(wait_healthy) had anything to wait for
  type: bool
  sample: true
waited_healthy:
  description: Seconds that were waited for them.
  returned: when O(wait_healthy) had anything to wait for
  type: float
  sample: 12.5
unhealthy:
  description: The checks that were not healthy in the end.
  returned: when O(wait_healthy) had anything to wait for
  type: list
  elements: dict
  contains:
    service:
      description: The ID of the service, empty for a check of the node.
      type: str
      sample: web
    check:
      description: The ID of the check.
      type: str
      sample: service:web
    status:
      description: V(critical), V(warning), V(passing) where it was that for too short a time, or V(missing).
      type: str
      sample: critical
    output:
      description: The beginning of what the check said, without secrets of the definitions.
      type: str
      sample: "HTTP GET http://127.0.0.1:8080/helth: 404 Not Found Output: "
    seconds:
      description: For how long it had been healthy or not so when the wait was over.
      type: float
      sample: 57.9
errors:
  description: What stood in the way, was missing or different on the agent, or was not healthy.
  returned: always
  type: list
  elements: dict
  contains:
    path:
      description: Where.
      type: str
      sample: service web → port
    rule:
      description: A name for the kind of finding.
      type: str
      sample: agent-differs
    severity:
      description: V(error) or V(warning).
      type: str
      sample: error
    message:
      description: What.
      type: str
      sample: 8080 in the file, 80 on the agent.
    hint:
      description: What helps, if anything is known.
      type: str
      sample: ""
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.registrar.consul.plugins.module_utils._options import MUTUALLY_EXCLUSIVE, reload_spec


def main() -> None:
    """Run the module."""
    module = AnsibleModule(
        argument_spec=reload_spec(),
        mutually_exclusive=MUTUALLY_EXCLUSIVE,
        supports_check_mode=True,
    )
    from ansible_collections.registrar.consul.plugins.module_utils._reload.run import reload_agent

    result = reload_agent(module, module.params)
    if result.failure is None:
        module.exit_json(**result.as_dict())
    module.fail_json(msg=result.failure, **result.as_dict())


if __name__ == "__main__":
    main()
