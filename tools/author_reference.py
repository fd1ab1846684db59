"""Generated parts of ``docs/checks.md`` and ``docs/permissions.md``: what authors of checks need.

:mod:`tools.generate_reference` writes them. Their sources are the kinds of resources, the structs of an
observation, and the docstrings of what a check is written with.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
import typing
from typing import TYPE_CHECKING, Any

import msgspec

import grader.checks
from grader.checks import fixtures
from grader.model.kind import EXCHANGE, EXERCISING
from grader.model.observation import Exchange, Invocation
from grader.resources.inventory import FINDING
from grader.resources.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

_RUN = {"handler": Invocation, "records": Invocation, "exchange": Exchange}
_OF_THE_RUN = {
    "invocation": "the function answered one message, handed to it directly",
    "records": "the same of one event with three messages",
    "exchange": "the messages that were sent through the queues",
}
_NO_TABLE = {"Found", "Missing", "NotTried", "Unknown", "Message"}
_DEFAULT = re.compile(r"(?<=[\w\])])=(?=[\w\"'(])")
_ROLE = re.compile(r":\w+:(?=`)")
_DECLARING = "check"


def run_fixtures(_which: str) -> Iterator[tuple[str, ...]]:
    """The fixtures for which the function is run: what each gives."""
    yield "fixture", "gives an", "how"
    for need in EXCHANGE:
        yield f"`{need.fixture}`", f"`{_RUN[need.fact].__name__}`", _OF_THE_RUN[need.fixture]


def case_fixtures(_which: str) -> Iterator[tuple[str, ...]]:
    """The fixtures that ask nothing more of an account: what each gives."""
    yield "fixture", "gives"
    for name, value in vars(fixtures).items():
        wrapped = getattr(value, "__wrapped__", None) or getattr(value, "_fixture_function", None)
        if wrapped is not None and name != "case":
            yield f"`{name}`", _first_paragraph(wrapped)


def observed_types() -> list[type]:
    """The structs that fixtures give, each followed by those that its fields hold."""
    found: dict[type, None] = {}
    ahead: list[type] = [*(kind.type for kind in KINDS), Invocation, Exchange]
    while ahead:
        kind = ahead.pop(0)
        if kind in found:
            continue
        found[kind] = None
        inner = [part for hint in _hints(kind).values() for part in _structs(hint)]
        ahead = [part for part in inner if part.__name__ not in _NO_TABLE] + ahead
    return [*found]


def fields(_which: str) -> str:
    """The fields of what fixtures give: a table for each struct."""
    parts = []
    for kind in observed_types():
        rows = "".join(
            f"| `{field.name}` | `{_annotation(kind, field.name)}` |\n"
            for field in msgspec.structs.fields(kind)
        )
        about = inspect.getdoc(kind) or ""
        parts.append(
            f"### {kind.__name__}\n\n{_prose(about)}\n\n| field | type |\n| --- | --- |\n{rows}"
        )
    return "\n".join(parts)


def words(which: str) -> str:
    """What a check is written with, ``declaring`` it or for its ``verdicts``: each and its meaning."""
    parts = []
    for name in grader.checks.__all__:
        function = getattr(grader.checks, name)
        declares = name == _DECLARING
        if not inspect.isfunction(function) or declares != (which == "declaring"):
            continue
        meaning = _prose(inspect.getdoc(function) or "")
        parts.append(f"### {name}\n\n```python\n{name}{_signature(function)}\n```\n\n{meaning}\n")
    return "\n".join(parts)


def looking() -> list[str]:
    """The IAM actions that looking and finding take, but for those that only some checks need."""
    taken = {action for kind in KINDS if not kind.last for action in kind.actions}
    return sorted(taken | FINDING.keys())


def exercising() -> list[str]:
    """The IAM actions that running the function and using its queues take, beside those of looking."""
    return sorted(EXERCISING)


def reading_logs() -> list[str]:
    """The IAM actions of what waits for a log."""
    return sorted({action for kind in KINDS if kind.last for action in kind.actions})


def policy(which: str) -> str:
    """An IAM policy to paste: ``whole``, or ``looking`` for ``--no-exchange``."""
    statements = [("LookAtTheLab", looking())]
    if which == "whole":
        statements += [("RunTheFunctionAndUseItsQueues", exercising())]
        statements += [("ReadTheLogOfAFunction", reading_logs())]
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": "*"}
            for name, actions in statements
        ],
    }
    return f"```json\n{json.dumps(document, indent=2)}\n```"


def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _structs(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in typing.get_args(hint):
        yield from _structs(part)


def _annotation(kind: type, name: str) -> str:
    for base in kind.__mro__:
        written = inspect.get_annotations(base).get(name)
        if written is not None:
            return str(written).replace("|", "\\|")
    raise KeyError(name)


def _signature(function: Any) -> str:
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(node, ast.FunctionDef)  # noqa: S101 - what inspect has of a function
    return f"({_DEFAULT.sub(' = ', ast.unparse(node.args))})"


def _first_paragraph(function: Any) -> str:
    return _prose((inspect.getdoc(function) or "").partition("\n\n")[0])


def _prose(text: str) -> str:
    """A docstring as Markdown: its paragraphs, each on a line."""
    return "\n\n".join(
        _ROLE.sub("", " ".join(part.split()).replace("``", "`")) for part in text.split("\n\n")
    )
