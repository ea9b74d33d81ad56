#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Fetches Debian's openssh-server into the cache and prints the folder that holds it, in the layout of a root file system.
# A machine that has an sshd gets an empty folder. Nothing is installed: the package would start a server and make host keys.

set -euo pipefail

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly repository
readonly cache=$repository/.cache
readonly unpacked=$cache/sshd

fail() {
    printf 'No sshd for the test hosts: %s\nInstall openssh-server, or run the scenarios on a Debian machine.\n' "$1" >&2
    exit 1
}

# With a state of its own, so that the system's package lists are neither needed nor changed.
apt() {
    apt-get -q -y \
        -o "Dir::State=$work/state" \
        -o "Dir::State::status=/var/lib/dpkg/status" \
        -o "Dir::Cache=$work/cache" \
        -o "APT::Sandbox::User=" \
        -o "APT::Update::Error-Mode=any" \
        -o "Acquire::Languages=none" \
        -o "Acquire::Retries=3" \
        "$@" >>"$work/log" 2>&1
}

fetch() {
    local command package top
    for command in apt-get dpkg-deb; do
        command -v "$command" >/dev/null || fail "it is fetched with $command, which this machine does not have."
    done
    work=$(mktemp -d "$cache/fetch-sshd.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir -p "$work"/state/lists/partial "$work"/cache/archives/partial "$work/root/usr"
    if ! apt update || ! apt install --no-install-recommends --download-only openssh-server; then
        cat "$work/log" >&2
        fail "this machine's apt sources do not have openssh-server."
    fi
    for package in "$work"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$work/root"
    done
    # Where /lib is a link to /usr/lib, a folder of that name laid over it would hide everything else.
    for top in bin sbin lib lib64; do
        if [[ -d $work/root/$top && -L /$top ]]; then
            mkdir -p "$work/root/usr/$top"
            cp -a "$work/root/$top/." "$work/root/usr/$top/"
            rm -rf "${work:?}/root/$top"
        fi
    done
    rm -rf "$work/root/etc" "$unpacked"
    mv "$work/root" "$unpacked"
}

mkdir -p "$cache"
if [[ ! -x /usr/sbin/sshd && ! -x $unpacked/usr/sbin/sshd ]]; then
    exec 9>"$cache/sshd.lock"
    flock 9
    # Another run may have fetched it while this one waited.
    [[ -x $unpacked/usr/sbin/sshd ]] || fetch
fi
mkdir -p "$unpacked"
printf '%s\n' "$unpacked"
