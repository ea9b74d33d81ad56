# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples of HCL, on which our reader and agents have to agree."""

from __future__ import annotations

from typing import Any, NamedTuple


class Sample(NamedTuple):
    """The text of a value, and what it means."""

    text: str
    value: Any


VALUES = [
    # Texts
    Sample('""', ""),
    Sample('"plain"', "plain"),
    Sample('"é ☃ 𝄞"', "é ☃ 𝄞"),
    Sample(r'"a\nb\tc\\d\"e"', 'a\nb\tc\\d"e'),
    Sample(r'"\a\b\f\r\v"', "\a\b\f\r\v"),
    Sample(r'"\u00e9\U0001d11e"', "é𝄞"),
    Sample(r'"\101\102"', "AB"),
    Sample(r'"\x41\x42"', "AB"),
    Sample(r'"\ud800"', "\ufffd"),
    Sample('"$ $x $$"', "$ $x $$"),
    Sample('"${var.x}"', "${var.x}"),
    Sample('"a ${lookup("b", "c")} d"', 'a ${lookup("b", "c")} d'),
    Sample('"${a{b}c}"', "${a{b}c}"),
    Sample('"# no // comment /* */"', "# no // comment /* */"),
    # Texts of several lines
    Sample("<<E\none\n  two\nE\n", "one\n  two\n"),
    Sample("<<E\nE\n", ""),
    Sample('<<MARK\n"quoted" \\n ${x}\nMARK\n', '"quoted" \\n ${x}\n'),
    Sample("<<-E\n    one\n      two\n    E\n", "one\n  two\n"),
    Sample("<<-E\n    one\n  two\n    E\n", "    one\n  two\n"),
    Sample("<<-E\n\tone\n\tE\n", "one\n"),
    # Numbers
    Sample("0", 0),
    Sample("42", 42),
    Sample("-42", -42),
    Sample("0x1F", 31),
    Sample("017", 15),
    Sample("1.5", 1.5),
    Sample("-0.25", -0.25),
    Sample("1e3", 1000.0),
    Sample("2.5E-1", 0.25),
    # The rest
    Sample("true", True),
    Sample("false", False),
    Sample('["a", "b"]', ["a", "b"]),
    Sample('["a", "b",]', ["a", "b"]),
    Sample('[\n  "a", # one\n  "b" // two\n]', ["a", "b"]),
    Sample("[1, true, 2.5]", [1, True, 2.5]),
    Sample("{ a = 1, b = 2 }", {"a": 1, "b": 2}),
    Sample('{ "a b" = { c = "d" } }', {"a b": {"c": "d"}}),
    Sample("{ a = 1\n b = 2 }", {"a": 1, "b": 2}),
]

# Whole documents that agents and we refuse, and those that we alone refuse: nobody writes them.
STRICTER = ["a =", "{", '{"a": 1,}']
REFUSED = [
    "a",
    "a = b",
    "a = null",
    "= 1",
    "a {",
    "a }",
    "}",
    "a = [1 2]",
    "a = [1",
    'a = "x',
    'a = "x\ny"',
    'a = "${x"',
    r'a = "\q"',
    r'a = "\u12"',
    "a = <<E\nx\n",
    "a = <<E\nx\nE",
    "a = << E\nx\nE\n",
    "a = <<\nx\n\n",
    "a = 08",
    "a = +1",
    "a = 9223372036854775808",
    "a = -9223372036854775809",
    "a = 0xffffffffffffffffff",
    "a = 1e400",
    "a = \u0663",
    "a = 1\u0663",
    "a b = 1",
    "a = 'x'",
    "1a = 1",
    "true = 1",
    "/* x",
    r'a = "\777"',
    "a = <<-E\none\nE\n",
    "a = {b = 1}}",
    "\ufeffa = 1",
    "a = 1\0",
]
