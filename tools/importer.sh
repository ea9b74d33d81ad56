#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs Galaxy's importer on the only tarball in a folder: importer.sh <virtual environment> <folder>. A warning is a failure.

set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$(cd "$1" && pwd)
folder=$(cd "$2" && pwd)
work=$repository/.cache/importer

mkdir -p "$work"
cd "$work"
export PATH=$venv/bin:$PATH ANSIBLE_HOME=$repository/.cache/home/.ansible
if ! "$venv/bin/python" -m galaxy_importer.main "$folder"/*.tar.gz >importer.log 2>&1 || grep -E '^(WARNING|ERROR)' importer.log >/dev/null; then
    cat importer.log
    exit 1
fi
