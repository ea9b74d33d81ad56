#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs Molecule on this checkout, with nothing of the user's own settings: molecule.sh converge -s cluster
# Without arguments it tests, one after the other, all scenarios, and the project of the guide to Molecule;
# with "test -s guide" only that.
# After a test no host is left, however it ends, unless --destroy=never asks for it.

set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository"
readonly cache=$repository/.cache

fail() {
    printf 'The Molecule scenarios: %s\n' "$1" >&2
    exit 1
}

# The machine's own side of the scenarios. An sshd is not installed, see fetch_sshd.sh.
install_missing() {
    local -A packages=([ip]=iproute2 [ssh]=openssh-client [ssh-keygen]=openssh-client) missing=()
    local command
    for command in "${!packages[@]}"; do
        command -v "$command" >/dev/null || missing[${packages[$command]}]=1
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || fail "this machine lacks what Debian has in ${!missing[*]}. Install it."
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${!missing[@]}" >/dev/null
}

end_labs() {
    local state
    for state in "$cache"/molecule/*/; do
        [[ ! -d $state ]] || python tools/lab/lab.py down "$state"
    done
}

[[ $(uname) == Linux && $(id -u) == 0 ]] || fail "their hosts are network and mount namespaces, which only root on Linux can make."
export PATH=$cache/venv-molecule/bin:$PATH:/usr/sbin:/sbin
install_missing
MOLECULE_PROJECT_DIRECTORY=$repository
MOLECULE_COMMAND_BORDERS=${MOLECULE_COMMAND_BORDERS:-false}
ANSIBLE_COLLECTIONS_PATH=$(python -c 'from tests.support.paths import ensure_tree; print(ensure_tree())')
ANSIBLE_HOME=$cache/home/.ansible
export MOLECULE_PROJECT_DIRECTORY MOLECULE_COMMAND_BORDERS ANSIBLE_COLLECTIONS_PATH ANSIBLE_HOME
# Set by a user for runs of one's own, they would change what the scenarios see.
unset ANSIBLE_CONFIG ANSIBLE_INVENTORY "${!CONSUL_@}"

molecule() {
    command molecule -c extensions/molecule/config.yml "$@"
}

# As a reader of docs/docsite/rst/guide_molecule.rst does it, with a network of its own: the agent has Consul's own ports.
test_guide() (
    project=$(mktemp -d)
    trap 'rm -rf "$project"' EXIT
    PYTHONPATH=$ANSIBLE_COLLECTIONS_PATH python -m ansible_collections.registrar.consul.tests.support.runs.project "$project"
    mkdir "$project/bin"
    ln -s "$(realpath "${CONSUL:-$(command -v consul || tools/fetch_consul.sh)}")" "$project/bin/consul"
    export PATH=$project/bin:$PATH
    unset MOLECULE_PROJECT_DIRECTORY
    cd "$project"
    unshare --net --pid --fork --mount-proc --kill-child bash -c 'ip link set lo up && molecule test --all'
)

test_scenarios() {
    local scenario file failed=()
    for file in extensions/molecule/*/molecule.yml; do
        scenario=$(basename "$(dirname "$file")")
        molecule test -s "$scenario" || failed+=("$scenario")
    done
    test_guide || failed+=("guide")
    ((${#failed[@]} == 0)) || fail "these failed: ${failed[*]}"
}

if [[ ${1-test} == test && " $* " != *" --destroy=never "* ]]; then
    trap end_labs EXIT
fi
if (($# == 0)); then
    test_scenarios
elif [[ $* == "test -s guide" ]]; then
    test_guide
else
    molecule "$@"
fi
