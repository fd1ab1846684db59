"""Python's syntax: the calls in a part of a program, and what its variables are given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def blocks_around(name: ast.Name, function: ast.FunctionDef) -> list[list[ast.stmt]]:
    """The statements before the one with ``name``, of each block around it, the outermost first."""
    found: list[list[ast.stmt]] = []
    block: list[ast.stmt] | None = function.body
    while block is not None:
        at = next((n for n, line in enumerate(block) if name in [*ast.walk(line)]), None)
        if at is None:
            break
        found.append(block[:at])
        inner = [getattr(block[at], part, []) for part in ("body", "orelse", "finalbody")]
        block = next(
            (some for some in inner if any(name in [*ast.walk(line)] for line in some)), None
        )
    return found


def ends_by_failing(line: ast.stmt) -> bool:
    """What is assigned in the statement does not come to what stands below it."""
    last = line.body[-1] if isinstance(line, ast.If) and not line.orelse else None
    return (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and called(last.value) == "fail"
    )


def is_whole(line: ast.stmt) -> bool:
    """It gives a variable its value anew, and adds nothing to it."""
    return isinstance(line, ast.AnnAssign) or (
        isinstance(line, ast.Assign) and not isinstance(line.targets[0], ast.Subscript)
    )


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """The variables that a statement gives or adds to, each with the value."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _targets(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield from _targets(node.target, node.value)


def _targets(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Subscript):
        yield from _targets(target.value, value)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, held in zip(target.elts, value.elts, strict=True):
            yield from _targets(one, held)


def literals(node: ast.expr) -> Iterator[str]:
    """The text that stands there, or both of ``one if … else other``."""
    if isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)
    elif isinstance(node, ast.Constant):
        yield str(node.value)


def calls_in(node: ast.AST) -> list[ast.Call]:
    """The calls in ``node`` in the order in which they stand there."""
    every = [part for part in ast.walk(node) if isinstance(part, ast.Call)]
    return sorted(every, key=lambda call: (call.lineno, call.col_offset))


def called(call: ast.Call) -> str:
    """The last name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def dotted(call: ast.Call) -> str:
    """The whole name of what is called: ``Missing.saying``."""
    return ast.unparse(call.func)
