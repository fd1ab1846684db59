"""What users read is marked for the catalogues: a bare text would be in English for everybody."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import grader as package

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(package.__file__).parent
FILES = [
    path
    for path in sorted(SOURCE.rglob("*.py"))
    # References are in English; a handler is a student's.
    if path.parent.name not in {"schemas", "handlers"}
]
PROSE = re.compile(r"[^\W\d_]{2,} [^\W\d_]{2,}")
WORD = re.compile(r"\W*[A-Z][a-z]{2,}\W*")
"""A heading, a label. Elsewhere than where things are shown it is a key of AWS's or of an LMS's."""
SHOWING = re.compile(
    r"(commands|pages)/|(show|cli|demo|doctor|exam|phrases|problems|terminal)\w*\.py"
)
MARKING = {"_", "N_", "plural", "say"}
ENGLISH = {
    # the meanings of keys, for schemas and their references
    *("Meta", "_means"),
    # what goes wrong by a programmer's mistake, and patterns
    *("ValueError", "TypeError", "RuntimeError", "error", "compile", "says"),
}
OF_OTHERS = {
    # the columns of Canvas and of Moodle
    *("SIS User ID", "SIS Login ID", "    Points Possible", "points possible"),
    "test student",
    *("Full name", "Nom complet", "Email address", "Adresse de courriel"),
    *("ID number", "Maximum grade", "Note maximale"),
    *("Grade can be changed", "La note peut être modifiée"),
    *("Last modified (grade)", "Dernière modification (note)"),
    *("Feedback comments", "Feedback par commentaires"),
    # the words of Moodle's file names; its name, and an option and a command of this program
    *("Participant", "Moodle", "--to xlsx", "push lti"),
    # what Lambda writes
    *("Worker init failed: ", "Traceback (most recent call last)"),
    *("START RequestId: ", '"START RequestId:"'),
    # what Python says of a thread
    *("can't start new thread", "unable to start watchdog thread"),
    # Python source
    *("def calculated(message):", "def everything(message):"),
    # names of programs, of threads, of actions, of looks
    "IO loop",
    *("grader push lti", "CSV UTF-8"),
    *("bold green", "bold magenta", '<svg viewBox="0 0 ', '<span class="whole">{}</span>'),
    # what there is to do, as stored reports say it
    "Get new credentials (in AWS Academy: AWS Details, Show) and try again.",
    "Say which one is meant (--use), or remove the others.",
    # replaced before anybody is told
    *("no identity", "not invoked", "The answer is not from AWS."),
}


def called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def bare(node: ast.AST, *, shows: bool = True) -> Iterator[tuple[int, str]]:
    """The texts that read like words and are not marked, with their lines; not docstrings, not types.

    A word alone is one where the module ``shows`` what it holds.
    """
    if isinstance(node, ast.Constant):
        value = node.value
        if isinstance(value, str) and (PROSE.search(value) or (shows and WORD.fullmatch(value))):
            yield node.lineno, value
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if called(node) in MARKING | ENGLISH:
        return
    for child in ast.iter_child_nodes(node):
        # A demo submission's is in the catalogues as it is.
        if not (isinstance(child, ast.keyword) and child.arg == "description"):
            yield from bare(child, shows=shows)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_text_for_users_is_marked(path: Path) -> None:
    shows = SHOWING.match(path.relative_to(SOURCE).as_posix()) is not None
    found = bare(ast.parse(path.read_text(encoding="utf-8")), shows=shows)
    assert [one for one in found if one[1] not in OF_OTHERS] == []


@pytest.mark.parametrize(
    "source",
    [
        'bad_input(path, 1, "This is wrong.")',
        'Problem(file, None, f"{name} is wrong, remove it.", _("Remove it."))',
        'out.print("Not posted: " + ", ".join(left) + " there already.")',
        'message = "too late" if late else _("too early")',
        'TEXTS = {"late": "It came too late."}',
        'out.print("Finished.")',
    ],
)
def test_a_text_that_is_not_marked_is_found(source: str) -> None:
    assert [*bare(ast.parse(source))]


def test_a_word_alone_is_a_key_where_nothing_is_shown() -> None:
    assert [*bare(ast.parse('answer["Messages"]'), shows=False)] == []
