"""One word, one thing: no public name stands in two modules, no import is shadowed, and no module grows
too long."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import pytest

import grader as package

SOURCE = Path(package.__file__).parent
MODULES = [path for path in sorted(SOURCE.rglob("*.py")) if path.parent.name != "handlers"]

ONE_MEANING = {
    "files": "each format of an export has one",
    "RULES": "each table of next steps is one",
    "main": "of a module that is run",
    **dict.fromkeys(("check", "push", "regrade", "sandbox"), "a command is named as it is typed"),
}
"""Names that stand in several modules and mean the same in each."""

MOST_LINES = 400
LONGER = {"model/observation.py": 550, "observe/exercise.py": 500}
"""Modules that are longer still, and how long they may be: split one and take it away; add none."""


def public_names(source: str) -> set[str]:
    """What a module defines at its top level under a name without an underscore."""
    found = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            parts = [name for target in targets for name in ast.walk(target)]
            found |= {name.id for name in parts if isinstance(name, ast.Name)}
    return {name for name in found if not name.startswith("_") and len(name) > 1}


def homonyms() -> dict[str, list[str]]:
    """The names that stand in more than one module, each with these modules."""
    where = defaultdict(list)
    for path in MODULES:
        for name in public_names(path.read_text(encoding="utf-8")):
            where[name].append(path.relative_to(SOURCE).as_posix())
    return {name: paths for name, paths in where.items() if len(paths) > 1}


def test_no_name_stands_in_two_modules() -> None:
    new = {name: paths for name, paths in homonyms().items() if name not in ONE_MEANING}
    assert new == {}, "name the newer one for what it is"


def test_what_is_said_to_mean_one_thing_stands_in_several_modules() -> None:
    assert ONE_MEANING.keys() - homonyms().keys() == set()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("class Row: ...\ndef row(): ...\nROW: int = 1\nA = B = 2", {"Row", "row", "ROW"}),
        ("_hidden = 1\ndef f():\n    inner = 1\nMOST, LEAST = 1, 2", {"MOST", "LEAST"}),
        ("def outer():\n    def inner(): ...", {"outer"}),
    ],
)
def test_what_is_a_public_name(source: str, names: set[str]) -> None:
    assert public_names(source) == names


def shadowed_imports(source: str) -> set[str]:
    """The names that a module imports, and that a function of it binds to something else.

    ``_`` says that a parameter is not used.
    """
    tree = ast.parse(source)
    places = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.If))]
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for body in places
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    bound: set[str] = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.arg):
                bound.add(node.arg)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                bound.add(node.id)
    return imported & bound - {"_"}


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from a import said\ndef f():\n    said = 1", {"said"}),
        ("if TYPE_CHECKING:\n    import now\ndef f(now): ...", {"now"}),
        ("import a.b as c\nf = lambda c: [a for a in c]", {"c"}),
        ("from a import said\ndef f(other, *_):\n    one = said(said=other)", set()),
        ("from a import _\nf = lambda *_: None", set()),
    ],
)
def test_what_shadows_an_import(source: str, names: set[str]) -> None:
    assert shadowed_imports(source) == names


def test_no_function_binds_a_name_that_its_module_imports() -> None:
    found = {
        path.relative_to(SOURCE).as_posix(): shadowed_imports(path.read_text(encoding="utf-8"))
        for path in MODULES
    }
    assert {module: names for module, names in found.items() if names} == {}, "name it otherwise"


def test_no_module_is_long() -> None:
    lines = {
        path.relative_to(SOURCE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in MODULES
    }
    assert {n: c for n, c in lines.items() if c > LONGER.get(n, MOST_LINES)} == {}, "split it"
    assert [name for name in LONGER if lines.get(name, 0) <= MOST_LINES] == [], "take it away"
