"""Students with the same finding, together: one look serves all of them.

Findings of one criterion are the same where their words are, but for the numbers, and where they point
at the same line of the same file.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grader.pages.document import sentence
from grader.pages.text import page_text
from grader.scoring.open_by import first_open, open_by, open_reason, without_numbers

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from grader.model.report import CriterionResult, OpenBy, Report

MOST_REASONS = 12
MOST_NAMES_SHOWN = 60
"""How many of the students who share something are named; the table has them all."""
MOST_OF_NAME, MOST_OF_SENTENCE = 80, 400


@dataclass(frozen=True)
class PageStudent:
    """A student as the page names them. ``href`` leads to their page."""

    label: str
    student_id: str
    href: str


@dataclass(frozen=True)
class Mistake:
    """What several students got wrong in the same way: an example of it, and what to do."""

    title: str
    students: int
    share: float
    example: str
    hint: str
    author_hint: str = ""


@dataclass(frozen=True)
class Alike:
    """A finding, and who has it: ``people`` by name, and ``more`` besides. ``ids`` are all of them."""

    mistake: Mistake
    people: tuple[PageStudent, ...]
    more: int
    ids: frozenset[str]


def person(report: Report) -> PageStudent:
    """The student of a report."""
    return PageStudent(
        page_text(report.name, MOST_OF_NAME).strip() or page_text(report.student_id, MOST_OF_NAME),
        page_text(report.student_id, MOST_OF_NAME),
        f"students/{quote(report.student_id)}/index.html",
    )


def alike_findings(reports: Sequence[Report]) -> list[Alike]:
    """What did not pass, each finding once, the commonest first."""
    who: dict[Hashable, list[tuple[Report, CriterionResult]]] = defaultdict(list)
    for report in reports:
        for result in report.criteria:
            if result.status in {"failed", "partial"}:
                who[_finding(result)].append((report, result))
    groups = sorted(who.values(), key=len, reverse=True)
    return [_alike(group, len(reports)) for group in groups]


def open_reasons(reports: Sequence[Report], whose: OpenBy) -> list[Alike]:
    """The reasons why students could not be graded: the first of each report that is ``whose`` to
    settle. Those that a student is to settle are the same only word by word; in others the numbers do
    not matter."""
    who: dict[Hashable, list[tuple[Report, CriterionResult]]] = defaultdict(list)
    for report in reports:
        first = first_open(report)
        if first is not None and open_by(report) == whose:
            who[open_reason(first)].append((report, first))
    groups = sorted(who.values(), key=len, reverse=True)[:MOST_REASONS]
    return [_alike(group, len(reports)) for group in groups]


def _finding(result: CriterionResult) -> Hashable:
    words = [without_numbers(text) for text in (result.message, result.hint)]
    places = frozenset(_places([result.values, result.hint_values]))
    return result.id, *words, places


def _places(value: Any) -> Iterator[tuple[str, str]]:
    """The lines of files that a message names, or a message within it."""
    if isinstance(value, dict):
        if "file" in value and "line" in value:
            yield str(value["file"]), str(value["line"])
        value = [*value.values()]
    if isinstance(value, list | tuple):
        for part in value:
            yield from _places(part)


def _alike(group: Sequence[tuple[Report, CriterionResult]], of: int) -> Alike:
    people = tuple(person(report) for report, _result in group[:MOST_NAMES_SHOWN])
    ids = frozenset(report.student_id for report, _result in group)
    mistake = _mistake(group[0][1], len(group), of)
    return Alike(mistake, people, len(group) - len(people), ids)


def _mistake(result: CriterionResult, students: int, of: int) -> Mistake:
    return Mistake(
        page_text(result.title, MOST_OF_NAME),
        students,
        students / of if of else 0.0,
        sentence(result.message, MOST_OF_SENTENCE),
        page_text(result.hint, MOST_OF_SENTENCE),
        ""
        if result.author_hint == result.hint
        else page_text(result.author_hint, MOST_OF_SENTENCE),
    )
