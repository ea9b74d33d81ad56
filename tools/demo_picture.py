# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the demo in a terminal and draws what it says, shortened, for the README. With ``--check`` only compares."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

REPOSITORY = Path(__file__).resolve().parents[1]
PICTURE = REPOSITORY / "docs" / "images" / "demo.svg"
COLUMNS, MARGIN = 112, 4
LEFT_OUT = "…"

_COLOUR = re.compile(r"\x1b\[([\d;]*)m")
# Nothing but the text on its background: no window around it, and no font from elsewhere.
_FORM = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="-20 -10 {terminal_width} {terminal_height}" role="img">
<title>The output of make demo, shortened</title>
<style>{styles}</style>
<defs>{lines}</defs>
<rect x="-20" y="-10" width="100%" height="100%" rx="12" fill="#0d1117"/>
<g font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="{char_height}">
{matrix}
</g>
</svg>"""
# Of runs only this is shown; of the broken one, the message.
_WORTH_SEEING = re.compile(r"PLAY RECAP|localhost +:")
_MESSAGE_BEGINS, _MESSAGE_ENDS = re.compile(r"errors: "), re.compile(r"Origin:")
# What is different on each run and means nothing.
_CHANCE = ((re.compile(r"/\S+/consul\.d"), "…/consul.d"), (re.compile(r"^(consul +consul +)\d+"), r"\g<1>8300"))


def main(arguments: list[str]) -> int:
    drawn = draw(shortened(run_demo()))
    if "--check" not in arguments:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8")
        return 0
    if PICTURE.read_text(encoding="utf-8") == drawn:
        return 0
    print(f"{PICTURE.relative_to(REPOSITORY)} does not show what the demo says now. Run tools/demo_picture.py")
    return 1


def run_demo() -> list[str]:
    """Return the lines of the demo, in the colours that a terminal gets. Raises SystemExit when it fails."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "400"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        [sys.executable, REPOSITORY / "tools" / "demo.py"],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    os.close(theirs)
    output = b""
    while chunk := _read(ours):
        output += chunk
    os.close(ours)
    if process.wait() != 0:
        raise SystemExit(output.decode("utf-8", "replace"))
    return output.decode("utf-8").replace("\r", "").split("\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # The other end was closed.
        return b""


def shortened(lines: list[str]) -> Iterator[str]:
    """Leave out what Ansible prints around the matter; each gap shows as a line of its own."""
    in_play, in_message, gap = False, False, False
    for line in lines:
        plain = _COLOUR.sub("", line)
        if plain.startswith("=== "):
            in_play, in_message, gap = False, False, False
            yield ""
        elif plain.startswith("PLAY ["):
            in_play = True
        in_message = (in_message or bool(_MESSAGE_BEGINS.match(plain))) and not _MESSAGE_ENDS.match(plain)
        if not plain.strip():
            continue
        if in_play and not in_message and not _WORTH_SEEING.match(plain):
            if not gap:
                yield LEFT_OUT
            gap = True
            continue
        gap = False
        for pattern, instead in _CHANCE:
            line = pattern.sub(instead, line)  # noqa: PLW2901 - one after the other
        yield re.sub(r" {2,}", " ", re.sub(r"\*{9,}", "*********", line)) if in_play else line


def draw(lines: Iterable[str]) -> str:
    """Return the picture of lines in the colours of a terminal."""
    console = Console(file=io.StringIO(), record=True, width=COLUMNS + MARGIN, force_terminal=True, color_system="truecolor")
    for line in (*lines, ""):
        console.print(Text.from_ansi(line), width=COLUMNS)
    return console.export_svg(title="The output of make demo, shortened", code_format=_FORM, unique_id="demo") + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
