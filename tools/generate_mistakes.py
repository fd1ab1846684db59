"""``docs/mistakes.md``: every mistake that the grader names, with the words a student reads.

``python -m tools.generate_mistakes`` writes it anew; a test keeps it equal to the checks that say the
sentences, to the tables of rules, and to the French catalogue. Nothing in it is written by hand but its
first lines.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from grader.checks import lab
from grader.checks.declare import declared
from grader.i18n.language import language
from grader.resources.kinds import KINDS
from tools.failing_checks import Function, Rules, Site, Text, body, missing, sites

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tools.failing_checks import Words

PAGE = Path(__file__).parents[1] / "docs" / "mistakes.md"

_HEAD = """\
# The mistakes that the grader names

What a student may read of a mistake, in both languages, and the next step (→). *Slanted* is what is
filled in; after … stands what may be said there. First the checks in the order of the lab, then the
steps that follow from what the function did and said: the first one that fits is given. Below it your
instructor's own hint is shown, where the rubric has one.

Ce qu'un étudiant peut lire d'une erreur, dans les deux langues, et ce qu'il faut faire ensuite (→). En
*italique*, ce qui est rempli ; après …, ce qui peut y être dit.

This page is generated: `python -m tools.generate_mistakes`.
"""
_COLUMNS = "| English | Français |\n| --- | --- |\n"
_ABSENT = "What is not there"
_LOOPS = Function("grader.observe.obstacles", "loop")

_PLACE = re.compile(r"\{(\w+)\}")
_HEADED = re.compile(r"^ *# -- (.+?) -+$", re.MULTILINE)
_CLASS = re.compile(r"\[([^\]\\^])[^\]]*\](?![*+{])")
_GROUP = re.compile(
    r"\(\?P<\w+>(?:[^()\\]|\\.|\([^()]*\))*\)"  # what a step is filled with
    r"|(?:\[(?:[^\]\\]|\\.)*\]|\\[wdsS]|\.)(?:[*+]\??|\{[\d,]+\})"
    r"|(?:\(\?:)?…\\?\.\)\*"
)
_CHOICE = re.compile(r"\((?:\?:)?((?:[^()|\\]|\\.)*)\|?(?:[^()\\]|\\.)*\)\??")


def page() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *_Sections().all()])


class _Sections:
    """The sections of the page; what one names is written after it, once."""

    def __init__(self) -> None:
        self._seen: set[Function] = set()
        self._ahead: list[Function | Rules] = [_LOOPS]
        self._written: set[Function | Rules] = set()

    def all(self) -> Iterator[str]:
        for check in _checks():
            rows = [row for site in sites(check, self._seen) for row in self._row(site)]
            if rows:
                yield _section(check.about, rows, about=_words(check.about)[1])
        yield _section(_ABSENT, list(map(_cells, _absent())))
        while self._ahead:
            following = self._ahead.pop(0)
            if following not in self._written:
                self._written.add(following)
                yield from self._following(following)

    def _row(self, site: Site) -> Iterator[str]:
        found = [w for w in site.found if isinstance(w, Text)]
        steps = [self._both(word) for word in site.steps]
        if site.compares is not None:
            finding = _compared(site.compares)
        elif site.of_fact:
            finding = (_link(_ABSENT), _link(_ABSENT))
        else:
            texts = [_words(word.english) for word in found]
            finding = ("<br>".join(t[0] for t in texts), "<br>".join(t[1] for t in texts))
        values = [self._both(word) for word in site.values]
        columns = (
            "<br>".join([finding[n], *(f"… {v[n]}" for v in values), *(f"→ {s[n]}" for s in steps)])
            for n in (0, 1)
        )
        yield f"| {' | '.join(columns)} |"

    def _both(self, word: Words) -> tuple[str, str]:
        if isinstance(word, Text):
            return _words(word.english)
        if word not in self._ahead and word not in self._written:
            self._ahead.append(word)
        title = next(_of_rules(word))[0] if isinstance(word, Rules) else _title(word)
        link = _link(title)
        return link, link

    def _following(self, following: Function | Rules) -> Iterator[str]:
        if isinstance(following, Function):
            rows = [" | ".join(self._both(word)) for word in body(following)]
            yield _section(_title(following), [f"| {row} |" for row in rows])
            return
        for heading, rows in _of_rules(following):
            yield _section(heading, rows)


def _checks() -> Iterator[Function]:
    for module in [lab, *(sys.modules[kind.observe.__module__] for kind in KINDS if kind.checks)]:
        for name, value in vars(module).items():
            if declared(value) is not None and value.__module__ == module.__name__:
                yield Function(module.__name__, name)


def _absent() -> Iterable[str]:
    """What a resource is missed with, of all that are looked for."""
    folder = Path(inspect.getfile(sys.modules[KINDS[0].observe.__module__])).parent
    for path in sorted(folder.glob("*.py")):
        yield from (text.english for text in missing(f"grader.resources.{path.stem}"))


def _of_rules(table: Rules) -> Iterator[tuple[str, list[str]]]:
    """The rules of a table under the headings that stand in its source."""
    module = import_module(table.module)
    rules, text = getattr(module, table.name), inspect.getsource(module)
    lines = text.splitlines()
    calls = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rule"
    ]
    ours = _calls_of(text, table.name, calls)
    heading, groups = _title(table), dict[str, list[str]]()
    for call, rule in zip(ours, rules, strict=True):
        before = _HEADED.match(lines[call.lineno - 2])
        if before:
            heading = f"{_title(table).partition(': ')[0].rstrip(':')}: {before[1]}"
        said, (english, french) = _sketch(rule.pattern.pattern), _words(rule.step)
        groups.setdefault(heading, []).append(f"| {said}<br>→ {english} | → {french} |")
    yield from groups.items()


def _calls_of(text: str, name: str, calls: list[ast.Call]) -> list[ast.Call]:
    (value,) = (
        node
        for line in ast.parse(text).body
        if isinstance(line, ast.AnnAssign) and getattr(line.target, "id", "") == name
        for node in [line]
    )
    end = value.end_lineno or 0
    ours = [call for call in calls if value.lineno <= call.lineno <= end]
    return sorted(ours, key=lambda call: call.lineno)


def _title(word: Function | Rules) -> str:
    if isinstance(word, Function):
        return word.about.partition(";")[0].partition(": ``")[0].replace("``", "")
    module = import_module(word.module)
    about = " ".join((inspect.getdoc(module) or "").partition("\n\n")[0].split())
    first = about.partition(". ")[0].partition(", and the next step")[0].rstrip(".")
    return first if word.name == "RULES" else f"{first}: {word.name.lower()}"


def _sketch(pattern: str) -> str:
    """What a rule looks for, for people: what varies is an ellipsis, and of several the first stands."""
    text = _CLASS.sub(r"\1", pattern.lstrip("^").replace(r"\b", ""))
    for _ in range(3):
        text = _GROUP.sub("…", text)
    for _ in range(4):
        text = _CHOICE.sub(r"\1", text)
    text = re.sub(r"(?<!\\)\?|(?<!\\)\$$", "", text.partition("|")[0])
    text = re.sub(r"…[…. ]*…", "…", re.sub(r"\\(.)", r"\1", text)).strip()
    return f"`{text}`" if text else "*whatever your own code raises*"


def _compared(compares: dict[str, str]) -> tuple[str, str]:
    """The sentence that two values are compared in."""
    what = "{what}: " if "what" in compares else ""
    unit = " {unit}" if "unit" in compares else ""
    template = f"{what}expected {{expected}}{unit}, found {{actual}}{unit}."
    english, french = template, language("fr").translated(template) or template
    for name, word in compares.items():
        english = english.replace(f"{{{name}}}", word)
        french = french.replace(f"{{{name}}}", language("fr").translated(word) or word)
    return _prose(english), _prose(french)


def _words(english: str) -> tuple[str, str]:
    """A sentence in both languages; a dash where it is not translated yet."""
    return _prose(english), _prose(language("fr").translated(english) or "–")


def _cells(english: str) -> str:
    return f"| {' | '.join(_words(english))} |"


def _prose(template: str) -> str:
    return _PLACE.sub(lambda name: f"*{name[1].replace('_', ' ')}*", _escaped(template))


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def _section(heading: str, rows: Iterable[str], *, about: str = "") -> str:
    below = f"{about}\n\n" if about else ""
    return f"## {_heading(heading)}\n\n{below}{_COLUMNS}" + "".join(f"{row}\n" for row in rows)


def _heading(text: str) -> str:
    """A heading in which nothing is filled in: names go, and what varies is an ellipsis."""
    text = re.sub(r"(function|queue) \{\w*(?:function|queue)\}", r"\1", text)
    return _PLACE.sub("…", text).rstrip(".:")


def _link(heading: str) -> str:
    title = _heading(heading)
    anchor = re.sub(r"[^\w -]", "", title).strip().lower().replace(" ", "-")
    return f"[{title}](#{anchor})"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
