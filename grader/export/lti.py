"""LTI 1.3 Assignment and Grade Services 2.0: score objects. Who has no score gets none.

Source: 1EdTech's LTI-AGS 2.0, §3.4. A score without ``scoreGiven`` would clear the one before.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from grader.clock import iso
from grader.export.comment import comment_text
from grader.export.formats import File
from grader.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from grader.export.formats import Export
    from grader.export.reading import Row

SCHEMA = "lti-score"
USER_COLUMN = "lti_user_id"
"""The roster's column with the id that the platform knows a student by (the launch's ``sub``)."""

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


class PlatformError(Exception):
    """The platform did not take a score.

    ``fatal``: it would not take the others either; ``may_be_all``: perhaps it would not.
    """

    def __init__(self, message: str, *, fatal: bool, may_be_all: bool = False) -> None:
        super().__init__(message)
        self.fatal, self.may_be_all = fatal, may_be_all


def files(export: Export) -> Iterator[File]:
    """A file for each student who has a score, and ``scores.ndjson`` with all, a line each."""
    scores = dict(scores_of(export))
    for row in export.rows:
        score = scores.get(row.student_id)
        data = None if score is None else _indented(score)
        yield File(f"{row.student_id}.json", data, SCHEMA)
    yield File("scores.ndjson", b"".join(encode(score) + b"\n" for score in scores.values()))


def scores_of(export: Export) -> Iterator[tuple[str, Score]]:
    """Each graded student's id and score, timed by the end of the observation.

    Two students with the same id in the LMS are ``export.problems``, and neither has one.
    """
    users = Counter(user_of(row) for row in export.rows)
    for row in export.rows:
        user = user_of(row)
        if users[user] > 1:
            message = f"{row.student_id} is left out: another student has the same {USER_COLUMN}."
            remedy = "Correct the roster, and grade again with --resume --force."
            export.problems.append(Problem(str(export.root), None, message, remedy))
        elif row.report.score is not None:
            yield row.student_id, score_of(row, row.report.score, export)


def user_of(row: Row) -> str:
    """The student's id in the LMS: the roster's ``lti_user_id``, else the student's id."""
    return row.column(USER_COLUMN) or row.student_id


def score_of(row: Row, points: float, export: Export) -> Score:
    """The score of one report, which has ``points``."""
    report, scale = row.report, export.scale
    return Score(
        user_id=user_of(row),
        activity_progress="Completed",
        grading_progress="FullyGraded",
        timestamp=iso(datetime.fromisoformat(report.finished_at)),
        score_given=float(scale.score(points, report.max_score)),
        score_maximum=float(scale.maximum(report.max_score)),
        comment=comment_text(report, export),
    )


def encode(score: Score) -> bytes:
    """The score as it is posted."""
    return msgspec.json.encode(score)


def _indented(score: Score) -> bytes:
    return msgspec.json.format(encode(score), indent=2) + b"\n"
