#!/usr/bin/python
# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: service_definitions
short_description: Register a whole set of Consul services and checks by their definition files
version_added: 1.0.0
description:
  - Writes the definitions of a list of services into the config-dir of a Consul agent, and of checks outside services, all of
    them or none, and has the agent load them.
  - Every definition is checked before, against a schema of all fields and against what agents are known to choke on, so that
    nothing gets written that an agent would refuse, load half, or misread. All errors are reported at once.
  - Ids have to be the only ones in the directory, including the files that others put there.
  - Files of services and checks that are no longer listed are removed, if this module wrote them for the same O(set). Other files are
    never touched.
  - The agent is told to load them, and what it has then is compared with the files. When it refuses, or does not have everything, the
    files are put back as they were, the agent loads those, and the task fails with the agent's own words.
notes:
  - Values such as C("8080") for a port or C("true") for a boolean, as templates make them, are turned into what Consul needs where
    only one meaning is possible. C(null) means that the field is left out.
seealso:
  - module: registrar.consul.service_definition
  - module: registrar.consul.agent_reload
author:
  - The registrar.consul authors (!UNKNOWN)
extends_documentation_fragment:
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
  services:
    description:
      - The services. Each has the fields of Consul's own documentation, in the spelling of files (V(enable_tag_override)).
      - An empty list removes all services of the set.
      - Required if O(state=present), also where the set has only O(checks).
    type: list
    elements: dict
  checks:
    description:
      - Checks outside services, of the node itself (disk space, a daemon that is no service), or of a service that O(services), another
        file or the HTTP API has registered and C(service_id) names.
      - Each has the fields of a check, with C(name) or C(id), and C(service_id), C(token) and C(namespace) beside them.
      - Without it, the set has none; those that it had are removed.
      - The service that C(service_id) names has to be there when the agent reloads, since an agent stops at a check without it. The task
        looks for it in all that the agent reads and keeps, and names the check and the service that is missing.
    type: list
    elements: dict
    default: []
  set:
    description:
      - The name of this set. Several plays and roles can write to one directory, each a set of its own, and each removes only
        what is its own.
    type: str
    default: default
  layout:
    description:
      - V(bundle) writes one file for the whole set, C(services-<set>.json), so that the set changes in one step and loads fastest.
      - V(per_service) writes one file for each service, C(service-<id>.json), and for each check outside services, C(check-<id>.json).
      - With another layout or O(format) than before, the new files come first, and then the old ones go.
    type: str
    choices: [bundle, per_service]
    default: bundle
  state:
    description: V(absent) removes all files of the set; O(services) and O(checks) are not looked at.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Write the services of this host
  registrar.consul.service_definitions:
    services:
      - name: web
        port: 8080
        tags: [primary]
        checks:
          - http: http://127.0.0.1:8080/health
            interval: 10s
      - name: db
        port: 5432
        connect:
          sidecar_service: {}

- name: Write one file for each service, beside the sets of other roles
  registrar.consul.service_definitions:
    set: payment
    layout: per_service
    services: "{{ payment_services }}"
    # Other tasks write here too: one handler has the agent load all of it.
    reload: later
  notify: Reload the Consul agent

- name: Watch the node as well, and a service by a check of its own
  registrar.consul.service_definitions:
    set: watch
    services:
      - name: queue
        port: 5672
    checks:
      - name: disk
        notes: Reported by a timer of the host.
        ttl: 10m
      - id: queue-lag
        name: Lag of the queue
        service_id: queue
        http: http://127.0.0.1:9099/lag
        interval: 30s

- name: Remove what this role once wrote
  registrar.consul.service_definitions:
    set: payment
    state: absent
"""

RETURN = r"""
changes:
  description: What was done to which file; in check mode, what would be.
  type: list
  elements: dict
  returned: success
  sample: [{"file": "services-default.json", "action": "updated"}]
  contains:
    file:
      description: The name of the file.
      type: str
    action:
      description:
        - V(created), V(updated), V(removed), V(repaired) after drift, V(adopted), or V(retired) for a file of others that is no
          longer needed (see O(adopt)).
      type: str
paths:
  description: The files of the set.
  type: list
  elements: str
  returned: success
  sample: ["/etc/consul.d/services-default.json"]
services:
  description: The ids of the services in them.
  type: list
  elements: str
  returned: success
  sample: ["db", "web"]
checks:
  description: The ids of the checks outside services in them.
  type: list
  elements: str
  returned: success
  sample: ["disk"]
drift:
  description: Files that were not as this module had left them.
  type: list
  elements: dict
  returned: success
  sample: [{"file": "services-default.json", "what": "edited"}]
  contains:
    file:
      description: The name of the file.
      type: str
    what:
      description: V(edited), V(deleted) or V(permissions).
      type: str
pending:
  description: Whether there are changes which the agent is not known to have taken.
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
    reason: "the set default: services-default.json updated"
    method: signal
    services: 2
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
      path: "services[0] (web_1) → name"
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

from ansible_collections.registrar.consul.plugins.module_utils._options import MUTUALLY_EXCLUSIVE, set_spec
from ansible_collections.registrar.consul.plugins.module_utils._register.run import run


def main() -> None:
    """Entry point."""
    run(AnsibleModule(argument_spec=set_spec(), mutually_exclusive=MUTUALLY_EXCLUSIVE, supports_check_mode=True))


if __name__ == "__main__":
    main()
