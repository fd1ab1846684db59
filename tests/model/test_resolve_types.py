"""No two threads are ever the first to read a type: msgspec would end the program."""

from __future__ import annotations

import ast
import gc
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

import grader
from grader.resources.kinds import KINDS
from grader.results.atomic_write import kinds_of_files
from tests.programs import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(grader.__file__).parent

TOGETHER = """
import sys, threading
import msgspec
from grader.model.resolve_types import resolve_types

class Inner(msgspec.Struct):
    numbers: dict[str, list[int]]

class Outer(msgspec.Struct):
    one: Inner
    two: Inner | None
    three: tuple[Inner, ...]
    four: str

resolve_types(Outer)  # without it some of these processes end by a signal
sys.setswitchinterval(1e-6)
ready = threading.Barrier(16)

def read():
    ready.wait()
    msgspec.convert({"one": {"numbers": {}}, "two": None, "three": [], "four": ""}, Outer)

threads = [threading.Thread(target=read) for _ in range(16)]
for each in threads:
    each.start()
for each in threads:
    each.join()
"""


def read_somewhere() -> Iterator[str]:
    """The types that the package decodes or converts to: each as the module that does, and its name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(("grader", *path.relative_to(PACKAGE).with_suffix("").parts))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            what = ast.unparse(call.func)
            given = [each.value for each in call.keywords if each.arg == "type"]
            if what == "msgspec.convert":
                given = call.args[1:2]
            elif not what.startswith("msgspec."):
                continue
            for kind in given:
                named = kind.left if isinstance(kind, ast.BinOp) else kind  # or none
                if isinstance(named, ast.Name) and not named.id.islower():
                    yield f"{module}.{named.id}"


def read_by_tables() -> Iterator[type]:
    """The types that are read by the name of a file, of a fact or of a check."""
    yield from kinds_of_files().values()
    yield from (kind.type for kind in KINDS if isinstance(kind.type, msgspec.StructMeta))


def read_types() -> list[str]:
    """All of them. To know them is to read the whole package."""
    in_tables = {f"{kind.__module__}.{kind.__qualname__}" for kind in read_by_tables()}
    return sorted({*read_somewhere(), *in_tables})


def is_worked_out(kind: Any) -> bool:
    return "StructInfo" in {type(held).__name__ for held in gc.get_referents(kind)}


def test_msgspec_shows_whether_a_type_is_worked_out() -> None:
    class New(msgspec.Struct):
        number: int

    assert not is_worked_out(New)
    msgspec.json.decode(b'{"number": 1}', type=New)
    assert is_worked_out(New)


def test_every_type_that_is_read_is_worked_out_by_an_import() -> None:
    types = read_types()
    assert len(types) > 15
    # In a process where nothing was read yet.
    lines = ["import gc, importlib"]
    for name in types:
        module, _, kind = name.rpartition(".")
        lines += [
            f"kind = importlib.import_module({module!r}).{kind}",
            "held = {type(one).__name__ for one in gc.get_referents(kind)}",
            f"'StructInfo' in held or print({name!r})",
        ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [], "resolve_types(...) of these, where they are defined"


def test_a_type_that_is_worked_out_may_be_read_by_many_threads_at_once() -> None:
    for _ in range(3):
        subprocess.run([sys.executable, "-c", TOGETHER], env=environment(), check=True)
