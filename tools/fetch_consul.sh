#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Fetches Debian's consul into the cache and prints where it is. This is the only place that knows where it comes from:
# the bullseye suite, from the mirror that this machine's apt uses, signed with the Debian archive keyring.
# Nothing is installed and the system's own apt state is not touched.

set -euo pipefail

readonly suite=bullseye
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly repository
readonly cache=$repository/.cache
readonly unpacked=$cache/consul
readonly binary=$unpacked/usr/bin/consul

fail() {
    printf 'No consul for the tests: %s\nPut a consul binary on PATH, or name it: CONSUL=/path/to/consul make …\n' "$1" >&2
    exit 1
}

works() {
    "$1/usr/bin/consul" version >/dev/null 2>&1
}

keyring() {
    local file
    for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
        if [[ -r $file ]]; then
            printf '%s\n' "$file"
            return
        fi
    done
    return 1
}

# Debian's archives first. Before the machine's first "apt-get update" apt cannot say which those are, so all others come after:
# what is not signed with Debian's key is refused anyhow.
mirrors() {
    # shellcheck disable=SC2016 # apt's own variables
    local format='$(REPO_URI) $(RELEASE)'
    {
        apt-get indextargets --format "$format" 'Created-By: Packages' 'Origin: Debian'
        apt-get indextargets --no-release-info --format "$format" 'Created-By: Packages'
    } 2>/dev/null | awk '$2 !~ /security|\/updates$/ && !seen[$1]++ { print $1 }'
}

# Reads the mirror's index and downloads the package below $1, with a state of its own.
download() {
    local work=$1 mirror=$2 keys=$3
    mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial
    printf 'deb [signed-by=%s] %s %s main\n' "$keys" "$mirror" "$suite" >"$work/sources.list"
    local -a options=(
        -q
        -o "Dir::State=$work/state"
        -o "Dir::State::status=/dev/null"
        -o "Dir::Cache=$work/cache"
        -o "Dir::Etc::sourcelist=$work/sources.list"
        -o "Dir::Etc::sourceparts=-"
        -o "APT::Sandbox::User="
        -o "APT::Get::List-Cleanup=false"
        -o "APT::Update::Error-Mode=any"
        -o "Acquire::Languages=none"
        -o "Acquire::Retries=3"
    )
    apt-get "${options[@]}" update && (cd "$work" && apt-get "${options[@]}" download consul)
}

fetch() {
    local command keys mirror
    for command in apt-get dpkg-deb awk; do
        command -v "$command" >/dev/null || fail "it is fetched with $command, which this machine does not have."
    done
    keys=$(keyring) || fail "Debian's archive keyring is missing, so nothing could be checked. Install debian-archive-keyring."
    work=$(mktemp -d "$cache/fetch-consul.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    for mirror in $(mirrors); do
        if download "$work" "$mirror" "$keys" >>"$work/log" 2>&1; then
            break
        fi
    done
    local -a packages=("$work"/consul_*.deb)
    if [[ ! -e ${packages[0]} ]]; then
        cat "$work/log" >&2 2>/dev/null || true
        fail "none of this machine's apt sources has Debian $suite's package."
    fi
    dpkg-deb -x "${packages[0]}" "$work/unpacked"
    works "$work/unpacked" || fail "Debian's binary does not run on this machine ($(uname -m))."
    rm -rf "$unpacked"
    mv "$work/unpacked" "$unpacked"
}

mkdir -p "$cache"
if ! works "$unpacked"; then
    exec 9>"$cache/consul.lock"
    flock 9
    # Another run may have fetched it while this one waited.
    works "$unpacked" || fetch
fi
printf '%s\n' "$binary"
