"""Reads a class's results for export: what is damaged is named, and the rest is exported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET

from grader.i18n.language import N_, _
from grader.inputs.problems import BadInput, Problem, bad_input, cannot_be_read
from grader.model.batch import Student
from grader.model.report import read_report
from grader.model.student_id import is_student_id
from grader.results.directory import BATCH, REPORT, RUBRIC, STUDENTS, UNREADABLE, Results, damaged
from grader.results.edited import REMEDY, faults
from grader.results.named_accounts import NamedAccounts
from grader.results.only_files import refuse_all_but_files
from grader.results.overrides import Worth, read_overrides
from grader.rubric.load import load_rubric
from grader.scoring.open_by import AS_GRADED
from grader.scoring.translate_report import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from grader.model.batch import Batch
    from grader.model.report import Report
    from grader.rubric.rubric import Rubric
    from grader.scoring.open_by import ShownScores

_AGAIN = N_(
    "Grade this student again with --resume, or judge the class again with `grader regrade`."
)


@dataclass(frozen=True)
class ClassRow:
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
    nobody else's. Reports have the marks that ``overrides.csv`` has now, of which ``notes`` tell what a
    human should know. ``rubric`` is ``None`` where ``rubric.yaml`` cannot be read. ``lang`` is the
    reports' language.
    """

    rows: tuple[ClassRow, ...]
    students: tuple[Student, ...]
    rubric: Rubric | None
    lang: str
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...] = ()

    def told_in(self, lang: str, shown: ShownScores = AS_GRADED) -> tuple[ClassRow, ...]:
        """The rows, with reports in the language ``lang`` as far as there are words for it.

        ``shown`` says what their scores are where they have none.
        """
        return tuple(
            ClassRow(row.student, shown.of(self._told_in(lang, row.report))) for row in self.rows
        )

    def _told_in(self, lang: str, report: Report) -> Report:
        return report if lang == self.lang else translate(report, self.rubric, lang)


def read_class(root: Path) -> ClassRead:
    """The class in the results directory ``root``.

    Raises :class:`BadInput` where it is not one at all, or where ``overrides.csv`` is wrong: then nobody
    knows which scores are meant.
    """
    problems: list[Problem] = []
    refuse_all_but_files(root)
    results = Results(root)
    batch = _batch(results, problems)
    if batch is not None and batch.state == "starting":
        message = _("A batch was about to replace what lies here.")
        raise bad_input(root / BATCH, None, message, _("Finish it with --resume."))
    students = tuple(batch.students if batch is not None else _found(root))
    rows = tuple(_rows(results, students, batch, problems))
    if batch is None:
        # Whoever cannot be read may have any name: then a name tells nobody from anybody.
        unread = len(rows) < len(students)
        rows = tuple(ClassRow(_student(row.report, named=not unread), row.report) for row in rows)
        known = {row.student_id: row.student for row in rows}
        students = tuple(known.get(student.student_id, student) for student in students)
    elif batch.state != "finished":
        message = (
            _("The batch is interrupted: flags and missing students may still come.")
            if batch.state == "interrupted"
            else _("The batch is running: flags and missing students may still come.")
        )
        problems.append(Problem(str(root / BATCH), None, message, _("Finish it with --resume.")))
    rubric = _rubric(root / RUBRIC, batch, problems)
    former = () if batch is None or batch.former_criteria is UNSET else batch.former_criteria
    worth = _worth(rows, former) if rubric is None else Worth.of(rubric, former)
    overrides = read_overrides(root, [student.student_id for student in students], worth)
    rows = tuple(ClassRow(row.student, overrides.apply_to(row.report)) for row in rows)
    lang = batch.lang if batch is not None else "en"
    in_order = tuple(sorted(problems, key=_place))
    return ClassRead(rows, students, rubric, lang, in_order, overrides.notes)


def _worth(rows: Iterable[ClassRow], former: Iterable[str]) -> Worth:
    """What marks are measured by where the rubric cannot be read: what the reports say."""
    reports = [row.report for row in rows]
    criteria = {
        criterion.id: criterion.max_points for report in reports for criterion in report.criteria
    }
    maximum = max((report.max_score for report in reports), default=0.0)
    return Worth(criteria, maximum, frozenset(former) - criteria.keys())


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
        raise bad_input(root / STUDENTS, None, cannot_be_read(error)) from None
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
    results: Results, students: Sequence[Student], batch: Batch | None, problems: list[Problem]
) -> Iterator[ClassRow]:
    seen: set[str] = set()
    named = NamedAccounts(students)
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
            message = damaged(error)
            problems.append(Problem(str(path), None, message, _(_AGAIN)))
            continue
        wrong = [(fault, _(REMEDY)) for fault in faults(report, name)]
        if report.max_score <= 0:
            wrong.append((_("It is out of 0 points: there is nothing to export."), _(_AGAIN)))
        if batch is not None:
            wrong += [
                (contradiction, _(_AGAIN))
                for contradiction in _contradictions(report, student, batch)
            ]
            if not named.may_be(student, report.account_id):
                message = _("It is of AWS account {id}, not of the roster's.", id=report.account_id)
                wrong.append((message, _("Grade this student again with --resume.")))
        problems.extend(Problem(str(path), None, *fault) for fault in wrong)
        if not wrong:
            yield ClassRow(student, report)


def _contradictions(report: Report, student: Student, batch: Batch) -> Iterator[str]:
    """Where the report says otherwise than ``batch.json``: one of them is not of this batch's end."""
    if report.rubric_sha256 != batch.rubric_sha256:
        yield _("It was judged by another rubric than the class.")
    if (report.name, report.email, report.group) != (student.name, student.email, student.group):
        yield _("Its name, e-mail address or group is not the roster's.")
