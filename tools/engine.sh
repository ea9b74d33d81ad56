#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs the tests that need a container engine: engine.sh <pytest and its options>. Where none can run it fails, and says why.

set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."

cannot_run() {
    printf 'The tests with a container engine cannot run: %s\n' "$1" >&2
    exit 1
}

# Debian's Podman; runc, as crun refuses cgroups of both versions side by side; and what containers without root need.
install_missing() {
    local -A packages=([podman]=podman [runc]=runc [newuidmap]=uidmap [slirp4netns]=slirp4netns) missing=()
    local command
    for command in "${!packages[@]}"; do
        command -v "$command" >/dev/null || missing[${packages[$command]}]=1
    done
    ((${#missing[@]})) || return 0
    command -v apt-get >/dev/null || cannot_run "this machine lacks what Debian has in ${!missing[*]}."
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${!missing[@]}" >/dev/null
}

[[ $(uname) == Linux && $(id -u) == 0 ]] || cannot_run "they need root on Linux."
export PATH=$PATH:/usr/sbin:/sbin
install_missing
tree=$(python -c 'from tests.support.paths import ensure_tree; print(ensure_tree())')
if ! reason=$(PYTHONPATH=$tree python -m ansible_collections.registrar.consul.tests.support.agent.podman); then
    [[ -n $reason ]] || exit 1
    cannot_run "$reason"
fi
exec "$@" -m engine tests/integration_agent
