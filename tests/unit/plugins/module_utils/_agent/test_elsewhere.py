# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are other ones, and in which order an agent reads them all."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.registrar.consul.plugins.module_utils._agent.elsewhere import Content, files_beyond, in_order
from ansible_collections.registrar.consul.plugins.module_utils._definition.parse import definitions_in


def test_links_into_the_directory_are_its_own_files_and_the_rest_keeps_its_order(tmp_path: Path) -> None:
    directory, other = tmp_path / "consul.d", tmp_path / "other.d"
    directory.mkdir()
    other.mkdir()
    (tmp_path / "by-another-name").symlink_to(directory)
    for path in (directory / "ours.json", other / "first.json", tmp_path / "last.json"):
        path.write_text("{}")
    (other / "link.json").symlink_to(directory / "ours.json")
    paths = [
        str(other / "first.json"),
        str(other / "link.json"),
        str(tmp_path / "by-another-name" / "ours.json"),
        str(tmp_path / "last.json"),
    ]

    others = files_beyond(str(directory), paths)
    ours = Content(str(directory / "ours.json"), {}, definitions_in({}, False))

    assert [file.path for file in others] == [paths[0], paths[3]]
    assert [content.place for content in in_order(str(directory), paths, [ours], others)] == [paths[0], ours.place, paths[3]]
