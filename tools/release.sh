#!/usr/bin/env bash
# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes a release up to the tarball: release.sh 1.2.3. The last steps, which others see, are printed and left to a person.

set -euo pipefail

readonly version=$1
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
    printf 'No release: %s\n' "$1" >&2
    exit 1
}

[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || fail "say which: make release VERSION=1.2.3"
[[ -z $(git status --porcelain) ]] || fail "there are changes that are not committed."
[[ -z $(git tag --list "$version") ]] || fail "version $version is there already."

sed -i "s/^version: .*/version: $version/" galaxy.yml
antsibull-changelog release --version "$version"
antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml
make test
git add galaxy.yml CHANGELOG.md changelogs
git commit --quiet --message "Release $version"
git tag --annotate --message "registrar.consul $version" "$version"
make build

cat <<EOM

dist/registrar-consul-$version.tar.gz is ready, and the commit and the tag $version are made. What is left:
  git push --follow-tags
  ansible-galaxy collection publish dist/registrar-consul-$version.tar.gz
Then set the next version in galaxy.yml, such as 1.3.0-dev0 after 1.2.3.
EOM
