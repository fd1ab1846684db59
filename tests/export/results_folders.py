"""Results directories made for a test: a class with the names, addresses and scores it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from grader.export.formats import Export
from grader.model.batch import Batch, Counts, Student
from grader.model.code_digest import grader_sha256
from grader.model.report import CriterionResult, Report, TestResult
from grader.results.directory import Results
from grader.results.read_class import read_class
from grader.rubric.load import default_rubric_path, load_rubric
from grader.scoring.phrases import what_next
from grader.scoring.scale import Scale, earned

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from grader.model.report import OpenBy

RUBRIC = load_rubric(default_rubric_path(), None)
BY_STUDENT: Mapping[str, OpenBy] = {
    "handler": "student",
    "records": "student",
    "sums": "student",
}
TIME = "2024-05-01T10:00:04.200Z"


def a_report(student: Student, score: float | None, **changes: Any) -> Report:
    """A report of 20 points whose criteria give ``score``; ``None`` is ungraded."""
    left = 20.0 if score is None else score
    criteria = []
    for number, criterion in enumerate(RUBRIC.criteria):
        points = round(min(left, criterion.points), 4)
        left = round(left - points, 4)
        unknown = score is None and number == 0
        lost = "failed" if points == 0 else "partial"
        criteria.append(
            CriterionResult(
                id=criterion.id,
                title=criterion.id.capitalize(),
                status="ungraded" if unknown else "passed" if points == criterion.points else lost,
                points=None if unknown else points,
                max_points=criterion.points,
                message="" if points == criterion.points and not unknown else "expected <more>.",
                hint="" if points == criterion.points and not unknown else "Do it again.",
            )
        )
    report = Report(
        student_id=student.student_id,
        name=student.name,
        email=student.email,
        group=student.group,
        account_id=None,
        region="us-east-1",
        status="ungraded" if score is None else "graded",
        score=score,
        max_score=20.0,
        criteria=tuple(criteria),
        seed=1,
        rubric_sha256=RUBRIC.sha256,
        grader_version="0.1.0",
        started_at="2024-05-01T10:00:00.000Z",
        finished_at=TIME,
        duration_s=4.2,
    )
    return msgspec.structs.replace(report, **changes)


CONSUMER = "Something else reads the output queue: the function printer."
REMEDY = "End whatever else reads the queue, wait half a minute, then try again."


def an_open_report(
    student: Student, by: Mapping[str, OpenBy] = BY_STUDENT, *, arrived: int = 0, **changes: Any
) -> Report:
    """A report in which everything passed but what something else that reads the queue keeps open.

    ``by``: whose each open criterion is. ``arrived`` of the five pairs of ``sums`` came back before.
    """
    report = a_report(student, 20)
    criteria = tuple(
        _open(one, by[one.id], arrived) if one.id in by else one for one in report.criteria
    )
    sure = sum(float(earned(one)) for one in criteria)
    report = msgspec.structs.replace(
        report, status="ungraded", score=None, sure_points=round(sure, 4), criteria=criteria
    )
    return msgspec.structs.replace(report, **changes)


def _open(result: CriterionResult, whose: OpenBy, arrived: int) -> CriterionResult:
    outcomes = ["ungraded"]
    if result.id == "sums":
        outcomes = ["passed"] * arrived + ["ungraded"] * (5 - arrived)
    hint = what_next("disturbed" if whose == "student" else "unreachable")
    return msgspec.structs.replace(
        result,
        status="ungraded",
        points=None,
        message=CONSUMER if whose == "student" else "Could not connect.",
        hint=str(hint),
        hint_id=hint.message_id,
        hint_values=hint.values,
        open_by=whose,
        tests=tuple(TestResult(name="", outcome=outcome) for outcome in outcomes),
    )


def a_graded_class(
    root: Path, scores: Mapping[Student, float | None] | None = None, **changes: Any
) -> Path:
    """The results of students with these scores, by default of Ann, Bo and Cy, who has none."""
    scores = {ANN: 17.5, BO: 2.675, CY: None} if scores is None else scores
    results = Results(root)
    fields: dict[str, Any] = {
        "state": "finished",
        "rubric_sha256": RUBRIC.sha256,
        "roster_sha256": "",
        "grader_sha256": grader_sha256(),
        "seed": 1,
        "attempt": 1,
        "jobs": 1,
        "region": None,
        "endpoint_url": None,
        "lang": "en",
        "checks": [],
        "started_at": TIME,
        "counts": Counts(len(scores), len(scores), 0),
        "students": list(scores),
    }
    results.write_batch(Batch(**(fields | changes)))
    results.write_rubric(RUBRIC.source)
    for student, score in scores.items():
        results.write_student(a_report(student, score), None)
    return root


def export_of(root: Path, lang: str = "en") -> Export:
    """What a format is given of the results in ``root``, on the rubric's own scale."""
    read = read_class(root)
    return Export(root, read.rows, read.students, read.rubric, Scale(), lang)


def a_student(student_id: str, name: str = "", email: str = "", **extra: str) -> Student:
    return _Student(student_id, name, email, extra=extra)


class _Student(Student, frozen=True):
    """A student that can be a key."""

    def __hash__(self) -> int:
        return hash(self.student_id)


def ids(text: str) -> dict[str, str]:
    """The columns of other systems' ids, which are ``text`` in each of them."""
    return dict.fromkeys(("id_number", "sis_user_id", "lti_user_id"), text)


def in_moodle(student: Student) -> Student:
    """The student with the number of a participant."""
    number = "77" + student.student_id.strip("s")
    return msgspec.structs.replace(student, extra=student.extra | {"moodle_participant": number})


ANN = a_student("s1", "Ann Lee", "ann@example.org", **ids("s1"))
BO = a_student("s2", "Bo Ray", "bo@example.org", **ids("s2"))
CY = a_student("s3", "Cy Day", "cy@example.org", **ids("s3"))
