# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the documentation: found in plugins, guides and READMEs, told apart by their shape.

A comment on the first line of an example, or above one task of several, which readers see as well, says what is special about it:

``# Only checked: needs Consul 1.15.``  It is not run here, for the reason given; syntax, options and definitions are checked.
``# Refused: rule-id, rule-id``         Its errors are of exactly these rules. A text block that follows it is what the task says.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.registrar.consul.tests.support.paths import REPOSITORY

_RST_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>[\w+-]+)\n(?P<options>(?: +:\w+:.*\n)*)(?P<body>(?:(?P=indent) +\S.*\n|[ \t]*\n)+)",
    re.MULTILINE,
)
_CAPTION = re.compile(r"^ +:caption: (\S+)$", re.MULTILINE)
_MARKDOWN_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[\w+-]+)\n(?P<body>.*?)^(?P=indent)```", re.MULTILINE | re.DOTALL)
_MARK = re.compile(r"^# (Only checked|Refused): (.+)$", re.MULTILINE)
_MODULE = re.compile(r"^[a-z_]+\.[a-z_]+\.[a-z_]+$")


@dataclass(frozen=True)
class Block:
    """A literal block of a page. One with a caption is a file of that name."""

    place: str
    language: str
    text: str
    caption: str = ""


@dataclass(frozen=True)
class Example:
    """A YAML example. `shape` is playbook, tasks, variables or services; `said` is the text block after a refused one."""

    place: str
    text: str
    content: Any = field(repr=False)
    shape: str
    only_checked: str = ""
    refused: tuple[str, ...] = ()
    said: str = ""


def pages() -> list[Path]:
    """Everything that people read."""
    found = [
        REPOSITORY / "README.md",
        *REPOSITORY.glob("roles/*/README.md"),
        *REPOSITORY.glob("docs/**/*.md"),
        *REPOSITORY.glob("docs/docsite/rst/*.rst"),
    ]
    return sorted(path for path in found if path.exists())


def plugin_files() -> list[Path]:
    """The files that hold the documentation of modules and plugins."""
    found = [path for kind in ("modules", "lookup") for path in (REPOSITORY / "plugins" / kind).glob("*.py")]
    found += [path for kind in ("filter", "test") for path in (REPOSITORY / "plugins" / kind).glob("*.yml")]
    return sorted(found)


def blocks(page: Path) -> list[Block]:
    """The literal blocks of a page that name a language."""
    text = page.read_text(encoding="utf-8")
    pattern = _RST_BLOCK if page.suffix == ".rst" else _MARKDOWN_BLOCK
    name = page.relative_to(REPOSITORY)
    found = []
    for match in pattern.finditer(text):
        caption = _CAPTION.search(match.groupdict().get("options") or "")
        place = f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
        content = textwrap.dedent(match["body"]).strip("\n") + "\n"
        found.append(Block(place, match["language"], content, caption[1] if caption else ""))
    return found


def examples() -> list[Example]:
    """All YAML examples that there are, but for files of a project, which is tested as a whole (project.py)."""
    found: list[Example] = []
    for page in pages():
        found.extend(_of_page(blocks(page)))
    for path in plugin_files():
        text = _documented(path, "EXAMPLES")
        found.extend(_split(Block(str(path.relative_to(REPOSITORY)), "yaml", text)))
    return found


def _of_page(all_blocks: list[Block]) -> Iterator[Example]:
    for block, after in zip_longest(all_blocks, all_blocks[1:]):
        # A comment alone is for an editor.
        if not block.caption and block.language in ("yaml", "yaml+jinja") and yaml.safe_load(block.text) is not None:
            yield _example(block, after.text if after is not None and after.language == "text" else "")


def _split(block: Block) -> Iterator[Example]:
    """The tasks of a plugin's examples together, as one may use the result of another; those that are marked by themselves."""
    parts = re.split(r"\n\n(?=(?:#.*\n)*- )", block.text)
    marked = [part for part in parts if _MARK.search(part)]
    for number, part in enumerate(marked, 1):
        yield _example(Block(f"{block.place} ({number} of those only checked)", block.language, part), "")
    rest = "\n".join(part for part in parts if part not in marked)
    if rest.strip():
        yield _example(Block(block.place, block.language, rest), "")


def _example(block: Block, after: str) -> Example:
    content = yaml.safe_load(block.text)
    mark = _MARK.search(block.text)
    kind, words = (mark[1], mark[2]) if mark else ("", "")
    refused = tuple(sorted(words.replace(" ", "").split(","))) if kind == "Refused" else ()
    return Example(
        place=block.place,
        text=block.text,
        content=content,
        shape=_shape(block.place, content),
        only_checked=words if kind == "Only checked" else "",
        refused=refused,
        said=after.strip() if refused else "",
    )


def _shape(place: str, content: Any) -> str:
    if isinstance(content, dict) and all(key.startswith("consul_services_") for key in content):
        return "variables"
    first = content[0] if isinstance(content, list) and content else content
    assert isinstance(first, dict), f"{place}: is neither a playbook, nor tasks, variables or services"
    if "hosts" in first or any(key.endswith("import_playbook") for key in first):
        return "playbook"
    if any(_MODULE.match(key) or key == "block" for key in first):
        return "tasks"
    return "services"


def _documented(path: Path, name: str) -> str:
    """A part of a plugin's documentation."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".yml":
        return str(yaml.safe_load(text)[name])
    for statement in ast.parse(text).body:
        if isinstance(statement, ast.Assign) and [ast.unparse(target) for target in statement.targets] == [name]:
            return str(ast.literal_eval(statement.value))
    raise ValueError(f"{path}: has no {name}")
