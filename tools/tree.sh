#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Copies the working tree, with what is not committed yet and without what git ignores, to
# <directory>/ansible_collections/registrar/consul, and prints that path. Ansible's own tools insist on such a path
# and do not accept a symbolic link.

set -euo pipefail

destination=$1/ansible_collections/registrar/consul
cd "$(dirname "${BASH_SOURCE[0]}")/.."

rm -rf "$destination"
mkdir -p "$destination"
# A file that was deleted and not committed is still in the index.
git ls-files -z --cached --others --exclude-standard --deduplicate |
    while IFS= read -r -d '' file; do
        if [[ -e $file || -L $file ]]; then
            printf '%s\0' "$file"
        fi
    done |
    tar --create --null --no-recursion --files-from=- | tar --extract --directory="$destination"
# Below a checkout, ansible-test would ask that one, which ignores its cache.
git init --quiet "$destination"
(cd "$destination" && pwd)
