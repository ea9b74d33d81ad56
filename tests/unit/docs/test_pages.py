# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages lead where they say, and quote what the code says."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY
from ansible_collections.registrar.consul.tests.support.runs.examples import pages

GUIDES = REPOSITORY / "docs" / "docsite" / "rst"
PAGES = sorted({*pages(), *REPOSITORY.glob("*.md"), *REPOSITORY.glob("roles/*/README.md")})
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_MARKDOWN_LINK = re.compile(r"\]\(([^)\s]+)\)")
_RST_LINK = re.compile(r"<(\.\.?/[^>]+)>`_")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(REPOSITORY)) for page in PAGES])
def test_links_of_the_repository(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    found = _RST_LINK.findall(text) if page.suffix == ".rst" else _MARKDOWN_LINK.findall(_CODE.sub("", text))
    for address in found:
        if re.match(r"[a-z]+:", address):
            continue
        path, _hash, anchor = address.partition("#")
        target = Path(os.path.normpath(page.parent / path)) if path else page
        assert target.exists(), f"{address} leads nowhere"
        assert not anchor or target.suffix != ".md" or anchor in anchors(target), f"{address} names no heading"


def anchors(page: Path) -> set[str]:
    """The anchors of a Markdown page's headings, as repositories and the site make them."""
    headings = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_guide_is_in_the_menu() -> None:
    sections = yaml.safe_load((GUIDES.parent / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    assert sorted(name for section in sections for name in section["toctree"]) == sorted(page.stem for page in GUIDES.glob("*.rst"))


def test_every_guide_is_in_the_index() -> None:
    index = (REPOSITORY / "docs" / "README.md").read_text(encoding="utf-8")
    for page in GUIDES.glob("*.rst"):
        assert f"docsite/rst/{page.name}" in index


@pytest.mark.parametrize(
    "message", re.findall(r"^(\S.*)\n  \S", (GUIDES / "troubleshooting.rst").read_text(encoding="utf-8"), re.MULTILINE)
)
def test_messages_are_those_of_the_code(message: str) -> None:
    """A message in the troubleshooting page is its constant parts, in their order, with … between them."""
    wanted = [part.strip() for part in message.split("…")]
    assert any(_in_order(wanted, text) for text in texts()), message


def _in_order(parts: list[str], text: str) -> bool:
    position = 0
    for part in parts:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


@cache
def texts() -> list[str]:
    """Every text in the plugins' code; values that are filled in stand as …."""
    return list(_texts())


def _texts() -> Iterator[str]:
    for path in (REPOSITORY / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield re.sub(r"%[sdg]|\{\w*\}", "…", node.value)
            elif isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
