"""What the class page shows, worked out from reports and a summary."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grader.pages.document import Inside, render, sentence
from grader.pages.histogram import bars, plot
from grader.pages.text import shown
from grader.pages.words import FLAGS, SHORT_FLAGS
from grader.scoring.open_by import first_open, open_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.model.batch import Batch
    from grader.model.report import CriterionResult, OpenBy, Report, Status
    from grader.pages.speech import Speech
    from grader.scoring.summary import Summary
    from grader.scoring.suspicion import Suspicion

_MOST_MISTAKES = 12
_MOST_NAMES = 60
_NAME, _SENTENCE, _DIGEST = 80, 400, 12
_CODE = {"passed": "o", "partial": "a", "failed": "f", "blocked": "b", "ungraded": "u"}
_NUMBER = re.compile(r"\d+")
_EACH: tuple[Status, ...] = ("passed", "partial", "failed", "blocked", "ungraded")


@dataclass(frozen=True)
class Person:
    """A student as the page names them. ``href`` leads to their page."""

    label: str
    student_id: str
    href: str


@dataclass(frozen=True)
class Cell:
    """A student's result for one criterion. ``code`` is its class in the page, ``share`` from 0 to 1."""

    code: str
    status: Status
    points: str
    share: float | None


@dataclass(frozen=True)
class Row:
    """One student's line of the heat map. A criterion that the report lacks has no cell.

    ``sure``: the points that are sure, where there is no score, or that nothing was handed in.
    """

    person: Person
    score: str
    sure: str
    sort: float
    cells: tuple[Cell | None, ...]
    flags: tuple[str, ...]


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
class Noted:
    """A flag in words, and who has it: in one line, or in one line for each account or code."""

    text: str
    students: int
    together: tuple[Together, ...]


@dataclass(frozen=True)
class Together:
    """Students who share something, and ``what`` that is, in words. ``more`` are not named."""

    what: str
    people: tuple[Person, ...]
    more: int


def class_page(
    reports: Sequence[Report],
    summary: Summary,
    batch: Batch | None,
    speech: Speech,
    *,
    template: str = "class.html",
    inside: Inside | None = None,
    **more: Any,
) -> str:
    """The class page as HTML; without ``batch`` it does not say how the class was graded.

    ``template`` may be one that extends the class page's, with what is ``inside`` it, and what ``more``
    it shows.
    """
    scores = [report.score for report in reports if report.score is not None]
    counted = bars(scores, summary.max_score)
    mistakes = _mistakes(reports)
    suspicion = {one.student_id: one.suspicion or [] for one in summary.scores}
    if inside is None:
        inside = Inside(scripts=("class.js",) if reports else ())
    return render(
        template,
        speech,
        inside=inside,
        **more,
        title=shown(summary.title, _SENTENCE).strip() or speech.say("Results"),
        summary=summary,
        batch=batch,
        missing=max(batch.counts.students - len(reports), 0) if batch is not None else 0,
        bars=counted,
        plot=plot(counted, speech) if scores else None,
        mistakes=mistakes[:_MOST_MISTAKES],
        rarer=len(mistakes[_MOST_MISTAKES:]),
        absent=[person(report) for report in reports if report.absent],
        open_yet=summary.ungraded - (summary.absent or 0),
        unknown=_unknown(reports, "grader"),
        waiting=_unknown(reports, "student"),
        criteria=[(one, _shares(one)) for one in summary.criteria],
        each=_EACH,
        rows=[_row(report, summary, suspicion, speech) for report in reports],
        noted=_noted(reports, suspicion, speech),
    )


def person(report: Report) -> Person:
    """The student of a report."""
    return Person(
        shown(report.name, _NAME).strip() or shown(report.student_id, _NAME),
        shown(report.student_id, _NAME),
        f"students/{quote(report.student_id)}/index.html",
    )


def flag_words(words: Mapping[str, str], name: str, speech: Speech) -> str:
    """A flag in words. One that has no words yet is shown by its name."""
    return speech.say(words[name]) if name in words else shown(name, _NAME)


def _row(
    report: Report,
    summary: Summary,
    suspicion: Mapping[str, Sequence[Suspicion]],
    speech: Speech,
) -> Row:
    results = {result.id: result for result in report.criteria}
    suspect = {one.flag for one in suspicion.get(report.student_id, ())}
    return Row(
        person=person(report),
        score=speech.number(report.score),
        sure=_sure(report, speech),
        sort=-1.0 if report.score is None else report.score,
        cells=tuple(_cell(results.get(one.id), speech) for one in summary.criteria),
        flags=tuple(
            flag_words(SHORT_FLAGS, name, speech) for name in sorted({*report.flags, *suspect})
        ),
    )


def _sure(report: Report, speech: Speech) -> str:
    if report.absent:
        return speech.say("nothing handed in")
    if report.score is not None or report.sure_points is None:
        return ""
    return speech.say("{points} sure", points=speech.number(report.sure_points))


def _cell(result: CriterionResult | None, speech: Speech) -> Cell | None:
    if result is None:
        return None
    share = None
    if result.status == "partial" and result.points is not None and result.max_points:
        share = round(result.points / result.max_points, 3)
    points = "" if result.points is None else speech.number(result.points)
    return Cell(_CODE[result.status], result.status, points, share)


def _unknown(reports: Sequence[Report], whose: OpenBy) -> list[tuple[Mistake, list[Person], int]]:
    """Why students could not be graded, of those whose report is ``whose`` to settle: the first reason
    of each, with who. What is sent to a student is theirs to the letter; else numbers do not matter."""
    who: dict[tuple[str, str], list[tuple[Report, CriterionResult]]] = defaultdict(list)
    for report in reports:
        first = first_open(report)
        if first is not None and open_by(report) == whose:
            alike = first.message if whose == "student" else _NUMBER.sub("#", first.message)
            who[alike, first.hint].append((report, first))
    found = []
    for group in sorted(who.values(), key=len, reverse=True)[:_MOST_MISTAKES]:
        mistake = _mistake(group[0][1], len(group), len(reports))
        people = [person(report) for report, _first in group[:_MOST_NAMES]]
        found.append((mistake, people, len(group) - len(people)))
    return found


def _mistakes(reports: Sequence[Report]) -> list[Mistake]:
    """Failures of one criterion that differ in numbers only are one mistake."""
    count: Counter[tuple[str, str, str]] = Counter()
    example: dict[tuple[str, str, str], CriterionResult] = {}
    for report in reports:
        for result in report.criteria:
            if result.status in {"failed", "partial"}:
                message, hint = (_NUMBER.sub("#", text) for text in (result.message, result.hint))
                key = result.id, message, hint
                count[key] += 1
                example.setdefault(key, result)
    return [_mistake(example[key], times, len(reports)) for key, times in count.most_common()]


def _mistake(result: CriterionResult, students: int, of: int) -> Mistake:
    return Mistake(
        shown(result.title, _NAME),
        students,
        students / of if of else 0.0,
        sentence(result.message, _SENTENCE),
        shown(result.hint, _SENTENCE),
        "" if result.author_hint == result.hint else shown(result.author_hint, _SENTENCE),
    )


def _shares(criterion: object) -> list[tuple[Status, str, int, float, float]]:
    """Each status of a criterion: its class, how many, where its bar begins, and how long it is."""
    counts = [int(getattr(criterion, status)) for status in _EACH]
    total, begun, shares = sum(counts) or 1, 0, []
    for status, students in zip(_EACH, counts, strict=True):
        place, length = round(100 * begun / total, 2), round(100 * students / total, 2)
        shares.append((status, _CODE[status], students, place, length))
        begun += students
    return shares


def _noted(
    reports: Sequence[Report], suspicion: Mapping[str, Sequence[Suspicion]], speech: Speech
) -> list[Noted]:
    by_flag: dict[str, list[Together]] = defaultdict(list)
    who: dict[str, list[Report]] = defaultdict(list)
    for report in reports:
        for name in report.flags:
            who[name].append(report)
    for name, noted in who.items():
        by_flag[name] = [_line("", noted)]
    shared: dict[tuple[str, str], dict[str, Report]] = defaultdict(dict)
    for report in reports:
        for one in suspicion.get(report.student_id, ()):
            what = _shared(one, speech)
            shared[one.flag, what][report.student_id] = report
            if report not in who[one.flag]:
                who[one.flag].append(report)
    for (name, what), together in shared.items():
        by_flag[name].append(_line(what, list(together.values())))
    return [
        Noted(flag_words(FLAGS, name, speech), len(who[name]), tuple(by_flag[name]))
        for name in sorted(by_flag)
    ]


def _shared(one: Suspicion, speech: Speech) -> str:
    """The account or the function's code that they have in common."""
    if one.flag == "account-shared":
        return speech.say("Account {account}: ", account=shown(one.account_id or "", _NAME))
    return speech.say(
        "Function {function}, code {digest}: ",
        function=shown(one.function or "", _NAME),
        digest=shown((one.code_sha256 or "")[:_DIGEST], _DIGEST),
    )


def _line(what: str, reports: Sequence[Report]) -> Together:
    people = tuple(person(report) for report in reports[:_MOST_NAMES])
    return Together(what, people, len(reports) - len(people))
