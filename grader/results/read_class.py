"""Reads a class's results for export: what is damaged is named, and the rest is exported."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from grader.i18n.language import N_, _
from grader.inputs.problems import BadInput, Problem, cannot_be_read, refuse
from grader.model.batch import Student
from grader.model.report import read_report
from grader.model.student_id import is_student_id
from grader.results.directory import BATCH, REPORT, RUBRIC, STUDENTS, UNREADABLE, Results
from grader.results.no_links import refuse_links
from grader.rubric.load import load_rubric
from grader.scoring.open_by import AS_GRADED
from grader.scoring.scale import earned
from grader.scoring.translate_report import retold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from grader.model.batch import Batch
    from grader.model.report import CriterionResult, Report
    from grader.rubric.load import Rubric
    from grader.scoring.open_by import ShownScores

_AGAIN = N_(
    "Grade this student again with --resume, or judge the class again with `grader regrade`."
)
_ROUNDED_BY = 0.00005
_FLOATS_ARE_OFF_BY = 1e-9


@dataclass(frozen=True)
class Row:
    """One student with a report that can be exported."""

    student: Student
    report: Report

    @property
    def student_id(self) -> str:
        """The id in the roster."""
        return self.report.student_id


@dataclass(frozen=True)
class ClassRead:
    """What can be exported of a results directory, and what is wrong with the rest.

    ``students`` are all of the class, those without a report included: a name or an id of theirs is
    nobody else's. ``rubric`` is ``None`` where ``rubric.yaml`` cannot be read. ``lang`` is the
    reports' language.
    """

    rows: tuple[Row, ...]
    students: tuple[Student, ...]
    rubric: Rubric | None
    lang: str
    problems: tuple[Problem, ...]

    def told_in(self, lang: str, shown: ShownScores = AS_GRADED) -> tuple[Row, ...]:
        """The rows, with reports in the language ``lang`` as far as there are words for it.

        ``shown`` says what their scores are where they have none.
        """
        return tuple(
            Row(row.student, shown.of(self._told_in(lang, row.report))) for row in self.rows
        )

    def _told_in(self, lang: str, report: Report) -> Report:
        return report if lang == self.lang else retold(report, self.rubric, lang)


def read_class(root: Path) -> ClassRead:
    """The class in the results directory ``root``.

    Raises :class:`BadInput` where it is not one at all.
    """
    problems: list[Problem] = []
    refuse_links(root)
    results = Results(root)
    batch = _batch(results, problems)
    if batch is not None and batch.state == "starting":
        message = _("A batch was about to replace what lies here.")
        raise refuse(root / BATCH, None, message, _("Finish it with --resume."))
    students = tuple(batch.students if batch is not None else _found(root))
    rows = tuple(_rows(results, students, batch, problems))
    if batch is None:
        # Whoever cannot be read may have any name: then a name tells nobody from anybody.
        unread = len(rows) < len(students)
        rows = tuple(Row(_student(row.report, named=not unread), row.report) for row in rows)
        known = {row.student_id: row.student for row in rows}
        students = tuple(known.get(one.student_id, one) for one in students)
    elif batch.state != "finished":
        message = (
            _("The batch is interrupted: flags and missing students may still come.")
            if batch.state == "interrupted"
            else _("The batch is running: flags and missing students may still come.")
        )
        problems.append(Problem(str(root / BATCH), None, message, _("Finish it with --resume.")))
    rubric = _rubric(root / RUBRIC, batch, problems)
    lang = batch.lang if batch is not None else "en"
    return ClassRead(rows, students, rubric, lang, tuple(sorted(problems, key=_place)))


def _place(problem: Problem) -> tuple[str, int, str]:
    return problem.file, problem.line or 0, problem.message


def _batch(results: Results, problems: list[Problem]) -> Batch | None:
    try:
        return results.batch()
    except BadInput as bad:
        if not (results.root / STUDENTS).is_dir():
            raise
        problem = bad.problems[0]
        remedy = _("The students found beside it are exported, without the roster's own columns.")
        problems.append(Problem(problem.file, problem.line, problem.message, remedy))
        return None


def _found(root: Path) -> list[Student]:
    """A student for each folder, where no ``batch.json`` names them."""
    try:
        names = sorted(path.name for path in (root / STUDENTS).iterdir() if path.is_dir())
    except OSError as error:
        raise refuse(root / STUDENTS, None, cannot_be_read(error)) from None
    return [Student(name) for name in names if is_student_id(name)]


def _student(report: Report, *, named: bool) -> Student:
    student = msgspec.convert(report, Student, from_attributes=True)
    return student if named else msgspec.structs.replace(student, name="")


def _rubric(path: Path, batch: Batch | None, problems: list[Problem]) -> Rubric | None:
    try:
        rubric = load_rubric(path, None)
    except BadInput as bad:
        problems.extend(bad.problems)
        return None
    if batch is not None and rubric.sha256 != batch.rubric_sha256:
        message = _("This is not the rubric that the class was judged by.")
        problems.append(Problem(str(path), None, message, _("Judge again with `grader regrade`.")))
    return rubric


def _rows(
    results: Results, students: Iterable[Student], batch: Batch | None, problems: list[Problem]
) -> Iterator[Row]:
    seen: set[str] = set()
    for student in students:
        name = student.student_id
        if name.casefold() in seen:
            message = _("The student {name} is in it twice.", name=repr(name))
            problems.append(Problem(str(results.root / BATCH), None, message))
            continue
        seen.add(name.casefold())
        try:
            path = results.folder(name) / REPORT
            report = read_report(path)
        except BadInput as bad:
            problems.extend(bad.problems)
            continue
        except OSError as error:
            problems.append(Problem(str(path), None, cannot_be_read(error), _(_AGAIN)))
            continue
        except UNREADABLE as error:
            message = _("This file is damaged or from another version: {error}.", error=error)
            problems.append(Problem(str(path), None, message, _(_AGAIN)))
            continue
        faults = list(_faults(report, name))
        if batch is not None:
            faults += _contradictions(report, student, batch)
        problems.extend(Problem(str(path), None, fault, _(_AGAIN)) for fault in faults)
        if not faults:
            yield Row(student, report)


def _faults(report: Report, student_id: str) -> Iterator[str]:
    """What the grader would not have written: somebody edited the file."""
    if report.student_id != student_id:
        yield _("It is the report of another student, {name}.", name=repr(report.student_id))
    if report.max_score <= 0:
        yield _("It is out of 0 points: there is nothing to export.")
    counted = Counter(result.id for result in report.criteria)
    if any(count > 1 for count in counted.values()):
        yield _("A criterion is in it twice.")
    points = [result.points for result in report.criteria if result.points is not None]
    complete = len(points) == len(report.criteria)
    # Each number is rounded to four decimals by itself.
    tolerance = _ROUNDED_BY * (len(report.criteria) + 1) + _FLOATS_ARE_OFF_BY
    if (report.status == "graded") != (report.score is not None) or (
        complete != (report.score is not None)
    ):
        yield _("Its status, its score and its criteria contradict each other.")
    elif report.score is not None and abs(report.score - sum(points)) > tolerance:
        yield _("Its score is not the sum of its criteria's points.")
    if abs(report.max_score - sum(result.max_points for result in report.criteria)) > tolerance:
        yield _("Its maximum is not the sum of its criteria's.")
    if any(not 0 <= (result.points or 0) <= result.max_points for result in report.criteria):
        yield _("A criterion's points are not between 0 and its maximum.")
    elif any(_is_off(result) for result in report.criteria):
        yield _("A criterion's points are not those that its tests earn.")
    elif report.status == "ungraded" and _is_unsure(report, tolerance):
        yield _("Its sure points are not those that its criteria earn.")
    if not _is_time(report.finished_at):
        yield _("Its times are not times.")


def _contradictions(report: Report, student: Student, batch: Batch) -> Iterator[str]:
    """Where the report says otherwise than ``batch.json``: one of them is not of this batch's end."""
    if report.rubric_sha256 != batch.rubric_sha256:
        yield _("It was judged by another rubric than the class.")
    if (report.name, report.email, report.group) != (student.name, student.email, student.group):
        yield _("Its name, e-mail address or group is not the roster's.")


def _is_off(result: CriterionResult) -> bool:
    """Its points are not those of its tests, of which the maximum is rounded too."""
    off = 0.0 if result.points is None else abs(result.points - float(earned(result)))
    return off > 2 * _ROUNDED_BY + _FLOATS_ARE_OFF_BY


def _is_unsure(report: Report, tolerance: float) -> bool:
    """Its sure points, which may be exported, are not what its criteria and their tests earn."""
    earn = float(sum(map(earned, report.criteria)))
    return report.sure_points is not None and abs(report.sure_points - earn) > tolerance


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
