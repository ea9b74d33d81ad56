#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Compares the schema with Consul's API client: run.sh [version of the client, such as 1.35.0, else the newest]
# The client comes through the go command, which also says what it misses: a client may ask for a later Go.

set -euo pipefail

readonly client=github.com/hashicorp/consul/api
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly work=$here/../../.cache/upstream

command -v go >/dev/null || {
    printf 'The types of the client are printed by a Go program. Install Go, and try again.\n' >&2
    exit 1
}
rm -rf "$work"
mkdir -p "$work"
cp "$here"/walk/main.go "$work"
cd "$work"
export GOFLAGS="${GOFLAGS:-} -mod=mod"
{
    go mod init upstream && go get "$client@${1:+v}${1:-latest}"
} >log 2>&1 || {
    cat log >&2
    printf 'The go command could not get the client. Where it asks for a later Go: GOTOOLCHAIN=go<version> make upstream\n' >&2
    exit 1
}
IFS=' ' read -r version folder < <(go list -m -f '{{.Version}} {{.Dir}}' "$client")
readonly version folder
go run . "${version#v}" "$folder" >types.json
python "$here/compare.py" types.json
