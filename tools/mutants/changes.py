# Copyright (c) 2026, The registrar.consul authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is changed in the code, one place at a time: most of cosmic-ray's operators, and three that it has not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator

# Turned round, or off by one. Its others, such as "<" for "is", are noticed by any test.
_OPERATORS = (
    *(f"ReplaceComparisonOperator_{name}" for name in ("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is")),
    *(f"ReplaceComparisonOperator_{name}" for name in ("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt")),
    "AddNot",
    "NumberReplacer",
    "ReplaceAndWithOr",
    "ReplaceBinaryOperator_Add_Sub",
    "ReplaceBinaryOperator_Sub_Add",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ReplaceFalseWithTrue",
    "ReplaceOrWithAnd",
    "ReplaceTrueWithFalse",
    "ReplaceUnaryOperator_Delete_Not",
    "ZeroIterationForLoop",
)

Positions = Iterator[tuple[tuple[int, int], tuple[int, int]]]


class _OnePlace(Operator):
    """Changes a node that can be changed in one way."""

    def mutation_positions(self, node: Any) -> Positions:
        if self.fits(node):
            yield node.start_pos, node.end_pos

    def fits(self, node: Any) -> bool:
        raise NotImplementedError

    @classmethod
    def examples(cls) -> Sequence[Any]:
        return ()


class Membership(_OnePlace):
    """``in`` and ``not in``."""

    def fits(self, node: Any) -> bool:
        return bool(node.type == "comparison" and _word(node.children[1]) in ("in", "not in"))

    def mutate(self, node: Any, index: int) -> Any:
        assert index == 0
        node.children[1] = parso.parse(" not in" if _word(node.children[1]) == "in" else " in")
        return node


class LeaveOut(_OnePlace):
    """A statement that is not executed: a call, an exception, what is written into something."""

    def fits(self, node: Any) -> bool:
        if node.parent is None or node.parent.type != "simple_stmt":
            return False
        if node.type == "expr_stmt":
            return bool(node.children[0].type == "atom_expr" and node.children[1].type != "annassign")
        return node.type in ("atom_expr", "raise_stmt", "del_stmt")

    def mutate(self, node: Any, index: int) -> Any:
        assert index == 0
        return parso.parse(node.get_first_leaf().prefix + "pass")


class NothingReturned(_OnePlace):
    """``return None`` for any other value."""

    def fits(self, node: Any) -> bool:
        return bool(node.type == "return_stmt" and _word(node.children[1]) != "None")

    def mutate(self, node: Any, index: int) -> Any:
        assert index == 0
        node.children[1] = parso.parse(" None")
        return node


def _word(node: Any) -> str:
    return " ".join(str(node.get_code()).split())


@dataclass(frozen=True)
class Change:
    """One place of a file, changed. ``was`` and ``now`` are its line before and after, where a change spans more the first of them."""

    file: str
    line: int
    was: str
    now: str
    code: str


@cache
def operators() -> dict[str, Operator]:
    found = {name: get_operator(f"core/{name}")() for name in _OPERATORS}
    return {**found, "Membership": Membership(), "LeaveOut": LeaveOut(), "NothingReturned": NothingReturned()}


def places(code: str) -> list[tuple[str, int]]:
    """Return all operators and which of their places in the code."""
    nodes = list(ast_nodes(get_ast(code)))
    found = []
    for name, operator in operators().items():
        count = sum(1 for _place in chain.from_iterable(map(operator.mutation_positions, nodes)))
        found += [(name, number) for number in range(count)]
    return found


def change(file: str, code: str, place: tuple[str, int]) -> Change:
    """Return the file with that place changed."""
    name, number = place
    changed = mutate_code(code, operators()[name], number)
    assert changed is not None
    before, after = code.splitlines(), changed.splitlines()
    line = next(number for number, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1])
    return Change(file, line + 1, before[line].strip(), after[line].strip(), changed)
