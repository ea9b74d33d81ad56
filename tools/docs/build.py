# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation as a site: guides, generated pages and plugins together, with nothing from the network.

antsibull-docs writes the pages of plugins and roles and puts the guides (docs/docsite/rst) beside them. All other pages are
Markdown and join as they are. Links between files of the repository become links between pages. The first page and its menus are
made here: the guides as docs/docsite/extra-docs.yml has them, then the plugins.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import yaml
from check_links import problems

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
WORK = REPOSITORY / ".cache" / "docs"
SOURCE = WORK / "source"
SITE = WORK / "html"
COLLECTION = "registrar.consul"

GUIDES = PurePosixPath("docs/docsite/rst")
# Pages that stand at the top of the repository.
PROJECT_PAGES = ("CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "SECURITY.md")
# Folders that pages link to: in the site, a page lists what is in them.
LISTED = ("docs/schema",)
# For readers of the repository: the site has menus instead.
NOT_IN_THE_SITE = ("docs/README.md",)

# The menus in which Markdown pages are: those of the project, all others.
PROJECT_MENU, OTHER_MENU = "Project", "Reference"
# The plugins' part of the menu: heading, ending of the pages' names.
PLUGIN_MENUS = (("Modules", "_module"), ("Role", "_role"), ("Filters", "_filter"), ("Test", "_test"), ("Lookup", "_lookup"))

# What pages of antsibull-docs refer to in the documentation of ansible-core.
FOREIGN_LABELS = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
# The theme has a table of contents beside every page.
_CONTENTS = re.compile(r"^\.\. contents::\n(?: +.*\n)*", re.MULTILINE)
# Opening, text, middle, file, the rest.
_MARKDOWN_LINK = re.compile(r"(\[)([^\]]*)(\]\()([^)#:\s]+)([^):\s]*\))")
_RST_LINK = re.compile(r"(`)([^`<>]+)( <)(\.\.?/[^>#]+)([^>]*>`_)")


def main() -> int:
    tree = Path(_output(REPOSITORY / "tools" / "tree.sh", WORK / "tree"))
    shutil.rmtree(SOURCE, ignore_errors=True)
    # antsibull-docs refuses a folder that others could write to.
    SOURCE.mkdir(mode=0o755, parents=True)
    _plugin_pages()
    for path in _files(tree):
        _add(tree, path)
    for folder in LISTED:
        _list(SOURCE / PurePosixPath(folder).relative_to("docs"))
    (SOURCE / "index.rst").write_text(_index(tree), encoding="utf-8")
    _write_inventory(SOURCE / "ansible_devel.inv")
    shutil.copytree(HERE / "static", SOURCE / "static")
    shutil.rmtree(SITE, ignore_errors=True)
    _run("sphinx-build", "-M", "html", SOURCE, WORK, "--fail-on-warning", "--keep-going", "--quiet", "--conf-dir", HERE)
    found = sorted(set(problems(SITE)))
    print("\n".join(found) or f"The documentation: {SITE / 'index.html'}")
    return 1 if found else 0


def site_path(path: PurePosixPath) -> PurePosixPath | None:
    """Where a file of the repository is in the site; None when it is not there."""
    if str(path) in PROJECT_PAGES:
        return PurePosixPath("project") / path.name
    if not path.is_relative_to("docs") or str(path) in NOT_IN_THE_SITE:
        return None
    if path.is_relative_to(GUIDES):
        return PurePosixPath("docsite") / path.relative_to(GUIDES)
    return path.relative_to("docs")


def _files(tree: Path) -> list[PurePosixPath]:
    found = [path for path in (tree / "docs").rglob("*") if path.is_file()]
    found += [tree / name for name in PROJECT_PAGES if (tree / name).exists()]
    return sorted(PurePosixPath(path.relative_to(tree)) for path in found)


def _add(tree: Path, path: PurePosixPath) -> None:
    place = site_path(path)
    if place is None:
        return
    target = SOURCE / place
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".md":
        text = (tree / path).read_text(encoding="utf-8")
        target.write_text(_MARKDOWN_LINK.sub(_moved(path, ""), text), encoding="utf-8")
    elif path.suffix == ".rst":
        text = (tree / path).read_text(encoding="utf-8")
        target.write_text(_RST_LINK.sub(_moved(path, ".html"), text), encoding="utf-8")
    else:
        shutil.copyfile(tree / path, target)


def _list(folder: Path) -> None:
    """Write a page with links to all files of a folder."""
    names = sorted((path.name for path in folder.iterdir()), key=_by_number)
    links = "".join(f"- [{name}]({name})\n" for name in names)
    (folder / "index.md").write_text(f"# Files: {folder.name}\n\n{links}", encoding="utf-8")


def _by_number(name: str) -> list[tuple[int, str]]:
    """Sort 1.9 before 1.10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _moved(page: PurePosixPath, suffix: str) -> Callable[[re.Match[str]], str]:
    """Replace the target of a link in a page: the file of the repository by its place in the site.

    A file that is not there leaves the text of its link.
    """

    def replace(match: re.Match[str]) -> str:
        opening, text, middle, target, rest = match.groups()
        wanted = PurePosixPath(os.path.normpath(page.parent / target))
        wanted = wanted / "index.md" if str(wanted) in LISTED else wanted
        place, here = site_path(wanted), site_path(page)
        if place is None or here is None:
            return str(text)
        if suffix and place.suffix in (".md", ".rst"):
            place = place.with_suffix(suffix)
        return f"{opening}{text}{middle}{os.path.relpath(place, here.parent)}{rest}"

    return replace


def _plugin_pages() -> None:
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(WORK / "tree"), "ANSIBLE_HOME": str(WORK / "home")}
    options = ["--fail-on-error", "--use-current", "--squash-hierarchy", "--no-indexes", "--cleanup", "everything"]
    command = ["antsibull-docs", "--config-file", HERE / "antsibull-docs.cfg", "collection", *options, "--dest-dir", SOURCE, COLLECTION]
    _run(*command, environment=environment)
    for page in SOURCE.glob("*.rst"):
        page.write_text(_CONTENTS.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")


def _index(tree: Path) -> str:
    """The first page."""
    sections = yaml.safe_load((tree / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    menus = {section["title"]: [f"docsite/{name}" for name in section["toctree"]] for section in sections}
    for page in sorted(SOURCE.rglob("*.md")):
        place = page.relative_to(SOURCE)
        menu = PROJECT_MENU if place.parts[0] == "project" else OTHER_MENU
        menus.setdefault(menu, []).append(str(place.with_suffix("")))
    for title, suffix in PLUGIN_MENUS:
        names = sorted(page.stem.removesuffix(suffix) for page in SOURCE.glob(f"*{suffix}.rst"))
        menus[title] = [f"{name} <{name}{suffix}>" for name in names]
    return (HERE / "index.rst").read_text(encoding="utf-8") + "".join(_menu(title, entries) for title, entries in menus.items())


def _menu(title: str, entries: list[str]) -> str:
    lines = "".join(f"   {entry}\n" for entry in entries)
    return f"\n.. toctree::\n   :caption: {title}\n   :maxdepth: 1\n\n{lines}"


def _write_inventory(path: Path) -> None:
    """Write a Sphinx inventory, version 2, so that building needs no network."""
    lines = [f"{label} std:label -1 {page}#{label.replace('_', '-')} -\n" for label, page in FOREIGN_LABELS.items()]
    header = "# Sphinx inventory version 2\n# Project: ansible\n# Version: devel\n# The remainder of this file is compressed using zlib.\n"
    path.write_bytes(header.encode("ascii") + zlib.compress("".join(lines).encode("ascii")))


def _run(*command: str | Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run([str(word) for word in command], check=False, env=environment)
    if done.returncode != 0:
        raise SystemExit(done.returncode)


def _output(*command: str | Path) -> str:
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
