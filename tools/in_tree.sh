#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs a command in a copy of the tree of its own: in_tree.sh <name> <command> [arguments]

set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
root=$repository/.cache/trees/$1
shift
tree=$("$repository/tools/tree.sh" "$root")
export ANSIBLE_COLLECTIONS_PATH=$root ANSIBLE_HOME=$repository/.cache/home/.ansible
cd "$tree"
exec "$@"
