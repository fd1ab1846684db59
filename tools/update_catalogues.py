"""Bring the catalogues up to date with the source: ``python -m tools.update_catalogues``.

What is marked in the source and in the pages' templates is every message: the first text in a call of
``_``, ``N_`` or ``say``, both forms of a ``plural``, the docstring of a check (the line shown for its
test) and of a command (its help), the descriptions of demo submissions and of the rubric's schema. A
message that was reworded keeps the translation of its former wording, marked ``fuzzy``, which is not
used until a translator has removed the mark; a wording that stands in reports stays known
(:mod:`tools.former_wordings`). Ends with status 1 if something is to be translated.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from grader.i18n.language import DOMAIN, ENGLISH, LANGUAGES, LOCALE_FOLDER
from tools.former_wordings import (
    FORMER,
    Former,
    read_former,
    renew,
    restore_previous,
    write_former,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from babel.messages.catalog import Catalog, Message

_PACKAGE = Path(__file__).parents[1] / "grader"
_PROJECT = "lambda-sqs-grader"
_WIDTH = 100
_METHODS = (
    ("**.py", "tools.update_catalogues:extract"),
    ("**.html", "jinja2.ext:babel_extract"),
    ("schemas/rubric.schema.json", "tools.update_catalogues:descriptions"),
    ("sandbox/cohort.json", "tools.update_catalogues:descriptions"),
    ("sandbox/calculators.json", "tools.update_catalogues:descriptions"),
)
_OPTIONS = {"**.html": {"silent": "false"}}
_KEYWORDS = {"_": None, "ngettext": (1, 2), "plural": (2, 3)}

Found = tuple[int, str | None, str | tuple[str, str], list[str]]
"""A line, the gettext function, its message or messages, comments: what Babel wants of an extractor."""


def extract(
    file: IO[bytes],
    keywords: Sequence[str],  # noqa: ARG001 - Babel gives it, and its own extractors ask for it
    comment_tags: Sequence[str],  # noqa: ARG001
    options: dict[str, Any],  # noqa: ARG001
) -> Iterator[Found]:
    """The messages of a Python file, as Babel asks an extractor for them."""
    for node in ast.walk(ast.parse(file.read())):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node) or ""
            decorators = _decorators(node)
            if "check" in decorators:
                yield node.lineno, None, docstring.partition("\n")[0].strip(), []
            elif "spoken_help" in decorators:
                yield node.lineno, None, docstring, []
        elif isinstance(node, ast.Call):
            yield from _called(node)


def descriptions(
    file: IO[bytes],
    keywords: Sequence[str],  # noqa: ARG001
    comment_tags: Sequence[str],  # noqa: ARG001
    options: dict[str, Any],  # noqa: ARG001
) -> Iterator[Found]:
    """The descriptions in a JSON file: remedies of the rubric's schema, names of submissions."""
    parts: list[Any] = [json.load(file)]
    while parts:
        part = parts.pop()
        if isinstance(part, dict):
            if isinstance(part.get("description"), str):
                yield 0, None, part["description"], []
            parts += part.values()
        elif isinstance(part, list):
            parts += part


def _decorators(function: ast.FunctionDef) -> set[str]:
    """The names of its decorators, of a check's ``@check(…)`` as of a command's ``@spoken_help``."""
    nodes = (getattr(node, "func", node) for node in function.decorator_list)
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def _called(call: ast.Call) -> Iterator[Found]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in {"_", "N_", "say"} and call.args:
        for text in _texts(call.args[0]):
            yield call.lineno, None, text, []
    elif name == "plural":
        texts = [text for argument in call.args for text in _texts(argument)]
        if len(texts) == 2:
            yield call.lineno, "ngettext", (texts[0], texts[1]), []
    for keyword in call.keywords:
        # That of a Meta is for a schema and its reference, which are English.
        if keyword.arg == "description" and name != "Meta":
            for text in _texts(keyword.value):
                yield call.lineno, None, text, []


def _texts(node: ast.expr) -> list[str]:
    """The text that stands there, or both of ``one if … else other``."""
    if isinstance(node, ast.IfExp):
        return _texts(node.body) + _texts(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def template(former: Former | None = None) -> Catalog:
    """Every message of the source, and every former wording that is kept, untranslated."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    found = Catalog(project=_PROJECT, charset="utf-8")
    every = extract_from_dir(_PACKAGE, _METHODS, _OPTIONS, _KEYWORDS)
    for path, _line, message, comments, context in every:
        found.add(
            message, locations=[(f"grader/{path}", 0)], auto_comments=comments, context=context
        )
    for wording in read_former() if former is None else former:
        found.add(wording, locations=[(f"grader/i18n/{FORMER.name}", 0)])
    return found


def read(code: str) -> Catalog:
    """The catalogue of a language, as its translators wrote it."""
    from babel.messages.pofile import read_po

    with place(code, "po").open("rb") as file:
        return restore_previous(read_po(file, locale=code, domain=DOMAIN))


def place(code: str, ending: str) -> Path:
    """Where the catalogue of a language stands: ``po`` for people, ``mo`` for gettext."""
    return LOCALE_FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.{ending}"


def bring_up_to_date(code: str, former: Former) -> list[Message]:
    """Give a language's catalogue the messages of the source, and compile it: what it lacks."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import write_po

    catalogue = read(code)
    lacking = renew(catalogue, template({}), former)
    with place(code, "po").open("wb") as file:
        write_po(
            file,
            catalogue,
            width=_WIDTH,
            include_lineno=False,
            sort_output=True,
            include_previous=True,
        )
    with place(code, "mo").open("wb") as file:
        write_mo(file, catalogue)
    return lacking


def to_do(message: Message) -> str:
    """What a translator has to do about a message that is not translated."""
    if not message.previous_id:
        return f"translate {message.id!r}"
    before = message.previous_id if len(message.previous_id) > 1 else message.previous_id[0]
    return (
        f"translate {message.id!r}, which was {before!r}, {_plainly(message.string)}, "
        "and remove the line “#, fuzzy” above it"
    )


def _plainly(string: str | Iterable[str] | None) -> str:
    """A translation as it is pasted: a no-break space is one."""
    texts = [string] if isinstance(string, str) else string or ()
    return ", ".join(f"'{text}'" for text in texts)


def main() -> int:
    """Bring every catalogue up to date, and say what is to be translated where: the exit status."""
    former, status = read_former(), 0
    before = {*former}
    for code in LANGUAGES:
        if code == ENGLISH:
            continue
        for message in bring_up_to_date(code, former):
            status = 1
            sys.stderr.write(f"{place(code, 'po')}: {to_do(message)}\n")
    write_former(former)
    for wording in sorted({*former} - before):
        sys.stderr.write(
            f"{FORMER}: keeps {wording!r}, which reports may hold. If it never was on the main"
            " branch, delete its line there and give this command again.\n"
        )
    if status:
        sys.stderr.write("Then give this command again, which compiles the catalogues.\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
