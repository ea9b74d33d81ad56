# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of definition files."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  config_dir:
    description:
      - The directory that the agent was started with (C(-config-dir)). It has to exist.
      - What this collection knows of its files is kept in the sub-directory C(.registrar), which agents never read.
    type: path
    default: /etc/consul.d
  format:
    description: The language of the files.
    type: str
    choices: [json, hcl]
    default: json
  owner:
    description:
      - The owner of the files.
      - Without it, files that are there already keep theirs, and new ones get the owner of the directory.
    type: str
  group:
    description:
      - The group of the files.
      - Without it, files that are there already keep theirs as long as the agent can read them, and new ones get the group that
        the agent runs as. Where no agent runs, it is the group of the user V(consul), and else that of the directory.
    type: str
  mode:
    description:
      - The permissions of the files, as octal digits in quotes or in the form V(u=rw,g=r,o=).
      - Definitions may hold tokens, so others have no access by default.
    type: raw
    default: "0640"
"""
