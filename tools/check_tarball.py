# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what is wrong with the contents of the only tarball in a folder: ``check_tarball.py dist``."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

# Of these folders an installed collection needs every file.
WHOLE_FOLDERS = ("meta", "playbooks", "plugins", "roles")
OTHER_FOLDERS = ("docs",)
REQUIRED_FILES = frozenset({"CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "requirements.txt"})
OTHER_FILES = frozenset({"CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md", "changelogs/changelog.yaml", "changelogs/config.yaml"})
LARGEST = 1_000_000


def problems(tarball: Path) -> list[str]:
    with tarfile.open(tarball) as archive:
        members = [member for member in archive.getmembers() if not member.isdir()]
    names = {member.name for member in members}
    found = [f"{name} is missing" for name in sorted((REQUIRED_FILES | wanted_files()) - names)]
    for member in members:
        folder = member.name.partition("/")[0]
        if member.name not in REQUIRED_FILES | OTHER_FILES and folder not in WHOLE_FOLDERS + OTHER_FOLDERS:
            found.append(f"{member.name} does not belong there: name it under build_ignore in galaxy.yml")
        if not member.isfile():
            found.append(f"{member.name} is neither a file nor a folder")
        if member.size > LARGEST:
            found.append(f"{member.name} has {member.size} bytes, more than {LARGEST}")
    return found


def wanted_files() -> set[str]:
    """The files of the working tree, committed or not, without what git ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *WHOLE_FOLDERS]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
    return {name for name in listed if name and Path(name).exists()}


def main(folder: str) -> int:
    tarballs = sorted(Path(folder).glob("*.tar.gz"))
    if len(tarballs) != 1:
        print(f"{folder} has {len(tarballs)} tarballs, not one: empty it and run make build")
        return 1
    found = problems(tarballs[0])
    for problem in found:
        print(f"{tarballs[0].name}: {problem}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
