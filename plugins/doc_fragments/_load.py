# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of whatever has an agent load its files: _load_spec() of module_utils/_options.py."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  require_agent:
    description: Fail when there is no agent to tell. Otherwise a warning says so, and the changed files wait for its start.
    type: bool
    default: false
  take_over:
    description:
      - Let a file of this collection take over the ID of a service or check that was registered through the HTTP API. The agent then
        deletes its own copy for good.
      - Otherwise this is an error, and the files are put back.
    type: bool
    default: false
  overridden_tags:
    description:
      - What becomes of tags that were set in the catalog, for services with C(enable_tag_override). A reload gives every such service of
        the agent the tags of its file again, whoever's file it is.
      - V(keep) has the tags in the catalog as they were when the task ends, for services of all files and of the HTTP API. That needs a
        token with C(node:read) for the node, and C(service:read) and C(service:write) for these services. Where it lacks one of them and
        tags are overridden, or may be, the agent is not told, and the files are put back.
      - Where the files that the task loads change the tags of a service, those count, and a warning says which are lost.
      - V(lose) does nothing about them.
    type: str
    choices: [keep, lose]
    default: keep
  allow_check_reset:
    description:
      - Reload agents whose reload makes every check critical too. These are 1.5.3 to 1.7.1, and with central service configuration up to
        1.7.8 and 1.8.4.
    type: bool
    default: false
  generation_marker:
    description:
      - Write a new value of C(registrar_generation) into the node's metadata (C(node_meta), in the file
        C(registrar-generation.json)) with each reload. The agent sets it after everything else, so that it proves a whole
        reload even where the services may not be seen.
      - It costs one update of the node in the catalog for each reload, and needs C(agent:read) to be seen.
    type: bool
    default: false
  wait_healthy:
    description:
      - Seconds to wait at most, when the agent has what the files say, until the checks are healthy of all services and checks that the
        run has added or changed, and all others that were so before it. Off without it, and with V(0).
      - The change counts as good only then. Until the wait is over it stays unverified, so that after a run that was killed in the middle
        the next one finishes it.
      - A check counts when it has stayed healthy until it must have run again, since a reload keeps the state that checks had before.
        That takes twice its C(interval) and its C(timeout) at the longest, and more with C(success_before_passing) and
        C(failures_before_critical). Less time than that is an error.
      - The agent's API has to show the checks. Where it does not, this is an error, before anything is written if it is known by then.
      - A run that changes nothing does not wait.
    type: int
  on_unhealthy:
    description:
      - What to do when checks are not healthy within O(wait_healthy).
      - V(rollback) puts the files and the agent back as after a refusal, and fails.
      - V(fail) leaves them and fails. The change stays unverified, so that the next run waits again.
      - V(warn) leaves them and says so in a warning.
    type: str
    choices: [rollback, fail, warn]
    default: rollback
  healthy_states:
    description: The states of a check that count as healthy for O(wait_healthy). V(passing) always does.
    type: list
    elements: str
    choices: [passing, warning]
    default: [passing]
"""
