"""LTI 1.3 Assignment and Grade Services 2.0: score objects. Who has no score gets none.

Source: 1EdTech's LTI-AGS 2.0, §3.4. A score without ``scoreGiven`` would clear the one before.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from grader.export.comment import comment_text
from grader.export.formats import File, earlier
from grader.export.matching import alone
from grader.export.own_ids import with_ids
from grader.model.indented_json import indented_json
from grader.model.resolve_types import resolve_types
from grader.model.timestamps import iso, now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from decimal import Decimal
    from pathlib import Path

    from grader.export.formats import Export
    from grader.model.batch import Student
    from grader.results.read_class import ClassRow

LTI_SCHEMA = "lti-score"
USER_COLUMN = "lti_user_id"
"""The roster's column with the id that the platform knows a student by (the launch's ``sub``)."""

_ALL = "scores.ndjson"
_MILLISECOND = timedelta(milliseconds=1)

Time = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,}(Z|[+-][0-9]{2}:[0-9]{2})$"
    ),
]


class Score(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A score as it is posted. ``timestamp`` has parts of a second and rises with each post."""

    user_id: Annotated[str, msgspec.Meta(min_length=1)]
    activity_progress: Literal["Initialized", "Started", "InProgress", "Submitted", "Completed"]
    grading_progress: Literal["FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"]
    timestamp: Time
    score_given: Annotated[float, msgspec.Meta(ge=0)]
    score_maximum: Annotated[float, msgspec.Meta(gt=0)]
    comment: str


resolve_types(Score)


class PlatformError(Exception):
    """The platform did not take a score.

    ``fatal``: it would not take the others either; ``may_be_all``: perhaps it would not.
    """

    def __init__(self, message: str, *, fatal: bool, may_be_all: bool = False) -> None:
        super().__init__(message)
        self.fatal, self.may_be_all = fatal, may_be_all


def files(export: Export) -> Iterator[File]:
    """A file for each student who has a score, and ``scores.ndjson`` with all, a line each.

    A score that an earlier export left there keeps its time: nothing is new about it.
    """
    there = _there(export.out)
    scores = {
        student: _rising(score, there.get(f"{student}.json"))
        for student, score in scores_of(export)
    }
    for row in export.rows:
        score = scores.get(row.student_id)
        data = None
        if score is not None:
            data = indented_json(score)
        yield File(f"{row.student_id}.json", data, LTI_SCHEMA)
    yield from _left_over(export, there)
    yield File(_ALL, b"".join(encode_lti_score(score) + b"\n" for score in scores.values()))


def _there(out: Path | None) -> dict[str, Score]:
    """The scores in a folder, by the names of their files."""
    paths = sorted(out.glob("*.json")) if out is not None else []
    found = {path.name: _score_in(earlier(path)) for path in paths}
    return {name: score for name, score in found.items() if score is not None}


def _left_over(export: Export, there: Mapping[str, Score]) -> Iterator[File]:
    """The files that an earlier export made for students who are gone, as its list of all says."""
    if export.out is None:
        return
    listed = {_score_in(line) for line in earlier(export.out / _ALL).splitlines()}
    ours = {f"{row.student_id}.json" for row in export.rows}
    for name, score in there.items():
        if score in listed and name not in ours:
            yield File(name, None)


def _score_in(data: bytes) -> Score | None:
    try:
        score = msgspec.json.decode(data, type=Score)
        datetime.fromisoformat(score.timestamp)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return score


def _rising(score: Score, there: Score | None) -> Score:
    if there is None:
        return score
    if there == msgspec.structs.replace(score, timestamp=there.timestamp):
        return there
    moment = datetime.fromisoformat(score.timestamp)
    return msgspec.structs.replace(score, timestamp=later_timestamp(there.timestamp, moment))


def later_timestamp(last: str, moment: datetime) -> str:
    """``moment``, or the first time after ``last`` where that is later."""
    return iso(max(moment, datetime.fromisoformat(last) + _MILLISECOND))


def scores_of(export: Export) -> Iterator[tuple[str, Score]]:
    """Each graded student's id and score, timed now: judged again, it is of the same observation.

    Two students with the same id in the LMS are ``export.problems``, and neither has one; so is whoever
    has none. Raises :class:`BadInput` where nobody has one.
    """
    moment = now()
    scored = [row for row in export.rows if row.report.score is not None]
    known = with_ids(export, scored, _users, [USER_COLUMN], "LTI")
    for row in alone(export, known, _users, USER_COLUMN):
        points = export.scale.total(row.report)
        if points is not None:
            yield row.student_id, score_of(row, points, export, moment)


def _users(student: Student) -> list[str]:
    return [user_of(student)]


def user_of(student: Student) -> str:
    """The student's id in the LMS, the roster's ``lti_user_id``; nothing where that is not known."""
    return student.column(USER_COLUMN)


def score_of(row: ClassRow, points: Decimal, export: Export, timestamp: str) -> Score:
    """The score of one report, which has ``points`` on the export's scale."""
    report, scale = row.report, export.scale
    return Score(
        user_id=user_of(row.student),
        activity_progress="Completed",
        grading_progress="FullyGraded",
        timestamp=timestamp,
        score_given=float(points),
        score_maximum=float(scale.maximum(report.max_score)),
        comment=comment_text(export.shown(report), export),
    )


def encode_lti_score(score: Score) -> bytes:
    """The score as it is posted."""
    return msgspec.json.encode(score)
