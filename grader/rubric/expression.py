"""One expression of a rubric: arithmetic over the fields of a message, and nothing else.

simpleeval walks the expression; what may stand in it, and how large a value may grow on the way, is
bounded here, so that reading and evaluating take no time worth measuring whatever somebody wrote.
"""

from __future__ import annotations

import ast
import math
import operator
import threading
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from simpleeval import SimpleEval  # type: ignore[import-untyped]

from grader.i18n.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value: TypeAlias = bool | int | float | str
"""What a field of a message holds, and what an expression gives."""

ALLOWED_FUNCTIONS = ("abs", "round", "min", "max", "len", "str", "int", "float")
"""What an expression may call."""

LONGEST, _MOST_NODES, _DEEPEST = 300, 150, 20

_MOST_DIGITS = 60
"""As many as an answer may have: see :mod:`grader.observe.answers`."""

_GREATEST, _LONGEST_TEXT, _HIGHEST_POWER, _MOST_DECIMALS = 10**_MOST_DIGITS, 1000, 200, 20


class ExpressionError(ValueError):
    """What is wrong with an expression, in the language that is spoken."""


class Expression:
    """An expression that was read. Raises :class:`ExpressionError` where it cannot be used."""

    def __init__(self, text: str) -> None:
        self._tree = _read(text)
        self.names = frozenset(
            node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)
        ) - {id_ for id_ in ALLOWED_FUNCTIONS if not _used_as_value(self._tree, id_)}
        # Making one touches Python's filters of warnings, which all threads share: it is made once.
        self._evaluator = SimpleEval(operators=_OPERATORS, functions=_CALLS, names={})
        self._turn = threading.Lock()

    def value(self, fields: Mapping[str, Value]) -> Value:
        """What it gives for the ``fields`` of a message. Raises :class:`ExpressionError`."""
        try:
            with self._turn:
                self._evaluator.names = fields
                found = self._evaluator.eval("", previously_parsed=self._tree)
            return _bounded(found)
        except ExpressionError:
            raise
        except ZeroDivisionError:
            raise ExpressionError(_("it divides by zero")) from None
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise ExpressionError(str(error)[:200]) from None
        except Exception as error:  # noqa: BLE001 - simpleeval's own, which are many
            raise ExpressionError(str(error)[:200]) from None


@lru_cache(maxsize=1000)
def expression(text: str) -> Expression:
    """The expression that ``text`` writes. Raises :class:`ExpressionError`."""
    return Expression(text)


# -- reading --------------------------------------------------------------------------------------

_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {}
_CALLS: dict[str, Callable[..., Any]] = {}

_ALLOWED = (
    *(ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Constant),
    *(ast.Load, ast.And, ast.Or),
)
_WORDS: dict[type[ast.AST], str] = {ast.Attribute: ".", ast.Subscript: "[…]", ast.Lambda: "lambda"}


def _read(text: str) -> ast.expr:
    if not text.strip():
        raise ExpressionError(_("it is empty"))
    if len(text) > LONGEST:
        raise ExpressionError(_("it has more than {limit} characters", limit=LONGEST))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python itself doubts
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError, Warning):
        raise ExpressionError(_("it is no expression")) from None
    if _depth(tree) > _DEEPEST or sum(1 for _node in ast.walk(tree)) > _MOST_NODES:
        raise ExpressionError(_("it is too long or too deeply nested"))
    for node in ast.walk(tree):
        _allow(node)
    return tree


def _allow(node: ast.AST) -> None:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise ExpressionError(_("only numbers and text may stand in it"))
        _bounded(node.value)
    elif isinstance(node, ast.Call):
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        if called not in ALLOWED_FUNCTIONS or node.keywords:
            names = ", ".join(ALLOWED_FUNCTIONS)
            raise ExpressionError(_("it may call nothing but {names}", names=names))
    elif not isinstance(node, _ALLOWED) and type(node) not in _OPERATORS:
        word = _WORDS.get(type(node), type(node).__name__)
        raise ExpressionError(
            _("“{word}” is not allowed: only arithmetic, comparison and if … else", word=word)
        )


def _depth(tree: ast.AST) -> int:
    """How deep a tree is, counted without recursion."""
    deepest, level = 0, [tree]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


def _used_as_value(tree: ast.AST, name: str) -> bool:
    """``name`` stands somewhere else than before the brackets of a call."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return any(
        isinstance(node, ast.Name) and node.id == name and id(node) not in called
        for node in ast.walk(tree)
    )


# -- evaluating -----------------------------------------------------------------------------------


def _bounded(value: object) -> Value:
    """``value``, if it is of a kind and of a size that an answer may have."""
    if isinstance(value, str):
        if len(value) > _LONGEST_TEXT:
            raise ExpressionError(_("a text in it grows too long"))
        return value
    if isinstance(value, bool):
        return value
    if not isinstance(value, int | float):
        raise ExpressionError(_("it gives neither a number nor text"))
    if not (math.isfinite(value) if isinstance(value, float) else True) or abs(value) > _GREATEST:
        raise ExpressionError(_("a number in it grows too large"))
    return value


def _checked(apply: Callable[..., object]) -> Callable[..., Value]:
    return lambda *given: _bounded(apply(*given))


def _numbers(apply: Callable[..., object]) -> Callable[..., Value]:
    """``apply`` for numbers alone: with text some operators repeat it or read it as a format."""

    def of_numbers(*given: Any) -> Value:
        if any(isinstance(value, str) for value in given):
            raise ExpressionError(_("it calculates with text; write int(…) or float(…) around it"))
        return _bounded(apply(*given))

    return of_numbers


def _power(base: float, exponent: float) -> object:
    if abs(exponent) > _HIGHEST_POWER:
        raise ExpressionError(_("a number in it grows too large"))
    return base**exponent


def _round(number: float, decimals: int = 0) -> object:
    # Python's own, of -10**9 decimals, would calculate that power of ten.
    if abs(decimals) > _MOST_DECIMALS:
        raise ExpressionError(_("it rounds to too many decimals"))
    return round(number, decimals) if decimals else round(number)


def _add(one: Any, other: Any) -> object:
    if isinstance(one, str) != isinstance(other, str):
        raise ExpressionError(_("it adds a number and text; write int(…) or str(…) around one"))
    return one + other


_OPERATORS |= {
    ast.Add: _checked(_add),
    ast.Sub: _numbers(operator.sub),
    ast.Mult: _numbers(operator.mul),
    ast.Div: _numbers(operator.truediv),
    ast.FloorDiv: _numbers(operator.floordiv),
    ast.Mod: _numbers(operator.mod),
    ast.Pow: _numbers(_power),
    ast.USub: _numbers(operator.neg),
    ast.UAdd: _numbers(operator.pos),
    ast.Not: _checked(operator.not_),
    ast.Eq: _checked(operator.eq),
    ast.NotEq: _checked(operator.ne),
    ast.Lt: _checked(operator.lt),
    ast.LtE: _checked(operator.le),
    ast.Gt: _checked(operator.gt),
    ast.GtE: _checked(operator.ge),
}
_CALLS |= {
    "abs": _numbers(abs),
    "round": _numbers(_round),
    "min": _checked(min),
    "max": _checked(max),
    "len": _checked(len),
    "str": _checked(str),
    "int": _checked(int),
    "float": _checked(float),
}
