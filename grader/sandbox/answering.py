"""The code of a function that answers what messages ask for, right or with a known mistake."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING, Literal, TypeAlias

from grader.rubric.exchange import OneOf, Real, Whole, in_words

if TYPE_CHECKING:
    from grader.rubric.exchange import ExchangeRules

Calculates: TypeAlias = Literal[
    "right", "next", "rounds-down", "joins-text", "rounds", "first-only", "ignores"
]
"""How a function calculates. ``next``: it answers what another value asks for; ``rounds-down``: ``//``
stands for ``/``; ``joins-text``: it never converts; ``rounds``: to two decimals; ``first-only``: it
answers nothing but what the first value asks for; ``ignores``: it takes every message for such a one."""


def answer_code(rules: ExchangeRules, calculates: Calculates = "right") -> str:
    """Python source of ``calculated(message)``, where ``None`` is no answer, and of
    ``everything(message)``, all that a message could ask for."""
    if calculates == "joins-text":
        joined = " + ".join(f"str(message[{json.dumps(name)}])" for name in _numbers(rules)[:2])
        body = [f"    return {joined}"]
    else:
        body = _body(rules, calculates)
    every = ", ".join(_texts(rules))
    fields = _fields(rules)
    lines = ["def calculated(message):", *fields, *body, "", ""]
    lines += ["def everything(message):", *fields, f"    return [{every}]"]
    return "\n".join(lines) + "\n"


def _fields(rules: ExchangeRules) -> list[str]:
    names = [name for name in rules.fields if name.isidentifier()]
    return [f"    {name} = message[{json.dumps(name)}]" for name in names]


def _numbers(rules: ExchangeRules) -> list[str]:
    return [name for name, field in rules.fields.items() if isinstance(field, Whole | Real)]


def _texts(rules: ExchangeRules) -> list[str]:
    """Every expression of the rubric, that of the first value first."""
    expect = rules.expect
    if expect is None:
        return [" + ".join(f"message[{json.dumps(name)}]" for name in _numbers(rules))]
    if isinstance(expect, str):
        return [expect]
    of = rules.fields[expect["of"]]
    values = of.one_of if isinstance(of, OneOf) else ()
    return [expect[in_words(value)] for value in values]


def _body(rules: ExchangeRules, calculates: Calculates) -> list[str]:
    expect, asked = rules.expect, _texts(rules)
    if not isinstance(expect, dict) or calculates == "ignores":
        return [f"    return {_mistaken(asked[0], calculates)}"]
    of = rules.fields[expect["of"]]
    values = of.one_of if isinstance(of, OneOf) else ()
    if calculates == "next":
        asked = [*asked[1:], asked[0]]
    elif calculates == "first-only":
        values = values[:1]
    field = f"message[{json.dumps(expect['of'])}]"
    return [
        line
        for value, text in zip(values, asked, strict=False)
        for line in (
            f"    if {field} == {value!r}:",
            f"        return {_mistaken(text, calculates)}",
        )
    ]


class _RoundsDown(ast.NodeTransformer):
    def visit_BinOp(self, node: ast.BinOp) -> ast.BinOp:
        """``//`` for ``/``."""
        self.generic_visit(node)
        if isinstance(node.op, ast.Div):
            node.op = ast.FloorDiv()
        return node


def _mistaken(text: str, calculates: Calculates) -> str:
    if calculates == "rounds-down":
        return ast.unparse(_RoundsDown().visit(ast.parse(text, mode="eval")))
    return f"round({text}, 2)" if calculates == "rounds" else text
