"""What the class page shows, worked out from reports and a summary."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grader.pages.alike import (
    MOST_NAMES_SHOWN,
    MOST_OF_NAME,
    MOST_OF_SENTENCE,
    Alike,
    PageStudent,
    alike_findings,
    open_reasons,
    person,
)
from grader.pages.class_filters import roster_columns, state_of_report, states
from grader.pages.document import Inside, render
from grader.pages.histogram import bars, plot
from grader.pages.since_handed_back import CHANGED, since_handed_back
from grader.pages.text import page_text
from grader.pages.words import FLAGS, SHORT_FLAGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from grader.model.batch import Batch, Student
    from grader.model.handed_back import HandedBack
    from grader.model.report import CriterionResult, Report, Status
    from grader.pages.speech import Speech
    from grader.scoring.summary import Summary
    from grader.scoring.suspicion import Suspicion

_MOST_MISTAKES, _MOST_RARER = 12, 48
_DIGEST = 12
_CODE = {"passed": "o", "partial": "a", "failed": "f", "blocked": "b", "ungraded": "u"}
_EACH: tuple[Status, ...] = ("passed", "partial", "failed", "blocked", "ungraded")


@dataclass(frozen=True)
class Cell:
    """A student's result for one criterion. ``code`` is its class in the page, ``share`` from 0 to 1."""

    code: str
    status: Status
    points: str
    share: float | None


@dataclass(frozen=True)
class PageRow:
    """One student's line of the heat map. A criterion that the report lacks has no cell.

    ``sure``: what is said where there is no score: how many points are sure, or that nothing was handed
    in. ``change``: how the mark changed since it was handed back. ``tokens``: what
    the filters go by; ``roster``: the roster's cells, as JSON.
    """

    person: PageStudent
    group: str
    score: str
    sure: str
    change: str
    sort: float
    cells: tuple[Cell | None, ...]
    flags: tuple[str, ...]
    tokens: str
    roster: str


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
    people: tuple[PageStudent, ...]
    more: int


def class_page(
    reports: Sequence[Report],
    summary: Summary,
    batch: Batch | None,
    speech: Speech,
    *,
    students: Sequence[Student] = (),
    handed_back: HandedBack | None = None,
    template: str = "class.html",
    inside: Inside | None = None,
    **more: Any,
) -> str:
    """The class page as HTML; without ``batch`` it does not say how the class was graded, without
    ``handed_back`` not what changed since marks were handed out. ``students`` are the roster's rows,
    where there is no ``batch`` that has them.

    ``template`` may be one that extends the class page's, with what is ``inside`` it, and what ``more``
    it shows.
    """
    scores = [report.score for report in reports if report.score is not None]
    counted = bars(scores, summary.max_score)
    findings = alike_findings(reports)
    told = findings[: _MOST_MISTAKES + _MOST_RARER]
    columns = roster_columns(reports, students if batch is None else batch.students, speech)
    suspicion = {score.student_id: score.suspicion or [] for score in summary.scores}
    flags = sorted({name for report in reports for name in _flags(report, suspicion)})
    since = since_handed_back(handed_back, reports, speech)
    changes = since.changes if since is not None else {}
    if inside is None:
        inside = Inside(scripts=("class.js",) if reports else ())
    return render(
        template,
        speech,
        inside=inside,
        **more,
        title=page_text(summary.title, MOST_OF_SENTENCE).strip() or speech.say("Results"),
        summary=summary,
        batch=batch,
        missing=max(batch.counts.students - len(reports), 0) if batch is not None else 0,
        unreported=_unreported(reports, batch),
        since=since,
        bars=counted,
        plot=plot(counted, speech) if scores else None,
        findings=told,
        common=_MOST_MISTAKES,
        untold=len(findings) - len(told),
        absent=[person(report) for report in reports if report.absent],
        open_yet=summary.ungraded - (summary.absent or 0),
        unknown=open_reasons(reports, "grader"),
        waiting=open_reasons(reports, "student"),
        criteria=[(criterion, _shares(criterion)) for criterion in summary.criteria],
        each=_EACH,
        rows=[
            _row(
                report,
                summary,
                _flags(report, suspicion),
                _tokens(report, _flags(report, suspicion), flags, told, changes),
                columns.cells[report.student_id],
                changes.get(report.student_id, ""),
                speech,
            )
            for report in reports
        ],
        noted=_noted(reports, suspicion, speech),
        states=states(reports, speech),
        flags=[
            (f"f{place}", flag_words(SHORT_FLAGS, flag, speech)) for place, flag in enumerate(flags)
        ],
        columns=columns.names,
    )


def _flags(report: Report, suspicion: Mapping[str, Sequence[Suspicion]]) -> list[str]:
    """What is noted of a student, suspicion included."""
    suspect = {finding.flag for finding in suspicion.get(report.student_id, ())}
    return sorted({*report.flags, *suspect})


def _tokens(
    report: Report,
    noted: Sequence[str],
    flags: Sequence[str],
    told: Sequence[Alike],
    changes: Mapping[str, str],
) -> str:
    """What the filters go by: the state, each flag, each finding of those that are listed, and whether
    the mark changed since it was handed back."""
    findings = (f"a{place}" for place, alike in enumerate(told) if report.student_id in alike.ids)
    return " ".join(
        [
            state_of_report(report),
            *(f"f{flags.index(flag)}" for flag in noted),
            *findings,
            *([CHANGED] if report.student_id in changes else []),
        ]
    )


def _unreported(reports: Sequence[Report], batch: Batch | None) -> list[str]:
    """Students of the roster who have no report yet."""
    there = {report.student_id for report in reports}
    rows = batch.students if batch is not None else ()
    return [
        page_text(row.name, MOST_OF_NAME).strip() or page_text(row.student_id, MOST_OF_NAME)
        for row in rows
        if row.student_id not in there
    ]


def flag_words(words: Mapping[str, str], name: str, speech: Speech) -> str:
    """A flag in words. One that has no words yet is shown by its name."""
    return speech.say(words[name]) if name in words else page_text(name, MOST_OF_NAME)


def _row(
    report: Report,
    summary: Summary,
    noted: Sequence[str],
    tokens: str,
    roster: str,
    change: str,
    speech: Speech,
) -> PageRow:
    results = {result.id: result for result in report.criteria}
    return PageRow(
        person=person(report),
        group=page_text(report.group or "", MOST_OF_NAME),
        score=speech.number(report.score),
        sure=_sure(report, speech),
        change=change,
        sort=-1.0 if report.score is None else report.score,
        cells=tuple(_cell(results.get(criterion.id), speech) for criterion in summary.criteria),
        flags=tuple(flag_words(SHORT_FLAGS, name, speech) for name in noted),
        tokens=tokens,
        roster=roster,
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
        for finding in suspicion.get(report.student_id, ()):
            what = _shared(finding, speech)
            shared[finding.flag, what][report.student_id] = report
            if report not in who[finding.flag]:
                who[finding.flag].append(report)
    for (name, what), together in shared.items():
        by_flag[name].append(_line(what, list(together.values())))
    return [
        Noted(flag_words(FLAGS, name, speech), len(who[name]), tuple(by_flag[name]))
        for name in sorted(by_flag)
    ]


def _shared(suspicion: Suspicion, speech: Speech) -> str:
    """The account or the function's code that they have in common."""
    if suspicion.flag == "account-shared":
        return speech.say(
            "Account {account}: ", account=page_text(suspicion.account_id or "", MOST_OF_NAME)
        )
    return speech.say(
        "Function {function}, code {digest}: ",
        function=page_text(suspicion.function or "", MOST_OF_NAME),
        digest=page_text((suspicion.code_sha256 or "")[:_DIGEST], _DIGEST),
    )


def _line(what: str, reports: Sequence[Report]) -> Together:
    people = tuple(person(report) for report in reports[:MOST_NAMES_SHOWN])
    return Together(what, people, len(reports) - len(people))
