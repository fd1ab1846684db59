"""What the checks say where they fail, read from their source: each finding, and the steps after it."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tools.syntax import (
    assigned,
    blocks_around,
    called,
    calls_in,
    dotted,
    ends_by_failing,
    is_whole,
    literals,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[1]
_CHECKS = "grader.checks"
_MISTAKES = "grader.model.mistakes"
"""Where else sentences stand that checks say."""

_COMPARING = frozenset({"same", "check_number"})
_NO_WORDS = frozenset({"expected", "actual", "evidence", "name", "number"})
"""What is given to ``fail`` and stands in no sentence, or is a mere value."""


@dataclass(frozen=True)
class Text:
    """A sentence of the catalogues."""

    english: str


@dataclass(frozen=True)
class Function:
    """A function of the checks that says sentences, or fails with them."""

    module: str
    name: str

    @property
    def node(self) -> ast.FunctionDef:
        """Its source."""
        return _source(self.module).functions[self.name]

    @property
    def about(self) -> str:
        """The first paragraph of its docstring; its name where it has none."""
        given = (ast.get_docstring(self.node) or self.name).partition("\n\n")[0]
        return " ".join(given.split())


@dataclass(frozen=True)
class Rules:
    """A table of rules, each with what is said and the next step."""

    module: str
    name: str


Words: TypeAlias = Text | Function | Rules


@dataclass
class Site:
    """A place where a check fails: what was found, the next steps, and words that are filled in.

    ``compares`` are the words of what is compared, and of its unit, where two values are; ``of_fact``
    says that the finding is why a fact is missing.
    """

    found: list[Words] = field(default_factory=list)
    steps: list[Words] = field(default_factory=list)
    values: list[Words] = field(default_factory=list)
    compares: dict[str, str] | None = None
    of_fact: bool = False


class _Source:
    def __init__(self, module: str) -> None:
        path = _ROOT.joinpath(*module.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        tree = ast.parse(file.read_text(encoding="utf-8"))
        self.functions = {
            node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)
        }
        self.constants: dict[str, ast.expr] = {}
        self.imports: dict[str, tuple[str, str]] = {}
        for node in tree.body:
            for name, value in assigned(node):
                self.constants[name] = value
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("grader."):
                for alias in node.names:
                    self.imports[alias.asname or alias.name] = (node.module or "", alias.name)


_source = cache(_Source)


def sites(check: Function, seen: set[Function]) -> list[Site]:
    """Where ``check`` fails, itself or by what it calls, but for what is ``seen`` already."""
    if check in seen:
        return []
    seen.add(check)
    found = []
    for call in calls_in(check.node):
        name = called(call)
        if name == "fail" or name in _COMPARING:
            found.append(_site(call, check))
            continue
        inner = _function(call, check.module)
        if inner is not None and _fails(inner):
            found += sites(inner, seen)
    return found


def body(function: Function) -> list[Words]:
    """What a function says, in its order; functions and tables that it takes sentences from as such."""
    every = [word for line in function.node.body for word in _words(line, function, flow=False)]
    return list(dict.fromkeys(word for word in every if word != function))


def missing(module: str) -> list[Text]:
    """The sentences with which a module says that there is no such thing."""
    found: list[Words] = []
    for name in _source(module).functions:
        function = Function(module, name)
        for call in calls_in(function.node):
            if dotted(call) == "Missing.saying":
                found += _words(call.args[0], function, flow=True)
    for value in _source(module).constants.values():
        for call in calls_in(value):
            if dotted(call) == "Missing.saying":
                found += _words(call.args[0], None, flow=False, module=module)
    return [word for word in dict.fromkeys(found) if isinstance(word, Text)]


def _site(call: ast.Call, where: Function) -> Site:
    given = {word.arg or ast.unparse(word.value): word.value for word in call.keywords}
    site = Site(steps=_told(given.get("hint"), where))
    if called(call) in _COMPARING:
        site.compares = {}
        for name in ("what", "unit"):
            for word in _told(given.get(name), where):
                if isinstance(word, Text):
                    site.compares[name] = word.english
        return site
    first = call.args[0]
    site.of_fact = isinstance(first, ast.Attribute) and first.attr == "words"
    site.found = _told(first, where)
    for name, value in given.items():
        if name not in _NO_WORDS | {"hint"}:
            site.values += _told(value, where)
    said = {*site.found, *site.steps}
    site.values = [word for word in dict.fromkeys(site.values) if word not in said]
    return site


def _told(expression: ast.expr | None, where: Function) -> list[Words]:
    if expression is None:
        return []
    return list(dict.fromkeys(_words(expression, where, flow=True)))


def _words(
    node: ast.AST,
    where: Function | None,
    *,
    flow: bool,
    module: str = "",
    seen: frozenset[str] = frozenset(),
) -> Iterator[Words]:
    """The sentences that ``node`` may stand for. ``flow`` follows variables to what they were given."""
    module = where.module if where else module
    if isinstance(node, ast.Call):
        if called(node) == "N_":
            yield from map(Text, literals(node.args[0]))
            return
        inner = _function(node, module)
        if inner is not None and not _fails(inner) and _says(inner):
            yield inner
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id not in seen:
        given = _given(node, where) if flow and where else []
        for at, value in given:
            yield from _words(value, at, flow=True, seen=seen | {node.id})
        if not given:
            yield from _constant(node.id, module)
        return
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.Call) and called(child) in {"block", "ungrade"}):
            yield from _words(child, where, flow=flow, module=module, seen=seen)


def _constant(name: str, module: str) -> Iterator[Words]:
    source = _source(module)
    if name in source.imports:
        module, name = source.imports[name]
        if not module.startswith((_CHECKS, _MISTAKES)):
            return
        source = _source(module)
    value = source.constants.get(name)
    if value is None:
        return
    if any(called(call) == "Rule" for call in calls_in(value)):
        yield Rules(module, name)
        return
    yield from _words(value, None, flow=False, module=module)


def _given(name: ast.Name, where: Function) -> list[tuple[Function, ast.expr]]:
    """What the variable may hold there: what was assigned before, from the last time that is sure."""
    found: list[tuple[Function, ast.expr]] = []
    for block in reversed(blocks_around(name, where.node)):
        for line in reversed([line for line in block if not ends_by_failing(line)]):
            held = [value for node in ast.walk(line) for n, value in assigned(node) if n == name.id]
            found += [(where, value) for value in held]
            if any(n == name.id for n, _ in assigned(line)) and is_whole(line):
                return found[::-1]
    return found[::-1]


def _function(call: ast.Call, module: str) -> Function | None:
    """The function of the checks that is called; of a method, the one that has its name."""
    name, source = called(call), _source(module)
    if name in source.functions:
        return Function(module, name)
    if isinstance(call.func, ast.Name):
        module, name = source.imports.get(name, ("", ""))
        found = module.startswith(_CHECKS) and name in _source(module).functions
        return Function(module, name) if found else None
    places = {place for place, _ in source.imports.values() if place.startswith(_CHECKS + ".")}
    have = [place for place in sorted(places) if name in _source(place).functions]
    return Function(have[0], name) if have else None


@cache
def _fails(function: Function) -> bool:
    return _reaches(function, frozenset({"fail", *_COMPARING}))


@cache
def _says(function: Function) -> bool:
    names = [part.id for part in ast.walk(function.node) if isinstance(part, ast.Name)]
    takes = any(True for name in names for _ in _constant(name, function.module))
    return takes or _reaches(function, frozenset({"N_"}))


def _reaches(
    function: Function, names: frozenset[str], seen: frozenset[Function] = frozenset()
) -> bool:
    """``function`` calls one of these, itself or by what it calls."""
    if function in seen or function.name in {"message", "shown"}:
        return False
    for call in calls_in(function.node):
        if called(call) in names:
            return True
        inner = _function(call, function.module)
        if inner is not None and _reaches(inner, names, seen | {function}):
            return True
    return False
