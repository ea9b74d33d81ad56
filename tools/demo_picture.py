# Copyright (c) 2026, The registrar.consul authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the demo in a terminal and draws what it says, shortened, for the README. With ``--check`` only compares."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PICTURE = REPOSITORY / "docs" / "images" / "demo.svg"
COLUMNS, FONT, LINE, CHARACTER, MARGIN = 112, 12, 17, 7.25, 16
LEFT_OUT = "…"

_COLOUR = re.compile(r"\x1b\[([\d;]*)m")
_COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#56d4dd", "90": "#8b949e"}
# Of runs only this is shown; of the broken one, the message.
_WORTH_SEEING = re.compile(r"PLAY RECAP|localhost +:")
_MESSAGE_BEGINS, _MESSAGE_ENDS = re.compile(r"\[ERROR\]"), re.compile(r"Origin:")
# What is different on each run and means nothing.
_CHANCE = ((re.compile(r"/\S+/consul\.d"), "…/consul.d"), (re.compile(r"^(consul +consul +)\d+"), r"\g<1>8300"))


def main(arguments: list[str]) -> int:
    drawn = draw(list(wrapped(shortened(run_demo()))))
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


def wrapped(lines: Iterator[str]) -> Iterator[list[tuple[str, str]]]:
    """Yield lines of at most so many columns, as pieces of (style, text); the colour of a line goes on in the next."""
    style = ""
    for line in lines:
        pieces: list[tuple[str, str]] = []
        width = 0
        for colour, word in _words(line, style):
            style = colour
            if width and width + len(word) > COLUMNS:
                yield pieces
                pieces, width = [("", "    ")], 4
            pieces.append((style, word))
            width += len(word)
        yield pieces


def _words(line: str, style: str) -> Iterator[tuple[str, str]]:
    """Yield (style, word with the blanks behind it); an empty word at the end tells the style."""
    parts = _COLOUR.split(line)
    for number, part in enumerate(parts):
        if number % 2:
            style = "" if part in ("", "0") else part
        else:
            for word in re.findall(r"\S+ *| +", part):
                yield style, word
    yield style, ""


def draw(lines: list[list[tuple[str, str]]]) -> str:
    """Return the picture."""
    width, height = round(COLUMNS * CHARACTER) + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    texts = []
    for number, pieces in enumerate(lines, 1):
        spans = "".join(_span(style, text) for style, text in _joined(pieces))
        if spans:
            texts.append(f'<text x="{MARGIN}" y="{MARGIN + number * LINE - 5}">{spans}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
        "<title>The output of make demo, shortened</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>\n'
        f'<g font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="{FONT}" fill="#e6edf3">\n'
        + "\n".join(texts)
        + "\n</g>\n</svg>\n"
    )


def _joined(pieces: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Put neighbours of one style together."""
    styles = [style for style, _text in pieces]
    start = 0
    for end in range(1, len(pieces) + 1):
        if end == len(pieces) or styles[end] != styles[start]:
            yield styles[start], "".join(text for _style, text in pieces[start:end])
            start = end


def _span(style: str, text: str) -> str:
    # Blanks that no viewer puts together.
    text = text.replace(" ", "\u00a0")
    if not text.strip():
        return text
    codes = style.split(";")
    colour = next((f' fill="{_COLOURS[code]}"' for code in codes if code in _COLOURS), "")
    bold = ' font-weight="bold"' if codes == ["1"] else ""
    return f"<tspan{colour}{bold}>{escape(text)}</tspan>" if colour or bold else escape(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
