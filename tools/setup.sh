#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes or refreshes a virtual environment: setup.sh <directory> <requirements file>. PYTHON= names another interpreter.

set -euo pipefail

readonly venv=$1 requirements=$2
readonly python=${PYTHON:-python3}

fail() {
    printf 'No virtual environment: %s\n' "$1" >&2
    exit 1
}

command -v "$python" >/dev/null || fail "there is no $python. Install Python 3.11 or newer, or name it: PYTHON=/path/to/python3 make setup"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
    || fail "$("$python" --version) is too old, 3.11 is needed. Name a newer one: PYTHON=/path/to/python3 make setup"

# Debian keeps what "python3 -m venv" needs in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        fail "Python's venv module is missing. Install it: apt-get install $package"
    fi
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$package" >/dev/null
fi

[[ -x $venv/bin/python ]] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --upgrade --upgrade-strategy only-if-needed -r "$requirements"
touch "$venv/.stamp"
