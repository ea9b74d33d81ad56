# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of whatever has an agent load its files: _load_spec() of module_utils/_options.py.

Private to the collection: may change at any time.
"""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  require_agent:
    description:
      - Fail when there is no agent to tell. Otherwise a warning says so, and the changed files wait for its start.
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
"""
