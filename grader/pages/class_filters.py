"""The filters of a class's table, and the values of each student for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from grader.i18n.language import N_
from grader.pages.text import page_text
from grader.scoring.open_by import open_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from grader.model.batch import Student
    from grader.model.report import Report
    from grader.pages.speech import Speech

_VALUE = 80
_MOST_COLUMNS = 200
"""As many as a roster may have: all of its own can be filtered by."""
_STATES = {
    "g": N_("graded"),
    "t": N_("not graded, to be tried again"),
    "y": N_("not graded, theirs to settle"),
    "n": N_("handed in nothing"),
}


@dataclass(frozen=True)
class Columns:
    """The roster's columns: their names, and each student's cells as a JSON list, by id."""

    names: tuple[str, ...]
    cells: Mapping[str, str]


def states(reports: Sequence[Report], speech: Speech) -> list[tuple[str, str]]:
    """The states that somebody of the class is in: a token, and what it is called."""
    there = {state_of_report(report) for report in reports}
    return [(token, speech.say(words)) for token, words in _STATES.items() if token in there]


def state_of_report(report: Report) -> str:
    """The token of a report's state."""
    if report.absent:
        return "n"
    return {"grader": "t", "student": "y", None: "g"}[open_by(report)]


def roster_columns(
    reports: Sequence[Report], students: Iterable[Student], speech: Speech
) -> Columns:
    """The group, and those of the roster's own columns that are not empty for everybody, with each
    student's cells. ``students`` are the roster's rows."""
    rows = {row.student_id: row for row in students}
    extra = dict.fromkeys(
        name for row in rows.values() for name, value in row.extra.items() if value.strip()
    )
    group = [speech.say("Group")] if any(report.group for report in reports) else []
    names = [*extra][: _MOST_COLUMNS - len(group)]
    cells = {
        report.student_id: _cells(report, rows.get(report.student_id), names, bool(group))
        for report in reports
    }
    return Columns((*group, *(page_text(name, _VALUE) for name in names)), cells)


def _cells(report: Report, row: Student | None, names: Sequence[str], has_group: bool) -> str:
    of_group = [report.group or ""] if has_group else []
    values = [*of_group, *(row.extra.get(name, "") if row is not None else "" for name in names)]
    told = [page_text(value, _VALUE).strip() for value in values]
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")) if any(told) else ""
