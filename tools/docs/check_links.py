# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says which links of a built site lead nowhere, and what its pages would fetch from elsewhere.

Nothing is asked of the network: links to other sites are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# What a browser loads by itself, and where the address stands.
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
# Addresses that are only named.
NAMED = {"canonical", "index", "search", "next", "prev"}


@dataclass
class Page(HTMLParser):
    """Links and anchors of one page."""

    path: Path
    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel") not in NAMED:
            self.loaded.append(given[LOADED[tag]])


def problems(site: Path) -> Iterator[str]:
    """Everything that is wrong, page by page."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html"))}
    if not pages:
        yield f"{site} holds no pages"
    for page in pages.values():
        name = page.path.relative_to(site)
        for address in page.loaded:
            if urlsplit(address).netloc:
                yield f"{name} fetches {address}"
        for address in page.links + page.loaded:
            complaint = _complaint(page, address, pages)
            if complaint:
                yield f"{name}: {address} {complaint}"


def _complaint(page: Page, address: str, pages: dict[Path, Page]) -> str:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "leads nowhere"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
        return "names no place on that page"
    return ""
