# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of the built site finds what it is for."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.registrar.consul.tools.docs.check_links import problems


def site(root: Path, **pages: str) -> list[str]:
    for name, body in pages.items():
        (root / f"{name}.html").write_text(f"<html><body>{body}</body></html>", encoding="utf-8")
    return list(problems(root))


def test_links_that_lead_somewhere(tmp_path: Path) -> None:
    one = '<a href="two.html#there">x</a><a href="#here">x</a><p id="here"><a href="https://www.example.com/">x</a>'
    assert site(tmp_path, one=one, two='<h1 id="there">x</h1>') == []


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    found = site(tmp_path, one='<a href="three.html">x</a><a href="two.html#nowhere">x</a><a href="#gone">x</a><img src="x.png">', two="")
    assert found == [
        "one.html: three.html leads nowhere",
        "one.html: two.html#nowhere names no place on that page",
        "one.html: #gone names no place on that page",
        "one.html: x.png leads nowhere",
    ]


def test_what_a_page_fetches(tmp_path: Path) -> None:
    found = site(tmp_path, one='<script src="https://cdn.example.com/x.js"></script><link rel="canonical" href="https://www.example.com/">')
    assert found == ["one.html fetches https://cdn.example.com/x.js"]


def test_an_empty_site(tmp_path: Path) -> None:
    assert site(tmp_path) == [f"{tmp_path} holds no pages"]
