#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs ansible-test on a copy of the tree: ansible_test.sh <virtual environment with ansible-core> sanity [arguments]
# Of the Pythons from 3.8 on, or of those in PYTHONS, the ones that the machine has are used; only the controller's own is needed.

set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$(cd "$1" && pwd)
readonly repository venv
readonly home=$repository/.cache/home
shift

# Pythons of pyenv by their own folders, since its shims are there for versions that do not run, too.
search_path() {
    local entry version path=$venv/bin
    local -a entries
    IFS=: read -ra entries <<<"$PATH"
    for entry in "${entries[@]}"; do
        [[ $entry == */shims ]] || path+=:$entry
    done
    for version in ${PYTHONS:-3.8 3.9 3.10 3.11 3.12 3.13 3.14}; do
        for entry in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin; do
            [[ ! -x $entry/python$version ]] || path+=:$entry
        done
    done
    printf '%s\n' "$path"
}

# What ansible-test keeps stays in this checkout; pip still finds its settings and its downloads.
make_home() {
    mkdir -p "$home/.config" "$home/.cache"
    ln -sfn "${XDG_CONFIG_HOME:-$HOME/.config}/pip" "$home/.config/pip"
    ln -sfn "$HOME/.pip" "$home/.pip"
    ln -sfn "${XDG_CACHE_HOME:-$HOME/.cache}/pip" "$home/.cache/pip"
}

# ansible-test would download a script that installs the pip of its choice. This one does the same with a package.
provide_pip() {
    local requirements version script folder=$home/.ansible/test/cache
    requirements=$("$venv/bin/python" -c 'import ansible_test._internal.python_requirements as r; print(r.__file__)')
    version=$(sed -n "s/^ *pip='\([0-9.]*\)',$/\1/p" "$requirements" | tail -n 1)
    script=$folder/get_pip_${version//./_}.py
    [[ ! -e $script ]] || return 0
    mkdir -p "$folder"
    "$venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --dest "$folder" "pip==$version"
    cat >"$script" <<PYTHON
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "pip-$version-py3-none-any.whl"))
from pip._internal.cli.main import main

options = [option for option in sys.argv[1:] if option not in ("--no-setuptools", "--no-wheel")]
sys.exit(main(["install", "--force-reinstall"] + options))
PYTHON
}

make_home
provide_pip
tree=$("$repository/tools/tree.sh" "$repository/.cache/trees/ansible-test-$1")
PATH=$(search_path)
export PATH HOME=$home
cd "$tree"
exec ansible-test "$@" --venv --requirements --color no
