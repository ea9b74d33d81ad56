#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Tests every ansible-core that the collection claims, with the Pythons and jsonschemas at the ends of their ranges.
# These Pythons have to be there (pyenv's are found). test_matrix.sh [core …] takes only the rows of these cores.

set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
repository=$PWD
readonly repository logs=$PWD/.cache/gates

# ansible-core, the controller's Python, jsonschema, the managed node's Python
readonly rows='
2.16 3.10 ==4.10.* 3.8
2.17 3.12 >=4.10   3.9
2.18 3.11 ==4.17.* 3.8
2.19 3.11 >=4.10   3.8
2.19 3.13 >=4.10   3.10
2.20 3.12 >=4.10   3.9
2.21 3.13 >=4.10   3.9
2.22 3.13 >=4.10   3.13
'

# A Python of this version that runs; pyenv's shims may not.
python() {
    local candidate
    for candidate in "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1".*/bin/python"$1" $(type -ap "python$1"); do
        if "$candidate" -c '' 2>/dev/null; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

# Sets up one row's environment and runs both kinds of tests in it.
run() {
    local core=$1 controller=$2 jsonschema=$3 target=$4
    local venv=$repository/.cache/matrix/core-$core-py$controller
    [[ -x $venv/bin/python ]] || "$controller_python" -m venv "$venv" || return
    # The newest line may only have release candidates.
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "ansible-core>=$core.0rc1,==$core.*" "jsonschema$jsonschema" \
        hypothesis 'pytest>=8,<10' pytest-xdist || return
    # What has nothing to do with Ansible is the same in every row: once, in "make test", is enough.
    PATH=$venv/bin:$PATH TARGET_PYTHON=$target_python "$venv/bin/pytest" -n 2 --dist worksteal --ignore=tests/unit/tools/test_layers.py \
        --ignore=tests/integration_agent/test_differential.py --ignore=tests/integration_agent/test_editor_schema.py \
        --ignore=tests/integration_agent/test_getting_started.py || return
    # A candidate's sanity tests may want what no package index has.
    "$venv/bin/python" -c 'from ansible.release import __version__ as v; raise SystemExit("rc" in v)' || return 0
    "$repository/tools/ansible_test.sh" "$venv" sanity
}

mkdir -p "$logs"
failed=0
while read -r core controller jsonschema target; do
    [[ -n $core ]] || continue
    (($# == 0)) || [[ " $* " == *" $core "* ]] || continue
    row="ansible-core $core, Python $controller, jsonschema $jsonschema, managed node with Python $target"
    if ! controller_python=$(python "$controller") || ! target_python=$(python "$target"); then
        printf 'FAILED  %s: install these Pythons (pyenv or uv has them), or take other rows\n' "$row"
        failed=1
        continue
    fi
    log=$logs/matrix-$core-py$controller.log
    if run "$core" "$controller" "$jsonschema" "$target" >"$log" 2>&1 </dev/null; then
        printf 'passed  %s: %s\n' "$row" "$(grep -E '[0-9]+ passed' "$log" | tail -n 1 | tr -d '=')"
    else
        printf 'FAILED  %s: see %s\n' "$row" "${log#"$repository/"}"
        failed=1
    fi
done <<<"$rows"
exit "$failed"
