"""Results directories made for a test: a class with the names, addresses and scores it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from grader.export.formats import Export
from grader.model.batch import Batch, Counts, Student
from grader.model.code_digest import grader_sha256
from grader.model.report import CriterionResult, Report
from grader.results.directory import Results
from grader.results.read_class import read_class
from grader.rubric.load import default_rubric_path, load_rubric
from grader.scoring.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RUBRIC = load_rubric(default_rubric_path(), None)
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


ANN = a_student("s1", "Ann Lee", "ann@example.org")
BO = a_student("s2", "Bo Ray", "bo@example.org")
CY = a_student("s3", "Cy Day", "cy@example.org")
